"""Outbox → Kafka: in order per key, deleted only when the broker has acknowledged.

A crash between the acknowledgement and the delete leaves an event in doubt: it may stand in the log already.
So does a failure whose answer was lost. Events in doubt are looked for in the log before they are published,
so that a job's end is announced once.

A key whose event is not taken waits by itself, in order. A topic that takes nothing rests: its events are
left where they are, and those of other topics pass them by; see decision 25.
"""

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import structlog
from aiokafka.errors import MessageSizeTooLargeError

from contracts.cloudevents import StoredEvent
from contracts.errors import TransientError
from contracts.events import Event
from contracts.topics import TOPIC_OF_NAME, TOPIC_OF_TYPE
from services.gateway.ledger import outbox
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.ledger.outbox import Pending
from services.runtime.fault_points import crash_point
from services.runtime.kafka.topic_health import NotTakenError, UnreadError

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

LARGE_SECONDS = 30.0
"""Pause of a key whose event is too large for its topic, until somebody changes the topic. Shorter: each try
costs others of its partition one, too. Longer: the key waits on when the topic has been changed."""

MAX_PARKED = 5_000
"""Keys that may wait each by itself; past it, the topic that most of them wait for rests. Fewer: one
partition that takes nothing stops its topic early. More: a query that names them all."""

