"""What an intake commits while aiokafka's fetcher hands out records, markers, gaps and what was aborted."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
import structlog
from aiokafka.consumer import fetcher
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import GroupAuthorizationFailedError
from aiokafka.structs import TopicPartition

from services.runtime.engine.intake import Intake
from services.runtime.engine.marks import Mark
from services.runtime.engine.offsets import ADMITTED_AT_ONCE, WINDOW_BYTES, InFlightRecord
from services.runtime.kafka.log_identity import LogId
from services.runtime.kafka.record_batches import COMMITTED
from services.runtime.observability.metrics import COMMITS
from services.runtime.settings import RuntimeSettings
from tests.support.eventually import eventually
from tests.unit.runtime.kafka.test_record_batches import batch, marker

HERE = TopicPartition("t", 0)
PRODUCER = 7


class Broker:
    """Tells which log this is, and that nothing was committed before."""

    cluster_id = "cluster"

    def get_random_node(self) -> int:
        return 0

    async def send(self, _node: int, _request: object) -> "Broker":
        return self

    def to_object(self) -> dict[str, Any]:
        partitions = [{"partition": 0, "leader": 0}]
        return {"topics": [{"error_code": 0, "topic": "t", "topic_id": "id", "partitions": partitions}]}

    refusals = 0

    async def fetch_committed_offsets(self, _partitions: object) -> dict[TopicPartition, Any]:
        if self.refusals:
            self.refusals -= 1
            raise GroupAuthorizationFailedError
        return {}


class Consumer:
    """A consumer whose fetches the test makes up; the fetcher and the positions are aiokafka's."""

    def __init__(self) -> None:
        self._subscription = SubscriptionState()
        self._subscription.assign_from_user([HERE])
        client = type("Client", (), {"_loop": asyncio.get_running_loop(), "_metadata_max_age_ms": 1})()
        self._fetcher = fetcher.Fetcher(client, self._subscription, isolation_level=COMMITTED)
        self._fetcher._fetch_task.cancel()
        self.state.reset_to(0)
        self._client = self._coordinator = Broker()
        self.committed = 0

    @property
    def state(self) -> Any:
        return self._subscription.subscription.assignment.state_value(HERE)

    def fetch(self, data: bytes, aborted: Iterable[tuple[int, int]]) -> None:
        """Answer the fetch at the present position."""
        assignment, position = self._subscription.subscription.assignment, self.state.position
        found = fetcher.PartitionRecords(
            HERE, fetcher.MemoryRecords(data), list(aborted), position, None, None, check_crcs=False,
            isolation_level=self._fetcher._isolation_level,
        )  # fmt: skip
        result = fetcher.FetchResult(HERE, assignment=assignment, partition_records=found, backoff=0)
        self._fetcher._records[HERE] = result
        for waiter in self._fetcher._fetch_waiters:
            self._fetcher._notify(waiter)

    @property
    def consumed(self) -> bool:
        return not self._fetcher._records

    async def getone(self) -> Any:
        return await self._fetcher.next_record(())

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int, max_records: int) -> Any:
        return await self._fetcher.fetched_records(partitions, timeout_ms, max_records=max_records)

    def partitions_for_topic(self, _topic: str) -> set[int]:
        return {0}

    def assignment(self) -> set[TopicPartition]:
        return {HERE}

    def pause(self, partition: TopicPartition) -> None:
        self._subscription.pause(partition)

    def resume(self, partition: TopicPartition) -> None:
        self._subscription.resume(partition)

    async def commit(self, offsets: dict[TopicPartition, tuple[int, str]]) -> None:
        offset, mark = offsets[HERE]
        assert offset >= self.committed
        assert str(Mark.parse(mark).log) == "cluster/id"
        self.committed = offset


