"""The one place that chooses and wires an artifact store."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from contracts.base import ClaimCheck
from services.runtime.artifacts import ActionResult, Artifacts, Blob, Remembered
from services.runtime.artifacts.blobs import BlobStore
from services.runtime.artifacts.cache import ActionCache
from services.runtime.artifacts.collect_parts import gather
from services.runtime.artifacts.local import LocalBlobs
from services.runtime.artifacts.settings import ArtifactSettings

__all__ = ["ArtifactSettings", "ArtifactStore", "OnResult", "ignored", "open_artifacts"]


OnResult = Callable[[str, Remembered], None]
"""Told of each action that was asked for: its name and its result, which says whether it was a hit."""


def ignored(_action: str, _result: Remembered) -> None:
    """Tell nobody."""


class ArtifactStore:
    """Blobs, the action cache and the durable fold over one blob store; implements ``Artifacts``.

    Args:
        blobs: where everything lies.
        on_result: told of each action's result.
    """

    def __init__(self, blobs: BlobStore, on_result: OnResult = ignored) -> None:
        self._blobs = blobs
        self._cache = ActionCache(blobs)
        self._on_result = on_result

    async def put(self, blob: Blob) -> ClaimCheck:
        """See :class:`~services.runtime.artifacts.Artifacts`."""
        return await self._blobs.put(blob)

    async def holds(self, claims: Sequence[ClaimCheck]) -> list[bool]:
        """See :class:`~services.runtime.artifacts.Artifacts`."""
        return await self._blobs.holds(claims)

    async def get(self, claim: ClaimCheck) -> bytes:
        """See :class:`~services.runtime.artifacts.Artifacts`."""
        return await self._blobs.get(claim)

    async def fetch(self, claim: ClaimCheck, folder: Path) -> Path:
        """See :class:`~services.runtime.artifacts.Artifacts`."""
        return await self._blobs.fetch(claim, folder)

    async def remember(
        self, stage: str, version: int, inputs: Mapping[str, Any], make: Callable[[], Awaitable[ActionResult]]
    ) -> Remembered:
        """See :class:`~services.runtime.artifacts.Artifacts`."""
        result = await self._cache.remember(stage, version, inputs, make)
        self._on_result(stage, result)
        return result

    async def gather(self, key: str, part: int, parts: int, payload: bytes) -> tuple[bytes, ...] | None:
        """See :class:`~services.runtime.artifacts.Artifacts`."""
        return await gather(self._blobs, key, part, parts, payload)


@asynccontextmanager
async def open_artifacts(
    settings: ArtifactSettings, on_result: OnResult = ignored
) -> AsyncIterator[Artifacts]:
    """Open the artifact store that the settings name.

    Args:
        settings: where it lies.
        on_result: told of each action's result.

    Raises:
        TransientError: the local folder cannot be made.
    """
    if settings.artifact_store == "local":
        local = LocalBlobs(settings.lectern_home / "artifacts")
        await local.open()
        yield ArtifactStore(local, on_result)
        return
    # The S3 client is an optional dependency (extra "s3") and takes half a second to import.
    from services.runtime.artifacts.bucket import S3Location, open_bucket  # noqa: PLC0415
    from services.runtime.artifacts.s3 import S3Blobs  # noqa: PLC0415

    prefix = settings.artifact_s3_prefix.strip("/")
    location = S3Location(
        bucket=settings.artifact_s3_bucket or "",
        prefix=f"{prefix}/" if prefix else "",
        endpoint_url=settings.s3_endpoint_url,
        region=settings.aws_s3_region,
        max_attempts=settings.s3_max_attempts,
        proxies=settings.outbound.proxies,
    )
    async with open_bucket(location) as bucket:
        yield ArtifactStore(S3Blobs(bucket), on_result)
