"""Which events stand in the log already: asked by whoever crashed, or lost an answer, between two steps."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from contracts.cloudevents import decoded_headers
from contracts.errors import ErrorCode, TransientError
from services.runtime.kafka.consumer_internals import close
from services.runtime.kafka.record_batches import COMMITTED, UNCOMMITTED, AIOKafkaConsumer
from services.runtime.settings import RuntimeSettings

NEWEST = 1_000
"""Records read back of a partition. Fewer than an outbox publishes at once: a repeated event is not seen.
More: a start takes longer (some 20 ms a thousand)."""

READ_SECONDS = 20.0
CLOSE_SECONDS = 5.0


async def newest_ids(settings: RuntimeSettings, partitions: Collection[TopicPartition]) -> set[str]:
    """Return the CloudEvents ids of the newest records of ``partitions``, up to their present ends.

    Raises:
        TransientError: ``BROKER_UNAVAILABLE``.
    """
    asked = list(partitions)
    try:
        async with asyncio.timeout(READ_SECONDS):
            async with _reading(settings, asked, COMMITTED) as consumer:
                starts = await consumer.beginning_offsets(asked)
                stable = await consumer.end_offsets(asked)
                newest = {each: max(starts[each], stable[each] - NEWEST) for each in asked}
                found = await _ids(consumer, newest, stable)
            # ours are in no transaction: they stand there, also behind one of others that is open
            async with _reading(settings, asked, UNCOMMITTED) as consumer:
                return found | await _ids(consumer, stable, await consumer.end_offsets(asked))
    except (KafkaError, TimeoutError) as error:
        raise TransientError(
            ErrorCode.BROKER_UNAVAILABLE, f"what was published cannot be read back ({type(error).__name__})"
        ) from error


@asynccontextmanager
async def _reading(
    settings: RuntimeSettings, partitions: list[TopicPartition], isolation_level: str
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level=isolation_level,
    )
    try:
        await consumer.start()
        consumer.assign(partitions)
        yield consumer
    finally:
        await close(consumer, consumer.stop(), CLOSE_SECONDS)


async def _ids(
    consumer: AIOKafkaConsumer, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> set[str]:
    for partition, start in starts.items():
        consumer.seek(partition, start)
    found: set[str] = set()
    while any([await consumer.position(partition) < end for partition, end in ends.items()]):
        for records in (await consumer.getmany(timeout_ms=200)).values():
            found.update(decoded_headers(record.headers).get("ce_id", "") for record in records)
    return found
