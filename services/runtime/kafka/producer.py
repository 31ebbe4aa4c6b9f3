"""aiokafka's producer: how it is opened, when one has to be replaced, and how it is left."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
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

METADATA_SECONDS = 0.02
"""From one look at the cluster to the next. aiokafka asks again as soon as it is answered while a partition
has no leader, a thousand times a second, for 40 s. Longer: what else is to be sent meanwhile waits for it."""

TAKEN_SECONDS = 40.0
"""How long a record may wait for room in its partition's batch; as aiokafka's own."""

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
    _ask_unhurriedly(producer.client)
    try:
        await producer.start()
    except KafkaError as error:
        await producer.stop()
        where = settings.kafka_bootstrap_servers
        raise TransientError(
            ErrorCode.BROKER_UNAVAILABLE, f"Kafka at {where} does not answer ({type(error).__name__})"
        ) from error
    return producer


def offer(
    producer: AIOKafkaProducer,
    place: TopicPartition,
    key: bytes,
    value: bytes,
    headers: list[tuple[str, bytes]],
) -> "Coroutine[Any, Any, asyncio.Future[object]]":
    """Give a record to a producer that knows of its partition; returns its acknowledgement when taken.

    As ``send`` does once it has waited for the topic, looked for the partition and measured the record, all
    of which the publisher has done: a twentieth of a hop.
    """
    taken: Coroutine[Any, Any, asyncio.Future[object]] = producer._message_accumulator.add_message(  # noqa: SLF001
        place, key, value, TAKEN_SECONDS, headers=headers
    )
    return taken


def _ask_unhurriedly(client: Any) -> None:
    """Have aiokafka's client pause between two questions for the cluster's metadata."""
    loop, ask, asked = asyncio.get_running_loop(), client._metadata_update, 0.0  # noqa: SLF001

    async def update(*args: Any) -> Any:
        nonlocal asked
        if (pause := asked + METADATA_SECONDS - loop.time()) > 0:
            await asyncio.sleep(pause)
        asked = loop.time()
        return await ask(*args)

    client._metadata_update = update  # noqa: SLF001


async def leave(producer: AIOKafkaProducer) -> None:
    """Let a producer that was replaced deliver, or fail, what others wait for; then close it."""
    with contextlib.suppress(KafkaError):
        await producer.stop()


async def close(producer: AIOKafkaProducer, seconds: float) -> None:
    """Close a producer; what is not acknowledged after ``seconds`` is given up.

    It would wait for ever for a partition that takes nothing.
    """
    await close_when_left(producer, asyncio.ensure_future(leave(producer)), seconds)


async def close_when_left(
    producer: AIOKafkaProducer, leaving: "asyncio.Future[None]", seconds: float
) -> None:
    """Close a producer that somebody is leaving; what is not acknowledged after ``seconds`` is given up."""
    await asyncio.wait((leaving,), timeout=seconds)
    if leaving.done():
        return
    leaving.cancel()
    sender = producer._sender.sender_task  # noqa: SLF001
    if sender is not None:
        sender.cancel()
    await producer.client.close()  # fails what is in flight, which the sender waits for
    await asyncio.wait([each for each in (leaving, sender) if each is not None], timeout=seconds)
