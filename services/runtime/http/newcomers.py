"""Connections that come at once are let in one by one, addresses in turn, so that the loop has breaks.

Whoever opens hundreds of sockets has the loop at work without a break, 0.7 ms each. Threads, such as the one
that writes the ledger, then wait for the interpreter at each of their statements: creates beside it took
eight times as long, although each turn of the loop was short.
"""

import asyncio
from collections import OrderedDict, deque
from typing import Protocol

NEWCOMER_SECONDS = 0.003
"""From letting in one newcomer to the next. Shorter: no breaks. Longer: who opens a connection for each call
is let in some 300 times a second beside others who do."""

CROWD = 64
"""Newcomers that wait, for each of which one more is let in at once. Fewer: many have no breaks, as above.
More: 10,000 viewers who come back after a restart take longer, and those behind give up."""


class Newcomer(Protocol):
    """A connection whose first bytes have come."""

    def let_in(self) -> None:
        """Go on; it may have gone meanwhile."""


class Newcomers:
    """Those that wait to be let in, of one server."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[Newcomer]] = OrderedDict()
        self._count = 0
        self._pause: asyncio.TimerHandle | None = None

    def come(self, newcomer: Newcomer, key: str) -> bool:
        """Say whether it is let in at once; else it waits until :meth:`Newcomer.let_in`.

        Args:
            newcomer: who comes.
            key: of its address: addresses take turns.
        """
        if self._pause is None:
            self._rest()
            return True
        self._waiting.setdefault(key, deque()).append(newcomer)
        self._count += 1
        return False

    def _rest(self) -> None:
        self._pause = asyncio.get_running_loop().call_later(NEWCOMER_SECONDS, self.go_on)

    def go_on(self) -> None:
        """Let in who is next."""
        self._pause = None
        if not self._waiting:
            return
        try:
            for _ in range(1 + self._count // CROWD):
                key, queue = self._waiting.popitem(last=False)
                newcomer = queue.popleft()
                self._count -= 1
                if queue:
                    self._waiting[key] = queue
                newcomer.let_in()
        finally:  # whatever one of them meets, the others come in
            self._rest()
