"""Published files in a bucket."""

from collections.abc import Callable
from pathlib import Path

from contracts.base import ClaimCheck
from contracts.errors import ErrorCode, TransientError
from services.runtime.artifacts.bucket import Bucket, NoSuchObjectError
from services.runtime.artifacts.files import matches, off_loop, storage_errors
from services.upload.keys import upload_failed


class S3Storage:
    """One object for each key; S3 checks the MD5 of every piece it is sent."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def store(
        self, source: Path, key: str, claim: ClaimCheck, content_type: str, check: Callable[[], None]
    ) -> None:
        """See :class:`~services.upload.storage.Storage`."""
        with storage_errors(f"storing {key}", ErrorCode.STORAGE_UPLOAD_FAILED):
            if not await off_loop(matches, source, claim.sha256, claim.bytes, check):
                raise upload_failed(key, "the file changed before it was sent")
        try:
            await self._bucket.put(key, source, content_type, check=check)
            stored = await self._bucket.size(key)
        except NoSuchObjectError:
            raise upload_failed(key, "it is not there after it was sent") from None
        except TransientError as error:
            if error.code is ErrorCode.STORAGE_FULL:
                raise
            raise upload_failed(key, error.message) from error
        if stored != claim.bytes:
            raise upload_failed(key, f"{stored} bytes are there, {claim.bytes} were sent")
