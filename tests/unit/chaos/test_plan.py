from collections import Counter

import pytest

from tests.chaos.plan import (
    AT_REST,
    CHEAP,
    SECONDS,
    SESSION_SECONDS,
    SHORT,
    TARGETS,
    Fault,
    Via,
    make_plan,
    only,
    soak_counts,
)


def test_a_seed_says_everything() -> None:
    assert make_plan(7, 50, CHEAP) == make_plan(7, 50, CHEAP)
    assert make_plan(7, 50, CHEAP) != make_plan(8, 50, CHEAP)


def test_a_plan_has_as_many_faults_of_each_kind_as_asked_for() -> None:
    plan = make_plan(1, 10, soak_counts(1000))
    assert Counter(injection.fault for injection in plan.injections) == soak_counts(1000)
    assert soak_counts(1000)[Fault.KILL] == 200
    assert soak_counts(1000)[Fault.KAFKA_RESTART] == 20
    assert set(soak_counts(10)) == set(Fault)


def test_faults_hit_what_they_can_and_stand_as_long_as_they_must() -> None:
    for injection in make_plan(2, 1, soak_counts(1000)).injections:
        assert injection.target in TARGETS.get(injection.fault, ("",))
        low, high = SECONDS.get(injection.fault, (0, 0))
        assert low <= injection.seconds <= high
    assert SECONDS[Fault.SUSPEND][0] > SESSION_SECONDS


def test_in_a_short_run_the_ledger_is_away_for_seconds_in_a_long_one_for_minutes() -> None:
    away = {Fault.LEDGER_AWAY: 5}
    assert all(each.seconds <= 12 for each in make_plan(1, 10, away, SHORT).injections)
    assert all(each.seconds >= 60 for each in make_plan(1, 10, away).injections)
    assert set(SHORT) == set(SECONDS)


@pytest.mark.parametrize("seed", range(20))
def test_after_what_comes_at_rest_something_else_comes(seed: int) -> None:
    kinds = [each.fault for each in make_plan(seed, 10, CHEAP).injections]
    assert Counter(kinds) == Counter(CHEAP)
    assert all(kinds.index(fault) <= len(kinds) * 2 / 3 for fault in AT_REST)


def test_kinds_are_chosen_by_name() -> None:
    assert only(CHEAP, "transactions, kill") == {Fault.TRANSACTIONS: 1, Fault.KILL: CHEAP[Fault.KILL]}
    assert only(CHEAP, "") == CHEAP
    with pytest.raises(ValueError, match="sunshine"):
        only(CHEAP, "kill,sunshine")


def test_jobs_come_both_ways_and_some_are_cancelled_and_some_share_a_film() -> None:
    jobs = make_plan(3, 400, {}).jobs
    assert len({job.job_id for job in jobs}) == len({job.video_id for job in jobs}) == 400
    assert 50 < sum(job.via is Via.HTTP for job in jobs) < 150
    assert 40 < sum(job.cancel_after is not None for job in jobs) < 120
    assert 150 < sum(job.named for job in jobs) < 250
    assert 20 < 400 - len({job.film for job in jobs}) < 60
