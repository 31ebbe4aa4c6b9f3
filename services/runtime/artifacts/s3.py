"""Blobs in a bucket: the same names as the local store's, below a prefix."""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from uuid import uuid4

from contracts.base import ClaimCheck
from contracts.errors import ErrorCode, TransientError
from services.runtime.artifacts import Blob, files
from services.runtime.artifacts.blobs import claim_of, corrupt, digest_of, file_name, missing
from services.runtime.artifacts.bucket import Bucket, NoSuchObjectError

MAX_ENTRY_BYTES = 32 << 20
"""Bytes of an entry that has no size of its own: an action's facts, a part of a gather, which is an event.
Smaller: below the largest event there is. Larger: a server gone wrong fills the memory."""

_ENTRY = "application/json"


class S3Blobs:
    """A content-addressed prefix of a bucket, shared by any number of machines.

    A blob is uploaded even when its hash is there already: proving the stored bytes whole would cost a
    download of the same size, and the upload heals a damaged one.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def put(self, blob: Blob) -> ClaimCheck:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        with files.storage_errors("reading a product before it is stored"):
            claim = claim_of(*await files.off_loop(files.measure, blob.data), blob.media_type)
        await self._bucket.put(blob_key(claim), blob.data, blob.media_type)
        return claim

    async def holds(self, claims: Sequence[ClaimCheck]) -> list[bool]:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        return list(await asyncio.gather(*map(self._is_there, claims)))

    async def _is_there(self, claim: ClaimCheck) -> bool:
        try:
            return await self._bucket.size(blob_key(claim)) == claim.bytes
        except NoSuchObjectError:
            return False

    async def get(self, claim: ClaimCheck) -> bytes:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        key, data, digest = blob_key(claim), bytearray(), hashlib.sha256()
        try:
            async with aclosing(self._bucket.chunks(key)) as chunks:
                async for chunk in chunks:
                    data += chunk
                    digest.update(chunk)
                    if len(data) > claim.bytes:
                        break
        except NoSuchObjectError:
            raise missing(claim) from None
        if len(data) != claim.bytes or digest.hexdigest() != claim.sha256:
            raise corrupt(claim)
        return bytes(data)

    async def fetch(self, claim: ClaimCheck, folder: Path) -> Path:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        key, target = blob_key(claim), folder / file_name(claim)
        draft, digest, size = folder / f"{uuid4().hex}.tmp", hashlib.sha256(), 0
        with files.storage_errors(f"fetching artifact {claim.sha256}"):
            stream = await files.off_loop(draft.open, "xb")
            try:
                async with aclosing(self._bucket.chunks(key)) as chunks:
                    async for chunk in chunks:
                        digest.update(chunk)
                        size += len(chunk)
                        if size > claim.bytes:
                            break
                        await files.off_loop(stream.write, chunk)
                await files.off_loop(stream.close)
                if size != claim.bytes or digest.hexdigest() != claim.sha256:
                    raise corrupt(claim)
                await files.off_loop(draft.replace, target)
            except NoSuchObjectError:
                raise missing(claim) from None
            finally:
                stream.close()
                draft.unlink(missing_ok=True)
        return target

    async def intact(self, claim: ClaimCheck) -> bool:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        key, digest, size = blob_key(claim), hashlib.sha256(), 0
        try:
            if await self._bucket.size(key) != claim.bytes:
                return False
            async with aclosing(self._bucket.chunks(key)) as chunks:
                async for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    if size > claim.bytes:
                        return False
        except NoSuchObjectError:
            return False
        return digest.hexdigest() == claim.sha256

    async def read(self, name: str) -> bytes | None:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        try:
            async with aclosing(self._bucket.chunks(name)) as chunks:
                data = bytearray()
                async for chunk in chunks:
                    data += chunk
                    if len(data) > MAX_ENTRY_BYTES:
                        raise TransientError(
                            ErrorCode.STORAGE_UNAVAILABLE,
                            f"reading {name}: the S3 server sends more than {MAX_ENTRY_BYTES:,} bytes,"
                            " which no entry has; look at the object",
                        )
                return bytes(data)
        except NoSuchObjectError:
            return None

    async def write(self, name: str, data: bytes) -> None:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        await self._bucket.put(name, data, _ENTRY)

    async def add(self, name: str, data: bytes) -> None:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        await self._bucket.add(name, data, _ENTRY)

    async def names(self, folder: str) -> Sequence[str]:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        return await self._bucket.names(folder)


def blob_key(claim: ClaimCheck) -> str:
    """Return the key of a blob, below the store's prefix."""
    digest = digest_of(claim)
    return f"blobs/{digest[:2]}/{digest[2:]}"
