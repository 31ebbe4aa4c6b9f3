"""For how long a transaction has been open, as a consumer's answers tell it."""

from typing import Any, cast

import structlog
from aiokafka import TopicPartition

from services.runtime.kafka.open_transactions import OpenTransactions
from services.runtime.observability.metrics import OPEN_TRANSACTION

HERE = TopicPartition("t", 0)
THERE = TopicPartition("t", 1)


class Consumer:
    """The newest answer to a fetch of each partition: last stable offset, high watermark, milliseconds."""

    def __init__(self) -> None:
        self.answers: dict[TopicPartition, tuple[int | None, int | None, int | None]] = {
            HERE: (None, None, None),
            THERE: (5, 5, 1_000),
        }

    def assignment(self) -> set[TopicPartition]:
        return set(self.answers)

    def last_stable_offset(self, partition: TopicPartition) -> int | None:
        return self.answers[partition][0]

    def highwater(self, partition: TopicPartition) -> int | None:
        return self.answers[partition][1]

    def last_poll_timestamp(self, partition: TopicPartition) -> int | None:
        return self.answers[partition][2]


class Room:
    def __init__(self) -> None:
        self.consumer = Consumer()
        self.open = OpenTransactions("t")

    def after(self, stable: int, end: int, milliseconds: int) -> float:
        self.consumer.answers[HERE] = (stable, end, milliseconds)
        seconds = self.open.look(cast("Any", self.consumer))
        assert OPEN_TRANSACTION.labels("t")._value.get() == seconds
        return seconds


def test_a_transaction_is_open_from_when_it_was_seen_to_when_it_ends() -> None:
    room = Room()
    assert room.open.look(cast("Any", room.consumer)) == 0
    assert room.after(7, 7, 1_000) == 0
    assert room.after(7, 8, 2_000) == 0
    assert room.after(7, 9, 5_000) == 3
    assert room.after(9, 9, 6_000) == 0
    assert room.after(9, 12, 9_000) == 0  # the next one


def test_transactions_that_follow_each_other_do_not_add_up() -> None:
    room = Room()
    assert [room.after(7 + number, 20, 1_000 * number) for number in range(10)] == [0] * 10


def test_no_answer_is_no_open_transaction() -> None:
    """A full partition is paused, and a broker may be away: for how long says nothing of the transaction."""
    room = Room()
    room.after(7, 9, 1_000)
    assert [room.after(7, 9, 3_000) for _ in range(100)] == [2] * 100


def test_one_that_stays_open_is_complained_of_once() -> None:
    room = Room()
    with structlog.testing.capture_logs() as logged:
        for second in range(200):
            room.after(7, 9, 1_000 * second)
    assert [(each["topic"], each["partition"], each["offset"]) for each in logged] == [("t", 0, 7)]
