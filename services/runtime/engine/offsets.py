"""One partition's records in flight and the watermark below which all of them are finished."""

import asyncio
from collections import deque

from aiokafka import TopicPartition

from services.runtime.engine.suspects import Suspects
from services.runtime.engine.unread import Unread
from services.runtime.kafka.log_identity import LogId
from services.runtime.kafka.record_names import Record

WINDOW_BYTES = 16 << 20
"""Bytes of the records in a partition's window, above which no more are admitted: as many as 256 records of
the size that we write have at most. Fewer: a few large commands are all that is in hand. More: 256 of the
largest command are a gigabyte, for each partition."""

ADMITTED_AT_ONCE = 16
"""Records that are taken from what was fetched before it is asked again whether there is room. Fewer: more
calls. More: so many of the largest, 4 MB each, come on top of ``WINDOW_BYTES``."""


class InFlightRecord:
    """One admitted record. ``done`` is what the watermark looks at.

    ``attempts`` are those that count against the retry limit, ``waits`` those that met somebody's absence.
    A ``suspect`` is worked on with nothing else in hand; ``deaths`` counts workers that died with it in hand.
    ``size`` is what it keeps, in bytes.
    """

    __slots__ = (
        "attempts",
        "buried",
        "deaths",
        "done",
        "record",
        "size",
        "suspect",
        "task",
        "waits",
        "window",
    )

    def __init__(self, record: Record, window: "OffsetTracker") -> None:
        self.record = record
        self.window = window
        self.done = False
        self.size = size_of(record)
        self.attempts = 0
        self.waits = 0
        self.suspect = False
        self.deaths = 0
        self.buried = False  # its dead letter is written; who is to be told of it has not been yet
        self.task: asyncio.Task[float | None] | None = None


class OffsetTracker:
    """The records of one partition between the committed offset and the newest admitted one.

    Finished records above an unfinished one stay in the window, so its size bounds how much is
    redelivered after a crash.

    Attributes:
        watermark: the offset that may be committed (one past the finished prefix); ``None`` until known.
        committed: the last offset this process committed.
        live: false once the partition was lost; nothing of it is committed any more.
        settled: false between a rebalance and the broker's answer about what is committed by now.
        full: the partition is paused.
        held: bytes of its records.
        log: the log that its offsets count in; ``None`` until known.
        wary: a record must be looked at before it is begun: nobody knows yet what became of whoever had the
            partition before, or some of its records are suspects.
        early: records that wait for that to be known; ``None`` from then on.
        marked: it stands beside the committed offset that this process is at work here.
        named: the offsets that stand there as being in hand.
        suspects: records that must be worked on with nothing else in hand.
        alone: the offset of the one that is.
        marked_alone: whether that stands beside the committed offset.
        since: how many records have been finished since that was written.
        enough: after so many it must be written anew.
    """

    def __init__(self, partition: TopicPartition, size: int) -> None:
        self.partition = partition
        self.size = size
        self.watermark: int | None = None
        self.committed: int | None = None
        self.live = True
        self.settled = True
        self.full = False
        self.held = 0
        self.log: LogId | None = None
        self.unread = Unread()
        self.wary = True
        self.early: list[InFlightRecord] | None = []
        self.marked = False
        self.named: frozenset[int] = frozenset()
        self.suspects: Suspects | None = None
        self.alone: int | None = None
        self.marked_alone = False
        self.since = 0
        self.enough = 0
        self._passed = 0
        self._slots: deque[InFlightRecord] = deque()
        self._by_offset: dict[int, InFlightRecord] = {}

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def room(self) -> int:
        """How many more records may be admitted at once."""
        return min(self.size - len(self._slots), ADMITTED_AT_ONCE) if self.held < WINDOW_BYTES else 0

    @property
    def half_empty(self) -> bool:
        """Whether there is room for more than a few again."""
        return len(self._slots) <= self.size // 2 and self.held <= WINDOW_BYTES // 2

    @property
    def slots(self) -> tuple[InFlightRecord, ...]:
        """The records in flight or waiting below the watermark's next gap, oldest first."""
        return tuple(self._slots)

    def admit(self, record: Record) -> InFlightRecord | None:
        """Return a slot for a record, or ``None`` if it is finished or still in flight from before."""
        if self.watermark is not None and record.offset < self.watermark:
            return None
        if record.offset in self._by_offset:
            return None
        self.unread.given(record.offset)
        slot = InFlightRecord(record, self)
        self._slots.append(slot)
        self._by_offset[record.offset] = slot
        self.held += slot.size
        return slot

    def finish(self, slot: InFlightRecord) -> None:
        """Mark a record finished and move the watermark over the finished prefix."""
        slot.done = True
        while self._slots and self._slots[0].done:
            first = self._slots.popleft()
            del self._by_offset[first.record.offset]
            self.held -= first.size
            self.watermark = first.record.offset + 1
        if not self._slots:
            self._catch_up()

    def pass_by(self, offset: int) -> None:
        """Note that all records below ``offset`` were admitted; what lies between them is none.

        Control records, aborted transactions and what compaction removed have offsets, too. They are finished
        when everything before them is: else a group that has nothing to do would seem to be behind.
        """
        self._passed = max(self._passed, offset)
        if not self._slots:
            self._catch_up()

    def _catch_up(self) -> None:
        if self._passed > (self.watermark or 0):
            self.watermark = self._passed

    def settle(self, committed: int | None) -> list[InFlightRecord]:
        """Take over the broker's committed offset after a rebalance; return the slots it has overtaken.

        Another member may have owned the partition in between. What it committed is finished; what this
        process still has in flight below that must not move the offset back.
        """
        self.settled = True
        if committed is None or committed < 0:
            return []
        self.unread.begins(committed)
        self.committed = committed
        if self.watermark is None or self.watermark < committed:
            self.watermark = committed
        overtaken = [slot for slot in self._slots if slot.record.offset < committed]
        for slot in overtaken:
            slot.done = True
            self._slots.remove(slot)
            del self._by_offset[slot.record.offset]
            self.held -= slot.size
        return overtaken

    def lose(self) -> tuple[InFlightRecord, ...]:
        """Give the partition up; return what was in flight."""
        self.live = False
        return self.slots

    def suspect(self, suspects: Suspects | None) -> None:
        """Take over whom to suspect; from now on it is known."""
        self.suspects = suspects
        self.wary = self.early is not None or suspects is not None
        if suspects is not None:
            for slot in self._slots:
                slot.suspect = slot.suspect or slot.record.offset in suspects

    def open(self) -> list[InFlightRecord]:
        """Return the records that waited; those to come wait no more."""
        waited, self.early = self.early or [], None
        self.suspect(self.suspects)
        return [slot for slot in waited if not slot.done]

    @property
    def stands(self) -> int | None:
        """The offset below which everything is finished, or was never there; ``None`` before any is known."""
        if self.watermark is None and self._slots:
            return self._slots[0].record.offset
        return self.watermark

    @property
    def to_commit(self) -> int | None:
        """The offset to commit now, or ``None``."""
        if not (self.live and self.settled) or self.watermark is None or self.watermark == self.committed:
            return None
        return self.watermark


def size_of(record: Record) -> int:
    """Return how many bytes a record keeps."""
    size = len(record.value or b"") + len(record.key or b"")
    for name, value in record.headers:
        size += len(name) + len(value or b"")
    return size
