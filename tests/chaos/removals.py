"""Guarantees that can be taken away on purpose, to see that a chaos run notices.

``python -m tests.chaos.soak --jobs 40 --seed 20 --without commit-order`` must end with findings; a checker
that finds nothing then proves nothing otherwise. The product knows nothing of this: a process of the rig
patches itself before its service starts.
"""

import os
from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

from services.runtime.engine.context import RecordContext
from services.runtime.engine.fence import Fence
from services.runtime.engine.offsets import OffsetTracker

VARIABLE = "LECTERN_CHAOS_WITHOUT"


def _commit_what_was_read() -> None:
    def to_commit(window: OffsetTracker) -> int | None:
        """Return the end of what was read, finished or not, as a consumer with auto-commit does."""
        newest = max((slot.record.offset + 1 for slot in window.slots), default=window.watermark)
        return newest if window.live and newest != window.committed else None

    OffsetTracker.to_commit = property(to_commit)  # type: ignore[assignment,method-assign]


def _everybody_alive() -> None:
    def alive(_fence: Fence, _job_id: str, _attempt: int) -> bool:
        return True

    Fence.alive = alive  # type: ignore[assignment,method-assign]


def _random_ids() -> None:
    def output_id(_context: RecordContext, _index: int | str = 0) -> UUID:
        return uuid4()

    RecordContext.output_id = output_id  # type: ignore[assignment,method-assign]


REMOVALS: Mapping[str, Callable[[], None]] = {
    "commit-order": _commit_what_was_read,
    "fence": _everybody_alive,
    "stable-ids": _random_ids,
}
"""What each takes away: no offset is committed before its record and all before it are finished; a dead
attempt's results are not published; the same input gives outputs of the same id."""


def remove_from_environment() -> None:
    """Take away what :data:`VARIABLE` names."""
    if name := os.environ.get(VARIABLE):
        REMOVALS[name]()
