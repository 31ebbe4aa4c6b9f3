"""Publishes batches as clients of other languages can: any header names, any compression."""

import time
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.structs import RecordMetadata

RAW = b"x-\xff\xc3\x28"
"""A header name that is not UTF-8."""
READ_AS = "x-\\xff\\xc3("
"""How it is read."""


class _Name(str):
    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        del encoding, errors
        return RAW if self == READ_AS else super().encode()


async def send_raw_name(
    producer: AIOKafkaProducer,
    topic: str,
    partition: int,
    *,
    key: bytes | None,
    value: bytes | None,
    headers: Sequence[tuple[str, bytes | None]],
    before: Sequence[bytes] = (),
    codec: int = 0,
) -> RecordMetadata:
    """Send one batch: records of the values ``before``, then one whose headers' name ``READ_AS`` is ``RAW``.

    Args:
        producer: a started one, not idempotent.
        topic, partition, key, value, headers: of the last record; the others have its key and no headers.
        before: values.
        codec: compression's number in the protocol.

    Returns:
        Where the last record stands.
    """
    batch = producer.create_batch()
    builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, 0, 1_000_000)
    batch._builder = builder  # the compiled one takes plain str only
    now = int(time.time() * 1000)
    for each in before:
        batch.append(timestamp=now, key=key, value=each)
    batch.append(timestamp=now, key=key, value=value, headers=[(_Name(name), text) for name, text in headers])
    told: RecordMetadata = await (await producer.send_batch(batch, topic, partition=partition))
    return told._replace(offset=told.offset + len(before))


async def send_packed(
    producer: AIOKafkaProducer, topic: str, partition: int, values: Sequence[bytes], codec: int
) -> bytes:
    """Send one compressed batch of ``values``, without keys; return its bytes."""
    batch = producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(2, codec, 0, -1, -1, 0, 2**31)
    for each in values:
        batch.append(timestamp=int(time.time() * 1000), key=None, value=each)
    data = bytes(batch._build())
    await (await producer.send_batch(batch, topic, partition=partition))
    return data
