"""What the watchdog makes of topics that are not what they were."""

from collections.abc import Collection, Mapping
from typing import Any

import pytest
from aiokafka import TopicPartition

from contracts.errors import ErrorCode, TransientError
from services.runtime.kafka import log_watch
from services.runtime.kafka.consumer_internals import Vitals
from services.runtime.kafka.log_identity import UNKNOWN, LogId, TopicSeen
from services.runtime.kafka.log_watch import MISSING_LOOKS, LogWatch
from services.runtime.kafka.observer import Survey

HERE = TopicPartition("topic", 0)
OLD, NEW = LogId("cluster", "a" * 32), LogId("cluster", "b" * 32)


class Consumer:
    """What fetches were answered last."""

    high = 0

    def assignment(self) -> set[TopicPartition]:
        return {HERE}

    def highwater(self, _: TopicPartition) -> int | None:
        return self.high or None


class Reader:
    topic = "topic"
    stopping = False

    def __init__(self) -> None:
        self.consumer: Any = Consumer()
        self.partitions: Collection[TopicPartition] = (HERE,)
        self.log = OLD
        self.finished = 10

    def behind(self, partition: TopicPartition, position: int) -> int:
        return self.finished

    def strays(self, seen: TopicSeen) -> Collection[TopicPartition]:
        return () if self.log.same_as(seen.log) else self.partitions

    def unread(self, starts: Mapping[TopicPartition, int], positions: Mapping[TopicPartition, int]) -> int:
        return 0

    async def start_over(self, partitions: Collection[TopicPartition], found: LogId) -> None:
        self.log, self.finished = found, 0


class Room:
    def __init__(self, *, ends_are_right: bool = True) -> None:
        self.reader = Reader()
        self.topics = {"topic": TopicSeen(OLD, 1)}
        self.end = 10
        self.created = 0
        self.watch = LogWatch([self.reader], self.ask, ends_are_right=ends_are_right, create=self.create)

    async def ask(self, topics: Collection[str], partitions: Collection[TopicPartition]) -> Survey | None:
        return Survey(self.topics, dict.fromkeys(partitions, 0))

    async def create(self) -> None:
        self.created += 1
        raise TransientError(ErrorCode.BROKER_UNAVAILABLE, "away")

    async def look(self) -> list[Collection[TopicPartition]]:
        positions, survey = self.watch.positions(), await self.watch.survey()
        assert survey is not None
        found = self.watch.misplaced(survey, positions, {HERE: self.end})
        return [each.partitions for each in found]


@pytest.fixture(autouse=True)
def _positions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_watch, "vitals_of", lambda _: Vitals(None, rejoining=False, positions={HERE: 10}))


async def test_a_topic_that_is_what_it_was_is_left_alone() -> None:
    room = Room()
    for _ in range(5):
        assert await room.look() == []


async def test_a_topic_with_another_id_is_started_over_though_it_is_longer() -> None:
    room = Room()
    room.topics, room.end = {"topic": TopicSeen(NEW, 1)}, 1_000
    assert await room.look() == [{HERE}]


async def test_an_end_below_what_was_finished_is_believed_the_second_time() -> None:
    room = Room()
    room.end = 3
    assert await room.look() == []
    assert await room.look() == [{HERE}]


async def test_an_end_that_was_wrong_once_is_no_proof() -> None:
    room = Room()
    for end in (3, 10, 3, 10):
        room.end = end
        assert await room.look() == []


async def test_an_open_transaction_cuts_nothing_off() -> None:
    """A group that read uncommitted records, as earlier releases did, stands behind what is open."""
    room = Room()
    room.end, room.reader.consumer.high = 3, 10
    for _ in range(5):
        assert await room.look() == []
    room.reader.consumer.high = 4  # its topic was made anew after all
    assert await room.look() == []
    assert await room.look() == [{HERE}]


async def test_the_embedded_brokers_ends_prove_nothing() -> None:
    room = Room(ends_are_right=False)
    room.end = 3
    for _ in range(5):
        assert await room.look() == []


async def test_a_missing_topic_is_told_and_created_after_a_while() -> None:
    room = Room()
    room.topics = {}
    for _ in range(MISSING_LOOKS - 1):
        assert await room.look() == []
    assert (room.watch.problems(), room.created) == (["topic: the topic is missing"], 0)
    await room.look()
    assert room.created == 1  # and it failed: it is tried again
    for _ in range(MISSING_LOOKS):
        await room.look()
    assert room.created == 2
    room.topics = {"topic": TopicSeen(OLD, 1)}
    await room.look()
    assert room.watch.problems() == []


def test_logs_are_told_apart_as_far_as_ids_are_told() -> None:
    untold = LogId("cluster", UNKNOWN)
    for one, other in ((OLD, OLD), (OLD, untold), (untold, NEW)):
        assert one.same_as(other)
    for one, other in ((OLD, NEW), (OLD, LogId("another", OLD.topic)), (untold, LogId("another", UNKNOWN))):
        assert not one.same_as(other)
        assert not other.same_as(one)


@pytest.mark.parametrize("text", [None, "", "words of somebody else's"])
def test_what_others_note_beside_an_offset_names_no_log(text: str | None) -> None:
    assert LogId.parse(text) is None
    assert LogId.parse(str(OLD)) == OLD
