from collections import Counter

from tests.chaos.plan import CHEAP, SECONDS, SESSION_SECONDS, TARGETS, Fault, Via, make_plan, soak_counts


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


def test_jobs_come_both_ways_and_some_are_cancelled_and_some_share_a_film() -> None:
    jobs = make_plan(3, 400, {}).jobs
    assert len({job.job_id for job in jobs}) == len({job.video_id for job in jobs}) == 400
    assert 50 < sum(job.via is Via.HTTP for job in jobs) < 150
    assert 40 < sum(job.cancel_after is not None for job in jobs) < 120
    assert 20 < 400 - len({job.film for job in jobs}) < 60
