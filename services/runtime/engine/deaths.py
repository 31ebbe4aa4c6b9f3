"""What one subscription notes of the work in its hands, and learns from the notes of workers that died."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from typing import Final

import structlog

from services.runtime.engine.lanes import Lanes, Ready, Run
from services.runtime.engine.marks import Mark
from services.runtime.engine.offsets import InFlightRecord, OffsetTracker
from services.runtime.engine.quarantine import Quarantine
from services.runtime.engine.suspects import Suspects
from services.runtime.kafka.record_names import place_of
from services.runtime.observability.metrics import SUSPECTS, WORKER_DEATHS

NOTE_SECONDS: Final = 0.25
"""From one look for records that have been in hand since the last to the next. Shorter: where a record takes
that long, a commit of its own for each. Longer: of a worker that dies more records may be what it died of."""

MOST_MORE: Final = 4_096
"""Records that a worker may begin before it says anew what it has in hand. Fewer: where records take less
than a millisecond, a commit every few hundred. More: so many are worked on one at a time after a death."""

NEVER: Final = 1 << 62

log = structlog.get_logger(__name__)


class Deaths:
    """Writes and reads the marks of one subscription's partitions, and works on its suspects.

    Args:
        topic: what is consumed.
        lanes: of the subscription.
        concurrency: how many records are worked on at once.
        quarantine: the process's.
        convict: gives up a slot that workers died of.
        commit: commits, with what is to be noted of the given windows; says whether all of that stands.
        windows: those that can be committed now.
        pause: seconds after a commit that failed.

    Attributes:
        leaving: what is committed from now on says that nobody is at work any more.
        terse: the broker keeps no more than which log it is.
    """

    def __init__(
        self,
        topic: str,
        lanes: Lanes,
        concurrency: int,
        quarantine: Quarantine,
        convict: Run,
        commit: Callable[[Collection[OffsetTracker]], Awaitable[bool]],
        windows: Callable[[], Collection[OffsetTracker]],
        pause: float,
    ) -> None:
        self.lanes = lanes
        self._topic = topic
        self._concurrency = concurrency
        self._quarantine = quarantine
        self._convict = convict
        self._commit = commit
        self._windows = windows
        self._pause = pause
        self._found: set[str] = set()
        self._outrun: set[OffsetTracker] = set()
        self._soon = asyncio.Event()
        self.leaving = False
        self.terse = False
        lanes.on_suspect = self.wants_to_be_alone
        quarantine.enroll(self)

    # --- what is noted ------------------------------------------------------------------------------------

    def mark(self, window: OffsetTracker, offset: int) -> Mark:
        """Return what is noted beside an offset that is about to be committed."""
        if window.suspects is not None and window.suspects.over(offset):
            window.suspect(None)
        if self.terse:
            return Mark(window.log)
        left = window.suspects or Suspects({})
        mark = Mark(
            window.log,
            deaths=left.deaths,
            first=left.first,
            until=left.until,
            by=left.by,
            lost=self._quarantine.lost,
        )
        if self.leaving:
            return mark
        return replace(
            mark,
            worker=self._quarantine.worker,
            at_work=tuple(slot.record.offset for slot in self.lanes.in_hand if slot.window is window),
            # what is finished above the offset will be begun again, too
            more=self._more(window) + sum(slot.done for slot in window.slots),
            alone=window.alone,
        )

    def _more(self, window: OffsetTracker) -> int:
        """Return how many records may be begun before it is said anew what is in hand."""
        return min(max(4 * window.since, 2 * self._concurrency + 2), MOST_MORE)

    def stands(self, window: OffsetTracker, mark: Mark, since: int) -> None:
        """Take note that a mark was committed.

        Args:
            window: the partition's.
            mark: what stands there.
            since: how many records had been finished since the mark before, when this one was made.
        """
        window.marked = not self.leaving
        window.marked_alone = mark.alone is not None
        window.named = frozenset((*mark.at_work, -1 if mark.alone is None else mark.alone))
        window.enough = min(max(2 * since, self._concurrency + 1), MOST_MORE // 2)
        window.since -= since

    def outrun(self, window: OffsetTracker) -> None:
        """Say soon what is in hand: many records were begun since that was said last."""
        window.enough = NEVER
        self._outrun.add(window)
        self._soon.set()

    async def note_forever(self) -> None:
        """See to it that what is in hand for longer than a moment is named beside the committed offset."""
        before: set[InFlightRecord] = set()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(NOTE_SECONDS):
                    await self._soon.wait()
            windows, self._outrun = self._outrun, set()
            if not self._soon.is_set():
                now = set(self.lanes.in_hand)
                windows |= {
                    slot.window for slot in now & before if slot.record.offset not in slot.window.named
                }
                before = now
            self._soon.clear()
            if windows and not self.lanes.frozen and not await self._commit(windows):
                await asyncio.sleep(self._pause)

    # --- what is learned ----------------------------------------------------------------------------------

    def died(self, mark: Mark) -> bool:
        """Say whether the worker that a note names is no more, or is taken for dead."""
        return mark.worker not in {"", self._quarantine.worker}

    def look_back(self, window: OffsetTracker, committed: int, mark: Mark, end: int) -> None:
        """Learn whom to suspect from the note of whoever had a partition before.

        Args:
            window: the partition's.
            committed: its offset.
            mark: what stands beside that.
            end: the partition's end, where the worker died.
        """
        self._quarantine.heard(mark.lost)
        if mark.worker == self._quarantine.worker and window.suspects is not None:
            return  # nobody else had it meanwhile: what is known here is newer
        died = self.died(mark)
        if died:
            self._quarantine.died(mark.worker)
            if mark.worker not in self._found:
                self._found.add(mark.worker)
                WORKER_DEATHS.labels(self._topic).inc()
        suspects = Suspects.after(mark, committed, died=died, end=end)
        if suspects is None:
            return
        if window.suspects is not None:  # it was kept through a rebalance, and others had it in between
            suspects.deaths = {**window.suspects.deaths, **suspects.deaths}
        window.suspect(suspects)
        log.warning(
            "a worker died, or was taken for dead: what it may have had in hand is worked on one at a time",
            topic=self._topic,
            partition=window.partition.partition,
            worker=mark.worker,
            alone=mark.alone,
            deaths=suspects.deaths,
            unnamed=suspects.first,
        )
        if window.early is None:
            self._quarantine.seal()

    # --- suspects -----------------------------------------------------------------------------------------

    def suspects(self) -> Iterable[tuple[int, Ready]]:
        """Return the suspects that could be begun, and how many deaths each has been in."""
        if self.lanes.frozen:
            return
        for ready in self.lanes.ready():
            suspects, offset = ready.slot.window.suspects, ready.slot.record.offset
            if suspects is not None and offset in suspects:
                yield suspects.deaths.get(offset, 1), ready

    async def work_alone(self, ready: Ready) -> bool:
        """Work on a suspect to its end; false if it could not be noted, and was not begun."""
        slot, window = ready.slot, ready.slot.window
        assert window.suspects is not None
        suspects, offset = window.suspects, slot.record.offset
        slot.suspect = True
        slot.deaths = suspects.name(offset)
        guilty = self._quarantine.guilty(slot.deaths)
        window.alone = None if guilty else offset
        # before anything else: where the process dies of it this must be known, and that nobody else is alone
        others = [each for each in self._windows() if each.marked_alone]
        if not await self._commit([window, *others]) or self.lanes.frozen or not window.live or slot.done:
            window.alone = None
            return False
        SUSPECTS.labels(self._topic).inc()
        if guilty:
            log.error("workers died of this", record=place_of(slot.record), deaths=slot.deaths)
        await asyncio.wait({self.lanes.begin(ready, self._convict if guilty else None)})
        window.alone = None
        if slot.done:
            suspects.clear(offset)
            if guilty:
                self._quarantine.explained(suspects.by)
                suspects.by = ()
        return True

    async def note_free(self) -> bool:
        """Note that nobody is worked on alone any more; say whether that stands, or need not."""
        return self.lanes.frozen or await self._commit(self._windows())

    @property
    def unresolved(self) -> Iterable[str]:
        """The workers whose deaths somebody here is still suspected of."""
        return (name for each in self._windows() if each.suspects is not None for name in each.suspects.by)

    def wants_to_be_alone(self, slot: InFlightRecord, comes_back: bool) -> None:  # noqa: FBT001 - a callback's
        """Begin with nothing else before a record that is a suspect, or asked to be worked on like one."""
        window, offset = slot.window, slot.record.offset
        if window.suspects is None or offset not in window.suspects:
            slot.suspect = (
                comes_back  # if not, others were suspected in its place, as many as there were to be
            )
            if not comes_back:
                return
            deaths = window.suspects.deaths if window.suspects is not None else {}
            deaths[offset] = 0
            window.suspect(window.suspects or Suspects(deaths))
        self._quarantine.seal()
