"""All that is told of one job: its history, its steps and its scenes."""

from datetime import datetime

from pydantic import Field

from contracts.base import Model
from contracts.renderspec import RenderSpec
from contracts.states import JobState
from contracts.steps import PROGRESS_RANGE, Step
from services.gateway.http.models import JobResponse, job_fields
from services.gateway.ledger.jobs.progress import Share
from services.gateway.ledger.models import HistoryEntry, JobRecord

SCENE_STEPS = (Step.GENERATE_TTS, Step.GENERATE_SUBTITLE, Step.RENDER_SLIDES, Step.COMPOSE_VIDEO)
"""Steps that are reported scene by scene."""


class HistoryItem(Model):
    """A change of a job's state."""

    attempt: int
    status: JobState
    step: Step
    code: str | None
    message: str | None
    timestamp: datetime


class StepItem(Model):
    """A step of an attempt, and how much of it is done."""

    step: Step
    starts_at: int = Field(description="the job's progress, 0-100, at its start")
    ends_at: int
    done: float = Field(ge=0, le=1)


class SceneItem(Model):
    """A scene of the snapshot, and the steps of this attempt that are done with it."""

    index: int
    scene_id: int
    chapter: str | None
    caption: str | None
    done: tuple[Step, ...]


class JobDetail(JobResponse):
    """A render job with its history, oldest first, its steps and its scenes."""

    history: tuple[HistoryItem, ...]
    steps: tuple[StepItem, ...]
    scene_list: tuple[SceneItem, ...]

    @classmethod
    def told(
        cls, job: JobRecord, history: list[HistoryEntry], shares: list[Share], snapshot: str | None
    ) -> "JobDetail":
        """Return all that is told of a job."""
        items = tuple(
            HistoryItem(
                attempt=entry.attempt,
                status=entry.state,
                step=entry.step,
                code=entry.code,
                message=entry.message,
                timestamp=entry.at,
            )
            for entry in history
        )
        return cls(
            **job_fields(job),
            history=items,
            steps=_steps(job, shares),
            scene_list=_scenes(job, shares, snapshot),
        )


def _steps(job: JobRecord, shares: list[Share]) -> tuple[StepItem, ...]:
    """Once an attempt has ended, its shares are gone: then the step it ended in tells."""
    sums: dict[Step, float] = {}
    for item in shares:
        sums[item.step] = sums.get(item.step, 0.0) + item.share / item.parts
    order = list(Step)
    reached = order.index(job.step)
    items = []
    for number, step in enumerate(order):
        past = job.state is JobState.COMPLETED or (number < reached and not job.state.active)
        starts_at, ends_at = PROGRESS_RANGE[step]
        done = 1.0 if past else min(1.0, sums.get(step, 0.0))
        items.append(StepItem(step=step, starts_at=starts_at, ends_at=ends_at, done=done))
    return tuple(items)


def _scenes(job: JobRecord, shares: list[Share], snapshot: str | None) -> tuple[SceneItem, ...]:
    if snapshot is None:
        return ()
    spec = RenderSpec.model_validate_json(snapshot)
    whole = tuple(SCENE_STEPS) if job.state is JobState.COMPLETED else ()
    done: dict[int, set[Step]] = {}
    for item in shares:
        if item.share >= 1 and item.step in SCENE_STEPS:
            done.setdefault(item.part, set()).add(item.step)
    return tuple(
        SceneItem(
            index=index,
            scene_id=scene.scene_id,
            chapter=scene.chapter,
            caption=scene.caption,
            done=whole or tuple(step for step in SCENE_STEPS if step in done.get(index, ())),
        )
        for index, scene in enumerate(spec.scenes)
    )
