"""Calls of one kind that wait at the same time, done by one transaction of set-based statements.

A transaction a call costs more processor time than the work in it. One is under way at a time, and a breath
later whatever came meanwhile goes into the next: a lone call waits for nobody, and the busier it gets the
cheaper each is.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from contracts.errors import TransientError

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_BATCH = 64
"""Calls in one transaction. Fewer: more transactions. More: the first of them waits longer, and on SQLite
everybody else who writes."""

EAGER_BATCH = 16
"""Waiting calls that are a set already: they wait for no others. Fewer: small sets, each call costs more.
More: calls wait although there is nothing to gain."""

LINGER_SECONDS = 0.005
"""From one transaction to the next while calls wait. Shorter: smaller sets, each call costs more. Longer:
calls wait for nothing."""

Work = Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]]
"""Does many calls; returns for each, in order, its result or why it alone failed."""


class MicroBatcher(Generic[Item, Result]):
    """Collects calls.

    Args:
        work: see :data:`Work`; what it raises is everybody's, and then each call is tried alone, unless
            it was a ``TransientError``.
        most: calls at once.
        breath: from one transaction to the next while calls wait, seconds.
    """

    def __init__(
        self, work: Work[Item, Result], *, most: int = MAX_BATCH, linger: float = LINGER_SECONDS
    ) -> None:
        self._work = work
        self._most = most
        self._linger = linger
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._running: asyncio.Task[None] | None = None

    async def run(self, item: Item) -> Result:
        """Do one call, with those that wait at the same time."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running is None:
            self._running = asyncio.create_task(self._serve(), name="ledger-together")
        return await future

    async def _serve(self) -> None:
        try:
            while self._waiting:
                calls = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                calls = [call for call in calls if not call[1].done()]  # nobody waits for those any more
                if calls:
                    await self._answered(calls)
                if 0 < len(self._waiting) < EAGER_BATCH:
                    await asyncio.sleep(self._linger)
        finally:
            self._running = None
            while self._waiting:  # cancelled: the loop is closing
                self._waiting.popleft()[1].cancel()

    async def _answered(self, calls: list[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        """Do calls; whatever becomes of that, nobody is left waiting."""
        try:
            await self._do(calls)
        except Exception as error:  # noqa: BLE001  # a bug of ours or of the work's: theirs to hear of
            for _, future in calls:
                _settle(future, error)

    async def _do(self, calls: list[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        try:
            results = await self._work([item for item, _ in calls])
        except asyncio.CancelledError:
            for _, future in calls:
                future.cancel()
            raise
        except TransientError as error:  # everybody's: each alone would meet it, too, one after the other
            for _, future in calls:
                _settle(future, TransientError(error.code, error.message))  # each has a traceback of its own
            return
        except Exception as error:  # noqa: BLE001  # a bad one must not fail the others
            if len(calls) == 1:
                _settle(calls[0][1], error)
                return
            for call in calls:
                await self._do([call])
            return
        for (_, future), result in zip(calls, results, strict=True):
            _settle(future, result)


def _settle(future: "asyncio.Future[Result]", result: Result | Exception) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
