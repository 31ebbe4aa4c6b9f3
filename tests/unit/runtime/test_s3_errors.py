"""What an S3 server answers, and what it means to a stage."""

import errno

import aiohttp
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from contracts.errors import ErrorCode, TransientError
from services.runtime.artifacts.bucket import NoSuchObjectError, s3_errors


def answer(status: int, code: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "secret"}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "PutObject",
    )  # type: ignore[arg-type, unused-ignore]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (answer(500, "InternalError"), ErrorCode.STORAGE_UNAVAILABLE),
        (answer(503, "SlowDown"), ErrorCode.STORAGE_UNAVAILABLE),
        (answer(403, "AccessDenied"), ErrorCode.STORAGE_UNAVAILABLE),
        (answer(404, "NoSuchBucket"), ErrorCode.STORAGE_UNAVAILABLE),
        (answer(507, "Whatever"), ErrorCode.STORAGE_FULL),
        (answer(400, "QuotaExceeded"), ErrorCode.STORAGE_FULL),
        (answer(507, "XMinioStorageFull"), ErrorCode.STORAGE_FULL),
        (EndpointConnectionError(endpoint_url="http://x"), ErrorCode.STORAGE_UNAVAILABLE),
        (ReadTimeoutError(endpoint_url="http://x"), ErrorCode.STORAGE_UNAVAILABLE),
        (NoCredentialsError(), ErrorCode.STORAGE_UNAVAILABLE),
        (aiohttp.ClientPayloadError("cut off"), ErrorCode.STORAGE_UNAVAILABLE),
        (TimeoutError(), ErrorCode.STORAGE_UNAVAILABLE),
        (ConnectionResetError(), ErrorCode.STORAGE_UNAVAILABLE),
        (OSError(errno.ENOSPC, "No space left on device"), ErrorCode.STORAGE_FULL),
        (OSError(errno.EIO, "Input/output error"), ErrorCode.STORAGE_UNAVAILABLE),
    ],
)
def test_an_answer_has_one_meaning(error: Exception, code: ErrorCode) -> None:
    with pytest.raises(TransientError) as caught, s3_errors("storing film.mp4"):
        raise error
    assert caught.value.code is code
    assert caught.value.message.startswith("storing film.mp4: ")
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("code", ["NoSuchKey", "404", "NotFound"])
def test_an_object_that_is_not_there_is_no_failure_of_the_storage(code: str) -> None:
    with pytest.raises(NoSuchObjectError), s3_errors("reading film.mp4"):
        raise answer(404, code)
