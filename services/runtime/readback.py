"""Which events stand in the log already: asked by whoever crashed, or lost an answer, between two steps."""

import asyncio
from collections.abc import Collection

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from contracts.cloudevents import decoded_headers
from contracts.errors import ErrorCode, TransientError
from services.runtime.batches import AIOKafkaConsumer
from services.runtime.settings import RuntimeSettings

NEWEST = 1_000
"""Records read back of a partition. Fewer than an outbox publishes at once: a repeated event is not seen.
More: a start takes longer (some 20 ms a thousand)."""

READ_SECONDS = 20.0


async def newest_ids(settings: RuntimeSettings, partitions: Collection[TopicPartition]) -> set[str]:
    """Return the CloudEvents ids of the newest records of ``partitions``, up to their present ends.

    Raises:
        TransientError: ``BROKER_UNAVAILABLE``.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        async with asyncio.timeout(READ_SECONDS):
            await consumer.start()
            return await _read(consumer, list(partitions))
    except (KafkaError, TimeoutError) as error:
        raise TransientError(
            ErrorCode.BROKER_UNAVAILABLE, f"what was published cannot be read back ({type(error).__name__})"
        ) from error
    finally:
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> set[str]:
    consumer.assign(partitions)
    starts = await consumer.beginning_offsets(partitions)
    ends = await consumer.end_offsets(partitions)
    for partition in partitions:
        consumer.seek(partition, max(starts[partition], ends[partition] - NEWEST))
    found: set[str] = set()
    while any([await consumer.position(partition) < ends[partition] for partition in partitions]):
        for records in (await consumer.getmany(timeout_ms=200)).values():
            found.update(decoded_headers(record.headers).get("ce_id", "") for record in records)
    return found
