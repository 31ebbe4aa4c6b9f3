"""One bucket of an S3 server: whole objects in and out, and one meaning for every error of it.

Credentials come from the usual AWS chain (environment, profile, instance role) and never through us.
Integrity is end to end: every request that writes carries a Content-MD5, which all S3 servers check; readers
verify SHA-256. The newer default checksums of the SDK are off: other S3 servers reject them.
"""

import asyncio
import base64
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aioboto3
import aiohttp
from aiobotocore.config import AioConfig
from botocore.exceptions import BotoCoreError, ClientError

from contracts.errors import ErrorCode, TransientError
from services.runtime.artifacts.files import no_check, off_loop, storage_errors
from services.runtime.outbound.s3_session import BoundedS3Session, S3AnswerRefusedError
from services.runtime.outbound.settings import Proxies

PART_BYTES = 8 << 20
"""Size of a part; S3 allows 5 MiB to 5 GiB and 10,000 parts, so an object may have 80 GB. Larger: more
memory for each upload in flight, and a longer wait before a cancelled one stops."""

CHUNK_BYTES = 256 * 1024
"""Bytes read from the network at a time; hashing one stays below a millisecond on the event loop."""

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 30
"""Silence, not length of the transfer: a live server answers or sends within seconds."""

CALL_SECONDS = 90.0
"""A whole call, the SDK's tries and pauses included, beyond what its bytes take: three silences. Shorter: a
server that restarts fails calls that the SDK would have saved. Longer: one that drips holds a scene up."""

SLOWEST_BYTES_PER_SECOND = 64 << 10
"""What objects travel at, at least. Slower: a byte every few seconds is never silence and never an end.
Faster: a branch office's line is refused."""

MAX_NAMES = 100_000
"""Names of one folder. Fewer: a film of that many scenes does not gather. More: a server whose listing never
ends fills the memory."""

_GONE = frozenset({"NoSuchKey", "NotFound", "404"})
_EXISTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_FULL = frozenset(
    {"InsufficientStorage", "XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded"}
)
_INSUFFICIENT_STORAGE = 507


@dataclass(frozen=True)
class S3Location:
    """Where objects go.

    Attributes:
        bucket: name of an existing bucket.
        prefix: put before every key; empty, or ending in a slash.
        endpoint_url: a server other than AWS.
        region: signing region.
        max_attempts: tries of one request, the first included, with the SDK's jittered backoff.
        proxies: whether a proxy of the environment is used.
    """

    bucket: str
    prefix: str = ""
    endpoint_url: str | None = None
    region: str = "ap-northeast-2"
    max_attempts: int = 4
    proxies: Proxies = Proxies.NONE


class NoSuchObjectError(Exception):
    """There is no object under the key."""


@asynccontextmanager
async def open_bucket(
    location: S3Location, session: aioboto3.Session | None = None
) -> AsyncIterator["Bucket"]:
    """Open a client for the bucket and close its connections at the end.

    Args:
        location: where objects go.
        session: shared by a process that opens several clients: a session of its own takes 0.2 s.
    """
    config = AioConfig(
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "max_attempts": location.max_attempts},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        signature_version="s3v4",  # for links the SDK may choose one that newer regions do not take
        s3={"addressing_style": "path" if location.endpoint_url else "auto"},
        http_session_cls=BoundedS3Session,
        proxies={} if location.proxies is Proxies.NONE else None,  # None: what the environment says
    )
    session = session or aioboto3.Session()
    async with session.client(
        "s3", region_name=location.region, endpoint_url=location.endpoint_url, config=config
    ) as client:
        yield Bucket(client, location)


