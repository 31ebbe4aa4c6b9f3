"""What a blob store is, and the one check that stands between a record's claim and an address."""

import mimetypes
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from contracts.base import ClaimCheck
from contracts.errors import ErrorCode, PermanentError
from services.runtime.artifacts import Blob

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SUFFIX = {"application/x-subrip": ".srt", "text/vtt": ".vtt", "audio/wav": ".wav", "text/markdown": ".md"}


class BlobStore(Protocol):
    """Blobs under their hash, and small entries (action results, gathered parts) under names.

    Names are made by this package from hashes and checked words, never from a record's text. Everything
    raises ``TransientError`` (``STORAGE_FULL``, ``STORAGE_UNAVAILABLE``) when the storage does not answer.
    """

    async def put(self, blob: Blob) -> ClaimCheck:
        """Store a blob whole or not at all; a damaged blob of that hash is replaced."""

    async def holds(self, claims: Sequence[ClaimCheck]) -> list[bool]:
        """Say which blobs are there, with their sizes; their bytes are not read."""

    async def get(self, claim: ClaimCheck) -> bytes:
        """Return a blob's bytes, size and hash verified.

        Raises:
            PermanentError: ``ARTIFACT_MISSING`` or ``ARTIFACT_CORRUPT``.
        """

    async def fetch(self, claim: ClaimCheck, folder: Path) -> Path:
        """Copy a blob into ``folder``, verified on the way; the errors are those of :meth:`get`.

        A copy and not a link: a consumer that writes to it, against the rules, hurts itself alone.
        """

    async def intact(self, claim: ClaimCheck) -> bool:
        """Read a blob through and say whether it is there with its size and hash."""

    async def read(self, name: str) -> bytes | None:
        """Return an entry, or ``None`` when there is none."""

    async def write(self, name: str, data: bytes) -> None:
        """Store an entry, replacing the one there."""

    async def add(self, name: str, data: bytes) -> None:
        """Store an entry unless there is one: the first writer wins."""

    async def names(self, folder: str) -> Sequence[str]:
        """Return the last parts of the names of the entries in ``folder``, in no particular order."""


def digest_of(claim: ClaimCheck) -> str:
    """Return the hash that is a claim's address.

    The contract constrains claims already; this is checked again because a path is made of it.

    Raises:
        PermanentError: ``ARTIFACT_CORRUPT``: malformed, or naming two different hashes.
    """
    if not _SHA256.fullmatch(claim.sha256) or claim.uri != f"cas:{claim.sha256}":
        raise PermanentError(
            ErrorCode.ARTIFACT_CORRUPT, f"claim check {claim.uri[:80]!r} does not match its hash"
        )
    return claim.sha256


def claim_of(digest: str, size: int, media_type: str) -> ClaimCheck:
    """Return the claim check of a stored blob."""
    return ClaimCheck(uri=f"cas:{digest}", sha256=digest, bytes=size, media_type=media_type)


def file_name(claim: ClaimCheck) -> str:
    """Return the name a fetched blob gets: its hash and the usual suffix of its media type."""
    suffix = _SUFFIX.get(claim.media_type) or mimetypes.guess_extension(claim.media_type) or ".bin"
    return digest_of(claim) + suffix


def missing(claim: ClaimCheck) -> PermanentError:
    """Return the error for a blob that is not there."""
    return PermanentError(
        ErrorCode.ARTIFACT_MISSING,
        f"artifact {claim.sha256} ({claim.media_type}, {claim.bytes} bytes) is not in the store; "
        "retry the job to make it again",
    )


def corrupt(claim: ClaimCheck) -> PermanentError:
    """Return the error for a blob whose bytes are not what the claim says."""
    return PermanentError(
        ErrorCode.ARTIFACT_CORRUPT,
        f"artifact {claim.sha256} ({claim.media_type}, {claim.bytes} bytes) has other bytes in the store; "
        "retry the job to make it again",
    )
