"""What a storage is, and the two there are."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

from contracts.base import ClaimCheck
from services.runtime.published_files import open_asset_bucket
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
    from services.upload.s3 import S3Storage  # noqa: PLC0415 - imports the S3 client, which is optional

    async with open_asset_bucket(settings) as bucket:
        yield S3Storage(bucket)
