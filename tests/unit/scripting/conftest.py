import hashlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest

from contracts.base import NAMESPACE, ClaimCheck, canonical_json, claim_check
from contracts.errors import ErrorCode, PermanentError
from contracts.events import Event
from services.runtime.artifacts import ActionResult, Blob, Remembered
from services.runtime.cancel import CancelToken


class Shelf:
    """Artifacts in memory: put, get and remember, with verified hashes."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.results: dict[str, Remembered] = {}
        self.made = 0

    async def put(self, blob: Blob) -> ClaimCheck:
        data = blob.data if isinstance(blob.data, bytes) else blob.data.read_bytes()
        claim = claim_check(data, blob.media_type)
        self.blobs[claim.sha256] = data
        return claim

    async def get(self, claim: ClaimCheck) -> bytes:
        if claim.sha256 not in self.blobs:
            raise PermanentError(ErrorCode.ARTIFACT_MISSING, "no such blob")
        return self.blobs[claim.sha256]

    async def fetch(self, claim: ClaimCheck, folder: Path) -> Path:
        path = folder / claim.sha256
        path.write_bytes(await self.get(claim))
        return path

    async def remember(
        self, stage: str, version: int, inputs: Mapping[str, Any], make: Callable[[], Awaitable[ActionResult]]
    ) -> Remembered:
        action = canonical_json({"stage": stage, "version": version, "inputs": dict(inputs)})
        key = hashlib.sha256(action).hexdigest()
        if key in self.results:
            return self.results[key]
        made = await make()
        self.made += 1
        claims = {name: await self.put(blob) for name, blob in made.blobs.items()}
        self.results[key] = Remembered(claims, made.facts, hit=True)
        return Remembered(claims, made.facts, hit=False)

    async def gather(self, key: str, part: int, parts: int, payload: bytes) -> tuple[bytes, ...] | None:
        raise NotImplementedError


class Hands:
    """The engine's context, as far as the stage uses it."""

    def __init__(self, shelf: Shelf, event: Event, scratch: Path) -> None:
        self.event = event
        self.artifacts = shelf
        self.cancel = CancelToken()
        self.scratch = scratch

    def output_id(self, index: int | str = 0) -> UUID:
        return uuid5(NAMESPACE, f"{self.event.event_id}/{index}")

    async def run(self, work: Callable[..., Any], /, *args: Any) -> Any:
        return work(*args)

    async def report(self, share: float) -> None:
        del share


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def hands(shelf: Shelf, tmp_path: Path) -> Callable[[Event], Hands]:
    return lambda event: Hands(shelf, event, tmp_path)