class Log:
    """A partition's log, made at random; ``records`` are those that a reader has to see."""

    def __init__(self, chance: random.Random) -> None:
        self._fetches: list[tuple[int, bytes, list[tuple[int, int]]]] = []
        self.records: set[int] = set()
        self.end = 0
        for _ in range(60):
            data, aborted = b"", list[tuple[int, int]]()
            for _ in range(chance.randint(1, 5)):
                data += self._some(chance, aborted)
            self._fetches.append((self.end, data, aborted))

    def at(self, position: int) -> tuple[bytes, list[tuple[int, int]]]:
        """Return what a broker answers to a fetch from ``position`` on."""
        return next((data, aborted) for end, data, aborted in self._fetches if end > position)

    def _some(self, chance: random.Random, aborted: list[tuple[int, int]]) -> bytes:
        kind, count = chance.choice(["plain", "gap", "commit", "abort"]), chance.randint(1, 3)
        start = self.end + (chance.randint(1, 3) if kind == "gap" else 0)
        self.end = start + count
        raw, values = chance.random() < 0.2, [b"{}"] * count
        if kind != "abort":
            self.records.update(range(start, self.end))
        if kind in {"plain", "gap"}:
            return batch(start, *values, raw=raw)
        if kind == "abort":
            aborted.append((PRODUCER, start))
        self.end += 1
        ended = marker(self.end - 1, PRODUCER, commit=kind == "commit")
        return batch(start, *values, raw=raw, transaction=PRODUCER) + ended


