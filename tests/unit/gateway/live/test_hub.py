import itertools
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import JobUpdated
from contracts.steps import Step
from services.gateway.live import hub as hubs
from services.gateway.live.hub import (
    ConflationBuffer,
    Hub,
    SeenRevisions,
    Update,
    ViewerSubscription,
    of_video,
)

JOB = JobUpdated(
    event_id=UUID(int=0), job_id="j", attempt=1, video_id="v", revision=1, status="PROCESSING",
    step=Step.GENERATE_TTS, progress=20, language="ko", created_at=datetime(2026, 1, 1, tzinfo=UTC),
    updated_at=datetime(2026, 1, 1, tzinfo=UTC),
)  # fmt: skip
_NUMBERS = itertools.count(1)


def at(revision: int, *, ended: bool = False, job_id: str = "j") -> JobUpdated:
    status = "FAILED" if ended else "PROCESSING"
    changes = {"job_id": job_id, "revision": revision, "status": status, "progress": revision % 100}
    return JOB.model_copy(update=changes)


def update(job: JobUpdated) -> Update:
    return Update(job, number=next(_NUMBERS))


def test_the_message_has_the_specified_fields() -> None:
    message = json.loads(update(JOB).payload)
    assert message == {
        "job_id": "j", "video_id": "v", "status": "PROCESSING", "step": "GENERATE_TTS", "progress": 20,
        "message": "TTS 생성 중...", "timestamp": "2026-01-01T00:00:00Z",
    }  # fmt: skip


@given(
    snapshot_at=st.integers(0, 12),
    opened_after=st.integers(0, 12),
    shuffled=st.permutations(list(range(1, 13))),
)
def test_whatever_the_snapshot_contains_each_watcher_hears_rising_revisions_and_the_last(
    snapshot_at: int, opened_after: int, shuffled: list[int]
) -> None:
    """The snapshot may be older or newer than what came while it was read, and news may overtake."""
    heard: list[int] = []
    subscription = ViewerSubscription(lambda update: heard.append(update.job.revision))
    hub = Hub()
    hub.attach(of_video("v"), subscription)
    for count, revision in enumerate(shuffled):
        if count == opened_after:
            subscription.open(hub.snapshot(at(snapshot_at)) if snapshot_at else None)
        hub.publish(at(revision))
    if opened_after >= len(shuffled):
        subscription.open(hub.snapshot(at(snapshot_at)) if snapshot_at else None)
    assert all(a < b for a, b in itertools.pairwise(heard))
    early = shuffled[:opened_after]
    conflated_to = early[-1] if early else 0
    assert heard[-1] == max([snapshot_at, conflated_to, *shuffled[opened_after:]])


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers(1, 9))))
def test_what_was_told_of_each_job_is_news_once(told: list[tuple[str, int]]) -> None:
    newest: dict[str, int] = {}
    known = SeenRevisions()
    for job_id, revision in told:
        assert known.is_newer(job_id, revision) is (revision > newest.get(job_id, 0))
        newest[job_id] = max(revision, newest.get(job_id, 0))
        assert [known.at(each) for each in "abcd"] == [newest.get(each, 0) for each in "abcd"]
        assert [each in known for each in "abcd"] == [each in newest for each in "abcd"]


def test_the_jobs_told_of_longest_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "MAX_TOLD", 3)
    known = SeenRevisions()
    for job_id in ("a", "b", "a", "c", "d"):
        known.mark_seen(job_id, 1)
    assert [each in known for each in "abcd"] == [True, False, True, True]


def test_slots_keep_the_newest_progress_and_every_end() -> None:
    slots = ConflationBuffer()
    for job in (at(1), at(2), at(3, ended=True), at(4), at(5), at(1, job_id="k")):
        slots.put(update(job))
    assert [(u.job.job_id, u.job.revision) for u in slots.take()] == [("j", 3), ("j", 5), ("k", 1)]
    assert slots.conflated == 3
    assert slots.take() == []


def test_slots_give_back_in_the_order_of_the_log_so_that_cursors_rise() -> None:
    slots = ConflationBuffer()
    for job in (at(1), at(1, job_id="k"), at(2), at(2, job_id="l"), at(3, job_id="k", ended=True), at(3)):
        slots.put(update(job))
    kept = slots.take()
    assert [(u.job.job_id, u.job.revision) for u in kept] == [("l", 2), ("k", 3), ("j", 3)]
    assert [u.number for u in kept] == sorted(u.number for u in kept)


def test_other_videos_and_detached_watchers_hear_nothing() -> None:
    heard: list[Update] = []
    subscription = ViewerSubscription(heard.append)
    subscription.open()
    hub = Hub()
    hub.attach(of_video("other"), subscription)
    hub.publish(at(1))
    hub.attach(of_video("v"), subscription)
    hub.detach(of_video("v"), subscription)
    hub.detach(of_video("v"), subscription)
    hub.publish(at(2))
    assert heard == []
    assert len(hub) == 1
