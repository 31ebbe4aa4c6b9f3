"""Calls that wait for the end of something, looked after by one query a second for all of them.

Whoever is told of an end in this process wakes them; the query is for what another process ended, or what the
log of updates is late with. A query a call and second, of 200 calls, took every writer three times as long.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from contracts.errors import LecternError
from services.gateway.live.snapshots import CHUNK

RECHECK_SECONDS = 1.0
"""From one look to the next. Shorter: queries for nothing. Longer: a call learns late of what another process
ended."""


class Rechecks:
    """Who waits for what.

    Args:
        pending: returns which of some ids have not ended.
    """

    def __init__(self, pending: Callable[[Sequence[str]], Awaitable[Collection[str]]]) -> None:
        self._pending = pending
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._looking: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """Return for how many names somebody waits."""
        return len(self._waiting)

    @contextmanager
    def waiting(self, name: str) -> Iterator[asyncio.Event]:
        """Yield what is set whenever ``name`` may have ended."""
        event = asyncio.Event()
        self._waiting[name].add(event)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look(), name="rechecks")
        try:
            yield event
        finally:
            self._waiting[name].discard(event)
            if not self._waiting[name]:
                del self._waiting[name]
            if not self._waiting:
                self._looking.cancel()
                self._looking = None

    def wake(self, name: str) -> None:
        """Have those who wait for ``name`` look."""
        for event in self._waiting.get(name, ()):
            event.set()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            names = list(self._waiting)
            for start in range(0, len(names), CHUNK):
                chunk = names[start : start + CHUNK]
                try:
                    pending = await self._pending(chunk)
                except LecternError:
                    break  # the ledger is away; who has waited long enough is told so
                for name in set(chunk).difference(pending):
                    self.wake(name)
