"""Ordered lanes per key over a bounded number of running handlers, served round-robin over jobs."""

import asyncio
import contextlib
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine, Hashable
from functools import partial
from typing import Any

from services.runtime.window import Slot

Run = Callable[[Slot], Coroutine[Any, Any, float | None]]
"""Works on a slot's record; returns ``None`` when it is finished, or the seconds to park its lane."""


class Lanes:
    """Runs slots: one at a time per lane, in order; at most ``limit`` at once; jobs take turns.

    A lane whose record is to be retried is parked: it waits without holding one of the running places.

    Args:
        run: see :data:`Run`; must not raise, except ``CancelledError``.
        limit: how many records are worked on at once.
        on_finished: called after a slot was finished or dropped.
    """

    def __init__(self, run: Run, limit: int, on_finished: Callable[[Slot], None]) -> None:
        self._run = run
        self._limit = limit
        self._on_finished = on_finished
        self._lanes: dict[Hashable, deque[Slot]] = {}
        self._ready: OrderedDict[Hashable, deque[Hashable]] = OrderedDict()
        self._parked: dict[Hashable, asyncio.TimerHandle] = {}
        self._running: set[asyncio.Task[float | None]] = set()
        self._frozen = False
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
    def lanes(self) -> int:
        """Lanes that hold a record."""
        return len(self._lanes)

    @property
    def stuck(self) -> bool:
        """Whether records wait although there is a free place and nothing is frozen or parked: a fault."""
        return bool(self._depth and not self._running and not self._parked and not self._frozen)

    def submit(self, lane: Hashable, job: Hashable, slot: Slot) -> None:
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
        self._frozen = True

    def thaw(self) -> None:
        """Go on after :meth:`freeze`."""
        self._frozen = False
        self._pump()

    async def calm(self, seconds: float) -> None:
        """Wait until nothing runs, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._calm.wait()

    async def close(self) -> None:
        """Start nothing more and cancel what runs."""
        self._frozen = self._closed = True
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

    def _pump(self) -> None:
        if not self._ready or self._frozen:
            return
        # kept: on Python 3.11 each question which loop runs is a system call
        loop = self._loop = self._loop or asyncio.get_running_loop()
        while self._ready and len(self._running) < self._limit:
            lane, job = self._next()
            slot = self._lanes[lane][0]
            if not slot.window.live or slot.done:
                self._advance(lane, job)
                continue
            task = loop.create_task(self._run(slot))
            slot.task = task
            self._running.add(task)
            self._calm.clear()
            task.add_done_callback(partial(self._done, lane, job, slot))

    def _done(self, lane: Hashable, job: Hashable, slot: Slot, task: "asyncio.Task[float | None]") -> None:
        # a callback, not a ``finally`` in the task: a task cancelled before its first step runs nothing
        self._running.discard(task)
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
        self._offer(lane, job)
        self._pump()

    def _advance(self, lane: Hashable, job: Hashable) -> None:
        queue = self._lanes[lane]
        slot = queue.popleft()
        if slot.window.live and not slot.done:
            slot.window.finish(slot)
        if queue:
            self._offer(lane, job)
        else:
            del self._lanes[lane]
        self._depth -= 1
        self._on_finished(slot)
