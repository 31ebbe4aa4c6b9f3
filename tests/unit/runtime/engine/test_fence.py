from uuid import NAMESPACE_URL, uuid5

from contracts.events import ControlChanged
from services.runtime.cancel import CancelToken
from services.runtime.engine.fence import Fence


def control(attempt: int, *, canceled: bool = False, job_id: str = "job-1") -> ControlChanged:
    return ControlChanged(
        event_id=uuid5(NAMESPACE_URL, f"{job_id}/{attempt}/{canceled}"),
        job_id=job_id,
        attempt=attempt,
        canceled=canceled,
    )


def test_an_unknown_job_is_alive() -> None:
    assert Fence().alive("job-1", 1)


def test_a_newer_attempt_kills_the_older_and_may_run_ahead_of_its_announcement() -> None:
    fence = Fence()
    fence.apply(control(2))
    assert not fence.alive("job-1", 1)
    assert fence.alive("job-1", 2)
    assert fence.alive("job-1", 3)


def test_a_cancel_is_final_for_its_attempt_whatever_order_events_come_in() -> None:
    fence = Fence()
    fence.apply(control(1, canceled=True))
    fence.apply(control(1))
    assert not fence.alive("job-1", 1)
    fence.apply(control(2))
    assert fence.alive("job-1", 2)
    fence.apply(control(1, canceled=True))
    assert fence.alive("job-1", 2)


def test_work_in_hand_is_told_once_and_only_if_its_attempt_died() -> None:
    fence = Fence()
    told: list[str] = []
    old, new, other = CancelToken(), CancelToken(), CancelToken()
    fence.enter("job-1", 1, old, lambda: told.append("old"))
    fence.enter("job-1", 2, new, lambda: told.append("new"))
    fence.enter("job-2", 1, other, lambda: told.append("other"))
    fence.apply(control(2))
    assert told == ["old"]
    assert (old.canceled, new.canceled, other.canceled) == (True, False, False)


def test_finished_work_is_not_told() -> None:
    fence = Fence()
    told: list[str] = []
    token = CancelToken()
    fence.enter("job-1", 1, token, lambda: told.append("dead"))
    fence.leave("job-1", token)
    fence.apply(control(1, canceled=True))
    assert told == []


def test_a_forgotten_job_is_unknown_again() -> None:
    fence = Fence()
    fence.apply(control(1, canceled=True))
    fence.forget("job-1")
    assert fence.alive("job-1", 1)
    assert len(fence) == 0
