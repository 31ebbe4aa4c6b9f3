"""Published files in a local folder, which the gateway serves."""

from collections.abc import Callable
from pathlib import Path

from contracts.base import ClaimCheck
from contracts.errors import ErrorCode
from services.runtime.artifacts import files
from services.upload.keys import upload_failed

DRAFTS = ".drafts"
"""Folder of unfinished files, below the root: a rename is atomic only inside one file system."""


class LocalStorage:
    """Files below ``root``, one for each key."""

    def __init__(self, root: Path) -> None:
        self.root = root

    async def open(self) -> None:
        """Remove what crashed processes left; a folder that is not there is made with the first file."""
        await files.off_loop(self._open)

    async def store(
        self, source: Path, key: str, claim: ClaimCheck, content_type: str, check: Callable[[], None]
    ) -> None:
        """See :class:`~services.upload.storage.Storage`."""
        del content_type  # the gateway takes it from the name
        await files.off_loop(self._store, source, key, claim, check)

    def _open(self) -> None:
        with files.storage_errors(f"opening {self.root}", ErrorCode.STORAGE_UPLOAD_FAILED):
            files.sweep(self.root / DRAFTS)

    def _store(self, source: Path, key: str, claim: ClaimCheck, check: Callable[[], None]) -> None:
        with files.storage_errors(f"storing {key}", ErrorCode.STORAGE_UPLOAD_FAILED):
            target = self.root / key
            if not target.resolve().is_relative_to(self.root.resolve()):
                raise upload_failed(key, f"a link leads out of {self.root}; remove it")
            if files.matches(target, claim.sha256, claim.bytes, check):
                return
            files.make_folders(self.root / DRAFTS)
            with files.drafted(source, self.root / DRAFTS, check) as draft:
                if (draft.sha256, draft.size) != (claim.sha256, claim.bytes):
                    raise upload_failed(key, "the file changed while it was copied")
                check()
                draft.publish(target)
            if not files.matches(target, claim.sha256, claim.bytes):
                raise upload_failed(key, "the file reads back differently from what was written")
