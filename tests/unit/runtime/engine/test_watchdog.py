"""The watchdog: what it takes for stuck, what it does about it, and what it leaves alone."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest
from aiokafka import TopicPartition

from services.runtime.engine import watchdog as module
from services.runtime.engine.watchdog import Fault, Watchdog
from services.runtime.kafka import observer as observer_module
from services.runtime.kafka.consumer_internals import Vitals
from services.runtime.observability.metrics import STUCK
from services.runtime.settings import RuntimeSettings
from tests.support.eventually import eventually

HERE = TopicPartition("topic", 0)
THERE = TopicPartition("topic", 1)


class Consumer:
    """A consumer as the watchdog sees it; every sign can be set."""

    topic = "topic"

    def __init__(self) -> None:
        self.consumer: Any = object()
        self.partitions: Collection[TopicPartition] = (HERE, THERE)
        self.full: Collection[TopicPartition] = ()
        self.stopping = False
        self.rebalancing = False
        self.consuming_ended = False
        self.lanes_stuck = False
        self.ended: str | None = None
        self.rejoining = False
        self.positions = {HERE: 10, THERE: 10}
        self.restarts = 0
        self.restarting: Callable[[], None] = lambda: None

    @property
    def vitals(self) -> Vitals:
        return Vitals(self.ended, self.rejoining, dict(self.positions))

    def behind(self, partition: TopicPartition, position: int) -> int:
        return position

    async def restart(self) -> None:
        self.restarts += 1
        self.restarting()


class Room:
    """A watchdog over one consumer, a clock and a Kafka, all of them obedient."""

    def __init__(self) -> None:
        self.consumer = Consumer()
        self.now = 0.0
        self.kafka: Mapping[TopicPartition, int] | None = {HERE: 10, THERE: 10}
        self.gave_up: list[str] = []
        settings = RuntimeSettings(stall_seconds=30, rejoin_seconds=60)
        self.watchdog = Watchdog(
            [self.consumer], settings, self.ends, self.gave_up.append, clock=lambda: self.now
        )

    async def ends(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int] | None:
        return self.kafka

    async def after(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1
            await self.watchdog.look()


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    made = Room()
    monkeypatch.setattr(module, "vitals_of", lambda _: made.consumer.vitals)
    return made


async def test_a_consumer_at_the_end_is_well_however_long_nothing_comes(room: Room) -> None:
    await room.after(600)
    assert room.watchdog.problems() == []
    assert room.consumer.restarts == 0


async def test_a_consumer_that_moves_is_well_however_far_behind(room: Room) -> None:
    room.kafka = {HERE: 10_000, THERE: 10}
    for position in range(10, 500):
        room.consumer.positions[HERE] = position
        await room.after(1)
    assert room.watchdog.problems() == []
    assert room.consumer.restarts == 0


async def test_a_stalled_fetch_turns_red_and_is_restarted(room: Room) -> None:
    room.kafka = {HERE: 11, THERE: 10}
    await room.after(24)
    assert room.watchdog.problems()[0].startswith("topic: partition 0 stands at 10, its end is 11")
    assert room.consumer.restarts == 0
    await room.after(12)
    assert room.consumer.restarts == 1


async def test_one_partition_that_stands_is_seen_though_the_other_moves(room: Room) -> None:
    room.kafka = {HERE: 11, THERE: 10_000}
    for position in range(10, 60):
        room.consumer.positions[THERE] = position
        await room.after(1)
    assert room.consumer.restarts == 1


async def test_a_position_that_is_never_found_is_a_stall(room: Room) -> None:
    room.kafka = {HERE: 5, THERE: 0}
    room.consumer.positions = {HERE: -1, THERE: -1}
    await room.after(40)
    assert room.consumer.restarts == 1


@pytest.mark.parametrize("why", ["full", "paused", "stopping"])
async def test_what_stands_for_a_reason_is_left_alone(room: Room, why: str) -> None:
    room.kafka = {HERE: 99, THERE: 10}
    match why:
        case "full":
            room.consumer.full = {HERE}
        case "paused":
            del room.consumer.positions[HERE]
        case _:
            room.consumer.stopping = True
    await room.after(600)
    assert room.consumer.restarts == 0
    assert room.watchdog.problems() == []


async def test_a_pending_rejoin_is_restarted_after_its_time(room: Room) -> None:
    room.consumer.rejoining = True
    await room.after(50)
    assert room.consumer.restarts == 0
    assert "not joined" in room.watchdog.problems()[0]
    await room.after(12)
    assert room.consumer.restarts == 1


async def test_a_rebalance_that_ends_in_time_is_no_problem(room: Room) -> None:
    for _ in range(20):
        room.consumer.rebalancing = True
        await room.after(20)
        room.consumer.rebalancing = False
        await room.after(1)
    assert room.consumer.restarts == 0


@pytest.mark.parametrize("task", ["fetch", "coordination", "consume"])
async def test_an_ended_task_is_restarted_at_once(room: Room, task: str) -> None:
    room.consumer.consuming_ended = task == "consume"
    room.consumer.ended = None if task == "consume" else task
    room.consumer.restarting = lambda: setattr(room.consumer, "ended", None)
    await room.after(1)
    assert room.consumer.restarts == 1


async def test_while_kafka_is_away_it_is_red_but_nothing_is_restarted(room: Room) -> None:
    room.consumer.rejoining = True
    room.kafka = None
    await room.after(300)
    assert room.consumer.restarts == 0
    assert room.gave_up == []
    assert any("Kafka has not answered" in problem for problem in room.watchdog.problems())
    room.kafka = {HERE: 10, THERE: 10}
    room.consumer.rejoining = False
    await room.after(6)
    assert room.watchdog.problems() == []


async def test_what_two_restarts_do_not_mend_ends_the_process_once(room: Room) -> None:
    room.kafka = {HERE: 11, THERE: 10}
    await room.after(300)
    assert room.consumer.restarts == 2
    assert len(room.gave_up) == 1
    assert "partition 0 stands at 10" in room.gave_up[0]


async def test_old_restarts_are_forgiven(room: Room) -> None:
    for _ in range(4):
        room.kafka = {HERE: 11, THERE: 10}
        await room.after(37)
        room.kafka = {HERE: 10, THERE: 10}
        await room.after(int(module.RESTARTS_SECONDS))
    assert room.consumer.restarts == 4
    assert room.gave_up == []


async def test_a_restart_that_hangs_ends_the_process(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(room.consumer, "restart", hang)
    monkeypatch.setattr(module, "RESTART_SECONDS", 0.01)
    room.consumer.ended = "fetch"
    await room.after(1)
    assert "restart failed (TimeoutError)" in room.gave_up[0]


async def test_lanes_that_hold_records_and_run_none_end_the_process(room: Room) -> None:
    room.consumer.lanes_stuck = True
    await room.after(40)
    assert room.consumer.restarts == 0
    assert len(room.gave_up) == 1


async def test_a_process_that_slept_does_not_wake_up_stuck(room: Room) -> None:
    """SIGSTOP and a blocked event loop: nobody watched meanwhile, so nothing is known."""
    room.kafka = {HERE: 11, THERE: 10}
    await room.after(8)
    room.now += 3_600
    await room.watchdog.look()
    room.consumer.positions[HERE] = 11
    await room.after(30)
    assert room.consumer.restarts == 0


async def test_the_symptom_is_a_metric(room: Room) -> None:
    room.consumer.rejoining = True
    await room.after(10)
    stuck = STUCK.labels("topic", Fault.REJOIN_PENDING)._value.get()
    assert stuck >= 9
    room.consumer.rejoining = False
    await room.after(1)
    assert STUCK.labels("topic", Fault.REJOIN_PENDING)._value.get() == 0


async def test_the_observer_says_when_kafka_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer_module, "ANSWER_SECONDS", 0.2)

    served: set[asyncio.StreamWriter] = set()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(writer)
        with contextlib.suppress(ConnectionError):
            await reader.read()  # until the other side gives up
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        served.discard(writer)

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    observer = observer_module.Observer(RuntimeSettings(kafka_bootstrap_servers=f"127.0.0.1:{port}"))
    assert await observer.ends([HERE]) is None
    assert await observer.ends([]) is None
    assert await observer.survey(["topic"], [HERE]) is None
    await observer.stop()
    await eventually(lambda: not served, message="the observer gives its connections up")
    server.close()
    await server.wait_closed()
