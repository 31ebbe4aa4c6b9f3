"""The durable fold: parts of a key come in any order, any number of times; the full set goes out."""

import asyncio
import json
import re
from hashlib import sha256

from contracts.base import canonical_json
from contracts.errors import ErrorCode, PermanentError
from services.runtime.artifacts.blobs import BlobStore
from services.runtime.fault_points import crash_point

READS_AT_ONCE = 8
"""Parts read together: hides the latency of S3 without holding many of its connections (10 by default)."""

_NAME = re.compile(r"(\d{6})-of-(\d{6})")
_MOST_PARTS = 999_999


async def gather(
    blobs: BlobStore, key: str, part: int, parts: int, payload: bytes
) -> tuple[bytes, ...] | None:
    """See :class:`~services.runtime.artifacts.Artifacts`.

    A part is an entry of its own, so no two writers ever meet in one. Payloads are deterministic: where a
    part is there already the first one stays, unless it is damaged. The set is looked for after the part
    is stored; of two workers that store the last two parts at once at least one sees all of them.

    Raises:
        PermanentError: ``EVENT_MALFORMED`` (no such part, or the key was begun with another number of
            parts) or ``ARTIFACT_CORRUPT`` (another part of the full set is damaged).
    """
    if not 0 <= part < parts <= _MOST_PARTS:
        raise PermanentError(ErrorCode.EVENT_MALFORMED, f"{key[:200]}: there is no part {part} of {parts}")
    # Hashed: a key may hold anything, and some file systems take "A" and "a" for one name.
    folder = f"gathers/{sha256(key.encode()).hexdigest()}"
    own = f"{folder}/{_name(part, parts)}"
    stored = await blobs.read(own)
    crash_point("gather.before_part", key)
    if stored is None:
        await blobs.add(own, _seal(key, part, payload))
    elif _unseal(stored, key, part) is None:
        await blobs.write(own, _seal(key, part, payload))
    crash_point("gather.after_part", key)

    there = {match.groups() for match in map(_NAME.fullmatch, await blobs.names(folder)) if match}
    others = {int(total) for _, total in there} - {parts}
    if others:
        raise PermanentError(
            ErrorCode.EVENT_MALFORMED, f"{key[:200]}: begun with {min(others)} parts, now there are {parts}"
        )
    if len(there) < parts:
        return None
    return await _read_all(blobs, folder, key, parts)


async def _read_all(blobs: BlobStore, folder: str, key: str, parts: int) -> tuple[bytes, ...]:
    slots = asyncio.Semaphore(READS_AT_ONCE)

    async def read(part: int) -> bytes:
        async with slots:
            payload = _unseal(await blobs.read(f"{folder}/{_name(part, parts)}") or b"", key, part)
        if payload is None:
            raise PermanentError(
                ErrorCode.ARTIFACT_CORRUPT, f"{key[:200]}: part {part} of {parts} is damaged; retry the job"
            )
        return payload

    tasks = [asyncio.ensure_future(read(part)) for part in range(parts)]
    try:
        return tuple(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def _name(part: int, parts: int) -> str:
    return f"{part:06}-of-{parts:06}"


def _seal(key: str, part: int, payload: bytes) -> bytes:
    """Return the stored form of a part: a line that says whose it is and its hash, then the payload."""
    head = {"key": key, "part": part, "sha256": sha256(payload).hexdigest()}
    return canonical_json(head) + b"\n" + payload


def _unseal(stored: bytes, key: str, part: int) -> bytes | None:
    head, _, payload = stored.partition(b"\n")
    try:
        said = json.loads(head)
    except (ValueError, RecursionError):
        return None
    right = {"key": key, "part": part, "sha256": sha256(payload).hexdigest()}
    return payload if said == right else None