PROBES = 4
"""Events, each of another key, with which a topic that rests is tried: one may be too large for it, or lie on
the one partition that still takes nothing."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Parked:
    failures: int
    until: float
    topic: str


async def none_stand(_: Sequence[Event]) -> set[UUID]:
    """Say that none does."""
    return set()


class Relay:
    """Publishes what the ledger leaves in its outbox.

    Args:
        ledger: whose outbox.
        publish: see :data:`Publish`; whatever it raises means that nothing was acknowledged.
        already: see :data:`Already`; without it an event in doubt is published again, with the same id.
        settling: held by whoever wants nothing to be published meanwhile.
    """

    def __init__(
        self,
        ledger: Ledger,
        publish: Publish,
        already: Already = none_stand,
        settling: asyncio.Lock | None = None,
    ) -> None:
        self._settling = settling or asyncio.Lock()
        self._ledger = ledger
        self._publish = publish
        self._already = already
        self._acknowledged: set[int] = set()  # and perhaps still in the outbox: the ledger may be full
        self._doubted: set[int] = set()
        self._found_at_start: int | None = None
        self._woken = asyncio.Event()
        self._parked: dict[str, _Parked] = {}
        self._resting: dict[str, _Parked] = {}

    @property
    def troubled(self) -> int:
        """How many keys and topics wait after a failure."""
        return len(self._parked) + len(self._resting)

    def wake(self) -> None:
        """Look into the outbox now; called after a commit that left something there."""
        self._woken.set()

    async def run(self) -> None:
        """Relay until cancelled."""
        failing = False
        while True:
            self._woken.clear()
            try:
                async with self._settling:
                    more = await self.once()
            except TransientError as error:  # the ledger is away: whose time has come waits for it, too
                level = log.debug if failing else log.warning  # told once, not at every try
                level("relay.failed", error=str(error))
                failing = True
                await self._woken_within(POLL_SECONDS)
            else:
                failing = False
                await (asyncio.sleep(BREATH_SECONDS) if more else self._wait())

    async def once(self) -> bool:
        """Publish one batch; returns whether something was published, so that there may be more."""
        crash_point("relay.before_claim")
        if not await self._ledger.lead():
            self._found_at_start = None  # whoever leads meanwhile may die between publishing and noting
            self._parked.clear()
            self._resting.clear()
            return False  # another process does it; two would publish a key out of order
        if self._found_at_start is None:
            self._found_at_start = await self._ledger.read(outbox.newest)
        self._rest_where_most_wait()
        batch = await self._ledger.read(
            outbox.pending, BATCH, without=self._waiting(), resting=_types(self._resting)
        )
        self._forget_settled(batch)
        batch += await self._probes()
        if batch:
            crash_point("relay.after_claim")
        lanes: defaultdict[str, list[Pending]] = defaultdict(list)
        for item in await self._without_doubt(batch):
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

    def _waiting(self) -> list[str]:
        now = asyncio.get_running_loop().time()
        return [key for key, parked in self._parked.items() if parked.until > now]

    def _rest_where_most_wait(self) -> None:
        if len(self._parked) >= MAX_PARKED:
            [(topic, _)] = Counter(parked.topic for parked in self._parked.values()).most_common(1)
            self._rest(topic)

    async def _probes(self) -> list[Pending]:
        """Return the oldest events of topics that have rested, to see whether they take them."""
        now = asyncio.get_running_loop().time()
        probes: list[Pending] = []
        for topic in [topic for topic, rest in self._resting.items() if rest.until <= now]:
            oldest = await self._ledger.read(
                outbox.pending_of, BATCH, _types([topic]), without=self._waiting()
            )
            if not oldest:
                del self._resting[topic]
            first_of_key = {item.stored.job_id: item for item in reversed(oldest)}
            probes += sorted(first_of_key.values(), key=lambda item: item.id)[:PROBES]
        return probes

    def _forget_settled(self, batch: list[Pending]) -> None:
        """Let go of keys whose time has come and that have nothing to publish: somebody else did."""
        if len(batch) < BATCH:
            there = {*self._waiting(), *(item.stored.job_id for item in batch)}
            for key in [key for key in self._parked if key not in there]:
                del self._parked[key]

    async def _without_doubt(self, batch: list[Pending]) -> list[Pending]:
        """Return what is to be published: not what stands in the log, or may and cannot be looked for."""
        start = self._found_at_start or 0
        left = [item for item in batch if item.id not in self._acknowledged]
        doubted = [item for item in left if item.id <= start or item.id in self._doubted]
        if not doubted:
            return left
        unread: Mapping[UUID, TransientError] = {}
        try:
            there = await self._already([item.event for item in doubted])
        except UnreadError as error:
            there, unread = error.found, error.unread
        except TransientError as error:
            there, unread = set(), {item.event.event_id: error for item in doubted}
        failed: set[str] = set()
        for item in doubted:
            name = item.event.event_id
            if (why := unread.get(name)) is not None:
                failed.add(item.stored.job_id)
                self._doubted.add(item.id)
                self._failed(item, why)
                continue
            self._doubted.discard(item.id)
            if name in there:
                self._acknowledged.add(item.id)
        return [
            item for item in left if item.id not in self._acknowledged and item.stored.job_id not in failed
        ]

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
                self._resting.pop(_topic_of(item), None)
                if not lanes[key]:
                    del lanes[key]
                    self._parked.pop(key, None)
            else:
                del lanes[key]
                if not isinstance(failure, NotTakenError) or failure.sent:
                    self._doubted.add(item.id)
                self._failed(item, failure)

    def _failed(self, item: Pending, failure: Exception) -> None:
        """Have what was not taken wait: with its topic if that takes nothing, else with its key."""
        topic, key = _topic_of(item), item.stored.job_id
        whole = isinstance(failure, NotTakenError) and failure.partition is None
        if not whole and isinstance(failure, NotTakenError | MessageSizeTooLargeError):
            self._resting.pop(topic, None)  # it is this event, or its partition
        if whole or topic in self._resting:
            if self._rest(topic):
                log.warning("relay.rests", topic=topic, error=repr(failure))
            return
        self._park(key, topic, failure)
        log.warning("relay.unpublished", type=item.stored.type, job_id=key, error=repr(failure))

    def _rest(self, topic: str) -> bool:
        """Leave a topic's events where they are; keys that waited for it need not any more.

        Says whether it did not rest already.
        """
        now = asyncio.get_running_loop().time()
        rest = self._resting.get(topic)
        if rest is None or rest.until <= now:
            self._resting[topic] = _after(rest, topic, now)
        for key in [key for key, parked in self._parked.items() if parked.topic == topic]:
            del self._parked[key]
        return rest is None

    def _park(self, key: str, topic: str, failure: Exception) -> None:
        now = asyncio.get_running_loop().time()
        parked = _after(self._parked.get(key), topic, now)
        if isinstance(failure, MessageSizeTooLargeError):
            parked = replace(parked, until=now + LARGE_SECONDS)
        self._parked[key] = parked

    async def _wait(self) -> None:
        now = asyncio.get_running_loop().time()
        trouble = [*self._parked.values(), *self._resting.values()]
        until = min([now + POLL_SECONDS, *(each.until for each in trouble)])
        if until > now:
            await self._woken_within(until - now)

    async def _woken_within(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            # not wait_for: woken and cancelled at once, it forgets the cancel, and the gateway never stops
            async with asyncio.timeout(seconds):
                await self._woken.wait()


def _after(before: _Parked | None, topic: str, now: float) -> _Parked:
    failures = before.failures + 1 if before else 1
    return _Parked(failures, now + min(PATIENCE_SECONDS, 0.05 * 2 ** min(failures, 10)), topic)


def _topic_of(item: Pending) -> str:
    return TOPIC_OF_TYPE[item.stored.type].name


def _types(topics: Iterable[str]) -> list[str]:
    return [kind for topic in topics for kind in TOPIC_OF_NAME[topic].types]
