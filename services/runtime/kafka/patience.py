"""Waits for futures, for no longer than a moment, with one timer for all who wait.

``asyncio.wait`` makes a timer for each call and puts it away again: 5 of the 57 microseconds of a hop.
"""

import asyncio
from collections import deque
from collections.abc import Collection


class Patience:
    """Waits for at most so many seconds; what is late is left as it is, and not canceled.

    Args:
        seconds: how long.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: deque[tuple[float, asyncio.Future[bool]]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def wait(self, futures: Collection["asyncio.Future[object]"]) -> bool:
        """Wait until all are done; says whether they are, and not merely the time is over.

        Args:
            futures: none of them done.
        """
        # kept: on Python 3.11 each question which loop runs is a system call
        loop = self._loop = self._loop or asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        left = len(futures)

        def one_is_done(_: "asyncio.Future[object]") -> None:
            nonlocal left
            left -= 1
            if not left and not waiter.done():
                waiter.set_result(True)

        for future in futures:
            future.add_done_callback(one_is_done)
        self._until(loop.time() + self._seconds, waiter, loop)
        try:
            return await waiter
        finally:
            if left:
                for future in futures:
                    future.remove_done_callback(one_is_done)

    def _until(self, when: float, waiter: "asyncio.Future[bool]", loop: asyncio.AbstractEventLoop) -> None:
        while self._waiting and self._waiting[0][1].done():
            self._waiting.popleft()
        self._waiting.append((when, waiter))
        if self._timer is None:
            self._timer = loop.call_at(when, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell those whose time is over, and come again for the next."""
        self._timer = None
        now = loop.time()
        while self._waiting and (self._waiting[0][1].done() or self._waiting[0][0] <= now):
            waiter = self._waiting.popleft()[1]
            if not waiter.done():
                waiter.set_result(False)
        if self._waiting:
            self._timer = loop.call_at(self._waiting[0][0], self._ring, loop)
