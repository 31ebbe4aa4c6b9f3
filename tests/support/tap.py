"""Reads all topics from the side, raw, while a system works: what a checker that trusts nothing looks at."""

import asyncio
import json
import threading
from collections import defaultdict
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts import topics
from contracts.cloudevents import SCENE_HEADER
from services.cli.workers import WORKERS, build_worker
from services.gateway.ingest.actor import build as build_gateway
from services.runtime.engine.engine import group_of

T = TypeVar("T")


@dataclass(frozen=True)
class Seen:
    """One record as it lies in its topic.

    Attributes:
        at: the producer's time, seconds since the epoch.
    """

    topic: str
    partition: int
    offset: int
    at: float
    key: str
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @property
    def body(self) -> Mapping[str, Any]:
        body = json.loads(self.value or b"{}")
        assert isinstance(body, dict)
        return body

    @property
    def scene(self) -> str | None:
        return next((value.decode() for name, value in self.headers if name == SCENE_HEADER and value), None)


def consumer_groups() -> dict[str, str]:
    """Return the consumer groups of all actors, each with its topic."""
    actors = [*(build_worker(name) for name in WORKERS), build_gateway(None)]  # type: ignore[arg-type]
    names = [(actor, subscription.topic.name) for actor in actors for subscription in actor.subscriptions]
    return {group_of(actor, topic): topic for actor, topic in names}


class Tap:
    """A consumer of every topic without a group, in a thread of its own."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._servers = bootstrap_servers
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._records: defaultdict[str, list[Seen]] = defaultdict(list)
        self._groups = consumer_groups()

    def start(self) -> None:
        self._thread.start()
        self._await(self._start())

    def stop(self) -> None:
        self._await(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def of(self, key: str, *of_topics: topics.Topic) -> list[Seen]:
        """Return what was seen under a key so far, as it came; of some topics if they are named."""
        names = {topic.name for topic in of_topics}
        return [seen for seen in list(self._records[key]) if not names or seen.topic in names]

    def send(self, topic: topics.Topic, key: str, body: Mapping[str, Any] | bytes | None) -> None:
        """Publish a record as any Kafka client would."""
        value = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        self._await(self._producer.send_and_wait(topic.name, value, key=key.encode()))

    def lag(self) -> dict[str, int]:
        """Return the consumer groups that are behind, as the broker knows it, each with how far."""
        return self._await(self._lag())

    def _await(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self) -> None:
        self._consumer = AIOKafkaConsumer(
            *(topic.name for topic in topics.TOPICS),
            *(topic.dlq for topic in topics.TOPICS if topic.dead_letters),
            bootstrap_servers=self._servers,
            auto_offset_reset="earliest",
            group_id=None,
            fetch_max_wait_ms=100,
        )
        self._producer = AIOKafkaProducer(bootstrap_servers=self._servers)
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self._servers)
        await self._consumer.start()
        await self._producer.start()
        await self._admin.start()
        self._reading = asyncio.create_task(self._read())

    async def _stop(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._consumer.stop()
        await self._producer.stop()
        await self._admin.close()

    async def _read(self) -> None:
        async for record in self._consumer:
            key = (record.key or b"").decode(errors="replace")
            self._records[key].append(
                Seen(
                    record.topic, record.partition, record.offset, record.timestamp / 1000, key,
                    record.value, tuple(record.headers),
                )
            )  # fmt: skip

    async def _lag(self) -> dict[str, int]:
        behind: dict[str, int] = {}
        for group, topic in self._groups.items():
            committed = await self._admin.list_consumer_group_offsets(group)
            partitions = [TopicPartition(topic, n) for n in self._consumer.partitions_for_topic(topic) or ()]
            ends = await self._consumer.end_offsets(partitions)
            done = {partition: offset.offset for partition, offset in committed.items()}
            lag = sum(end - max(0, done.get(partition, 0)) for partition, end in ends.items())
            if lag:
                behind[group] = lag
        return behind


@contextmanager
def tapping(bootstrap_servers: str) -> Iterator[Tap]:
    """Tap all topics while the context is open; they must exist."""
    tap = Tap(bootstrap_servers)
    tap.start()
    try:
        yield tap
    finally:
        tap.stop()


_NO_OUTPUTS = {topics.COMMANDS_TOPIC, topics.PROGRESS, topics.CONTROL, topics.LEDGER, topics.UPDATES}
OUTPUTS = tuple(topic for topic in topics.TOPICS if topic not in _NO_OUTPUTS)
"""Topics whose records are somebody's output, one for each job, attempt and scene."""


def conflicting(records: Sequence[Seen]) -> list[tuple[str, Any, str | None]]:
    """Return (topic, attempt, scene) of which there are two different outputs: duplicates must be equal."""
    bodies: defaultdict[tuple[str, Any, str | None], set[bytes]] = defaultdict(set)
    names = {topic.name for topic in OUTPUTS}
    for seen in records:
        if seen.topic in names:
            bodies[seen.topic, seen.body.get("attempt"), seen.scene].add(seen.value or b"")
    return [place for place, values in bodies.items() if len(values) > 1]
