import random

import pytest

from services.runtime.engine.offsets import ADMITTED_AT_ONCE, InFlightRecord, OffsetTracker
from tests.support.records import PARTITION, FakeRecord


def admit(window: OffsetTracker, *offsets: int) -> list[InFlightRecord]:
    slots = [window.admit(FakeRecord(offset)) for offset in offsets]
    assert all(slots)
    return [slot for slot in slots if slot]


def test_watermark_covers_only_the_finished_prefix() -> None:
    window = OffsetTracker(PARTITION, 8)
    first, second, third = admit(window, 10, 11, 12)
    window.finish(second)
    window.finish(third)
    assert window.to_commit is None
    window.finish(first)
    assert window.to_commit == 13
    assert len(window) == 0


@pytest.mark.parametrize("seed", range(20))
def test_watermark_never_passes_an_unfinished_record(seed: int) -> None:
    chance = random.Random(seed)
    window = OffsetTracker(PARTITION, 100)
    offsets = sorted(chance.sample(range(200), 50))  # compaction and transactions leave gaps
    slots = admit(window, *offsets)
    chance.shuffle(slots)
    open_offsets = set(offsets)
    for slot in slots:
        window.finish(slot)
        open_offsets.discard(slot.record.offset)
        if window.to_commit is not None:
            assert all(offset >= window.to_commit for offset in open_offsets)
    assert window.to_commit == max(offsets) + 1


def test_finished_records_above_the_watermark_take_room() -> None:
    window = OffsetTracker(PARTITION, 2)
    _, second = admit(window, 0, 1)
    window.finish(second)
    assert window.room == 0


def test_a_redelivered_record_joins_the_one_in_flight_or_is_known_as_finished() -> None:
    window = OffsetTracker(PARTITION, 8)
    first, second = admit(window, 5, 6)
    window.finish(second)
    assert window.admit(FakeRecord(5)) is None
    assert window.admit(FakeRecord(6)) is None
    window.finish(first)
    assert window.admit(FakeRecord(6)) is None
    assert window.admit(FakeRecord(7)) is not None


def test_nothing_is_committed_of_a_lost_partition() -> None:
    window = OffsetTracker(PARTITION, 8)
    (slot,) = admit(window, 3)
    window.finish(slot)
    window.lose()
    assert window.to_commit is None


def test_nothing_is_committed_between_a_rebalance_and_the_brokers_answer() -> None:
    window = OffsetTracker(PARTITION, 8)
    (slot,) = admit(window, 3)
    window.finish(slot)
    window.settled = False
    assert window.to_commit is None
    window.settle(2)
    assert window.to_commit == 4


def test_what_another_member_committed_meanwhile_is_never_moved_back() -> None:
    window = OffsetTracker(PARTITION, 8)
    first, second, third = admit(window, 0, 1, 2)
    window.settled = False
    overtaken = window.settle(2)
    assert overtaken == [first, second]
    assert all(slot.done for slot in overtaken)
    assert window.to_commit is None
    window.finish(third)
    assert window.to_commit == 3


def test_committed_offset_is_not_committed_again() -> None:
    window = OffsetTracker(PARTITION, 8)
    (slot,) = admit(window, 0)
    window.finish(slot)
    window.committed = window.to_commit
    assert window.to_commit is None


def test_what_is_no_record_is_passed_when_everything_before_it_is_finished() -> None:
    window = OffsetTracker(PARTITION, 8)
    first, second = admit(window, 4, 5)
    window.pass_by(9)  # say, 6 and 7 were rolled back, and 8 says so
    assert window.to_commit is None
    window.finish(second)
    assert window.to_commit is None
    window.finish(first)
    assert window.to_commit == 9


def test_offsets_without_a_record_alone_move_the_watermark() -> None:
    window = OffsetTracker(PARTITION, 8)
    window.pass_by(0)
    assert window.to_commit is None
    window.pass_by(3)
    assert window.to_commit == 3
    window.pass_by(2)  # a consumer that begins anew stands further back
    assert window.to_commit == 3


def test_records_above_what_was_passed_hold_the_watermark() -> None:
    window = OffsetTracker(PARTITION, 8)
    window.pass_by(3)
    (slot,) = admit(window, 5)
    assert window.to_commit == 3
    window.finish(slot)
    assert window.to_commit == 6


def test_four_records_of_4_mib_fill_a_window_of_256_and_two_of_them_finished_make_room() -> None:
    window = OffsetTracker(PARTITION, 256)
    slots = []
    for offset in range(4):
        assert window.room == ADMITTED_AT_ONCE
        slot = window.admit(FakeRecord(offset, key=None, value=bytes(4 << 20)))
        assert slot is not None
        slots.append(slot)
    assert window.room == 0
    window.finish(slots[1])  # above one that is not finished it is kept
    window.finish(slots[0])
    assert window.room == ADMITTED_AT_ONCE
    assert window.half_empty
    for slot in slots[2:]:
        window.finish(slot)
    assert window.held == 0


def test_headers_and_what_another_member_has_committed_count_as_long_as_they_are_kept() -> None:
    window = OffsetTracker(PARTITION, 256)
    window.admit(FakeRecord(0, key=None, value=None, headers=(("x", bytes(17 << 20)), ("y", None))))
    assert window.room == 0
    assert not window.half_empty
    window.settle(1)
    assert window.held == 0
    assert window.half_empty
