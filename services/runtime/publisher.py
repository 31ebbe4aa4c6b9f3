"""Publishes events: topic, partition, key and CloudEvents headers from the contracts.

It uses aiokafka's producer directly: FastStream's ``publish`` cannot carry a dead letter's headers
unchanged (binary, null, repeated), and costs half of a hop's processor time.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Counter

from contracts import claimed
from contracts.base import MAX_RECORD_BYTES
from contracts.cloudevents import StoredEvent, headers_of, value_of
from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.events import Event, SceneContext, ScenePlanned
from contracts.topics import TOPIC_OF_TYPE, Topic, partition_for
from services.runtime.artifacts import Artifacts, Blob
from services.runtime.intake import SCENE_HEADER
from services.runtime.metrics import PRODUCERS_REPLACED, PUBLISHED
from services.runtime.producer import LOST_COUNT, leave, open_producer
from services.runtime.readback import newest_ids
from services.runtime.settings import RuntimeSettings

log = structlog.get_logger(__name__)

BREATH = 16
"""Events of one batch that are encoded in a row, a few milliseconds, before others may use the event loop."""

CLOSE_SECONDS = 10.0
"""How long a producer that was replaced may still send what others gave it, when the process ends."""

RawHeaders = Sequence[tuple[str, bytes | None]]


def scene_index_of(event: Event) -> int | None:
    """Return the scene an event is about, for scene events."""
    context = event.__dict__.get("context")  # getattr raises inside pydantic where there is none: 5 us
    return context.index if isinstance(context, SceneContext) else None


async def _settled(acknowledgement: "asyncio.Future[object]") -> Exception | None:
    try:
        await acknowledgement
    except KafkaError as error:
        failure: Exception = error  # aiokafka is untyped
        return failure
    return None


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
        self._leaving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connect.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        self._producer = await open_producer(self._settings, self._source)

    async def stop(self) -> None:
        """Flush and disconnect."""
        async with self._renewing:
            if self._producer is not None:
                await self._producer.stop()
                self._producer = None
        if self._leaving:
            _, late = await asyncio.wait(self._leaving, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()

    async def _renew(self, lost: AIOKafkaProducer) -> None:
        """Put a new producer, with a sequence of its own, in the place of one that lost count.

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
        log.warning("a producer that lost count was replaced")
        task = asyncio.create_task(leave(lost))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def publish(self, events: Sequence[Event], extra_headers: Mapping[str, str] | None = None) -> None:
        """Publish events in order and wait for all acknowledgements.

        Raises:
            PermanentError: ``EVENT_TOO_LARGE``.
            TransientError: ``BROKER_UNAVAILABLE``, or the artifact store's for an event larger than a record.
        """
        producer = self._connected
        try:
            acknowledgements = []
            for number, event in enumerate(events, start=1):
                acknowledgements.append(await self._send(producer, event, extra_headers or {}))
                if number % BREATH == 0:
                    await asyncio.sleep(0)
            for acknowledgement in acknowledgements:
                await acknowledgement
        except KafkaError as error:
            raise await self._failed(producer, "an event", error) from error
        for event in events:
            _published(event.type).inc()

    async def publish_stored(self, events: Sequence[StoredEvent]) -> list[Exception | None]:
        """Publish events side by side as they were written down; returns why each was not acknowledged.

        Of events with one key their order is not kept: the caller waits for one before it gives the next.
        """
        producer = self._connected
        counts: dict[str, int] = {}
        waiting: list[asyncio.Future[object] | Exception] = []
        for number, event in enumerate(events, start=1):
            topic = TOPIC_OF_TYPE[event.type]
            try:
                if topic.name not in counts:
                    counts[topic.name] = len(await producer.partitions_for(topic.name))
                waiting.append(
                    await producer.send(
                        topic.name,
                        value=event.value,
                        key=event.job_id.encode(),
                        partition=partition_for(topic, event.job_id, None, counts[topic.name]),
                        headers=headers_of(event, source=self._source, time=self._clock()),
                    )
                )
            except KafkaError as error:
                waiting.append(error)
            if number % BREATH == 0:
                await asyncio.sleep(0)
        results = [each if isinstance(each, Exception) else await _settled(each) for each in waiting]
        lost = next((error for error in results if isinstance(error, LOST_COUNT)), None)
        if lost is not None:
            await self._renew(producer)
        for event, result in zip(events, results, strict=True):
            if result is None:
                _published(event.type).inc()
        return results

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
            await producer.send_and_wait(topic, value=value, key=key, headers=list(headers))
        except KafkaError as error:
            raise await self._failed(producer, "a record", error) from error

    async def already(self, events: Sequence[Event]) -> set[UUID]:
        """Return the ids of those events that stand among the newest records of their partitions.

        The embedded broker remembers nothing from before a crash, so there is nothing to look for.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        if self._settings.embedded or not events:
            return set()
        partitions = set()
        try:
            for event in events:
                topic = TOPIC_OF_TYPE[event.type]
                number = await self._partition(topic, event.job_id, scene_index_of(event))
                partitions.add(TopicPartition(topic.name, number))
        except KafkaError as error:
            raise TransientError(
                ErrorCode.BROKER_UNAVAILABLE, f"Kafka does not answer ({type(error).__name__})"
            ) from error
        found = await newest_ids(self._settings, partitions)
        return {event.event_id for event in events if str(event.event_id) in found}

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

    async def _send(
        self, producer: AIOKafkaProducer, event: Event, extra: Mapping[str, str]
    ) -> "asyncio.Future[object]":
        topic = TOPIC_OF_TYPE[event.type]
        value = value_of(event)
        scene = scene_index_of(event)
        if scene is not None:
            extra = {**extra, SCENE_HEADER: str(scene)}
        if len(value) > MAX_RECORD_BYTES:
            value, uri = await self._claimed(event, value)
            extra = {**extra, claimed.HEADER: uri}
        acknowledgement: asyncio.Future[object] = await producer.send(
            topic.name,
            value=value,
            key=event.job_id.encode(),
            partition=await self._partition(topic, event.job_id, scene),
            headers=headers_of(event, source=self._source, time=self._clock(), extra=extra),
        )
        return acknowledgement

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

    async def _partition(self, topic: Topic, job_id: str, scene: int | None) -> int:
        partitions = await self._connected.partitions_for(topic.name)
        return partition_for(topic, job_id, scene, len(partitions))
