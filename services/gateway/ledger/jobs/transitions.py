"""A job's changes of state, each guarded by (job, attempt, state), each announced in its transaction.

A function returns the job as it is now, or ``None`` when the guard refused: the attempt is dead, the job
has ended, or it was all said before. Duplicates and late news are therefore harmless.
"""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from contracts.errors import ErrorCode, PermanentError
from contracts.events import Asset
from contracts.states import JobState
from contracts.steps import Step
from services.gateway.ledger import callbacks, outbox
from services.gateway.ledger.db.schema import ACTIVE_STATES, progress
from services.gateway.ledger.db.schema import jobs as table
from services.gateway.ledger.jobs import events, queries
from services.gateway.ledger.models import JobRecord

FINALIZE_STARTS_AT = 95


def complete(
    conn: sa.Connection,
    job_id: str,
    attempt: int,
    *,
    assets: Sequence[Asset],
    duration_sec: float,
    now: datetime,
) -> list[JobRecord]:
    """Save the assets and end the job well; returns it as it was while finalising, then completed."""
    before = queries.get(conn, job_id)
    finalising = _move(
        conn,
        job_id,
        attempt,
        now,
        state=JobState.PROCESSING,
        step=Step.FINALIZE,
        progress=FINALIZE_STARTS_AT,
        started_at=sa.func.coalesce(table.c.started_at, now),
    )
    if before is None or finalising is None:
        return []
    if before.state is JobState.QUEUED:  # every report of progress was lost or is late
        queries.record_history(conn, finalising, now)
    done = _move(
        conn,
        job_id,
        attempt,
        now,
        state=JobState.COMPLETED,
        progress=100,
        assets=[asset.model_dump(mode="json") for asset in assets],
        duration_sec=duration_sec,
        finished_at=now,
    )
    assert done is not None
    _ended(conn, done, now)
    outbox.add(
        conn,
        events.job_updated(finalising),
        events.job_updated(done),
        events.job_completed(done),
        now=now,
    )
    callbacks.job_ended(conn, done, now=now)
    return [finalising, done]


def fail(
    conn: sa.Connection, job_id: str, attempt: int, *, code: str, message: str, now: datetime
) -> JobRecord | None:
    """End the attempt badly, and stop whatever other stages still do for it."""
    failed = _move(
        conn,
        job_id,
        attempt,
        now,
        state=JobState.FAILED,
        error_code=str(code),
        error_message=message,
        finished_at=now,
    )
    if failed is None:
        return None
    _ended(conn, failed, now)
    outbox.add(
        conn,
        events.control_changed(failed, canceled=True),
        events.job_updated(failed),
        events.job_failed(failed),
        now=now,
    )
    callbacks.job_ended(conn, failed, now=now)
    return failed


def cancel(conn: sa.Connection, job_id: str, *, now: datetime) -> tuple[JobRecord, bool]:
    """Stop a job; says whether it was stopped now. Cancelling a cancelled job is the same answer again.

    Raises:
        PermanentError: ``JOB_NOT_FOUND``, or ``JOB_STATE_CONFLICT`` for a job that ended otherwise.
    """
    job = queries.require(conn, job_id)
    if job.state.active:
        stopped = fail(
            conn,
            job_id,
            job.attempt,
            code=ErrorCode.CANCELED,
            message="the job was cancelled",
            now=now,
        )
        if stopped is not None:
            return stopped, True
        job = queries.require(conn, job_id)  # it ended meanwhile: possible on PostgreSQL
    if job.error_code == ErrorCode.CANCELED:
        return job, False
    raise PermanentError(
        ErrorCode.JOB_STATE_CONFLICT, f"job {job_id} is {job.state}: there is nothing to cancel"
    )


def retry(conn: sa.Connection, job_id: str, *, now: datetime) -> tuple[JobRecord, bool]:
    """Start a failed job again from its snapshot, as a new attempt; says whether it was started.

    A job that is already queued or running comes back as it is.

    Raises:
        PermanentError: ``JOB_NOT_FOUND``, ``NO_RENDER_SPEC`` (there is no snapshot), or
            ``JOB_STATE_CONFLICT`` (it is completed, or the video has another active job).
    """
    job = queries.require(conn, job_id)
    if job.state.active:
        return job, False
    if job.state is JobState.COMPLETED:
        raise PermanentError(ErrorCode.JOB_STATE_CONFLICT, f"job {job_id} is COMPLETED: nothing to retry")
    if job.spec is None:
        raise PermanentError(ErrorCode.NO_RENDER_SPEC, f"job {job_id} has no render spec to retry from")
    if other := queries.active(conn, job.video_id):
        raise _occupied(job, other.job_id)
    began = begin(conn, job, now, attempt=job.attempt + 1, progress=0)
    if began is None:
        raise _occupied(job, "another")
    return began


def begin(
    conn: sa.Connection, job: JobRecord, now: datetime, *conditions: sa.ColumnElement[bool], **values: object
) -> tuple[JobRecord, bool] | None:
    """Let a job's work begin, if it stands as it was seen, and announce it.

    Args:
        conn: the transaction.
        job: as it was seen.
        now: the moment.
        conditions: what else must hold.
        values: what else is set, the attempt among it.

    Returns:
        The job, and whether it began now: somebody else may have been faster. ``None`` if the video has got
        another active job meanwhile. Both are possible on PostgreSQL.
    """
    try:
        with conn.begin_nested():
            row = conn.execute(
                sa.update(table)
                .where(
                    table.c.job_id == job.job_id,
                    table.c.attempt == job.attempt,
                    table.c.state == job.state,
                    *conditions,
                )
                .values(
                    **values,
                    state=JobState.PROCESSING,
                    step=Step.VALIDATE_SCRIPT,
                    error_code=None,
                    error_message=None,
                    revision=table.c.revision + 1,
                    updated_at=now,
                    started_at=now,
                    finished_at=None,
                )
                .returning(*queries.COLUMNS)
            ).first()
    except sa.exc.IntegrityError:
        return None
    if row is None:
        return queries.require(conn, job.job_id), False
    started = JobRecord.of(row)
    queries.record_history(conn, started, now)
    outbox.add(
        conn,
        events.job_updated(started),  # before anything that work follows from: see decision 14
        *events.started(started),
        now=now,
    )
    callbacks.supersede(conn, started, now=now)
    return started, True


def _move(
    conn: sa.Connection, job_id: str, attempt: int, now: datetime, **values: object
) -> JobRecord | None:
    row = conn.execute(
        sa.update(table)
        .where(table.c.job_id == job_id, table.c.attempt == attempt, table.c.state.in_(ACTIVE_STATES))
        .values(**values, revision=table.c.revision + 1, updated_at=now)
        .returning(*queries.COLUMNS)
    ).first()
    return JobRecord.of(row) if row else None


def _ended(conn: sa.Connection, job: JobRecord, now: datetime) -> None:
    queries.record_history(conn, job, now)
    # the fold is needed only while the attempt lives
    conn.execute(sa.delete(progress).where(progress.c.job_id == job.job_id))


def _occupied(job: JobRecord, other: str) -> PermanentError:
    return PermanentError(
        ErrorCode.JOB_STATE_CONFLICT,
        f"job {job.job_id} cannot be retried now: job {other} of video {job.video_id} is active",
    )
