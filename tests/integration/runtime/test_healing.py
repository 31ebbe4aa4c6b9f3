"""Consumers that stop for good: aiokafka's known hangs, reproduced or imitated, and healed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from contracts import topics
from contracts.cloudevents import SCENE_HEADER, headers_of, value_of
from contracts.events import ControlChanged, Event
from ops.kafka.node import KafkaNode
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine import watchdog
from services.runtime.engine.engine import Engine
from services.runtime.kafka.consumer_internals import vitals_of
from services.runtime.kafka.probe import free_port
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.observability.metrics import CONSUMER_RESTARTS
from services.runtime.settings import RuntimeSettings
from tests.integration.runtime.test_engine import EPOCH
from tests.support.eventually import eventually
from tests.support.own_kafka import need_own_kafka
from tests.support.proxy import Proxy, proxying
from tests.support.records import planned

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(120)]
TOPIC = topics.SCENE_PLANNED


class Ward:
    """One engine on a topic, and what it has worked on."""

    def __init__(self, servers: str, home: Path, job: str) -> None:
        self.job = job
        self.seen: list[int] = []
        self.settings = RuntimeSettings(
            kafka_bootstrap_servers=servers,
            lectern_home=home,
            session_timeout_ms=6_000,
            commit_interval=0.2,
            commit_timeout=2,
            stall_seconds=4,
            rejoin_seconds=8,
            drain_deadline=2,
        )
        self.sender = Publisher(self.settings, "test")

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        async def handle(event: Any, context: Context) -> Sequence[Event]:
            if event.job_id == self.job:
                self.seen.append(event.context.index)
            return []

        actor = Actor(f"ward-{self.job}", (Subscription(TOPIC, handle, 4),))
        engine = Engine("ward", [actor], self.settings, cast("Artifacts", None))
        try:
            await engine.start()
            yield engine
        finally:
            await engine.stop()

    async def send(self, *scenes: int) -> None:
        for scene in scenes:
            event = planned(self.job, scene, count=1000)
            headers = headers_of(event, source="test", time=EPOCH, extra={SCENE_HEADER: str(scene)})
            await self.sender.send_raw(TOPIC.name, self.job.encode(), value_of(event), headers)

    async def works(self, *scenes: int, seconds: float = 40) -> None:
        """Send scenes and wait until they are worked on, each once."""
        await self.send(*scenes)
        await eventually(lambda: set(scenes) <= set(self.seen), seconds)
        assert sorted(self.seen) == sorted(set(self.seen))


@pytest.fixture
async def ward(broker: Any, tmp_path: Path, unique_name: str) -> AsyncIterator[Ward]:
    await create_topics(broker.bootstrap_servers)
    made = Ward(broker.bootstrap_servers, tmp_path, f"job-{unique_name[-8:]}")
    made.settings = made.settings.model_copy(update={"embedded": broker.embedded})
    made.sender = Publisher(made.settings, "test")
    await made.sender.start()
    yield made
    await made.sender.stop()


def restarts(symptom: str, topic: str = TOPIC.name) -> float:
    return float(CONSUMER_RESTARTS.labels(topic, symptom)._value.get())


def consume_task(engine: Engine) -> "asyncio.Task[Any]":
    task: asyncio.Task[Any] = engine.intakes[0].subscriber.tasks[0]
    return task


def fetch_task(engine: Engine) -> "asyncio.Task[Any]":
    task: asyncio.Task[Any] = cast("Any", engine.intakes[0].consumer)._fetcher._fetch_task
    return task


def coordination_task(engine: Engine) -> "asyncio.Task[Any]":
    task: asyncio.Task[Any] = cast("Any", engine.intakes[0].consumer)._coordinator._coordination_task
    return task


async def test_the_private_parts_that_are_looked_at_are_there(ward: Ward) -> None:
    async with ward.engine() as engine:
        await ward.works(1)
        assert engine.intakes[0].consumer
        assert engine._control.consumer
        vitals = vitals_of(engine.intakes[0].consumer)
        assert (vitals.ended, vitals.rejoining) == (None, False)
        assert set(vitals.positions) == set(engine.intakes[0].partitions)
        assert len(vitals.positions) == TOPIC.partitions
        control = vitals_of(engine._control.consumer)
        assert control.ended is None
        assert len(control.positions) == 1


@pytest.mark.parametrize("task", [consume_task, fetch_task, coordination_task])
async def test_a_dead_task_of_a_consumer_is_noticed_and_the_consumer_replaced(
    ward: Ward, task: Callable[[Engine], "asyncio.Task[Any]"]
) -> None:
    """aio-libs/aiokafka#983, and FastStream's loop, which is not started again after a cancellation."""
    async with ward.engine() as engine:
        await ward.works(1, 2)
        before = restarts("task_ended")
        task(engine).cancel()
        await ward.works(3, 4)
        assert restarts("task_ended") == before + 1
        await eventually(lambda: engine.health.problems() == [], 20)


