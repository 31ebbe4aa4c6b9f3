"""Publishes events: topic, partition, key and CloudEvents headers from the contracts.

It uses aiokafka's producer directly: FastStream's ``publish`` cannot carry a dead letter's headers
unchanged (binary, null, repeated), and costs half of a hop's processor time.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID, uuid4

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError

from contracts import claimed
from contracts.base import MAX_RECORD_BYTES
from contracts.cloudevents import SCENE_HEADER, StoredEvent, headers_of, value_of
from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.events import Event, ProgressReported, SceneContext, ScenePlanned
from contracts.topics import TOPIC_OF_TYPE, Topic, murmur2, partition_for
from services.runtime.artifacts import Artifacts, Blob
from services.runtime.kafka.acknowledgements import Acknowledgements, Letter, Sent
from services.runtime.kafka.producer import LOST_COUNT, close, close_when_left, leave, offer, open_producer
from services.runtime.kafka.recent_ids import newest_ids
from services.runtime.kafka.topic_health import NotTakenError, TopicHealth, UnreadError
from services.runtime.kafka.topic_lookup import (
    ASK_SECONDS,
    TopicLookup,
    partitions_of,
    require_leader,
)
from services.runtime.observability.metrics import PRODUCERS_REPLACED
from services.runtime.settings import RuntimeSettings

log = structlog.get_logger(__name__)

BREATH = 16
"""Events of one batch that are encoded in a row, a few milliseconds, before others may use the event loop."""

CLOSE_SECONDS = 10.0
"""How long a producer may still send what others gave it, when the process ends."""

SICK_CLOSE_SECONDS = 2.0
"""The same while something takes no records: what is offered there would be waited for in vain."""

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

RawHeaders = Sequence[tuple[str, bytes | None]]


def scene_index_of(event: Event) -> int | None:
    """Return the scene an event is about, for scene events."""
    context = event.__dict__.get("context")  # getattr raises inside pydantic where there is none: 5 us
    return context.index if isinstance(context, SceneContext) else None


def place_for(topic: Topic, job_id: str, scene: int | None, partitions: int) -> TopicPartition:
    """Return where an event goes in a topic of so many partitions."""
    return TopicPartition(topic.name, partition_for(topic, job_id, scene, partitions))


def _now() -> datetime:
    return _at(time.time_ns() // 1_000_000)


@lru_cache(maxsize=1)  # and so is the text that headers make of it
def _at(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


class Publisher:
    """One idempotent producer (not on the embedded broker, which has none) with ``acks=all``.

    Args:
        settings: where Kafka is.
        source: CloudEvents source, ``lectern/<process>``.
        clock: time of the events' headers.
        artifacts: where scenes go that are larger than a record may be; without it they are refused.
    """

    def __init__(
        self,
        settings: RuntimeSettings,
        source: str,
        clock: Callable[[], datetime] = _now,
        artifacts: Artifacts | None = None,
    ) -> None:
        self._settings = settings
        self._artifacts = artifacts
        self._source = source
        self._clock = clock
        self._producer: AIOKafkaProducer | None = None
        self._renewing = asyncio.Lock()
        self._leaving: dict[asyncio.Task[None], AIOKafkaProducer] = {}
        self.health = TopicHealth()
        self._lookup = TopicLookup(self.health)
        self._acknowledgements = Acknowledgements(self.health, self._renew)

    async def start(self) -> None:
        """Connect.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        self._producer = await open_producer(self._settings, self._source)

    async def stop(self) -> None:
        """Flush and disconnect."""
        async with self._renewing:
            seconds = SICK_CLOSE_SECONDS if self.health else CLOSE_SECONDS
            closing = [close_when_left(lost, task, seconds) for task, lost in self._leaving.items()]
            if self._producer is not None:
                closing.append(close(self._producer, seconds))
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
                nothing; or the artifact store's, for an event larger than a record.
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
            if not await self._acknowledgements.soon(sent):
                await self._awaited(producer, sent)
            for each in sent:
                failure = self._acknowledgements.result(producer, each)
                if failure is not None and not (
                    isinstance(failure, NotTakenError) and each[0].type == ProgressReported.type
                ):
                    raise failure
        except KafkaError as error:
            raise await self._failed(producer, "an event", error) from error

    async def _awaited(self, producer: AIOKafkaProducer, sent: Sequence[Sent]) -> None:
        """Wait for acknowledgements while there is hope; for reports of progress only a moment more."""
        needed = [each for each in sent if each[0].type != ProgressReported.type]
        acknowledged = self._acknowledgements.wait
        while not await acknowledged(producer, needed, ACK_SECONDS):
            pass  # the broker is away: nobody is better off without this event
        while len(needed) < len(sent) and not await acknowledged(producer, sent, COURTESY_SECONDS):
            pass

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
        await self._acknowledgements.wait(producer, [sent for _, sent in offered], STORED_ACK_SECONDS)
        for place, sent in offered:
            results[place] = self._acknowledgements.result(producer, sent)
        if any(isinstance(error, LOST_COUNT) for error in results):
            await self._renew(producer)
        large = [
            number for number, error in enumerate(results) if isinstance(error, MessageSizeTooLargeError)
        ]
        if large:
            await self._renew(producer)  # a refusal leaves a gap in the sequence
        for number in large[:ALONE]:
            results[number] = await self._alone(events[number])
        return results

    async def _alone(self, event: StoredEvent) -> Exception | None:
        """Publish an event in a batch of its own: the broker refused one that was too large as a whole."""
        producer = self._connected
        try:
            sent = await self._offer(producer, event)
        except (KafkaError, NotTakenError) as error:
            failure: Exception = error
            return failure
        await self._acknowledgements.wait(producer, [sent], STORED_ACK_SECONDS)
        failed = self._acknowledgements.result(producer, sent)
        if isinstance(failed, MessageSizeTooLargeError):
            await self._renew(producer)
        return failed

    async def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, headers: RawHeaders, name: str | None = None
    ) -> None:
        """Publish a record as it is; used for dead letters.

        The one record that cannot stay as it is has neither key nor value, which aiokafka refuses: its
        key becomes empty.

        Args:
            topic: where it goes.
            key: its key.
            value: its value.
            headers: its headers.
            name: what it is known by: given again while it is on its way, it is not sent twice.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``; :class:`NotTakenError` if it is only the topic that takes
                nothing.
        """
        if key is None and value is None:
            key = b""
        producer = self._connected
        letter = Letter(name or str(uuid4()), topic)
        try:
            partitions = partitions_of(producer, topic) or await self._lookup.ask(producer, topic)
            place = TopicPartition(topic, murmur2(key or b"") % partitions)
            acknowledgement = self._acknowledgements.given_again(letter.event_id)
            if acknowledgement is None:
                self.health.check(topic, place.partition, partitions)
                acknowledgement = await producer.send(
                    topic, value=value, key=key, partition=place.partition, headers=list(headers)
                )
            sent = [(letter, place, acknowledgement)]
            if not await self._acknowledgements.soon(sent):
                await self._awaited(producer, sent)
            failure = self._acknowledgements.result(producer, sent[0])
            if failure is not None:
                raise failure
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
        producer = self._connected
        partitions: set[TopicPartition] = set()
        unread: dict[UUID, TransientError] = {}
        try:
            for event in events:
                topic = TOPIC_OF_TYPE[event.type]
                try:
                    known = partitions_of(producer, topic.name)
                    there = known or await self._lookup.ask(producer, topic.name)
                    place = place_for(topic, event.job_id, scene_index_of(event), there)
                    require_leader(producer, place)
                    partitions.add(place)
                except NotTakenError as error:
                    unread[event.event_id] = error
        except KafkaError as error:
            raise TransientError(
                ErrorCode.BROKER_UNAVAILABLE, f"Kafka does not answer ({type(error).__name__})"
            ) from error
        names = await newest_ids(self._settings, partitions) if partitions else set()
        found = {event.event_id for event in events if str(event.event_id) in names}
        self._acknowledgements.found(map(str, found))
        if unread:
            raise UnreadError(found, unread)
        return found

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
        scene = scene_index_of(event)
        if scene is not None:
            extra = {**extra, SCENE_HEADER: str(scene)}
        if len(value) > MAX_RECORD_BYTES:
            value, uri = await self._claimed(event, value)
            extra = {**extra, claimed.HEADER: uri}
        partitions = partitions_of(producer, topic.name) or await self._lookup.ask(producer, topic.name)
        place = place_for(topic, event.job_id, scene, partitions)
        if self._acknowledgements and (again := self._acknowledgements.given_again(str(event.event_id))):
            return event, place, again
        if self.health:
            self.health.check(place.topic, place.partition, partitions)
        headers = headers_of(event, source=self._source, time=self._clock(), extra=extra)
        return event, place, await offer(producer, place, event.job_id.encode(), value, headers)

    async def _claimed(self, event: Event, value: bytes) -> tuple[bytes, str]:
        """Store an event that is larger than a record may be; return the record's value and the address."""
        if not isinstance(event, ScenePlanned) or self._artifacts is None:
            raise PermanentError(
                ErrorCode.EVENT_TOO_LARGE,
                f"{event.type} of job {event.job_id}: {len(value)} bytes; at most {MAX_RECORD_BYTES} travel",
            )
        if len(value) > claimed.MAX_EVENT_BYTES:
            raise PermanentError(
                ErrorCode.EVENT_TOO_LARGE,
                f"scene {event.context.index + 1} of job {event.job_id} has {len(value):,} bytes as "
                f"{event.type}; at most {claimed.MAX_EVENT_BYTES:,}: split the scene",
            )
        claim = await self._artifacts.put(Blob(value, claimed.MEDIA_TYPE))
        return claimed.claimed_value(event, claim), claim.uri

    async def _offer(self, producer: AIOKafkaProducer, event: StoredEvent) -> Sent:
        topic = TOPIC_OF_TYPE[event.type]
        partitions = partitions_of(producer, topic.name) or await self._lookup.ask(producer, topic.name)
        place = place_for(topic, event.job_id, None, partitions)
        if self._acknowledgements and (again := self._acknowledgements.given_again(event.event_id)):
            return event, place, again
        if self.health:
            self.health.check(place.topic, place.partition, partitions)
        headers = headers_of(event, source=self._source, time=self._clock())
        return event, place, await offer(producer, place, event.job_id.encode(), event.value, headers)
