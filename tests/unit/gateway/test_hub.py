import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from contracts.steps import Step
from services.gateway.hub import Hub, Slots, Subscription, Update
from services.gateway.ledger.records import JobRecord, JobState

JOB = JobRecord(
    job_id="j", video_id="v", script_id=None, script_version=None, state=JobState.PROCESSING, attempt=1,
    language="ko", settings=None, spec=None, scenes=1, step=Step.GENERATE_TTS, progress=20, error_code=None,
    error_message=None, assets=(), duration_sec=None, revision=1, created_at=datetime(2026, 1, 1, tzinfo=UTC),
    updated_at=datetime(2026, 1, 1, tzinfo=UTC), started_at=None, finished_at=None,
)  # fmt: skip


def at(revision: int, *, ended: bool = False, job_id: str = "j") -> JobRecord:
    state = JobState.FAILED if ended else JobState.PROCESSING
    return replace(JOB, job_id=job_id, revision=revision, state=state, progress=revision % 100)


def test_the_message_has_the_specified_fields() -> None:
    message = json.loads(Update(JOB).payload)
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
    subscription = Subscription(lambda update: heard.append(update.job.revision))
    hub = Hub()
    hub.attach("v", subscription)
    for count, revision in enumerate(shuffled):
        if count == opened_after:
            subscription.open(at(snapshot_at) if snapshot_at else None)
        hub.publish(at(revision))
    if opened_after >= len(shuffled):
        subscription.open(at(snapshot_at) if snapshot_at else None)
    assert all(a < b for a, b in itertools.pairwise(heard))
    early = shuffled[:opened_after]
    conflated_to = early[-1] if early else 0
    assert heard[-1] == max([snapshot_at, conflated_to, *shuffled[opened_after:]])


def test_slots_keep_the_newest_progress_and_every_end() -> None:
    slots = Slots()
    for job in (at(1), at(2), at(3, ended=True), at(4), at(5), at(1, job_id="k")):
        slots.put(Update(job))
    assert [(u.job.job_id, u.job.revision) for u in slots.take()] == [("j", 3), ("j", 5), ("k", 1)]
    assert slots.conflated == 3
    assert slots.take() == []


def test_other_videos_and_detached_watchers_hear_nothing() -> None:
    heard: list[Update] = []
    subscription = Subscription(heard.append)
    subscription.open(None)
    hub = Hub()
    hub.attach("other", subscription)
    hub.publish(at(1))
    hub.attach("v", subscription)
    hub.detach("v", subscription)
    hub.detach("v", subscription)
    hub.publish(at(2))
    assert heard == []
    assert len(hub) == 1
