"""Records that kill their process, and processes that are killed: who is given up, and who never is."""

import asyncio
import itertools
import random
from collections import Counter
from functools import partial

import pytest
from aiokafka.structs import OffsetAndMetadata

from services.runtime.engine.deaths import MOST_MORE
from services.runtime.engine.marks import MAX_NAMED, Mark
from services.runtime.engine.offsets import InFlightRecord
from services.runtime.engine.quarantine import MAX_DEATHS, MAX_DEATHS_AMONG_KILLS, Quarantine
from services.runtime.engine.suspects import MAX_BY, Suspects
from services.runtime.kafka.log_identity import LogId
from tests.support.lives import Group, Life, live_on

LOG = LogId("cluster", "id")


def keys(chance: random.Random, count: int) -> list[bytes]:
    return [b"job-%d" % chance.randint(0, 5) for _ in range(count)]


@pytest.mark.parametrize("seed", range(24))
async def test_a_record_that_kills_is_given_up_after_three_deaths_and_all_others_are_finished(
    seed: int,
) -> None:
    chance = random.Random(seed)
    count = chance.choice([1, 2, 5, 12])
    deadly = chance.randrange(count)
    group = Group("t", keys(chance, count), {deadly: chance.choice([0, 1, 5, 40])})
    deaths = await live_on([group], seed, concurrency=chance.choice([1, 2, 4]))
    assert dict(group.convicted) == {deadly: MAX_DEATHS}
    assert deaths == MAX_DEATHS
    assert group.finished == set(range(count)) - {deadly}


@pytest.mark.parametrize("seed", range(12))
async def test_one_behind_a_long_queue_is_found_too(seed: int) -> None:
    chance = random.Random(seed)
    deadly = chance.randrange(100, 200)
    turns = chance.choice([1, 10])
    group = Group("t", keys(chance, 200), {deadly: chance.choice([0, 5, 40])}, lambda: turns)
    deaths = await live_on([group], seed, concurrency=chance.choice([1, 4, 8]))
    assert dict(group.convicted) == {deadly: MAX_DEATHS}
    assert deaths <= MAX_DEATHS + 1
    assert group.finished == set(range(200)) - {deadly}


@pytest.mark.parametrize("seed", range(12))
async def test_several_that_kill_in_two_topics_of_one_process_are_all_found(seed: int) -> None:
    chance = random.Random(seed)
    groups = [
        Group(name, keys(chance, 20), {at: chance.choice([0, 3, 30]) for at in chance.sample(range(20), 2)})
        for name in ("t", "u")
    ]
    deaths = await live_on(groups, seed, concurrency=3)
    for group in groups:
        assert set(group.convicted) == set(group.deadly)
        assert group.finished == set(range(20)) - set(group.deadly)
    assert deaths <= 4 * MAX_DEATHS + 4, "one each in which it was not named"


@pytest.mark.parametrize("seed", range(6))
async def test_of_processes_that_are_killed_four_hundred_times_no_record_is_convicted(seed: int) -> None:
    chance = random.Random(seed)
    clock = itertools.count(0, 94)  # a kill every 94 s, as in the long chaos run
    # a record is in hand for a tenth of a process's life
    group = Group("t", keys(chance, 6), {}, lambda: chance.randint(1, 20))
    killed = 0
    for _ in range(400):
        now = float(next(clock))
        group.write(keys(chance, chance.randint(0, 6)))
        killed += await Life([group], chance, 4, partial(float, now)).live(chance.randint(1, 200))
    assert killed > 200
    assert len(group.alone) > 100, "hardly anybody was ever a suspect"
    await Life([group], chance, 4, lambda: next(clock)).live()
    assert not group.convicted
    assert group.finished == set(range(len(group.records)))


async def test_a_process_that_stops_in_order_leaves_no_suspects() -> None:
    group = Group("t", [b"a", b"b", b"c"], {}, lambda: 10_000)
    chance = random.Random(1)
    for _ in range(8):
        assert not await Life([group], chance, 2, lambda: 0.0).live(60, stop=True)
        assert group.committed is not None
        assert Mark.parse(group.committed.metadata).worker == ""
    assert not group.alone
    assert not group.convicted


async def test_a_suspect_that_is_stopped_in_order_is_not_one_death_nearer_to_its_end() -> None:
    chance = random.Random(1)
    group = Group("t", [b"a", b"b"], {0: 30})
    assert await Life([group], chance, 1, lambda: 0.0).live()
    group.deadly = {}
    group.turns = lambda: 10_000
    for _ in range(8):
        assert not await Life([group], chance, 1, lambda: 0.0).live(60, stop=True)
    group.turns = lambda: 1
    assert not await Life([group], chance, 1, lambda: 0.0).live()
    assert not group.convicted
    assert 0 in group.alone
    assert group.finished == {0, 1}


async def test_without_a_death_records_are_in_hand_side_by_side() -> None:
    group = Group("t", [b"a", b"b", b"c", b"d"], {}, lambda: 20)
    life = Life([group], random.Random(1), 4, lambda: 0.0)
    assert not await life.live()
    assert life.most_in_hand == 4


