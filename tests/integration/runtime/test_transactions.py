"""Transactions of other clients: what was rolled back is not obeyed, and nobody seems to be behind for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts import topics
from contracts.cloudevents import headers_of, value_of
from contracts.errors import TransientError
from contracts.events import ControlChanged, Event
from contracts.topics import CONTROL, Topic
from services.gateway.rebuild import log as log_module
from services.gateway.rebuild.log import open_log
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine import watchdog
from services.runtime.engine.control import ControlReader
from services.runtime.engine.engine import Engine, group_of
from services.runtime.engine.fence import Fence
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.observability.metrics import LAG, OPEN_TRANSACTION
from services.runtime.settings import RuntimeSettings
from tests.support.brokers import Broker
from tests.support.engines import producing
from tests.support.eventually import eventually
from tests.support.java_producer import java_producer
from tests.support.records import planned

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka]
TIMEOUT_MS = 5_000
"""Of the Java client's transactions: what is looked at while one is open must be done by then."""


class Line:
    """A topic of one partition, and an engine that obeys what stands in it."""

    def __init__(self, broker: Broker, topic: Topic, home: Path) -> None:
        self.servers = broker.bootstrap_servers
        self.topic = topic
        self.seen: list[str] = []
        self._actor = Actor(topic.name, (Subscription(topic, self._handle),))
        # an open transaction stands still for longer than a stalled consumer may
        self._settings = RuntimeSettings(
            kafka_bootstrap_servers=self.servers, lectern_home=home, commit_interval=0.2, stall_seconds=2
        )

    async def _handle(self, event: Any, context: Context) -> Sequence[Event]:
        del context
        self.seen.append(event.job_id)
        return []

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        engine = Engine("test", [self._actor], self._settings, cast("Artifacts", None))
        try:
            await engine.start()
            yield engine
        finally:
            await engine.stop()

    async def send(self, producer: AIOKafkaProducer, job_id: str) -> None:
        await producer.send_and_wait(self.topic.name, value_of(planned(job_id)), key=b"k")

    def lag(self) -> float:
        return float(LAG.labels(self.topic.name)._value.get())

    def open_seconds(self) -> float:
        return float(OPEN_TRANSACTION.labels(self.topic.name)._value.get())

    async def committed_and_end(self) -> tuple[int, int]:
        """Return what the group has committed, and where the topic ends, as KEDA asks for them."""
        places = [TopicPartition(self.topic.name, number) for number in range(self.topic.partitions)]
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
        consumer = AIOKafkaConsumer(bootstrap_servers=self.servers)
        await admin.start()
        await consumer.start()
        try:
            offsets = await admin.list_consumer_group_offsets(group_of(self._actor, self.topic.name))
            ends = await consumer.end_offsets(places)
            return sum(offsets[place].offset for place in places if place in offsets), sum(ends.values())
        finally:
            await consumer.stop()
            await admin.close()

    async def at_rest(self, end: int | None = None) -> None:
        """Wait until the group has committed the end of the topic, which must be ``end``."""

        async def rests() -> bool:
            committed, found = await self.committed_and_end()
            return committed == found and end in {None, found}

        await eventually(rests, 20, every=0.2, message=f"lag 0 at {end}")


@pytest.fixture
async def line(broker: Broker, topic_prefix: str, tmp_path: Path) -> Line:
    topic = replace(topics.SCENE_PLANNED, name=f"{topic_prefix}scenes", partitions=1)
    await create_topics(broker.bootstrap_servers)
    await create_topics(broker.bootstrap_servers, topics=[topic])
    return Line(broker, topic, tmp_path)


