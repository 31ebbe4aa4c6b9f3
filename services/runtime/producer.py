"""aiokafka's producer: how it is opened, and when one has to be replaced."""

import contextlib

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidProducerEpoch,
    KafkaError,
    LeaderNotAvailableError,
    NotLeaderForPartitionError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    ProducerFenced,
    UnknownProducerId,
)

from contracts.errors import ErrorCode, TransientError
from services.runtime.settings import METADATA_MAX_AGE_MS, RuntimeSettings

MAX_BATCH_BYTES = 256 * 1024
"""Largest batch for one partition. Smaller (16 kB by default, some twenty events): whoever finds the batch
full sleeps until it is sent, all wake together, and one of them finds it full again. Larger: nears the
megabyte that a broker takes by default."""

LOST_COUNT = (
    OutOfOrderSequenceNumber,
    UnknownProducerId,
    InvalidProducerEpoch,
    ProducerFenced,
    ProducerClosed,
    LeaderNotAvailableError,
    NotLeaderForPartitionError,
)
"""Errors after which an idempotent producer of aiokafka may never send to a partition again: a batch that was
sent once and expires while its partition has no leader (40 s) leaves a gap in the sequence, and the broker
refuses everything after it. Java's client takes a new epoch there, aiokafka goes on for ever."""


async def open_producer(settings: RuntimeSettings, source: str) -> AIOKafkaProducer:
    """Return a connected producer with ``acks=all``, idempotent where the broker is not the embedded one.

    Args:
        settings: where Kafka is.
        source: CloudEvents source of the process.

    Raises:
        TransientError: ``BROKER_UNAVAILABLE``.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        client_id=source.replace("/", "-"),
        acks="all",
        enable_idempotence=not settings.embedded,
        linger_ms=0,  # batches form while a request is in flight; waiting only adds latency
        max_batch_size=MAX_BATCH_BYTES,
        metadata_max_age_ms=METADATA_MAX_AGE_MS,
        max_request_size=2 * 1024 * 1024,  # dead letters carry foreign records
    )
    try:
        await producer.start()
    except KafkaError as error:
        await producer.stop()
        where = settings.kafka_bootstrap_servers
        raise TransientError(
            ErrorCode.BROKER_UNAVAILABLE, f"Kafka at {where} does not answer ({type(error).__name__})"
        ) from error
    return producer


async def leave(producer: AIOKafkaProducer) -> None:
    """Let a producer that was replaced deliver, or fail, what others wait for; then close it."""
    with contextlib.suppress(KafkaError):
        await producer.stop()