def test_where_processes_die_of_something_else_it_takes_six_deaths() -> None:
    quarantine = Quarantine(lambda: 0.0)
    quarantine.died("a")
    assert quarantine.guilty(MAX_DEATHS)  # one may be a coincidence
    quarantine.died("b")
    assert not quarantine.guilty(MAX_DEATHS)
    assert quarantine.guilty(MAX_DEATHS_AMONG_KILLS)
    quarantine.explained(["b"])
    assert quarantine.guilty(MAX_DEATHS)


def test_deaths_of_half_an_hour_ago_say_nothing_any_more() -> None:
    clock = iter([0.0, 31 * 60.0, 31 * 60.0])
    quarantine = Quarantine(lambda: next(clock, 31 * 60.0))
    quarantine.heard({"a": 0, "b": 0})
    assert quarantine.lost
    assert quarantine.guilty(MAX_DEATHS)


def test_only_who_was_alone_is_one_death_nearer_to_its_end() -> None:
    mark = Mark(LOG, "w", (7, 9), 4, alone=7, deaths={7: 2, 8: 1})
    suspects = Suspects.after(mark, 7, died=True, end=20)
    assert suspects is not None
    assert suspects.deaths == {7: 3, 8: 1}


def test_what_came_after_a_death_is_not_suspected_of_it() -> None:
    suspects = Suspects.after(Mark(LOG, "w", (5,), 100), 5, died=True, end=8)
    assert suspects is not None
    assert [at for at in range(5, 12) if at in suspects] == [5, 6, 7]


def test_a_worker_with_nothing_left_in_hand_leaves_no_suspects() -> None:
    assert Suspects.after(Mark(LOG, "w", (), 100), 8, died=True, end=8) is None


def test_a_mark_comes_back_as_it_was() -> None:
    mark = Mark(LOG, "w", (5, 6), 4, 5, {5: 2, 6: 1}, 3, 9, ("u",), {"v": 1_000})
    assert Mark.parse(str(mark)) == mark
    assert Mark.parse(str(Mark(LOG))) == Mark(LOG)


def test_the_longest_mark_is_kept_by_a_broker_with_default_settings() -> None:
    newest = 2**63 - 1 - MAX_NAMED
    offsets = range(newest, newest + 10 * MAX_NAMED)
    workers = [f"{number:08}" for number in range(MAX_BY)]
    mark = Mark(
        LogId("c" * 22, "t" * 32),
        workers[0],
        tuple(offsets),
        MOST_MORE,
        newest,
        dict.fromkeys(offsets, 6),
        MOST_MORE,
        newest,
        tuple(workers),
        dict.fromkeys(workers, 29_000_000),
    )
    assert len(str(mark)) < 4_096


@pytest.mark.parametrize(
    ("text", "log"),
    [
        (None, None),
        ("", None),
        ("cluster/id", LOG),
        ("someone else's note", None),
        ("worker= at=x,1 cluster/id", LOG),
        ("deaths=1 cluster/id", LOG),
        ("more=-, alone= first=2=3 cluster/id", LOG),
    ],
)
def test_what_others_note_beside_an_offset_names_nobody(text: str | None, log: LogId | None) -> None:
    assert Mark.parse(text) == Mark(log)


def test_a_process_that_knows_no_marks_takes_one_for_a_note_of_another_cluster_and_goes_on() -> None:
    before = LogId.parse(str(Mark(LOG, "w", (1,))))
    assert before is not None
    assert before.cluster != LOG.cluster


async def test_whose_memory_was_not_enough_beside_others_is_found_out_alone() -> None:
    """One fills the memory, and one finds it full: only the first fails with nothing else in hand."""
    in_hand, failures = 0, Counter[int]()

    async def run(slot: InFlightRecord) -> float | None:
        nonlocal in_hand
        offset, in_hand = slot.record.offset, in_hand + 1
        for _ in range(5):
            await asyncio.sleep(0)
        crowded, in_hand = in_hand > 1, in_hand - 1
        if slot.window.alone == offset:
            assert not crowded
        if offset == 1 or (offset == 2 and crowded):
            failures[offset] += 1
            slot.suspect = True
            return None if failures[offset] == 3 else 0.0
        return None

    group = Group("t", [b"a", b"b", b"c", b"d"], {})
    life = Life([group], random.Random(1), 4, lambda: 0.0)
    _, intake = life._intakes[0]

    async def noted(slot: InFlightRecord) -> float | None:
        parked = await run(slot)
        group.finished |= {slot.record.offset} if parked is None else set()
        return parked

    intake.lanes._run = noted
    assert not await life.live()
    assert failures == {1: 3, 2: 1}


async def test_a_suspect_behind_others_in_its_lane_is_alone_all_the_same() -> None:
    group = Group("t", [b"a", b"a", b"b", b"c"], {}, lambda: 5)
    mark = Mark(LOG, "w", (1,))
    group.committed = OffsetAndMetadata(0, str(mark))
    assert not await Life([group], random.Random(1), 4, lambda: 0.0).live()
    assert 1 in group.alone
    assert group.finished == {0, 1, 2, 3}


async def test_a_partition_that_this_process_had_before_brings_its_own_suspects_back() -> None:
    group = Group("t", [b"a", b"b"], {}, lambda: 5)
    life = Life([group], random.Random(1), 2, lambda: 0.0)
    own = life._quarantine.worker
    group.committed = OffsetAndMetadata(0, str(Mark(LOG, own, (), 4, 0, {0: 2})))
    assert not await life.live()
    assert group.alone == {0}
    assert not group.convicted
