"""An S3 server that answers as none should; what it does with memory stands in ``test_hostile_answers``."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from contracts.errors import ErrorCode, TransientError
from services.runtime.artifacts import bucket as artifacts_bucket
from services.runtime.artifacts import s3 as blobs
from services.runtime.artifacts.bucket import Bucket, S3Location, open_bucket
from services.runtime.artifacts.s3 import S3Blobs
from services.runtime.outbound.settings import Proxies
from tests.support.hostile_server import OK, Attack, HostileServer, answer, dripping, endless, hostile_server


def listing_forever(server: HostileServer) -> Iterator[bytes]:
    """Say that there is more, each time with another token: the same one twice is noticed by the SDK."""
    token = b"<NextContinuationToken>%d</NextContinuationToken>" % len(server.asked)
    names = b"".join(b"<Contents><Key>folder/%d</Key></Contents>" % number for number in range(500))
    body = b"<ListBucketResult><IsTruncated>true</IsTruncated>%s%s</ListBucketResult>" % (token, names)
    return answer(body)(server)


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "a-secret-of-ours",
        "AWS_SESSION_TOKEN": "a-session-token",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


@asynccontextmanager
async def bucket_of(
    attack: Attack, *, pause: float = 0.0, proxies: Proxies = Proxies.NONE
) -> AsyncIterator[tuple[HostileServer, Bucket]]:
    async with hostile_server({"bucket": attack}, pause=pause) as server:
        location = S3Location("bucket", endpoint_url=server.url, max_attempts=2, proxies=proxies)
        async with open_bucket(location) as bucket:
            yield server, bucket


async def failure(bucket: Bucket) -> str:
    with pytest.raises(TransientError) as caught:
        _ = [chunk async for chunk in bucket.chunks("film")]
    assert caught.value.code is ErrorCode.STORAGE_UNAVAILABLE
    return caught.value.message


async def test_an_object_comes_as_it_is() -> None:
    async with bucket_of(answer(b"data" * 1000)) as (server, bucket):
        assert b"".join([chunk async for chunk in bucket.chunks("film")]) == b"data" * 1000
        assert server.asked[0][1]["accept-encoding"] == "identity"
    async with bucket_of(answer(b"data", "Content-Encoding: aws-chunked")) as (_, bucket):
        assert b"".join([chunk async for chunk in bucket.chunks("film")]) == b"data"


@pytest.mark.parametrize("encoding", ["gzip", "aws-chunked, gzip", "br", "zstd", "deflate"])
async def test_an_object_that_is_packed_is_refused_in_words(encoding: str) -> None:
    async with bucket_of(answer(b"data", f"Content-Encoding: {encoding}")) as (server, bucket):
        assert "compressed unasked" in await failure(bucket)
        assert len(server.asked) == 1, "the SDK does not ask again"


@pytest.mark.parametrize(
    "status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
)
async def test_a_redirect_does_not_carry_the_session_token_elsewhere(status: str) -> None:
    async with hostile_server({"bucket": answer(b"elsewhere")}) as elsewhere:
        to = f"Location: {elsewhere.url}/bucket/film"
        async with bucket_of(answer(b"", to, status=status)) as (server, bucket):
            assert "is a redirect: set AWS_S3_REGION" in await failure(bucket)
            assert len(server.asked) == 1, "and not 100, asking for the region"
        assert elsewhere.asked == []


async def test_an_object_that_drips_is_left_when_it_is_slower_than_64_kb_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(artifacts_bucket, "CALL_SECONDS", 0.3)

    def attack(server: HostileServer) -> Iterator[bytes]:
        yield OK + b"Content-Length: 2000\r\n\r\n"
        yield from dripping(b"x" * 2_000)(server)

    async with bucket_of(attack, pause=0.02) as (server, bucket):
        assert "TimeoutError" in await failure(bucket)
        assert server.sent["bucket"] < 2_000, "it would have gone on for 40 s"


async def test_a_head_that_drips_is_left_at_the_deadline_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts_bucket, "CALL_SECONDS", 0.3)
    async with bucket_of(dripping(OK + b"X: " + b"y" * 2_000), pause=0.02) as (_, bucket):
        with pytest.raises(TransientError, match="TimeoutError"):
            await bucket.size("film")
        with pytest.raises(TransientError, match="TimeoutError"):
            await bucket.put("film", b"x", "video/mp4")


async def test_a_listing_that_never_ends_is_left_after_so_many_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts_bucket, "MAX_NAMES", 2_000)
    async with bucket_of(listing_forever) as (server, bucket):
        with pytest.raises(TransientError, match="names more than 2,000 objects"):
            await bucket.names("folder")
        assert len(server.asked) == 5


async def test_an_entry_without_a_size_is_left_after_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "MAX_ENTRY_BYTES", 1 << 20)
    async with bucket_of(endless(OK + b"\r\n", b" ")) as (_, bucket):
        with pytest.raises(TransientError, match="more than 1,048,576 bytes"):
            await S3Blobs(bucket).read("actions/x.json")


async def test_a_proxy_of_the_environment_gets_no_call_unless_a_setting_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with hostile_server({"": answer(b"by the proxy")}) as proxy:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        async with bucket_of(answer(b"directly")) as (_, bucket):
            assert b"".join([chunk async for chunk in bucket.chunks("film")]) == b"directly"
        assert proxy.asked == []
        async with bucket_of(answer(b"directly"), proxies=Proxies.ENVIRONMENT) as (_, bucket):
            assert b"".join([chunk async for chunk in bucket.chunks("film")]) == b"by the proxy"