async def test_interleaved_transactions_of_two_clients_one_of_which_is_killed(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(watchdog, "ENDS_SECONDS", 0.2)
    name = line.topic.name

    def scene(job_id: str) -> str:
        return value_of(planned(job_id)).decode()

    async with (
        producing(line.servers, transactional_id=f"{name}-aiokafka") as ours,
        producing(line.servers) as plain,
        java_producer(line.servers, f"{name}-java", TIMEOUT_MS) as java,
        line.engine() as engine,
    ):
        await ours.begin_transaction()
        await line.send(ours, "aborted-by-aiokafka")
        await java.tell("begin")
        await java.tell("send", name, "k", scene("committed-by-java"))
        await line.send(plain, "behind-open-ones")
        await asyncio.gather(ours.abort_transaction(), java.tell("commit"))
        await eventually(lambda: line.seen == ["committed-by-java", "behind-open-ones"], 30)
        await line.at_rest(5)

        await ours.begin_transaction()
        await java.tell("begin")
        await java.tell("send", name, "k", scene("aborted-by-java"))
        await line.send(ours, "committed-by-aiokafka")
        await java.tell("abort")
        await ours.commit_transaction()
        await eventually(lambda: line.seen[2:] == ["committed-by-aiokafka"], 30)
        await line.at_rest(9)

        await java.tell("begin")
        assert await java.tell("send", name, "k", scene("never-ended")) == "9"
        await java.kill()
        await line.send(plain, "behind-a-dead-one")
        await eventually(lambda: line.open_seconds() > 1.5, 30)  # most of what a stall may last
        assert line.seen[3:] == []
        assert (await line.committed_and_end()) == (9, 11)
        assert line.lag() == 0  # nothing that anybody could read
        assert engine.health.problems() == []
        await eventually(lambda: line.seen[3:] == ["behind-a-dead-one"], 40)
        await line.at_rest(12)
        await eventually(lambda: line.open_seconds() == 0)
        assert engine.health.problems() == []
    assert len(line.seen) == 4


async def test_a_topic_that_holds_only_what_was_rolled_back_is_no_lag(line: Line) -> None:
    """KEDA would never scale to zero, nor leave it in peace."""
    async with producing(line.servers, transactional_id=line.topic.name) as producer:
        await producer.begin_transaction()
        await line.send(producer, "aborted")
        await producer.abort_transaction()
    async with line.engine():
        await line.at_rest(2)
    async with line.engine():
        async with producing(line.servers, transactional_id=line.topic.name) as producer:
            await producer.begin_transaction()
            await line.send(producer, "committed")
            await producer.commit_transaction()
        await line.at_rest(4)
    assert line.seen == ["committed"]


async def test_workers_that_come_and_go_obey_what_is_committed_and_nothing_else(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    topic = replace(topics.SCENE_PLANNED, name=f"{topic_prefix}scenes", partitions=3)
    await create_topics(broker.bootstrap_servers)
    await create_topics(broker.bootstrap_servers, topics=[topic])
    line = Line(broker, topic, tmp_path)
    committed = [f"committed-{number}" for number in range(0, 45, 3)]

    async def feed() -> None:
        async with producing(line.servers, transactional_id=topic.name) as producer:
            for number in range(45):
                job_id = f"{'aborted' if number % 3 else 'committed'}-{number}"
                await producer.begin_transaction()
                for partition in range(topic.partitions):
                    await producer.send_and_wait(topic.name, value_of(planned(job_id)), partition=partition)
                await (producer.abort_transaction() if number % 3 else producer.commit_transaction())

    async with line.engine() as first:
        feeding = asyncio.create_task(feed())
        await eventually(lambda: len(set(line.seen)) > 5, 30)
        async with line.engine() as second:
            await eventually(
                lambda: second.intakes[0].windows and len(first.intakes[0].windows) < topic.partitions, 30
            )
        await feeding
        await eventually(lambda: all(line.seen.count(job_id) >= 3 for job_id in committed), 60)
        await line.at_rest()
    assert set(line.seen) == set(committed)
    assert len(line.seen) < 3 * len(committed) + 15  # a rebalance repeats what was in hand, not more


async def test_a_cancel_that_was_rolled_back_cancels_nothing(broker: Broker, unique_name: str) -> None:
    await create_topics(broker.bootstrap_servers)
    settings = RuntimeSettings(kafka_bootstrap_servers=broker.bootstrap_servers)

    def cancel(job_id: str) -> dict[str, Any]:
        event = ControlChanged(event_id=uuid4(), job_id=job_id, attempt=1, canceled=True)
        headers = headers_of(event, source="test", time=datetime(2026, 1, 1, tzinfo=UTC))
        return {"value": value_of(event), "key": job_id.encode(), "headers": headers}

    fences = [Fence(), Fence()]
    readers = [ControlReader(settings, fence) for fence in fences]
    jobs = [f"{kind}.{unique_name[-8:]}" for kind in ("aborted", "committed", "open")]
    async with producing(broker.bootstrap_servers, transactional_id=unique_name) as producer:
        try:
            await readers[0].start()
            await producer.begin_transaction()
            await producer.send_and_wait(CONTROL.name, **cancel(jobs[0]))
            await producer.abort_transaction()
            await producer.begin_transaction()
            await producer.send_and_wait(CONTROL.name, **cancel(jobs[1]))
            await producer.commit_transaction()
            await producer.begin_transaction()
            await producer.send_and_wait(CONTROL.name, **cancel(jobs[2]))
            await readers[1].start()  # a process starts although a transaction is open
            await eventually(lambda: not fences[0].alive(jobs[1], 1))
            for fence in fences:
                assert [fence.alive(job_id, 1) for job_id in jobs] == [True, False, True]
            await producer.abort_transaction()
        finally:
            for reader in readers:
                await reader.stop()


async def test_a_log_that_is_read_to_its_end_waits_for_what_is_open(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = RuntimeSettings(kafka_bootstrap_servers=line.servers)
    async with (
        producing(line.servers, transactional_id=line.topic.name) as producer,
        producing(line.servers) as plain,
        open_log(settings, [line.topic]) as log,
    ):
        await producer.begin_transaction()
        await line.send(producer, "aborted")
        await line.send(plain, "ours")
        bounds = await log.bounds([line.topic])
        assert list(bounds.values()) == [(0, 2)]
        told: list[int] = []

        async def read() -> list[int]:
            return [each.offset async for each in log.read(bounds, "test", lambda _, n, __: told.append(n))]

        reading = asyncio.create_task(read())
        await eventually(lambda: len(told) > 3)
        assert set(told) == {0}
        with monkeypatch.context() as patience:
            patience.setattr(log_module, "STAND_SECONDS", 0.2)
            with pytest.raises(TransientError, match=f"of {line.topic.name} gives nothing from offset 0 on"):
                await reading
        reading = asyncio.create_task(read())
        await producer.abort_transaction()
        assert await asyncio.wait_for(reading, 20) == [1]
