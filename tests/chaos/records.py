"""Faults of the log itself: records told twice, out of order, and records that no stage can read."""

import json
import random
import zlib
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from contracts.topics import COMMANDS_TOPIC, DLQ_PARTITIONS, JOBS, TOPICS, Topic
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from tests.chaos.evidence import Place, Poison, Raw
from tests.chaos.plan import Injection
from tests.chaos.producer import PatientProducer
from tests.support.raw_batches import READ_AS, send_raw_name

REPEATED = 12
"""Records told again by one fault."""
LARGE = 10 * 1024 * 1024
CODECS = 5
"""None, and the four compressions that clients may choose."""
Headers = tuple[tuple[str, bytes | None], ...]

REPEATABLE = tuple(topic for topic in TOPICS if topic is not JOBS)
"""The jobs topic is only written to: a repeated record there would be the client's own mistake."""
PARTITIONS = {topic.name: topic.partitions for topic in TOPICS} | {
    topic.dlq: DLQ_PARTITIONS for topic in TOPICS if topic.dead_letters
}
POISONABLE = tuple(topic for topic in TOPICS if topic.dead_letters)


MARK = ("x-chaos", b"injected")
"""A header of records that a fault published again."""
STRANGE: Headers = (("x-null", None), ("x-binary", b"\xff\xfe"), (READ_AS, b"a name that is not UTF-8"))


class Tamperer:
    """Publishes what nobody of the system did, and remembers where it stands.

    Args:
        servers: Kafka's address.
    """

    def __init__(self, servers: str) -> None:
        self._servers = servers
        self._producer = PatientProducer(servers, max_request_size=2 * LARGE)
        self.injected: set[Place] = set()
        self.poisons: list[Poison] = []
        self.too_large_taken = 0

    async def start(self) -> None:
        """Connect."""
        await self._producer.start()

    async def stop(self) -> None:
        """Disconnect."""
        await self._producer.stop()

    async def duplicate(self, injection: Injection) -> bool:
        """Publish the newest records of a topic a second time, some with headers nobody can read."""
        chance = random.Random(injection.seed)
        records = await self._newest(chance)
        for record in records:
            strange = STRANGE if chance.random() < 0.3 else ()
            await self._publish(
                record.topic, record.partition, record.key, record.value, (*record.headers, *strange, MARK)
            )
        return bool(records)

    async def reorder(self, injection: Injection) -> bool:
        """Publish the newest records of a topic again, shuffled, so that the log contradicts itself."""
        chance = random.Random(injection.seed)
        records = await self._newest(chance)
        chance.shuffle(records)
        for record in records:
            await self._publish(
                record.topic, record.partition, record.key, record.value, (*record.headers, MARK)
            )
        return bool(records)

    async def poison(self, injection: Injection) -> bool:
        """Publish every kind of poison to a few topics; a value too large must be refused."""
        chance = random.Random(injection.seed)
        for topic in chance.sample(POISONABLE, 3):
            for kind, value, headers in poisons(topic):
                key = f"poison-{injection.number}".encode()
                place = await self._publish(topic.name, None, key, value, headers)
                self.poisons.append(Poison(kind, place, key, value, headers))
        try:
            await self._producer.producer.send_and_wait(
                COMMANDS_TOPIC.name, b" " * LARGE, key=b"poison-large"
            )
        except MessageSizeTooLargeError:
            pass
        except KafkaError:
            return False
        else:
            self.too_large_taken += 1
        return True

    async def _publish(
        self, topic: str, partition: int | None, key: bytes | None, value: bytes | None, headers: Headers
    ) -> Place:
        async def sent(producer: AIOKafkaProducer) -> Any:
            if any(name == READ_AS for name, _ in headers):
                number = zlib.crc32(key or b"") % PARTITIONS[topic] if partition is None else partition
                codec = len(headers) % CODECS
                return await send_raw_name(
                    producer, topic, number, key=key, value=value, headers=headers, codec=codec
                )
            return await producer.send_and_wait(
                topic, value=value, key=key, partition=partition, headers=list(headers)
            )

        there = await self._producer.send(sent)
        place = (there.topic, there.partition, there.offset)
        self.injected.add(place)
        return place

    async def _newest(self, chance: random.Random) -> list[Raw]:
        topics = chance.sample(REPEATABLE, 3)
        try:
            records = await read_records(self._servers, [topic.name for topic in topics], newest=REPEATED)
        except KafkaError:
            return []  # Kafka is away just now
        return [record for record in records if MARK not in record.headers]


NAMED = b'"event_id": "00000000-0000-4000-8000-000000000000", "job_id": "poison"'


def poisons(topic: Topic) -> Sequence[tuple[str, bytes | None, Headers]]:
    """Return every kind of record that ``topic``'s stage cannot read: kind, value, headers."""
    type_ = topic.types[0]
    ours: Headers = (("ce_type", type_.encode()),)
    return (
        ("not UTF-8", b"\xff\xfe\x00{", ()),
        ("not JSON", b'{"type": ', ours),
        ("wrong schema", json.dumps({"type": type_, "job_id": 7, "attempt": "one"}).encode(), ours),
        ("unknown type", b'{"type": "lectern.launch.missiles.v1"}', ()),
        ("null header", b"[]", (("ce_type", None),)),
        ("binary header", b"null", (("ce_type", b"\xc3\x28"), ("ce_type", type_.encode()))),
        ("header name not UTF-8", b"{}", ((READ_AS, b"1"), *ours)),
        ("tombstone", None, ()),
        ("half a surrogate pair", b'{"type": "\\ud800", "job_id": "poison"}', ()),
        ("endless attempt", b'{"type": "%s", %s, "attempt": 1e999}' % (type_.encode(), NAMED), ours),
    )


async def read_records(
    servers: str, topics: Sequence[str], *, newest: int | None = None, cluster: int = 1
) -> list[Raw]:
    """Read topics from the start, or the newest records of each partition, up to their present ends.

    Args:
        servers: Kafka's address.
        topics: their names.
        newest: how many of each partition; ``None`` for all.
        cluster: which one it is that is there now.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, enable_auto_commit=False, max_partition_fetch_bytes=4 * 1024 * 1024
    )
    await consumer.start()
    try:
        partitions = [
            TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS[topic])
        ]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        starts = await consumer.beginning_offsets(partitions)
        for partition in partitions:
            first = starts[partition] if newest is None else max(starts[partition], ends[partition] - newest)
            consumer.seek(partition, first)
        found: list[Raw] = []
        while any([await consumer.position(each) < ends[each] for each in partitions]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found.extend(
                    Raw(
                        r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers), cluster
                    )
                    for r in records
                )
        return found
    finally:
        await consumer.stop()
