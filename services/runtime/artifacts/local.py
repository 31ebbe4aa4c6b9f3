"""Blobs in a local folder: ``blobs/ab/cdef...``, entries beside them, drafts in ``tmp``."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from contracts.base import ClaimCheck
from services.runtime.artifacts import Blob, files
from services.runtime.artifacts.blobs import claim_of, corrupt, digest_of, file_name, missing


class LocalBlobs:
    """A content-addressed folder that any number of processes of one machine may share.

    Args:
        root: the store's folder; made when it is missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    async def open(self) -> None:
        """Make the folders and remove the drafts of crashed processes."""
        await files.off_loop(self._open)

    async def put(self, blob: Blob) -> ClaimCheck:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        return await files.off_loop(self._put, blob)

    async def holds(self, claims: Sequence[ClaimCheck]) -> list[bool]:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        return await files.off_loop(self._holds, claims)

    async def get(self, claim: ClaimCheck) -> bytes:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        return await files.off_loop(self._get, claim)

    async def fetch(self, claim: ClaimCheck, folder: Path) -> Path:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        return await files.off_loop(self._fetch, claim, folder)

    async def intact(self, claim: ClaimCheck) -> bool:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        return await files.off_loop(self._intact, claim)

    async def read(self, name: str) -> bytes | None:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        return await files.off_loop(self._read, name)

    async def write(self, name: str, data: bytes) -> None:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        await files.off_loop(self._write, name, data, files.Draft.publish)

    async def add(self, name: str, data: bytes) -> None:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        await files.off_loop(self._write, name, data, files.Draft.publish_first)

    async def names(self, folder: str) -> Sequence[str]:
        """See :class:`~services.runtime.artifacts.blobs.BlobStore`."""
        return await files.off_loop(self._names, folder)

    def blob_path(self, claim: ClaimCheck) -> Path:
        """Return where the blob of ``claim`` lies."""
        return self.root / "blobs" / _place(claim)

    @property
    def _drafts(self) -> Path:
        return self.root / "tmp"

    def _open(self) -> None:
        with files.storage_errors(f"opening the artifact store {self.root}"):
            files.make_folders(self._drafts)
            files.sweep(self._drafts)

    def _put(self, blob: Blob) -> ClaimCheck:
        with files.storage_errors("storing an artifact"):
            claim = claim_of(*files.measure(blob.data), blob.media_type)
            if files.matches(self.blob_path(claim), claim.sha256, claim.bytes):
                return claim
            files.make_folders(self._drafts)
            with files.drafted(blob.data, self._drafts) as draft:
                # The draft's own hash is the address: a file that changed between the two readings is
                # stored as what was copied.
                claim = claim_of(draft.sha256, draft.size, blob.media_type)
                draft.publish(self.blob_path(claim))
            return claim

    def _holds(self, claims: Sequence[ClaimCheck]) -> list[bool]:
        with files.storage_errors("looking at artifacts"):
            return [_size(f"{self.root}/blobs/{_place(claim)}") == claim.bytes for claim in claims]

    def _get(self, claim: ClaimCheck) -> bytes:
        path = self.blob_path(claim)
        with files.storage_errors(f"reading artifact {claim.sha256}", passing=(FileNotFoundError,)):
            try:
                if path.stat().st_size != claim.bytes:
                    raise corrupt(claim)
                data = path.read_bytes()
            except FileNotFoundError:
                raise missing(claim) from None
        if files.measure(data) != (claim.sha256, claim.bytes):
            raise corrupt(claim)
        return data

    def _fetch(self, claim: ClaimCheck, folder: Path) -> Path:
        source, target = self.blob_path(claim), folder / file_name(claim)
        with files.storage_errors(f"fetching artifact {claim.sha256}"):
            try:
                if source.stat().st_size != claim.bytes:
                    raise corrupt(claim)
            except FileNotFoundError:
                raise missing(claim) from None
            with files.drafted(source, folder, durable=False) as draft:
                if (draft.sha256, draft.size) != (claim.sha256, claim.bytes):
                    raise corrupt(claim)
                draft.path.replace(target)
        return target

    def _intact(self, claim: ClaimCheck) -> bool:
        with files.storage_errors(f"reading artifact {claim.sha256}"):
            return files.matches(self.blob_path(claim), claim.sha256, claim.bytes)

    def _read(self, name: str) -> bytes | None:
        with files.storage_errors(f"reading entry {name}"):
            try:
                return (self.root / name).read_bytes()
            except FileNotFoundError:
                return None

    def _write(self, name: str, data: bytes, publish: Callable[[files.Draft, Path], None]) -> None:
        with files.storage_errors(f"storing entry {name}"):
            files.make_folders(self._drafts)
            with files.drafted(data, self._drafts) as draft:
                publish(draft, self.root / name)

    def _names(self, folder: str) -> Sequence[str]:
        with files.storage_errors(f"listing entries of {folder}"):
            try:
                return [path.name for path in (self.root / folder).iterdir()]
            except FileNotFoundError:
                return []


def _place(claim: ClaimCheck) -> str:
    digest = digest_of(claim)
    return f"{digest[:2]}/{digest[2:]}"


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - a thousand a second
    except FileNotFoundError:
        return None
