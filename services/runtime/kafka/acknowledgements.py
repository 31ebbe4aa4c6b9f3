"""Acknowledgements: waited for, and where they are late, left with a producer that goes on trying.

Who publishes an event again that is late joins the one that is under way, so that it is not sent twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaTimeoutError
from prometheus_client import Counter

from contracts.cloudevents import StoredEvent
from contracts.events import Event
from services.runtime.kafka.patience import Patience
from services.runtime.kafka.producer import LOST_COUNT
from services.runtime.kafka.topic_health import TopicHealth
from services.runtime.kafka.topic_lookup import answers, look_at, partitions_of
from services.runtime.observability.metrics import PUBLISHED

RENEW_SECONDS = 30.0
"""From one producer that was replaced because of late acknowledgements to the next."""

SOON_SECONDS = 1.0
"""How long acknowledgements are waited for before anybody asks what is late. Shorter: a busy broker is asked
often. Longer: reports of progress, which nobody needs, hold up a stage."""

MAX_LATE = 10_000
"""Events whose late acknowledgement is remembered. Fewer: an event that is published again comes twice."""

KEPT_SECONDS = 60.0
"""How long it is remembered that a late event has arrived. Shorter: whoever publishes it again after a pause
of a lane (30 s) sends it twice. Longer: where the topic is made anew, and the ledger announces the same
events once more, they are taken for those that went with the old one."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A record that is no event of ours, and not counted as one.

    Attributes:
        event_id: what it is known by while it is on its way.
        type: its topic's name.
    """

    event_id: str
    type: str


Sent = tuple[Event | StoredEvent | Letter, TopicPartition, "asyncio.Future[object]"]
"""An event, where it goes, and its acknowledgement."""


def failure_of(acknowledgement: "asyncio.Future[object]") -> Exception | None:
    """Return why an event was not acknowledged; of one that whoever waited for gave up, nothing is known."""
    if acknowledgement.cancelled():
        failure: Exception = KafkaConnectionError("given up")  # aiokafka is untyped
        return failure
    error = acknowledgement.exception()
    return error if error is None or isinstance(error, Exception) else RuntimeError(repr(error))


def _slow() -> Exception:
    failure: Exception = KafkaTimeoutError()  # aiokafka is untyped
    return failure


@cache
def published(type_: str) -> Counter:
    """Return the count of events of a type that were acknowledged."""
    return PUBLISHED.labels(type_)


class Acknowledgements:
    """Waits for acknowledgements, and keeps those that are late by the id of their event.

    Args:
        health: told of what becomes of them.
        renew: replaces a producer that lost count.
    """

    def __init__(self, health: TopicHealth, renew: Callable[[AIOKafkaProducer], Awaitable[None]]) -> None:
        self._health = health
        self._renew = renew
        self._late: dict[str, tuple[TopicPartition, asyncio.Future[object]]] = {}
        self._renewing: set[asyncio.Future[None]] = set()
        self._renewed_at = -RENEW_SECONDS
        self._patience = Patience(SOON_SECONDS)

    def __bool__(self) -> bool:
        return bool(self._late)

    async def soon(self, sent: Sequence[Sent]) -> bool:
        """Wait a moment for acknowledgements; says whether all came. Of what is late nothing is noted."""
        waited = [acknowledgement for _, _, acknowledgement in sent if not acknowledgement.done()]
        if self._health:
            return not waited  # it may be late for a reason that is known
        return not waited or await self._patience.wait(waited)

    async def wait(self, producer: AIOKafkaProducer, sent: Sequence[Sent], seconds: float) -> bool:
        """Wait for acknowledgements; says whether to wait for no more of them.

        Whatever is late stays with its producer, which goes on trying, and is remembered. If the broker is
        there, the place is known from now on for one that takes nothing, and everything else goes through a
        new producer: the old one pauses after each refusal, and everybody on that broker with it.
        """
        waited = [each for each in sent if not each[2].done()]
        if self._health:
            hopeless = [each for each in waited if self._health.known(each[1])]
            self._remember(producer, hopeless)
            waited = [each for each in waited if not self._health.known(each[1])]
        if not waited:
            return True
        _, late = await asyncio.wait({acknowledgement for _, _, acknowledgement in waited}, timeout=seconds)
        if not late:
            return True
        answered = await answers(producer)
        waited = [each for each in waited if not each[2].done()]
        if answered:
            for _, place, _ in waited:
                look_at(producer, place, self._health)
        self._remember(producer, waited)
        if answered and waited and self._renew_is_due():
            await self._renew(producer)
        return answered or not waited

    def _renew_is_due(self) -> bool:
        now = asyncio.get_running_loop().time()
        due = now - self._renewed_at >= RENEW_SECONDS
        if due:
            self._renewed_at = now
        return due

    def result(self, producer: AIOKafkaProducer, sent: Sent) -> Exception | None:
        """Return why an event was not acknowledged, as far as it is known now."""
        event, place, acknowledgement = sent
        failure = failure_of(acknowledgement) if acknowledgement.done() else _slow()
        if failure is None:
            if not isinstance(event, Letter):
                published(event.type).inc()
            if self._health:
                self._health.took(place)
        elif self._health.failed(place.topic, failure) or (
            not acknowledgement.done() and self._health.known(place)
        ):
            return self._health.error(
                place.topic,
                place.partition,
                partitions_of(producer, place.topic),
                sent=not acknowledgement.done(),
            )
        return failure

    def _remember(self, producer: AIOKafkaProducer, late: Sequence[Sent]) -> None:
        """Keep acknowledgements that are awaited, for whoever publishes their events again."""
        for event, place, acknowledgement in late:
            name = str(event.event_id)
            if name in self._late:
                continue
            while len(self._late) >= MAX_LATE:
                del self._late[next(iter(self._late))]
            self._late[name] = (place, acknowledgement)
            self._health.pends(place, 1)
            acknowledgement.add_done_callback(partial(self._decided, producer, name, place))

    def _decided(
        self, producer: AIOKafkaProducer, name: str, place: TopicPartition, done: "asyncio.Future[object]"
    ) -> None:
        self._health.pends(place, -1)
        error = failure_of(done)
        if error is None:
            self._health.took(place)
            asyncio.get_running_loop().call_later(KEPT_SECONDS, self._forget, name, done)
            return
        self._late.pop(name, None)
        self._health.failed(place.topic, error)
        if isinstance(error, LOST_COUNT):
            task = asyncio.ensure_future(self._renew(producer))
            self._renewing.add(task)
            task.add_done_callback(self._renewing.discard)

    def given_again(self, name: str) -> "asyncio.Future[object] | None":
        """Return the acknowledgement of an event that is with a producer, or was and has arrived."""
        known = self._late.get(name)
        if known is None:
            return None
        if known[1].done():
            del self._late[name]
        return known[1]

    def found(self, names: Iterable[str]) -> None:
        """Take note of late events that stand in their topics: nobody publishes these again."""
        for name in names:
            if name in self._late and self._late[name][1].done():
                del self._late[name]

    def _forget(self, name: str, acknowledgement: "asyncio.Future[object]") -> None:
        known = self._late.get(name)
        if known is not None and known[1] is acknowledgement:
            del self._late[name]
