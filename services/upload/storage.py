"""What a storage is, and the two there are."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from contracts.base import ClaimCheck
from services.upload.local import LocalStorage
from services.upload.settings import UploadSettings


class Storage(Protocol):
    """Where published files go."""

    async def store(
        self, source: Path, key: str, claim: ClaimCheck, content_type: str, check: Callable[[], None]
    ) -> None:
        """Store a file whole or not at all; storing the same file again changes nothing.

        Args:
            source: the file, as fetched.
            key: where it goes; its parts were checked.
            claim: its size and hash, verified after writing.
            content_type: media type that viewers get it with.
            check: runs between pieces; what it raises stops the work, and temporary files go.

        Raises:
            TransientError: ``STORAGE_FULL`` or ``STORAGE_UPLOAD_FAILED``.
        """


@asynccontextmanager
async def open_storage(settings: UploadSettings) -> AsyncIterator[Storage]:
    """Open the storage that the settings name."""
    if settings.storage_provider == "local":
        local = LocalStorage(settings.local_dir)
        await local.open()
        yield local
        return
    # The S3 client is an optional dependency (extra "s3") and takes half a second to import.
    from services.runtime.s3 import S3Location, open_bucket  # noqa: PLC0415
    from services.upload.s3 import S3Storage  # noqa: PLC0415

    location = S3Location(
        bucket=settings.aws_s3_bucket or "",
        endpoint_url=settings.s3_endpoint_url,
        region=settings.aws_s3_region,
        max_attempts=settings.s3_max_attempts,
        proxies=settings.outbound.proxies,
    )
    async with open_bucket(location) as bucket:
        yield S3Storage(bucket)
