"""Reads topics from their beginning to the end that they have now; belongs to no consumer group."""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.topics import Topic
from services.runtime.kafka.record_batches import COMMITTED, UNCOMMITTED, AIOKafkaConsumer
from services.runtime.kafka.topics_admin import list_topics
from services.runtime.settings import RuntimeSettings

Record = Any
"""aiokafka's, which is untyped."""

Told = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and how much there is."""

POLL_MS = 500

STAND_SECONDS = 120.0
"""For how long nothing may come. Shorter: an honest transaction (most clients give theirs a minute), or a
broker that starts, ends it all. Longer: somebody waits at a terminal, and is not told for what."""


class Log:
    """Topics as they were when they were opened.

    Args:
        consumer: connected, without a group.
        written: the same, which knows of records in transactions that are not ended.
        partitions: how many each topic has.
    """

    def __init__(
        self, consumer: AIOKafkaConsumer, written: AIOKafkaConsumer, partitions: Mapping[str, int]
    ) -> None:
        self._consumer = consumer
        self._written = written
        self.partitions = partitions

    async def bounds(self, topics: Iterable[Topic]) -> dict[TopicPartition, tuple[int, int]]:
        """Return the first offset there is of each partition, and the one that the next record gets."""
        places = [
            TopicPartition(topic.name, number)
            for topic in topics
            for number in range(self.partitions[topic.name])
        ]
        with told_as_unavailable():
            starts = await self._consumer.beginning_offsets(places)
            ends = await self._written.end_offsets(places)
        return {place: (starts[place], ends[place]) for place in places}

    async def read(
        self, bounds: Mapping[TopicPartition, tuple[int, int]], what: str, told: Told
    ) -> AsyncIterator[Record]:
        """Yield the records within ``bounds``, each partition's in order.

        A transaction of others that is open is waited for: records of ours may stand behind it.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``; the transaction stays open.
        """
        places = [place for place, (start, end) in bounds.items() if start < end]
        total = sum(bounds[place][1] - bounds[place][0] for place in places)
        told(what, 0, total)
        self._consumer.assign(places)
        for place in places:
            self._consumer.seek(place, bounds[place][0])
        reached = {place: bounds[place][0] for place in places}
        moved_at = time.monotonic()
        while reached:
            before = dict(reached)
            with told_as_unavailable():
                batches = await self._consumer.getmany(*reached, timeout_ms=POLL_MS)
                for place in tuple(reached):
                    reached[place] = min(await self._consumer.position(place), bounds[place][1])
            for place, records in batches.items():
                for record in records:
                    if record.offset < bounds[place][1]:
                        yield record
            if batches or reached != before:
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > STAND_SECONDS:
                raise standing(reached)
            left = sum(bounds[place][1] - offset for place, offset in reached.items())
            told(what, total - left, total)
            reached = {place: offset for place, offset in reached.items() if offset < bounds[place][1]}


@asynccontextmanager
async def open_log(runtime: RuntimeSettings, topics: Sequence[Topic]) -> AsyncIterator[Log]:
    """Give the log of ``topics``.

    Raises:
        TransientError: ``BROKER_UNAVAILABLE``.
        PermanentError: ``SETTINGS_INVALID``: a topic is missing, so nothing was ever written to it.
    """
    servers = runtime.kafka_bootstrap_servers or ""
    partitions = {status.name: status.actual for status in await list_topics(servers, topics=topics)}
    if missing := [topic.name for topic in topics if not partitions[topic.name]]:
        raise PermanentError(ErrorCode.SETTINGS_INVALID, f"{servers} has no topic {', '.join(missing)}")
    async with (
        _connected(servers, COMMITTED) as consumer,
        _connected(servers, UNCOMMITTED) as written,
    ):
        yield Log(consumer, written, partitions)


@asynccontextmanager
async def _connected(servers: str, isolation_level: str) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
        isolation_level=isolation_level,
    )
    try:
        with told_as_unavailable():
            await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


def standing(reached: Mapping[TopicPartition, int]) -> TransientError:
    """Return the error that says where reading does not go on."""
    place, offset = next(iter(reached.items()))
    return TransientError(
        ErrorCode.BROKER_UNAVAILABLE,
        f"partition {place.partition} of {place.topic} gives nothing from offset {offset} on for"
        f" {STAND_SECONDS:g} s: probably a transaction is open there; end it"
        " (ops/runbooks/open-transactions.md) and start again",
    )


class told_as_unavailable:  # noqa: N801 - reads as the statement that it is
    """Turns what the client raises into ``BROKER_UNAVAILABLE``."""

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, KafkaError):
            raise TransientError(
                ErrorCode.BROKER_UNAVAILABLE, f"Kafka does not answer ({type(error).__name__})"
            ) from error
