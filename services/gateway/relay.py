"""Outbox → Kafka: in order per key, deleted only when the broker has acknowledged.

A crash between the acknowledgement and the delete publishes the same event again, with the same id.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from contracts.errors import TransientError
from contracts.events import Event
from services.gateway.ledger import outbox
from services.gateway.ledger.database import Ledger
from services.gateway.ledger.outbox import Pending

Publish = Callable[[Event], Awaitable[None]]
"""Publishes an event to its topic under its key and returns once the broker has acknowledged it."""

BATCH = 256
"""Events read at once. Fewer: more reads of the table. More: a crash publishes more of them again."""

POLL_SECONDS = 1.0
"""Safety net for a wake-up that never came (an outbox filled by a process that died)."""

PATIENCE_SECONDS = 5.0
"""Longest pause of a key after failures. Shorter: an unreachable broker is hammered. Longer: jobs start
late when it is back."""

MAX_PARKED = 1_000
"""Keys that may wait each by itself. Fewer: a few keys in trouble stop the rest. More: a query that names
them all; past it the broker is surely away, and everybody waits."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Parked:
    failures: int
    until: float


class Relay:
    """Publishes what the ledger leaves in its outbox.

    Args:
        ledger: whose outbox.
        publish: see :data:`Publish`; any exception means "not acknowledged".
    """

    def __init__(self, ledger: Ledger, publish: Publish) -> None:
        self._ledger = ledger
        self._publish = publish
        self._woken = asyncio.Event()
        self._parked: dict[str, _Parked] = {}

    @property
    def troubled(self) -> int:
        """How many keys wait after a failure."""
        return len(self._parked)

    def wake(self) -> None:
        """Look into the outbox now; called after a commit that left something there."""
        self._woken.set()

    async def run(self) -> None:
        """Relay until cancelled."""
        while True:
            self._woken.clear()
            try:
                more = await self.once()
            except TransientError as error:  # the ledger is busy or full
                log.warning("relay.failed", error=str(error))
                more = False
            if not more:
                await self._wait()

    async def once(self) -> bool:
        """Publish one batch; returns whether something was published, so that there may be more."""
        if not await self._ledger.lead():
            return False  # another process does it; two would publish a key out of order
        now = asyncio.get_running_loop().time()
        waiting = [key for key, parked in self._parked.items() if parked.until > now]
        if len(waiting) >= MAX_PARKED:
            return False
        batch = await self._ledger.read(outbox.pending, BATCH, without=waiting)
        lanes: defaultdict[str, list[Pending]] = defaultdict(list)
        for item in batch:
            lanes[item.event.job_id].append(item)
        done = await asyncio.gather(*(self._lane(key, items) for key, items in lanes.items()))
        acknowledged = [id_ for ids in done for id_ in ids]
        if acknowledged:
            await self._ledger.write(outbox.published, acknowledged)
        return bool(acknowledged)

    async def _lane(self, key: str, items: list[Pending]) -> list[int]:
        acknowledged: list[int] = []
        for item in items:
            try:
                await self._publish(item.event)
            except Exception as error:  # noqa: BLE001  # whatever the client raises: it stays in the outbox
                self._park(key)
                log.warning("relay.unpublished", type=item.event.type, job_id=key, error=repr(error))
                return acknowledged
            acknowledged.append(item.id)
        self._parked.pop(key, None)
        return acknowledged

    def _park(self, key: str) -> None:
        failures = self._parked[key].failures + 1 if key in self._parked else 1
        pause = min(PATIENCE_SECONDS, 0.05 * 2 ** min(failures, 10))
        self._parked[key] = _Parked(failures, asyncio.get_running_loop().time() + pause)

    async def _wait(self) -> None:
        now = asyncio.get_running_loop().time()
        until = min([now + POLL_SECONDS, *(parked.until for parked in self._parked.values())])
        if until <= now:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(until - now):  # wait_for would swallow a cancel that meets a wake-up
                await self._woken.wait()
