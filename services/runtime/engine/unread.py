"""Counts the records of one partition that were deleted before they were read."""

from collections import deque
from typing import Final

MOST_GAPS: Final = 1_000
"""Kept between two looks at the log's start. Fewer: where each record is a transaction, and leaves a gap, one
that retention made may be forgotten. More: memory."""

Gap = tuple[int, int]


class Unread:
    """What was given, against where the log starts.

    aiokafka goes on at the log's start without a word when what comes next was deleted. Offsets that are
    passed over are usual (what commits a transaction has one, too); those below the start were deleted.
    """

    def __init__(self) -> None:
        self._first: int | None = None
        self._next: int | None = None
        self._gaps: deque[Gap] = deque(maxlen=MOST_GAPS)
        self._older: list[Gap] = []

    def given(self, offset: int) -> None:
        """Note a record that was given, the next one or one that comes again."""
        if self._next is None:
            self._first = offset
        elif offset < self._next:
            return
        elif offset > self._next:
            self._gaps.append((self._next, offset))
        self._next = offset + 1

    def begins(self, committed: int) -> None:
        """Note what was to come first; records may have been given before that was known."""
        if self._first is not None and committed < self._first:
            self._gaps.append((committed, self._first))
        self._first = None
        if self._next is None or self._next < committed:
            self._next = committed

    def below(self, start: int, position: int | None = None) -> int:
        """Return how many offsets below the log's start were never given; each is counted once.

        Args:
            start: the log's first offset.
            position: what was consumed next before ``start`` was asked for: without a record, it moves over
                what commits transactions.
        """
        lost, kept = 0, []
        for begin, end in self._gaps:
            missed = max(0, min(end, start) - begin)
            lost += missed
            if not missed:
                kept.append((begin, end))  # the start may have been asked for before it moved
        lost += sum(max(0, min(end, start) - begin) for begin, end in self._older)
        self._gaps.clear()
        self._older = kept
        if self._next is not None:
            if start > self._next:
                lost += start - self._next
                self._next = start
            elif position is not None:
                self._next = max(self._next, position)
        return lost
