"""Publishes events: topic, partition, key and CloudEvents headers from the contracts.

It uses aiokafka's producer directly: FastStream's ``publish`` cannot carry a dead letter's headers
unchanged (binary, null, repeated), and costs half of a hop's processor time.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from uuid import UUID

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from prometheus_client import Counter

from contracts.base import MAX_RECORD_BYTES
from contracts.cloudevents import StoredEvent, headers_of, value_of
from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.events import Event, ProgressReported, SceneContext
from contracts.topics import TOPIC_OF_TYPE, Topic, partition_for
from services.runtime.intake import SCENE_HEADER
from services.runtime.metrics import PRODUCERS_REPLACED, PUBLISHED
from services.runtime.producer import LOST_COUNT, close, close_when_left, leave, open_producer
from services.runtime.readback import newest_ids
from services.runtime.settings import RuntimeSettings
from services.runtime.topic_health import NotTakenError, TopicHealth, UnreadError

log = structlog.get_logger(__name__)

BREATH = 16
"""Events of one batch that are encoded in a row, a few milliseconds, before others may use the event loop."""

CLOSE_SECONDS = 10.0
"""How long a producer may still send what others gave it, when the process ends."""

ASK_SECONDS = 2.0
"""How long a broker may take to say where a topic is. Shorter: a busy one is taken for one that is away.
Longer: whoever writes to a missing topic for the first time waits, and the outbox with him."""

ACK_SECONDS = 5.0
"""How long a stage waits for an acknowledgement before it is asked whether only this partition takes nothing.
Shorter: a slow broker costs stages their work twice. Longer: a partition that takes nothing holds up, for so
long, as many records as a stage has in hand."""

COURTESY_SECONDS = 1.0
"""The same for reports of progress, once everything else is acknowledged."""

STORED_ACK_SECONDS = 1.0
"""The same for events of the outbox, where one that is late is only asked for again. Longer: a partition that
takes nothing holds everybody up, once, for so long."""

ALONE = 16
"""Events of a batch that was too large that are published one by one, each some ten milliseconds, before
others have their turn."""

RENEW_SECONDS = 30.0
"""From one producer that was replaced because of late acknowledgements to the next."""

MAX_LATE = 10_000
"""Events whose late acknowledgement is remembered. Fewer: an event that is published again comes twice."""

Sent = tuple[Event | StoredEvent, TopicPartition, "asyncio.Future[object]"]
"""An event, where it goes, and its acknowledgement."""

RawHeaders = Sequence[tuple[str, bytes | None]]


def scene_index_of(event: Event) -> int | None:
    """Return the scene an event is about, for scene events."""
    context = event.__dict__.get("context")  # getattr raises inside pydantic where there is none: 5 us
    return context.index if isinstance(context, SceneContext) else None


def _failure_of(acknowledgement: "asyncio.Future[object]") -> Exception | None:
    """Return why an event was not acknowledged; of one that whoever waited for gave up, nothing is known."""
    if acknowledgement.cancelled():
        failure: Exception = KafkaConnectionError("given up")  # aiokafka is untyped
        return failure
    error = acknowledgement.exception()
    return error if error is None or isinstance(error, Exception) else RuntimeError(repr(error))


@cache
def _published(type_: str) -> Counter:
    return PUBLISHED.labels(type_)


def _now() -> datetime:
    return datetime.now(UTC)


class Publisher:
    """One idempotent producer (not on the embedded broker, which has none) with ``acks=all``.

    Args:
        settings: where Kafka is.
        source: CloudEvents source, ``lectern/<process>``.
        clock: time of the events' headers.
    """

    def __init__(self, settings: RuntimeSettings, source: str, clock: Callable[[], datetime] = _now) -> None:
        self._settings = settings
        self._source = source
        self._clock = clock
        self._producer: AIOKafkaProducer | None = None
        self._renewing = asyncio.Lock()
        self._leaving: dict[asyncio.Task[None], AIOKafkaProducer] = {}
        self._renewing_late: set[asyncio.Task[None]] = set()
        self._renewed_at = -RENEW_SECONDS
        self._late: dict[str, tuple[TopicPartition, asyncio.Future[object]]] = {}
        self._seen: set[str] = set()
        self.health = TopicHealth()

    async def start(self) -> None:
        """Connect.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        self._producer = await open_producer(self._settings, self._source)

    async def stop(self) -> None:
        """Flush and disconnect."""
        async with self._renewing:
            closing = [close_when_left(lost, task, CLOSE_SECONDS) for task, lost in self._leaving.items()]
            if self._producer is not None:
                closing.append(close(self._producer, CLOSE_SECONDS))
                self._producer = None
            await asyncio.gather(*closing)

    async def _renew(self, lost: AIOKafkaProducer) -> None:
        """Put a new producer, with a sequence of its own, in the place of one that lost count or is stuck.

        Everybody whose event the old one did not acknowledge publishes it again, as after any other error.
        """
        async with self._renewing:
            if self._producer is not lost:
                return  # somebody else was faster, or it was stopped
            try:
                self._producer = await open_producer(self._settings, self._source)
            except TransientError:
                return  # the next failure tries again
        PRODUCERS_REPLACED.inc()
        log.warning("a producer was replaced")
        task = asyncio.create_task(leave(lost))
        self._leaving[task] = lost
        task.add_done_callback(lambda task: self._leaving.pop(task, None))

    async def publish(self, events: Sequence[Event], extra_headers: Mapping[str, str] | None = None) -> None:
        """Publish events in order and wait for all acknowledgements.

        Reports of progress are a courtesy: where their topic takes no records, nobody waits for them.

        Raises:
            PermanentError: ``EVENT_TOO_LARGE``.
            TransientError: ``BROKER_UNAVAILABLE``; :class:`NotTakenError` if it is only a topic that takes
                nothing.
        """
        producer = self._connected
        sent: list[Sent] = []
        try:
            for number, event in enumerate(events, start=1):
                try:
                    sent.append(await self._send(producer, event, extra_headers or {}))
                except NotTakenError:
                    if event.type != ProgressReported.type:
                        raise
                if number % BREATH == 0:
                    await asyncio.sleep(0)
            needed = [each for each in sent if each[0].type != ProgressReported.type]
            while not await self._acknowledged(producer, needed, ACK_SECONDS):
                pass  # the broker is away: nobody is better off without this event
            while len(needed) < len(sent) and not await self._acknowledged(producer, sent, COURTESY_SECONDS):
                pass
            for each in sent:
                failure = self._result(each)
                if failure is not None and not (
                    isinstance(failure, NotTakenError) and each[0].type == ProgressReported.type
                ):
                    raise failure
        except KafkaError as error:
            raise await self._failed(producer, "an event", error) from error

    async def publish_stored(self, events: Sequence[StoredEvent]) -> list[Exception | None]:
        """Publish events side by side as they were written down; returns why each was not acknowledged.

        Of events with one key their order is not kept: the caller waits for one before it gives the next.
        None is waited for that goes where nothing is taken, or for longer than a moment: who gives it again
        learns whether it was acknowledged meanwhile, and it is not sent twice.
        """
        producer = self._connected
        results: list[Exception | None] = [None] * len(events)
        offered: list[tuple[int, Sent]] = []
        number = 0
        while number < len(events):
            try:
                async with asyncio.timeout(ASK_SECONDS + STORED_ACK_SECONDS):
                    while number < len(events):
                        try:
                            offered.append((number, await self._offer(producer, events[number])))
                        except (KafkaError, NotTakenError) as error:
                            results[number] = error
                        number += 1
                        if number % BREATH == 0:
                            await asyncio.sleep(0)
            except TimeoutError:  # what its partition has not taken is as much as may wait for it
                results[number] = KafkaTimeoutError()
                number += 1
        await self._acknowledged(producer, [sent for _, sent in offered], STORED_ACK_SECONDS)
        for place, sent in offered:
            results[place] = self._result(sent)
        if any(isinstance(error, LOST_COUNT) for error in results):
            await self._renew(producer)
        large = [
            number for number, error in enumerate(results) if isinstance(error, MessageSizeTooLargeError)
        ]
        for number in large[:ALONE]:
            results[number] = await self._alone(events[number])
        return results

    async def _alone(self, event: StoredEvent) -> Exception | None:
        """Publish an event in a batch of its own: the broker refused one that was too large as a whole.

        By a new producer, because a refusal leaves a gap in the sequence of the one that got it.
        """
        try:
            await self._renew(self._connected)
            producer = self._connected
            sent = await self._offer(producer, event)
        except (KafkaError, NotTakenError) as error:
            failure: Exception = error
            return failure
        await self._acknowledged(producer, [sent], STORED_ACK_SECONDS)
        failed = self._result(sent)
        if isinstance(failed, MessageSizeTooLargeError):
            await self._renew(producer)
        return failed

    async def send_raw(self, topic: str, key: bytes | None, value: bytes | None, headers: RawHeaders) -> None:
        """Publish a record as it is; used for dead letters.

        The one record that cannot stay as it is has neither key nor value, which aiokafka refuses: its
        key becomes empty.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        if key is None and value is None:
            key = b""
        producer = self._connected
        try:
            if not self._partitions(producer, topic):
                await self._asked(producer, topic)
            await producer.send_and_wait(topic, value=value, key=key, headers=list(headers))
        except KafkaError as error:
            raise await self._failed(producer, "a record", error) from error

    async def already(self, events: Sequence[Event]) -> set[UUID]:
        """Return the ids of those events that stand among the newest records of their partitions.

        The embedded broker remembers nothing from before a crash, so there is nothing to look for.

        Raises:
            UnreadError: of some it cannot be said, because nobody leads their partition.
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        if self._settings.embedded or not events:
            return set()
        partitions: set[TopicPartition] = set()
        unread: dict[UUID, TransientError] = {}
        try:
            for event in events:
                topic = TOPIC_OF_TYPE[event.type]
                try:
                    place = await self._place(self._connected, topic, event.job_id, scene_index_of(event))
                    self._readable(place)
                    partitions.add(place)
                except NotTakenError as error:
                    unread[event.event_id] = error
        except KafkaError as error:
            raise TransientError(
                ErrorCode.BROKER_UNAVAILABLE, f"Kafka does not answer ({type(error).__name__})"
            ) from error
        names = await newest_ids(self._settings, partitions) if partitions else set()
        found = {event.event_id for event in events if str(event.event_id) in names}
        if unread:
            raise UnreadError(found, unread)
        return found

    def _readable(self, place: TopicPartition) -> None:
        """Refuse to read from a partition that nobody leads: the client would wait for a leader."""
        client = self._connected.client
        if client.cluster.leader_for_partition(place) in {None, -1}:
            client.force_metadata_update()
            raise NotTakenError(place.topic, place.partition, "no broker leads it")

    @property
    def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise TransientError(ErrorCode.BROKER_UNAVAILABLE, "the publisher is not connected")
        return self._producer

    async def _failed(self, producer: AIOKafkaProducer, what: str, error: KafkaError) -> TransientError:
        if isinstance(error, LOST_COUNT):
            await self._renew(producer)
        return TransientError(
            ErrorCode.BROKER_UNAVAILABLE, f"Kafka did not take {what} ({type(error).__name__})"
        )

    async def _send(self, producer: AIOKafkaProducer, event: Event, extra: Mapping[str, str]) -> Sent:
        topic = TOPIC_OF_TYPE[event.type]
        value = value_of(event)
        if len(value) > MAX_RECORD_BYTES:
            raise PermanentError(
                ErrorCode.EVENT_TOO_LARGE,
                f"{event.type} of job {event.job_id}: {len(value)} bytes; at most {MAX_RECORD_BYTES} travel",
            )
        scene = scene_index_of(event)
        if scene is not None:
            extra = {**extra, SCENE_HEADER: str(scene)}
        place = await self._place(producer, topic, event.job_id, scene)
        if self._late and (again := self._given_again(str(event.event_id))):
            return event, place, again
        if self.health:
            self.health.check(place.topic, place.partition, self._partitions(producer, topic.name))
        acknowledgement: asyncio.Future[object] = await producer.send(
            topic.name,
            value=value,
            key=event.job_id.encode(),
            partition=place.partition,
            headers=headers_of(event, source=self._source, time=self._clock(), extra=extra),
        )
        return event, place, acknowledgement

    async def _offer(self, producer: AIOKafkaProducer, event: StoredEvent) -> Sent:
        topic = TOPIC_OF_TYPE[event.type]
        place = await self._place(producer, topic, event.job_id, None)
        if self._late and (again := self._given_again(event.event_id)):
            return event, place, again
        if self.health:
            self.health.check(place.topic, place.partition, self._partitions(producer, topic.name))
        acknowledgement: asyncio.Future[object] = await producer.send(
            topic.name,
            value=event.value,
            key=event.job_id.encode(),
            partition=place.partition,
            headers=headers_of(event, source=self._source, time=self._clock()),
        )
        return event, place, acknowledgement

    # --- where it goes ------------------------------------------------------------------------------------

    async def _place(
        self, producer: AIOKafkaProducer, topic: Topic, job_id: str, scene: int | None
    ) -> TopicPartition:
        partitions = self._partitions(producer, topic.name) or await self._asked(producer, topic.name)
        return TopicPartition(topic.name, partition_for(topic, job_id, scene, partitions))

    def _partitions(self, producer: AIOKafkaProducer, topic: str) -> int:
        """Return how many partitions the producer knows of; 0 if it knows none."""
        return len(producer.client.cluster.partitions_for_topic(topic) or ())

    async def _asked(self, producer: AIOKafkaProducer, topic: str) -> int:
        """Ask the broker where a topic is: aiokafka asks for 40 s before it says that there is none.

        Raises:
            NotTakenError: there is none, or it is not for us.
            KafkaError: the broker does not answer.
        """
        producer.client.add_topic(topic)
        if refusal := self.health.hopeless(topic):
            producer.client.force_metadata_update()  # whoever comes next finds the answer
            raise refusal
        try:
            async with asyncio.timeout(2 * ASK_SECONDS):
                partitions = await self._told(producer, topic)
        except TimeoutError:
            raise KafkaTimeoutError from None
        except KafkaError as error:
            self.health.failed(topic, error)
            raise self.health.hopeless(topic) or error from None
        self._seen.add(topic)
        return partitions

    async def _told(self, producer: AIOKafkaProducer, topic: str) -> int:
        """Return how many partitions a topic has, as soon as the broker says so."""
        loop = asyncio.get_running_loop()
        # one that was never seen may have been made this moment, and the broker has not heard of it yet
        until = loop.time() + (0 if topic in self._seen else ASK_SECONDS)
        if not await producer.client.force_metadata_update():  # asked for before the topic was added, perhaps
            raise KafkaConnectionError("no broker tells where topics are")
        while not (partitions := self._partitions(producer, topic)):
            if topic in producer.client.cluster.unauthorized_topics:
                raise TopicAuthorizationFailedError(topic)
            late = loop.time() >= until
            if not await producer.client.force_metadata_update():
                raise KafkaConnectionError("no broker tells where topics are")
            if late and not self._partitions(producer, topic):
                raise UnknownTopicOrPartitionError
            await asyncio.sleep(0.1)
        return partitions

    # --- what became of it --------------------------------------------------------------------------------

    async def _acknowledged(self, producer: AIOKafkaProducer, sent: Sequence[Sent], seconds: float) -> bool:
        """Wait for acknowledgements; says whether to wait for no more of them.

        Whatever is late stays with its producer, which goes on trying, and is remembered. If the broker is
        there, the place is known from now on for one that takes nothing, and everything else goes through a
        new producer: the old one pauses after each refusal, and everybody on that broker with it.
        """
        waited = [each for each in sent if not each[2].done()]
        if self.health:
            hopeless = [each for each in waited if self.health.known(each[1])]
            self._remember(producer, hopeless)
            waited = [each for each in waited if not self.health.known(each[1])]
        if not waited:
            return True
        _, late = await asyncio.wait({acknowledgement for _, _, acknowledgement in waited}, timeout=seconds)
        if not late:
            return True
        answered = await self._answers(producer)
        waited = [each for each in waited if not each[2].done()]
        if answered:
            for _, place, _ in waited:
                self._look_at(producer, place)
        self._remember(producer, waited)
        if answered and waited and self._clock_says_renew():
            await self._renew(producer)
        return answered or not waited

    async def _answers(self, producer: AIOKafkaProducer) -> bool:
        """Say whether a broker tells where topics are now."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return bool(await producer.client.force_metadata_update())
        except TimeoutError:
            return False

    def _clock_says_renew(self) -> bool:
        now = asyncio.get_running_loop().time()
        due = now - self._renewed_at >= RENEW_SECONDS
        if due:
            self._renewed_at = now
        return due

    def _look_at(self, producer: AIOKafkaProducer, place: TopicPartition) -> None:
        """Take note of why a place has not acknowledged, as far as the broker tells."""
        cluster = producer.client.cluster
        if place.topic in cluster.unauthorized_topics:
            self.health.failed(place.topic, TopicAuthorizationFailedError(place.topic))
        elif not self._partitions(producer, place.topic):
            self.health.failed(place.topic, UnknownTopicOrPartitionError())
        elif cluster.leader_for_partition(place) in {None, -1}:
            self.health.late(place, "no broker leads it; bring one back that has its data")
        else:
            self.health.late(
                place, "its leader does not acknowledge; look at its in-sync replicas and min.insync.replicas"
            )

    def _remember(self, producer: AIOKafkaProducer, late: Sequence[Sent]) -> None:
        """Keep acknowledgements that are awaited, for whoever publishes their events again."""
        for event, place, acknowledgement in late:
            name = str(event.event_id)
            if name in self._late:
                continue
            while len(self._late) >= MAX_LATE:
                del self._late[next(iter(self._late))]
            self._late[name] = (place, acknowledgement)
            self.health.pends(place, 1)
            acknowledgement.add_done_callback(partial(self._decided, producer, name, place))

    def _decided(
        self, producer: AIOKafkaProducer, name: str, place: TopicPartition, done: "asyncio.Future[object]"
    ) -> None:
        self.health.pends(place, -1)
        error = _failure_of(done)
        if error is None:
            self.health.took(place)
            return
        self._late.pop(name, None)
        self.health.failed(place.topic, error)
        if isinstance(error, LOST_COUNT):
            task = asyncio.create_task(self._renew(producer))
            self._renewing_late.add(task)
            task.add_done_callback(self._renewing_late.discard)

    def _given_again(self, name: str) -> "asyncio.Future[object] | None":
        """Return the acknowledgement of an event that is with a producer, or was and has arrived."""
        known = self._late.get(name)
        if known is None:
            return None
        if known[1].done():
            del self._late[name]
        return known[1]

    def _result(self, sent: Sent) -> Exception | None:
        """Return why an event was not acknowledged, as far as it is known now."""
        event, place, acknowledgement = sent
        producer = self._producer
        partitions = self._partitions(producer, place.topic) if producer is not None else 0
        if not acknowledgement.done():
            if not self.health.known(place):
                return KafkaTimeoutError()
            return self.health.error(place.topic, place.partition, partitions)
        failure = _failure_of(acknowledgement)
        if failure is None:
            _published(event.type).inc()
            if self.health:
                self.health.took(place)
            return None
        if self.health.failed(place.topic, failure):
            return self.health.error(place.topic, place.partition, partitions)
        return failure
