"""What one caller shares with itself: what its sockets together take of the loop, the ledger and memory."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.types import Scope

TURNS = 8
"""Messages of one caller's sockets that are worked on at the same time: understood, looked up, answered with
16 snapshots, or waiting for the ledger. Fewer: its viewers wait longer when all come back after a restart.
More: so many have their turn in the loop, a millisecond each, and in the ledger's queue, before others."""

MAX_KEPT = 16 << 20
"""Bytes of messages that one caller's sockets may have begun, or that wait for their turn. Fewer: pages that
all come back and subscribe to long lists are told to come again. More: memory that one caller can fill."""

MAX_WATCHED = 120_000
"""Jobs and videos that one caller's sockets watch together, or have named revisions of: ten for each of the
12,000 viewers that it may have. Fewer: sites whose pages show long lists are refused. More: 700 bytes each;
500 of each were 4 GB."""

SHARE_KEY = "lectern.share"
"""Where a connection's scope holds its caller's share."""


class Share:
    """One caller's.

    Args:
        frame: takes a frame out of what the caller's sockets may send; returns the seconds that are missing.

    Attributes:
        held: what is held open, by kind.
        turns: entered by whoever works for one of the caller's sockets.
        watched: jobs and videos that its sockets watch, and revisions that they have named.
    """

    __slots__ = ("_kept", "frame", "held", "turns", "watched")

    def __init__(self, frame: Callable[[], float]) -> None:
        self.frame = frame
        self.held: Counter[str] = Counter()
        self.turns = asyncio.Semaphore(TURNS)
        self.watched = 0
        self._kept = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Do what takes the loop's time when it is the caller's turn, and then let the loop turn."""
        async with self.turns:
            try:
                yield
            finally:
                await asyncio.sleep(0)

    def keep(self, more: int) -> bool:
        """Note that so many bytes more (or fewer) are kept; says whether that is no more than may be."""
        self._kept += more
        return self._kept <= MAX_KEPT


def share_of(scope: Scope) -> Share:
    """Return the share of a connection's caller."""
    share = scope[SHARE_KEY]
    assert isinstance(share, Share)
    return share
