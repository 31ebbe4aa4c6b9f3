"""Ordered lanes per key over a bounded number of running handlers, served round-robin over jobs."""

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Coroutine, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any

from services.runtime.engine.offsets import InFlightRecord

Run = Callable[[InFlightRecord], Coroutine[Any, Any, float | None]]
"""Works on a slot's record; returns ``None`` when it is finished, or the seconds to park its lane."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A slot that could be begun: the first of a lane that waits for its job's turn."""

    lane: Hashable
    job: Hashable
    slot: InFlightRecord


class Lanes:
    """Runs slots: one at a time per lane, in order; at most ``limit`` at once; jobs take turns.

    A lane whose record is to be retried is parked: it waits without holding one of the running places.

    Args:
        run: see :data:`Run`; must not raise, except ``CancelledError``.
        limit: how many records are worked on at once.
        on_finished: called after a slot was finished or dropped.

    Attributes:
        on_suspect: called before a slot that is to be alone in hand comes back (true) or comes to the front.
    """

    def __init__(self, run: Run, limit: int, on_finished: Callable[[InFlightRecord], None]) -> None:
        self._run = run
        self._limit = limit
        self._on_finished = on_finished
        self.on_suspect: Callable[[InFlightRecord, bool], None] | None = None
        self._lanes: dict[Hashable, deque[InFlightRecord]] = {}
        self._ready: OrderedDict[Hashable, deque[Hashable]] = OrderedDict()
        self._parked: dict[Hashable, asyncio.TimerHandle] = {}
        self._running: dict[asyncio.Task[float | None], InFlightRecord] = {}
        self._frozen = False
        self._held = False
        self._still = False  # frozen or held
        self._closed = False
        self._depth = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._calm = asyncio.Event()
        self._calm.set()

    @property
    def depth(self) -> int:
        """Records admitted and not finished."""
        return self._depth

    @property
    def running(self) -> int:
        """Records being worked on."""
        return len(self._running)

    @property
    def in_hand(self) -> Collection[InFlightRecord]:
        """The slots being worked on."""
        return self._running.values()

    @property
    def frozen(self) -> bool:
        """Whether nothing may be begun, not even a suspect."""
        return self._frozen

    @property
    def lanes(self) -> int:
        """Lanes that hold a record."""
        return len(self._lanes)

    @property
    def stuck(self) -> bool:
        """Whether records wait although there is a free place and nothing is frozen or parked: a fault."""
        return bool(self._depth and not self._running and not self._parked and not self._still)

    def submit(self, lane: Hashable, job: Hashable, slot: InFlightRecord) -> None:
        """Queue a slot at the end of its lane; ``job`` is whose turn it takes."""
        self._depth += 1
        queue = self._lanes.get(lane)
        if queue is None:
            self._lanes[lane] = deque((slot,))
            self._offer(lane, job)
        else:
            queue.append(slot)
        self._pump()

    def freeze(self) -> None:
        """Start nothing more until :meth:`thaw`; what runs goes on."""
        self._frozen = self._still = True

    def thaw(self) -> None:
        """Go on after :meth:`freeze`."""
        self._frozen = False
        self._still = self._held
        self._pump()

    def hold(self) -> None:
        """Start nothing more but by :meth:`begin`, until :meth:`release`."""
        self._held = self._still = True

    def release(self) -> None:
        """Go on after :meth:`hold`."""
        self._held = False
        self._still = self._frozen
        self._pump()

    def ready(self) -> list[Ready]:
        """Return what could be begun; looked at only while nothing is begun by itself."""
        found = [
            Ready(lane, job, self._lanes[lane][0]) for job, lanes in self._ready.items() for lane in lanes
        ]
        over = [each for each in found if not each.slot.window.live or each.slot.done]
        if not over:
            return found
        for each in over:  # what is behind them may be wanted
            self._take(each)
            self._advance(each.lane, each.job)
        return self.ready()

    def begin(self, ready: Ready, run: Run | None = None) -> "asyncio.Task[float | None]":
        """Start one that is ready, although nothing else is started; by ``run``, if it is given."""
        self._take(ready)
        return self._start(ready.lane, ready.job, ready.slot, run or self._run)

    async def calm(self, seconds: float) -> None:
        """Wait until nothing runs, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._calm.wait()

    async def close(self) -> None:
        """Start nothing more and cancel what runs."""
        self._frozen = self._still = self._closed = True
        for timer in self._parked.values():
            timer.cancel()
        self._parked.clear()
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _offer(self, lane: Hashable, job: Hashable) -> None:
        self._ready.setdefault(job, deque()).append(lane)

    def _next(self) -> tuple[Hashable, Hashable]:
        job, lanes = next(iter(self._ready.items()))
        lane = lanes.popleft()
        if lanes:
            self._ready.move_to_end(job)
        else:
            del self._ready[job]
        return lane, job

    def _take(self, ready: Ready) -> None:
        lanes = self._ready[ready.job]
        lanes.remove(ready.lane)
        if not lanes:
            del self._ready[ready.job]

    def _pump(self) -> None:
        if not self._ready or self._still:
            return
        while self._ready and len(self._running) < self._limit:
            lane, job = self._next()
            slot = self._lanes[lane][0]
            if not slot.window.live or slot.done:
                self._advance(lane, job)
                continue
            self._start(lane, job, slot, self._run)

    def _start(
        self, lane: Hashable, job: Hashable, slot: InFlightRecord, run: Run
    ) -> "asyncio.Task[float | None]":
        # kept: on Python 3.11 each question which loop runs is a system call
        loop = self._loop = self._loop or asyncio.get_running_loop()
        task = slot.task = loop.create_task(run(slot))
        if not self._running:
            self._calm.clear()
        self._running[task] = slot
        task.add_done_callback(partial(self._done, lane, job, slot))
        return task

    def _done(
        self, lane: Hashable, job: Hashable, slot: InFlightRecord, task: "asyncio.Task[float | None]"
    ) -> None:
        # a callback, not a ``finally`` in the task: a task cancelled before its first step runs nothing
        del self._running[task]
        slot.task = None
        if not self._running:
            self._calm.set()
        park = None if task.cancelled() else task.result()
        if park is not None and self._closed:
            return  # unfinished: redelivered later
        if park is not None and slot.window.live:
            loop = asyncio.get_running_loop()
            self._parked[lane] = loop.call_later(park, self._unpark, lane, job)
        elif task.cancelled() and slot.window.live:
            self._ready.setdefault(job, deque()).appendleft(lane)  # stopped, not finished: redelivered later
        else:
            self._advance(lane, job)
        self._pump()

    def _unpark(self, lane: Hashable, job: Hashable) -> None:
        del self._parked[lane]
        slot = self._lanes[lane][0]
        if slot.suspect and self.on_suspect is not None:
            self.on_suspect(slot, True)  # noqa: FBT003
        self._offer(lane, job)
        self._pump()

    def _advance(self, lane: Hashable, job: Hashable) -> None:
        queue = self._lanes[lane]
        slot = queue.popleft()
        if slot.window.live and not slot.done:
            slot.window.finish(slot)
        if queue:
            if queue[0].suspect and self.on_suspect is not None:
                self.on_suspect(queue[0], False)  # noqa: FBT003
            self._offer(lane, job)
        else:
            del self._lanes[lane]
        self._depth -= 1
        self._on_finished(slot)