class Bucket:
    """Objects under keys of one bucket.

    Every method raises ``TransientError``: ``STORAGE_FULL`` when the server has no room, otherwise
    ``STORAGE_UNAVAILABLE``.
    """

    def __init__(self, client: Any, location: S3Location) -> None:
        self._client = client
        self._bucket = location.bucket
        self._prefix = location.prefix

    async def size(self, key: str) -> int:
        """Return an object's size in bytes.

        Raises:
            NoSuchObjectError: there is none.
        """
        with s3_errors(f"looking at {key}"):
            async with asyncio.timeout(CALL_SECONDS):
                response = await self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)
        return int(response["ContentLength"])

    async def chunks(self, key: str) -> AsyncGenerator[bytes, None]:
        """Yield an object's bytes, whole or with an error; close it (``aclosing``) to stop early.

        Raises:
            NoSuchObjectError: there is none.
        """
        pace = _Pace()
        with s3_errors(f"reading {key}"):
            async with pace.waiting():
                response = await self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
            body = response["Body"]
            async with body:
                while True:
                    async with pace.waiting():
                        chunk = await body.read(CHUNK_BYTES)
                    if not chunk:
                        return
                    pace.moved(len(chunk))
                    yield chunk

    async def put(
        self,
        key: str,
        source: bytes | Path,
        content_type: str,
        *,
        check: Callable[[], None] = no_check,
    ) -> None:
        """Store an object whole or not at all, replacing the one there.

        Args:
            key: below the location's prefix.
            source: the bytes, or a finished file; large ones go in parts.
            content_type: media type that the object is served with.
            check: runs before each part; what it raises stops the upload and removes its parts.
        """
        size = len(source) if isinstance(source, bytes) else await off_loop(_size, source)
        check()
        if size <= PART_BYTES:
            await self._put_whole(key, await _part(source, 0), content_type)
        else:
            await self._put_parts(key, source, size, content_type, check)

    async def add(self, key: str, data: bytes, content_type: str) -> None:
        """Store a small object unless there is one; the first writer wins.

        A server that knows no conditional writes keeps the last of two simultaneous ones.
        """
        try:
            await self.size(key)
        except NoSuchObjectError:
            with suppress(_AlreadyThereError):
                await self._put_whole(key, data, content_type, IfNoneMatch="*")

    async def link(self, key: str, seconds: int) -> str:
        """Return a URL that gives an object to whoever has it, for so many seconds; S3 is not asked."""
        with s3_errors(f"signing a link to {key}"):
            url: str = await self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket, "Key": self._prefix + key}, ExpiresIn=seconds
            )
        return url

    async def names(self, folder: str) -> list[str]:
        """Return the names, without folder, of the objects directly in ``folder``."""
        start = f"{self._prefix}{folder}/"
        names: list[str] = []
        with s3_errors(f"listing {folder}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=start, Delimiter="/"
            )
            async with asyncio.timeout(CALL_SECONDS):
                async for page in pages:
                    names += [item["Key"].removeprefix(start) for item in page.get("Contents", ())]
                    if len(names) > MAX_NAMES:
                        raise S3AnswerRefusedError(f"names more than {MAX_NAMES:,} objects")
        return names

    async def _put_whole(self, key: str, data: bytes, content_type: str, **conditions: str) -> None:
        with s3_errors(f"storing {key}"):
            async with asyncio.timeout(_seconds_for(len(data))):
                await self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._prefix + key,
                    Body=data,
                    ContentType=content_type,
                    ContentMD5=_md5(data),
                    **conditions,
                )

    async def _put_parts(
        self, key: str, source: bytes | Path, size: int, content_type: str, check: Callable[[], None]
    ) -> None:
        where = {"Bucket": self._bucket, "Key": self._prefix + key}
        with s3_errors(f"storing {key}"):
            async with asyncio.timeout(CALL_SECONDS):
                begun = await self._client.create_multipart_upload(**where, ContentType=content_type)
            where["UploadId"] = begun["UploadId"]
            try:
                parts: list[dict[str, object]] = []
                for number, start in enumerate(range(0, size, PART_BYTES), start=1):
                    check()
                    data = await _part(source, start)
                    async with asyncio.timeout(_seconds_for(len(data))):
                        sent = await self._client.upload_part(
                            **where, PartNumber=number, Body=data, ContentMD5=_md5(data)
                        )
                    parts.append({"PartNumber": number, "ETag": sent["ETag"]})
                check()
                async with asyncio.timeout(_seconds_for(size)):  # the server puts the parts together
                    await self._client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
            except BaseException:
                # Parts of an upload that is neither completed nor aborted are stored, and paid for, for ever.
                with suppress(ClientError, BotoCoreError, aiohttp.ClientError, OSError):
                    async with asyncio.timeout(CALL_SECONDS):
                        await self._client.abort_multipart_upload(**where)
                raise


class _Pace:
    """The time an object's reading may wait for the server: what its reader does with it is not counted."""

    def __init__(self) -> None:
        self._left = CALL_SECONDS

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        clock = asyncio.get_running_loop().time
        began = clock()
        async with asyncio.timeout(max(self._left, 0)):
            yield
        self._left -= clock() - began

    def moved(self, count: int) -> None:
        self._left = min(CALL_SECONDS, self._left + count / SLOWEST_BYTES_PER_SECOND)


class _AlreadyThereError(Exception):
    """A conditional write found an object."""


@contextmanager
def s3_errors(doing: str) -> Iterator[None]:
    """Turn the SDK's errors into ours.

    Raises:
        NoSuchObjectError: the key has no object.
        TransientError: ``STORAGE_FULL`` or ``STORAGE_UNAVAILABLE``.
    """
    try:
        with storage_errors(doing, passing=(TimeoutError, ConnectionError)):
            yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in _GONE:
            raise NoSuchObjectError(doing) from None
        if code in _EXISTS:
            raise _AlreadyThereError from None
        full = code in _FULL or status == _INSUFFICIENT_STORAGE
        raise TransientError(
            ErrorCode.STORAGE_FULL if full else ErrorCode.STORAGE_UNAVAILABLE,
            f"{doing}: the S3 server answered {status} {code[:60]}",
        ) from error
    except S3AnswerRefusedError as error:
        raise TransientError(ErrorCode.STORAGE_UNAVAILABLE, f"{doing}: {error}") from None
    except (BotoCoreError, aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        raise TransientError(
            ErrorCode.STORAGE_UNAVAILABLE, f"{doing}: the S3 server cannot be used: {type(error).__name__}"
        ) from error


def _seconds_for(count: int) -> float:
    return CALL_SECONDS + count / SLOWEST_BYTES_PER_SECOND


async def _part(source: bytes | Path, start: int) -> bytes:
    if isinstance(source, bytes):
        return source[start : start + PART_BYTES]
    return await off_loop(_read_part, source, start)


def _read_part(path: Path, start: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(start)
        return stream.read(PART_BYTES)


def _size(path: Path) -> int:
    return path.stat().st_size


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
