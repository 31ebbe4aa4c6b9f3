"""Outbox → Kafka: in order per key, deleted only when the broker has acknowledged.

A crash between the acknowledgement and the delete leaves an event in doubt: it may stand in the log already.
So does a failure whose answer was lost. Events in doubt are looked for in the log before they are published,
so that a job's end is announced once.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from contracts.cloudevents import StoredEvent
from contracts.errors import TransientError
from contracts.events import Event
from services.gateway.ledger import outbox
from services.gateway.ledger.database import Ledger
from services.gateway.ledger.outbox import Pending
from services.runtime.crashpoints import crash_point

Publish = Callable[[Sequence[StoredEvent]], Awaitable[Sequence[Exception | None]]]
"""Publishes events, each of another key, to their topics; returns once the broker has acknowledged each, or
why it has not."""

Already = Callable[[Sequence[Event]], Awaitable[set[UUID]]]
"""Says which of these events stand in their topics already."""

BATCH = 512
"""Events read at once. Fewer: more reads of the table. More: a crash publishes more of them again."""

BREATH_SECONDS = 0.01
"""From one batch to the next. Shorter: small batches, each event costs more. Longer: events wait."""

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


async def _none(_: Sequence[Event]) -> set[UUID]:
    return set()


class Relay:
    """Publishes what the ledger leaves in its outbox.

    Args:
        ledger: whose outbox.
        publish: see :data:`Publish`; whatever it raises means that nothing was acknowledged.
        already: see :data:`Already`; without it an event in doubt is published again, with the same id.
    """

    def __init__(self, ledger: Ledger, publish: Publish, already: Already = _none) -> None:
        self._ledger = ledger
        self._publish = publish
        self._already = already
        self._acknowledged: set[int] = set()  # and perhaps still in the outbox: the ledger may be full
        self._doubted: set[int] = set()
        self._found_at_start: int | None = None
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
            if more:
                await asyncio.sleep(BREATH_SECONDS)
            else:
                await self._wait()

    async def once(self) -> bool:
        """Publish one batch; returns whether something was published, so that there may be more."""
        crash_point("relay.before_claim")
        if not await self._ledger.lead():
            self._found_at_start = None  # whoever leads meanwhile may die between publishing and noting
            return False  # another process does it; two would publish a key out of order
        now = asyncio.get_running_loop().time()
        waiting = [key for key, parked in self._parked.items() if parked.until > now]
        if len(waiting) >= MAX_PARKED:
            return False
        if self._found_at_start is None:
            self._found_at_start = await self._ledger.read(outbox.newest)
        batch = await self._ledger.read(outbox.pending, BATCH, without=waiting)
        if batch:
            crash_point("relay.after_claim")
        await self._settle_doubts(batch)
        lanes: defaultdict[str, list[Pending]] = defaultdict(list)
        for item in batch:
            if item.id not in self._acknowledged:
                lanes[item.stored.job_id].append(item)
        while lanes:
            await self._step(lanes)
        done = list(self._acknowledged)
        if done:
            crash_point("relay.before_delete")
            await self._ledger.write(outbox.published, done)
            self._acknowledged.difference_update(done)
            crash_point("relay.after_delete")
        return bool(done)

    async def _settle_doubts(self, batch: list[Pending]) -> None:
        """Take those in doubt that stand in the log already for acknowledged."""
        start = self._found_at_start or 0
        doubted = [item for item in batch if item.id <= start or item.id in self._doubted]
        doubted = [item for item in doubted if item.id not in self._acknowledged]
        if not doubted:
            return
        there = await self._already([item.event for item in doubted])
        self._doubted.difference_update(item.id for item in doubted)
        self._acknowledged.update(item.id for item in doubted if item.event.event_id in there)

    async def _step(self, lanes: dict[str, list[Pending]]) -> None:
        """Publish the first event of each key; what follows it waits until it is acknowledged."""
        items = [lane.pop(0) for lane in lanes.values()]
        for item in items:
            crash_point("relay.before_publish", item.stored.type)
        try:
            results = await self._publish([item.stored for item in items])
        except Exception as error:  # noqa: BLE001  # whatever the client raises: it stays in the outbox
            results = [error] * len(items)
        for item, failure in zip(items, results, strict=True):
            key = item.stored.job_id
            if failure is None:
                crash_point("relay.after_publish", item.stored.type)
                self._acknowledged.add(item.id)
                if not lanes[key]:
                    del lanes[key]
                    self._parked.pop(key, None)
            else:
                del lanes[key]
                self._park(key)
                self._doubted.add(item.id)
                log.warning("relay.unpublished", type=item.stored.type, job_id=key, error=repr(failure))

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
            # not wait_for: woken and cancelled at once, it forgets the cancel, and the gateway never stops
            async with asyncio.timeout(until - now):
                await self._woken.wait()
