"""The engine on a broker: order, poison, restart, rebalance, fence and back-pressure."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts import topics
from contracts.cloudevents import SCENE_HEADER, headers_of, value_of
from contracts.events import ControlChanged, Event
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine.engine import Engine, group_of
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.support.brokers import Broker
from tests.support.eventually import eventually
from tests.support.records import planned

pytestmark = pytest.mark.kafka
PARTITIONS = 4
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
Handle = Callable[[Any, Context], Any]


class Rig:
    """A topic of the test's own, a producer for it, and engines that consume it."""

    def __init__(self, broker: Broker, topic: topics.Topic, home: Path) -> None:
        self.broker = broker
        self.topic = topic
        self.settings = RuntimeSettings(
            kafka_bootstrap_servers=broker.bootstrap_servers,
            embedded=broker.embedded,
            lectern_home=home,
            session_timeout_ms=6_000,
            commit_interval=0.2,
            drain_deadline=5,
        )
        self.publisher = Publisher(self.settings, "test")

    @asynccontextmanager
    async def engine(self, handle: Handle, concurrency: int = 4, **settings: Any) -> AsyncIterator[Engine]:
        engine = self.start(handle, concurrency, **settings)
        try:
            await engine.start()
            yield engine
        finally:
            await engine.stop()

    def start(self, handle: Handle, concurrency: int, **settings: Any) -> Engine:
        subscription = Subscription(self.topic, handle, concurrency)
        chosen = self.settings.model_copy(update=settings)
        return Engine("test", [Actor(self.topic.name, (subscription,))], chosen, cast("Artifacts", None))

    async def send(self, job_id: str, index: int) -> None:
        event = planned(job_id, index, count=1000)
        headers = headers_of(event, source="test", time=EPOCH, extra={SCENE_HEADER: str(index)})
        await self.publisher.send_raw(self.topic.name, job_id.encode(), value_of(event), headers)

    async def lag(self) -> int:
        """Records behind the end of the topic, as the broker knows the group's commits."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.broker.bootstrap_servers,
            group_id=group_of(Actor(self.topic.name, ()), self.topic.name),
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            partitions = [TopicPartition(self.topic.name, number) for number in range(PARTITIONS)]
            ends = await consumer.end_offsets(partitions)
            done = [await consumer.committed(partition) or 0 for partition in partitions]
            return int(sum(ends.values()) - sum(done))
        finally:
            await consumer.stop()

    async def dead_letters(self, count: int) -> list[Any]:
        consumer = AIOKafkaConsumer(
            self.topic.dlq,
            bootstrap_servers=self.broker.bootstrap_servers,
            auto_offset_reset="earliest",
            group_id=None,
        )
        await consumer.start()
        try:
            return [await asyncio.wait_for(consumer.getone(), 10) for _ in range(count)]
        finally:
            await consumer.stop()


@pytest.fixture
async def rig(broker: Broker, topic_prefix: str, tmp_path: Path) -> AsyncIterator[Rig]:
    topic = replace(topics.SCENE_PLANNED, name=f"{topic_prefix}scenes", partitions=PARTITIONS)
    await create_topics(broker.bootstrap_servers)
    await create_topics(broker.bootstrap_servers, topics=[topic])
    made = Rig(broker, topic, tmp_path)
    await made.publisher.start()
    yield made
    await made.publisher.stop()
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    await admin.delete_topics([topic.name, topic.dlq])
    await admin.close()


async def test_every_record_is_worked_on_and_a_lane_keeps_its_order(rig: Rig) -> None:
    seen: dict[str, list[int]] = defaultdict(list)
    running: Counter[tuple[str, int]] = Counter()

    async def handle(event: Any, context: Context) -> Sequence[Event]:
        lane = (event.job_id, event.context.index)
        running[lane] += 1
        assert running[lane] == 1
        await asyncio.sleep(0)
        running[lane] -= 1
        seen[event.job_id].append(event.context.index)
        return []

    for index in range(40):
        await rig.send(f"job-{index % 5}", index)
    async with rig.engine(handle):
        await eventually(lambda: sum(map(len, seen.values())) == 40, 30)
    assert {len(set(scenes)) for scenes in seen.values()} == {8}
    assert await rig.lag() == 0


async def test_poison_never_blocks_its_partition(rig: Rig) -> None:
    seen: list[int] = []

    async def handle(event: Any, context: Context) -> Sequence[Event]:
        seen.append(event.context.index)
        return []

    nasty = [("ce_type", b"\xff"), ("ce_type", None), ("reply_to", b"lectern.jobs.v1")]
    for value in (b"\xff\xfe\x00", b"{", None, b'{"type":"who.v1"}'):
        await rig.publisher.send_raw(rig.topic.name, b"job-1", value, nasty)
    await rig.publisher.send_raw(rig.topic.name, None, b"no key", [])
    await rig.send("job-1", 7)
    async with rig.engine(handle):
        await eventually(lambda: seen == [7], 30)
        letters = await rig.dead_letters(5)
    assert {letter.value for letter in letters} == {
        b"\xff\xfe\x00",
        b"{",
        None,
        b'{"type":"who.v1"}',
        b"no key",
    }
    for letter in letters:
        if letter.key == b"job-1":
            assert list(letter.headers[:3]) == nasty
        assert dict(letter.headers)["dlq.original.topic"] == rig.topic.name.encode()
    assert await rig.lag() == 0


async def test_what_was_in_hand_at_a_stop_is_worked_on_again(rig: Rig) -> None:
    finished: list[int] = []
    blocked = asyncio.Event()

    async def first_life(event: Any, context: Context) -> Sequence[Event]:
        if event.context.index % 2:
            blocked.set()
            await asyncio.Event().wait()
        finished.append(event.context.index)
        return []

    async def second_life(event: Any, context: Context) -> Sequence[Event]:
        finished.append(event.context.index)
        return []

    for index in range(10):
        await rig.send("job-1", index)
    async with rig.engine(first_life, concurrency=10, drain_deadline=0.2):
        await eventually(lambda: len(finished) == 5 and blocked.is_set(), 30)
    async with rig.engine(second_life):
        await eventually(lambda: set(finished) == set(range(10)), 30)


async def test_a_stop_finishes_what_runs_and_begins_nothing_more(rig: Rig) -> None:
    """A queue of minutes must not become a restart of minutes: the next process takes it."""
    begun: list[int] = []
    finished: list[int] = []
    gate = asyncio.Event()

    async def first_life(event: Any, context: Context) -> Sequence[Event]:
        begun.append(event.context.index)
        await gate.wait()
        finished.append(event.context.index)
        return []

    async def second_life(event: Any, context: Context) -> Sequence[Event]:
        finished.append(event.context.index)
        return []

    for index in range(20):
        await rig.send("job-1", index)
    engine = rig.start(first_life, 2)
    await engine.start()
    await eventually(lambda: len(begun) == 2 and engine.intakes[0].lanes.depth == 20, 30)
    stopping = asyncio.create_task(engine.stop(deadline=20))
    await eventually(lambda: engine.intakes[0].stopping)
    gate.set()
    await asyncio.wait_for(stopping, 10)
    assert sorted(finished) == sorted(begun)
    assert len(begun) == 2
    async with rig.engine(second_life):
        await eventually(lambda: set(finished) == set(range(20)), 30)
    assert len(finished) == 20  # nothing that was finished before the stop came again


async def test_a_full_window_pauses_its_partition_and_goes_on(rig: Rig) -> None:
    gate = asyncio.Event()
    seen: list[int] = []

    async def handle(event: Any, context: Context) -> Sequence[Event]:
        await gate.wait()
        seen.append(event.context.index)
        return []

    for index in range(100):
        await rig.send("job-1", index)  # one key, one partition
    async with rig.engine(handle, concurrency=2, window=8) as engine:
        await eventually(lambda: any(window.full for window in engine.intakes[0].windows), 30)
        assert engine.intakes[0].lanes.depth <= 8
        gate.set()
        await eventually(lambda: len(seen) == 100, 30)
    assert sorted(seen) == list(range(100))


async def test_a_cancel_on_the_control_topic_reaches_work_in_hand(rig: Rig, unique_name: str) -> None:
    job_id = f"job.{unique_name[-8:]}"
    started, stopped = asyncio.Event(), asyncio.Event()

    async def handle(event: Any, context: Context) -> Sequence[Event]:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return []

    async with rig.engine(handle) as engine:
        await rig.send(job_id, 0)
        await asyncio.wait_for(started.wait(), 30)
        event_id = uuid5(NAMESPACE_URL, job_id)
        await rig.publisher.publish(
            [ControlChanged(event_id=event_id, job_id=job_id, attempt=1, canceled=True)]
        )
        await asyncio.wait_for(stopped.wait(), 5)
        await eventually(lambda: engine.intakes[0].lanes.depth == 0)
    async with rig.engine(handle) as again:  # a process that starts later knows it from the topic
        assert not again.fence.alive(job_id, 1)
    assert await rig.lag() == 0


@pytest.mark.real_kafka
async def test_workers_that_come_and_go_lose_nothing(rig: Rig) -> None:
    finished: Counter[int] = Counter()

    async def handle(event: Any, context: Context) -> Sequence[Event]:
        await asyncio.sleep(0.01)
        finished[event.context.index] += 1
        return []

    async def feed() -> None:
        for index in range(400):
            await rig.send(f"job-{index % 40}", index)

    async with rig.engine(handle, concurrency=2):
        feeding = asyncio.create_task(feed())
        await eventually(lambda: len(finished) > 20, 30)
        async with rig.engine(handle, concurrency=2) as second:
            await eventually(lambda: bool(second.intakes[0].windows), 30)
            await eventually(lambda: len(finished) > 150, 30)
        await feeding
        await eventually(lambda: len(finished) == 400, 60)
    assert set(finished) == set(range(400))
    assert sum(finished.values()) < 440  # a rebalance repeats what was in hand, not more
    assert await rig.lag() == 0


async def test_health_is_ready_while_it_consumes_and_not_when_it_stops(rig: Rig) -> None:
    async def handle(event: Any, context: Context) -> Sequence[Event]:
        return []

    async with rig.engine(handle) as engine:
        await eventually(lambda: engine.health.problems() == [], 30)
    assert engine.health.problems()[0] == "stopping"