async def test_a_rejoin_that_never_happens_is_noticed_and_healed(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aio-libs/aiokafka#625, #847, #1154: the future that asks for it is done and stays done."""
    async with ward.engine() as engine:
        await ward.works(1)
        before = restarts("rejoin_pending")
        coordinator = cast("Any", engine.intakes[0].consumer)._coordinator

        async def never(*_: Any) -> bool:
            await asyncio.sleep(0.1)
            return False

        monkeypatch.setattr(coordinator, "_do_rejoin_group", never)
        coordinator.request_rejoin()
        await eventually(lambda: any("not joined" in why for why in engine.health.problems()), 20)
        await ward.works(2, 3)
        assert restarts("rejoin_pending") == before + 1
        await eventually(lambda: engine.health.problems() == [], 20)


async def test_a_fetch_that_stands_still_is_noticed_and_healed(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aio-libs/aiokafka#712, #1037: heartbeats go on, everything looks well, nothing is fetched."""
    async with ward.engine() as engine:
        await ward.works(1)
        before = restarts("fetch_stalled")
        fetcher = cast("Any", engine.intakes[0].consumer)._fetcher

        async def never(*_: Any) -> bool:
            await asyncio.Event().wait()
            return False

        monkeypatch.setattr(fetcher, "_proc_fetch_request", never)
        await ward.send(2)  # the request under way may still bring this one
        await ward.works(3, 4, 5)
        assert restarts("fetch_stalled") == before + 1
        await eventually(lambda: engine.health.problems() == [], 20)


async def test_a_control_topic_that_is_not_followed_any_more_is_read_again(
    ward: Ward,
) -> None:
    async with ward.engine() as engine:
        await ward.works(1)
        assert engine._control._task is not None
        engine._control._task.cancel()
        event = ControlChanged(event_id=planned(ward.job).event_id, job_id=ward.job, attempt=1, canceled=True)
        await ward.sender.publish([event])
        await eventually(lambda: not engine.fence.alive(ward.job, 1), 30)


async def test_a_commit_that_hangs_delays_a_rebalance_by_its_timeout_at_most(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiokafka's commit tries for ever; in ``on_partitions_revoked`` the whole group would wait for it."""
    async with ward.engine() as engine:
        await ward.works(1)
        consumer = cast("Any", engine.intakes[0].consumer)

        async def never(*_: Any) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(consumer, "commit", never)
        generation = consumer._coordinator.generation
        await ward.works(2)
        consumer._coordinator.request_rejoin()
        await eventually(lambda: consumer._coordinator.generation > generation, 20)
        await ward.works(3)


async def test_a_consumer_that_no_restart_heals_makes_the_engine_give_up(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "RESTARTS", 0)
    async with ward.engine() as engine:
        await ward.works(1)
        fetch_task(engine).cancel()
        await asyncio.wait_for(engine.stuck.wait(), 30)
        assert "fetch task has ended" in engine.stuck_because


@pytest.fixture
async def behind_proxy(tmp_path: Path) -> AsyncIterator[tuple[Ward, Proxy]]:
    """A Kafka that tells its clients the proxy's address."""
    need_own_kafka()
    port, front = free_port(), free_port()
    node = KafkaNode(tmp_path / "kafka", port=port)
    node.data.mkdir()
    _, (_, controller) = node._identity()
    advertised = f"PLAINTEXT://127.0.0.1:{front},CONTROLLER://127.0.0.1:{controller}"
    node._overrides["advertised.listeners"] = advertised
    async with proxying(front, ("127.0.0.1", port)) as proxy:
        await asyncio.to_thread(node.start)
        try:
            servers = f"127.0.0.1:{front}"
            await create_topics(servers)
            ward = Ward(servers, tmp_path, "job-1")
            await ward.sender.start()
            yield ward, proxy
            await ward.sender.stop()
        finally:
            await asyncio.to_thread(node.stop)


@pytest.mark.real_kafka
async def test_connections_that_stall_are_noticed_and_replaced(behind_proxy: tuple[Ward, Proxy]) -> None:
    """A firewall forgets every connection of the process at once; new ones are let through."""
    ward, proxy = behind_proxy
    async with ward.engine() as engine:
        await ward.works(1, 2)
        connections = proxy.connections
        proxy.stall()
        await ward.sender.stop()
        ward.sender = Publisher(ward.settings, "test-again")
        await ward.sender.start()
        await ward.send(3, 4)
        await eventually(lambda: {3, 4} <= set(ward.seen), 100)
        assert proxy.connections > connections
        await eventually(lambda: engine.health.problems() == [], 60)
        admin = AIOKafkaAdminClient(bootstrap_servers=ward.settings.kafka_bootstrap_servers)
        await admin.start()

        async def committed() -> int:
            offsets = await admin.list_consumer_group_offsets(engine.intakes[0].group)
            return int(sum(max(0, each.offset) for each in offsets.values()))

        await eventually(committed, 20, message="what was done after the stall is committed")
        await admin.close()