class Room:
    """An intake on such a consumer, polled as FastStream polls."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.log = Log(self.chance)
        self.consumer = Consumer()
        self.seen: set[int] = set()
        self.way = asyncio.Event()
        self.way.set()
        self.intake = Intake(
            "t", "g", self._run, 3, RuntimeSettings(window=8, revoke_grace=0, commit_interval=0.1)
        )
        self.intake._subscriber = cast("Any", type("Subscriber", (), {"consumer": self.consumer}))

    async def _run(self, slot: InFlightRecord) -> None:
        for _ in range(self.chance.randint(0, 4)):
            await asyncio.sleep(0)
        self.seen.add(slot.record.offset)

    async def poll(self) -> None:
        while True:
            record = await self.consumer.getone()
            for _ in range(self.chance.randint(0, 3)):
                await asyncio.sleep(0)  # what lies between the consumer and the handler
            await self.way.wait()
            await self.intake._admit(record)

    async def commit(self) -> None:
        await self.intake.commit()
        lost = {offset for offset in self.log.records - self.seen if offset < self.consumer.committed}
        assert lost == set(), f"{self.consumer.committed} was committed"

    async def up_to_date(self) -> bool:
        """Commit, and say whether that is everything; whoever polls may be on its way."""
        await self.commit()
        return self.consumer.committed == self.log.end

    async def feed(self) -> None:
        """Answer fetches as a broker does: from the position on, nothing while paused."""
        while (position := self.consumer.state.position) < self.log.end:
            if self.consumer.consumed and not self.consumer.state.paused:
                self.consumer.fetch(*self.log.at(position))
            await asyncio.sleep(0)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        await self.intake.on_partitions_assigned([HERE])
        await eventually(lambda: all(window.settled for window in self.intake.windows))
        polling = asyncio.create_task(self.poll())
        yield
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


@pytest.mark.parametrize("seed", range(8))
async def test_no_record_is_passed_before_it_is_finished_and_everything_is_in_the_end(seed: int) -> None:
    room = Room(seed)
    async with room.running():
        feeding = asyncio.create_task(room.feed())
        while not feeding.done():
            await room.commit()
            for _ in range(room.chance.randint(0, 5)):
                await asyncio.sleep(0)
        await feeding
        await eventually(room.up_to_date)
        assert room.seen == room.log.records


async def test_a_record_on_its_way_to_the_handler_is_not_passed_whatever_becomes_of_it() -> None:
    room = Room(0)
    room.log.records, room.log.end = {0}, 1
    room.way.clear()
    async with room.running():
        await asyncio.sleep(0)
        room.consumer.fetch(batch(0, b"{}", raw=False), [])
        await eventually(lambda: room.consumer.state.position == 1)
        await room.commit()
        await room.intake.stop(0)
        room.way.set()  # it is dropped, and whoever polls waits for more
        await eventually(lambda: room.consumer._fetcher._fetch_waiters)
        await room.commit()
        assert room.consumer.committed == 0


async def test_a_group_that_found_only_what_was_rolled_back_is_not_behind() -> None:
    room = Room(0)
    room.log.records, room.log.end = set(), 2
    async with room.running():
        await asyncio.sleep(0)
        aborted = batch(0, b"{}", raw=False, transaction=PRODUCER) + marker(1, PRODUCER, commit=False)
        room.consumer.fetch(aborted, [(PRODUCER, 0)])
        await eventually(lambda: room.consumer.consumed)
        await eventually(room.up_to_date)
        assert room.seen == set()


async def test_nothing_is_committed_while_the_group_joins_anew() -> None:
    """Whoever asks: the offsets are those of before, perhaps of another log than the group is of by now."""
    room = Room(0)
    room.log.records, room.log.end = {0}, 1
    async with room.running():
        await asyncio.sleep(0)
        room.consumer.fetch(batch(0, b"{}", raw=False), [])
        await eventually(room.up_to_date)
        assert await room.intake.commit(room.intake.windows)
        await room.intake.on_partitions_revoked([HERE])
        assert not await room.intake.commit(room.intake.windows)
        await room.intake.on_partitions_assigned([HERE])
        await eventually(lambda: room.intake.commit(room.intake.windows))


async def test_what_cannot_be_settled_counts_as_commits_that_fail() -> None:
    room = Room(0)
    room.consumer._coordinator.refusals = 2
    before = COMMITS.labels("t", "failed")._value.get()
    async with room.running():  # until it is settled
        assert COMMITS.labels("t", "failed")._value.get() == before + 2


async def test_a_rebalance_that_ends_while_a_log_is_left_gives_nothing_of_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Room(0)
    async with room.running():
        opened: list[set[TopicPartition]] = []

        async def go_on_at_five_hundred(_: object) -> None:
            await room.intake.on_partitions_assigned([HERE])
            room.consumer.state.seek(500)
            room.consumer.fetch(batch(500, b"{}", raw=False), [])
            await eventually(lambda: room.consumer.consumed)
            for _ in range(10):
                await asyncio.sleep(0)  # whoever polls takes it

        async def opens() -> None:
            opened.append(set(room.intake.partitions))
            await room.intake.on_partitions_assigned([HERE])

        async def stop() -> None:
            return

        subscriber = cast("Any", room.intake.subscriber)
        subscriber.start, subscriber.stop = opens, stop
        monkeypatch.setattr(room.consumer, "commit", go_on_at_five_hundred)
        with structlog.testing.capture_logs() as said:
            await room.intake.start_over([HERE], LogId("cluster", "id"))
        assert opened == [set()]
        assert [window.watermark for window in room.intake.windows] == [None]
        assert room.seen == set()
        assert not [each for each in said if each["log_level"] == "warning"]


async def test_of_100_fetched_records_of_256_kib_80_are_in_hand_and_all_are_worked_on() -> None:
    room, gate = Room(0), asyncio.Event()

    async def run(slot: InFlightRecord) -> None:
        await gate.wait()
        await room._run(slot)

    room.intake = Intake("t", "g", run, 3, RuntimeSettings(revoke_grace=0, commit_interval=0.1))
    room.intake._subscriber = cast("Any", type("Subscriber", (), {"consumer": room.consumer}))
    size = 256 << 10
    each = [batch(offset, bytes(size), raw=False) for offset in range(100)]
    room.log.records, room.log.end = set(range(100)), 100
    room.log._fetches = [(end, b"".join(each[end - 20 : end]), []) for end in range(20, 101)]
    async with room.running():
        [window] = room.intake.windows
        feeding = asyncio.create_task(room.feed())
        await eventually(lambda: window.full)
        assert WINDOW_BYTES <= window.held < WINDOW_BYTES + (ADMITTED_AT_ONCE + 1) * size
        gate.set()
        await feeding
        await eventually(room.up_to_date)
    assert room.seen == room.log.records
