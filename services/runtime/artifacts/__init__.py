"""Artifacts: a content-addressed blob store, the action cache over it, and the durable fold."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from contracts.base import ClaimCheck

__all__ = ["ActionResult", "Artifacts", "Blob", "Remembered"]


@dataclass(frozen=True)
class Blob:
    """A product of an action before it is stored: bytes in memory or a finished file, and its media type."""

    data: bytes | Path
    media_type: str


@dataclass(frozen=True)
class ActionResult:
    """What an action made: named blobs, and facts small enough for an event (JSON types only)."""

    blobs: Mapping[str, Blob]
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Remembered:
    """An action's stored result; ``hit`` says that nothing had to be made."""

    claims: Mapping[str, ClaimCheck]
    facts: Mapping[str, Any]
    hit: bool


class Artifacts(Protocol):
    """What stages see of the artifact store; local folder or S3 behind it."""

    async def put(self, blob: Blob) -> ClaimCheck:
        """Store a blob under its hash (temp, fsync, rename); storing the same bytes twice is one blob.

        Raises:
            TransientError: ``STORAGE_FULL`` or ``STORAGE_UNAVAILABLE``.
        """

    async def holds(self, claims: Sequence[ClaimCheck]) -> list[bool]:
        """Say which blobs are there, with their sizes; their bytes are not read.

        Raises:
            TransientError: ``STORAGE_UNAVAILABLE``.
        """

    async def get(self, claim: ClaimCheck) -> bytes:
        """Return a blob's bytes, size and hash verified.

        Raises:
            PermanentError: ``ARTIFACT_MISSING`` or ``ARTIFACT_CORRUPT``.
            TransientError: ``STORAGE_UNAVAILABLE``.
        """

    async def fetch(self, claim: ClaimCheck, folder: Path) -> Path:
        """Bring a blob into ``folder`` as a file, verified; the file must not be written to."""

    async def remember(
        self,
        stage: str,
        version: int,
        inputs: Mapping[str, Any],
        make: Callable[[], Awaitable[ActionResult]],
    ) -> Remembered:
        """Return the stored result of an action, or make and store it.

        Args:
            stage: name of the action, such as ``tts`` or ``composition.segment``.
            version: raised whenever the same inputs would give other bytes.
            inputs: everything the result depends on, JSON types only; never a job id.
            make: called on a miss, or when a blob of the stored result is missing or corrupt.
        """

    async def gather(self, key: str, part: int, parts: int, payload: bytes) -> tuple[bytes, ...] | None:
        """Durably add one part of ``key``; return all payloads in order if the set is now complete.

        Safe under duplicates, reordering, restart and two workers: whoever completes the set gets it, and
        so does a duplicate of any part that comes after.
        """
