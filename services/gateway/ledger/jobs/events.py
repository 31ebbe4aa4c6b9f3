"""The events a job's transitions cause. Ids derive from job and attempt: said twice, it is the same event."""

from uuid import UUID

from contracts.base import derived_id
from contracts.errors import ErrorCode
from contracts.events import (
    ControlChanged,
    Event,
    JobCompleted,
    JobFailed,
    JobUpdated,
    RenderRequested,
)
from services.gateway.ledger.models import JobRecord

STAGE = "gateway"


def created(job: JobRecord) -> tuple[Event, ...]:
    """Tell of a new job; unless it waits for its spec, its work starts."""
    return (job_updated(job), *(started(job) if job.spec is not None else ()))


def started(job: JobRecord) -> tuple[Event, ...]:
    """Start an attempt's work; those before it are dead, and workers think so of nothing before the first."""
    alive = (control_changed(job),) if job.attempt > 1 else ()
    return (*alive, render_requested(job))


def control_changed(job: JobRecord, *, canceled: bool = False) -> ControlChanged:
    """Tell every worker which attempt lives, or that none does."""
    return ControlChanged(
        event_id=derived_id(_parent(job), STAGE, "canceled" if canceled else "alive"),
        job_id=job.job_id,
        attempt=job.attempt,
        canceled=canceled,
    )


def render_requested(job: JobRecord) -> RenderRequested:
    """Start the attempt's work, from the stored snapshot."""
    assert job.spec is not None
    assert job.settings is not None
    return RenderRequested(
        event_id=derived_id(_parent(job), STAGE, "render.requested"),
        job_id=job.job_id,
        attempt=job.attempt,
        video_id=job.video_id,
        script_id=job.script_id,
        spec=job.spec,
        settings=job.settings,
    )


def job_completed(job: JobRecord) -> JobCompleted:
    """Announce the end: the film is published."""
    assert job.duration_sec is not None
    return JobCompleted(
        event_id=derived_id(_parent(job), STAGE, "terminal"),
        job_id=job.job_id,
        attempt=job.attempt,
        video_id=job.video_id,
        script_id=job.script_id,
        assets=job.assets,
        duration_sec=job.duration_sec,
    )


def job_failed(job: JobRecord) -> JobFailed:
    """Announce the end: the attempt failed or was cancelled."""
    return JobFailed(
        event_id=derived_id(_parent(job), STAGE, "terminal"),
        job_id=job.job_id,
        attempt=job.attempt,
        video_id=job.video_id,
        script_id=job.script_id,
        code=job.error_code or ErrorCode.INTERNAL_ERROR,
        message=job.error_message or "",
    )


def script_requested_id(script_id: str) -> UUID:
    """Return the id of the event that has a script written."""
    return derived_id(script_id, STAGE, "script.requested")


def rejected_id(command_key: UUID) -> UUID:
    """Return the id of the event that refuses a command."""
    return derived_id(command_key, STAGE, "rejected")


def job_updated(job: JobRecord) -> JobUpdated:
    """Tell viewers how the job stands; once per revision."""
    return JobUpdated(
        event_id=derived_id(f"{job.job_id}/r{job.revision}", STAGE, "updated"),
        job_id=job.job_id,
        attempt=job.attempt,
        video_id=job.video_id,
        script_id=job.script_id,
        revision=job.revision,
        status=job.state.value,
        step=job.step,
        progress=job.progress,
        language=job.language,
        scenes=job.scenes,
        error_code=job.error_code,
        error_message=job.error_message,
        assets=job.assets,
        duration_sec=job.duration_sec,
        created_at=job.created_at,
        updated_at=job.updated_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
    )


def _parent(job: JobRecord) -> str:
    return f"{job.job_id}/{job.attempt}"
