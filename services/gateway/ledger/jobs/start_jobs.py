"""Starting a job whose spec comes later: created by a front end, started by the backend."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from contracts.errors import ErrorCode, PermanentError
from contracts.states import JobState
from services.gateway.ledger.db.schema import jobs as table
from services.gateway.ledger.jobs import queries, transitions
from services.gateway.ledger.jobs.queries import NewJob
from services.gateway.ledger.models import JobRecord


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a job cannot be rendered, whatever is tried; and the job, should it not exist yet."""

    job_id: str
    video_id: str
    script_id: str | None
    language: str
    code: str
    message: str


def startable(job: JobRecord) -> bool:
    """Whether a start may give the job a spec: it never had one, and nobody has cancelled it."""
    if job.spec is not None or job.error_code == ErrorCode.CANCELED:
        return False
    return job.state in {JobState.QUEUED, JobState.FAILED}


def start(conn: sa.Connection, new: NewJob, *, now: datetime) -> tuple[JobRecord, bool]:
    """Create the job, or store the snapshot with the one that waits for it, and have it rendered.

    Returns:
        The job, and whether it was started now. The video's other active job may stand in its place.

    Raises:
        PermanentError: ``SCRIPT_NOT_APPROVED``, or ``JOB_STATE_CONFLICT``: a job that failed for want of a
            spec cannot start now, because the video has another active job.
    """
    job = queries.get(conn, new.job_id)
    if job is None:
        return queries.create(conn, new, now=now)
    if not startable(job):
        return job, False
    assert new.spec is not None
    again = job.state is JobState.FAILED
    other = queries.active(conn, job.video_id) if again else None
    if other is not None:
        raise _occupied(job, other.job_id)
    began = transitions.begin(
        conn,
        job,
        now,
        table.c.render_spec_json.is_(None),
        attempt=job.attempt + again,
        script_id=new.script_id,
        script_version=new.script_version,
        language=new.language,
        settings=new.settings.model_dump(mode="json"),
        spec=new.spec.model_dump(mode="json"),
        render_spec_json=new.render_spec_json,
        scenes=new.scenes,
    )
    if began is None:
        raise _occupied(job, "another")
    return began


def refuse(conn: sa.Connection, refusal: Refusal, *, now: datetime) -> JobRecord | None:
    """End a job that cannot be rendered, creating it if need be; ``None`` where that changes nothing."""
    job = queries.get(conn, refusal.job_id)
    if job is None:
        return queries.create_failed(
            conn,
            job_id=refusal.job_id,
            video_id=refusal.video_id,
            script_id=refusal.script_id,
            language=refusal.language,
            code=refusal.code,
            message=refusal.message,
            now=now,
        )
    if job.state is not JobState.QUEUED or not startable(job):
        return None
    return transitions.fail(
        conn, job.job_id, job.attempt, code=refusal.code, message=refusal.message, now=now
    )


def _occupied(job: JobRecord, other: str) -> PermanentError:
    return PermanentError(
        ErrorCode.JOB_STATE_CONFLICT,
        f"job {job.job_id} cannot be started now: job {other} of video {job.video_id} is active",
    )
