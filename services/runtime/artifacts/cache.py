"""The action cache: what an action made is kept under the hash of what it was made from."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

from prometheus_client import Counter
from pydantic import ValidationError

from contracts.base import ClaimCheck, canonical_json
from services.runtime.artifacts import ActionResult, Remembered
from services.runtime.artifacts.blobs import BlobStore
from services.runtime.fault_points import crash_point

REQUESTS = Counter(
    "lectern_cache_requests_total",
    "Actions asked of the action cache; corrupt: an entry or blob was damaged or gone and was made again.",
    ["stage", "result"],
)

_STAGE = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*")


class ActionCache:
    """Remembers actions; one action is made once at a time in a process.

    Two processes that make the same thing at once store the same bytes: harmless.
    """

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._locks = _KeyedLocks()

    async def remember(
        self, stage: str, version: int, inputs: Mapping[str, Any], make: Callable[[], Awaitable[ActionResult]]
    ) -> Remembered:
        """See :class:`~services.runtime.artifacts.Artifacts`.

        Nothing is stored when ``make`` raises, or when its facts are not JSON.

        Raises:
            ValueError: the stage's name is not a word in dots, or the inputs are not JSON.
        """
        if not _STAGE.fullmatch(stage):
            raise ValueError(f"{stage!r} is not the name of an action: lower-case words joined by dots")
        key = action_key(stage, version, inputs)
        name = f"actions/{stage}/{key[:2]}/{key}.json"
        # A lock and not a shared future: whoever waits has its own cancellation and its own errors, and
        # when the first maker is cancelled the next one makes.
        async with self._locks.hold(name):
            entry = await self._blobs.read(name)
            known = decode_entry(entry, key) if entry is not None else None
            if known and await self._intact(known):
                REQUESTS.labels(stage, "hit").inc()
                return known
            REQUESTS.labels(stage, "miss" if entry is None else "corrupt").inc()
            made = await make()
            facts = json.loads(canonical_json(dict(made.facts)))
            claims: dict[str, ClaimCheck] = {}
            for blob in sorted(made.blobs):
                crash_point("artifact.before_blob", stage)
                claims[blob] = await self._blobs.put(made.blobs[blob])
                crash_point("artifact.after_blob", stage)
            crash_point("artifact.before_entry", stage)
            await self._blobs.write(name, encode_entry(key, claims, facts))
            crash_point("artifact.after_entry", stage)
            return Remembered(claims=claims, facts=facts, hit=False)

    async def _intact(self, known: Remembered) -> bool:
        for claim in known.claims.values():
            if not await self._blobs.intact(claim):
                return False
        return True


def action_key(stage: str, version: int, inputs: Mapping[str, Any]) -> str:
    """Return the hash that names an action.

    Raises:
        ValueError: the inputs are not JSON.
    """
    try:
        return sha256(canonical_json({"stage": stage, "version": version, "inputs": inputs})).hexdigest()
    except TypeError as error:
        raise ValueError(f"the inputs of {stage} are not JSON: {error}") from None


def encode_entry(key: str, claims: Mapping[str, ClaimCheck], facts: Mapping[str, Any]) -> bytes:
    """Return the stored form of a result; its own hash stands in it."""
    result = {
        "claims": {name: claim.model_dump(mode="json") for name, claim in claims.items()},
        "facts": facts,
        "key": key,
    }
    return canonical_json({"result": result, "sha256": sha256(canonical_json(result)).hexdigest()})


def decode_entry(entry: bytes, key: str) -> Remembered | None:
    """Return a stored result, or ``None`` when the entry is damaged or another action's."""
    try:
        body = json.loads(entry)
        result = body["result"]
        if result["key"] != key or sha256(canonical_json(result)).hexdigest() != body["sha256"]:
            return None
        claims = {name: ClaimCheck.model_validate(claim) for name, claim in result["claims"].items()}
        return Remembered(claims=claims, facts=result["facts"], hit=True)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ValidationError):
        return None


class _KeyedLocks:
    """A lock for each key that is held or waited for, and for no other."""

    def __init__(self) -> None:
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            users = self._locks[key][1] - 1
            if users:
                self._locks[key] = (lock, users)
            else:
                del self._locks[key]
