"""Jobs in the ledger: created once, read, listed. Changes of state stand in ``transitions``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from contracts.base import ClaimCheck
from contracts.errors import ErrorCode, PermanentError
from contracts.rendering import RenderSettings
from contracts.states import JobState, ScriptState
from contracts.steps import Step
from services.gateway.ledger import callbacks, ledger_events, outbox, scripts
from services.gateway.ledger.db.schema import ACTIVE_STATES, insert, job_events, jobs
from services.gateway.ledger.jobs import events
from services.gateway.ledger.models import HistoryEntry, JobRecord

COLUMNS = tuple(column for column in jobs.c if column.name != "render_spec_json")
"""Everything but the snapshot, which is large and which transitions do not need."""

# Statements are built once: building them took most of a create's processor time.
_BY_ID = sa.select(*COLUMNS).where(jobs.c.job_id == sa.bindparam("this_job"))
_ACTIVE = sa.select(*COLUMNS).where(
    jobs.c.video_id == sa.bindparam("this_video"), jobs.c.state.in_(ACTIVE_STATES)
)
_CURRENT = (
    sa.select(*COLUMNS)
    .where(jobs.c.video_id == sa.bindparam("this_video"))
    .order_by(sa.case((jobs.c.state.in_(ACTIVE_STATES), 0), else_=1), jobs.c.updated_at.desc())
    .limit(1)
)
_ACTIVE_OF = sa.select(jobs.c.job_id).where(
    jobs.c.job_id.in_(sa.bindparam("these", expanding=True)), jobs.c.state.in_(ACTIVE_STATES)
)
_HISTORY = sa.insert(job_events)


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be created, its spec validated and stored; without one it waits for the backend's start.

    ``script_version`` is the approved version that the spec is made from; ``None`` for a spec that came
    inline or comes from the backend.
    """

    job_id: str
    video_id: str
    script_id: str | None
    script_version: int | None
    language: str
    settings: RenderSettings
    spec: ClaimCheck | None
    render_spec_json: str | None
    scenes: int


def get(conn: sa.Connection, job_id: str) -> JobRecord | None:
    """Return a job, or ``None``."""
    row = conn.execute(_BY_ID, {"this_job": job_id}).first()
    return JobRecord.of(row) if row else None


def require(conn: sa.Connection, job_id: str) -> JobRecord:
    """Return a job.

    Raises:
        PermanentError: ``JOB_NOT_FOUND``.
    """
    job = get(conn, job_id)
    if job is None:
        raise PermanentError(ErrorCode.JOB_NOT_FOUND, f"there is no job {job_id}")
    return job


def active(conn: sa.Connection, video_id: str) -> JobRecord | None:
    """Return the video's ``QUEUED`` or ``PROCESSING`` job, or ``None``."""
    row = conn.execute(_ACTIVE, {"this_video": video_id}).first()
    return JobRecord.of(row) if row else None


def still_active(conn: sa.Connection, job_ids: Sequence[str]) -> list[str]:
    """Return those of some ids whose job is active."""
    return list(conn.scalars(_ACTIVE_OF, {"these": job_ids}))


def of_video(conn: sa.Connection, video_id: str, limit: int) -> list[JobRecord]:
    """Return a video's jobs, newest first."""
    query = sa.select(*COLUMNS).where(jobs.c.video_id == video_id)
    newest = query.order_by(jobs.c.created_at.desc(), jobs.c.job_id).limit(limit)
    return [JobRecord.of(row) for row in conn.execute(newest)]


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs are listed; ``None`` is any."""

    video_id: str | None = None
    script_id: str | None = None
    state: JobState | None = None


def page(
    conn: sa.Connection, wanted: JobFilter, limit: int, *, after: tuple[datetime, str] | None = None
) -> list[JobRecord]:
    """Return jobs, newest first, from behind the one of this moment of creation and this id."""
    query = sa.select(*COLUMNS).order_by(jobs.c.created_at.desc(), jobs.c.job_id.desc()).limit(limit)
    for column, value in (
        (jobs.c.video_id, wanted.video_id),
        (jobs.c.script_id, wanted.script_id),
        (jobs.c.state, wanted.state),
    ):
        if value is not None:
            query = query.where(column == value)
    if after is not None:
        moment, job_id = after
        older = sa.and_(jobs.c.created_at == moment, jobs.c.job_id < job_id)
        query = query.where(sa.or_(jobs.c.created_at < moment, older))
    return [JobRecord.of(row) for row in conn.execute(query)]


def current(conn: sa.Connection, video_id: str) -> JobRecord | None:
    """Return the job a viewer of the video wants to see: the active one, else the last one changed."""
    row = conn.execute(_CURRENT, {"this_video": video_id}).first()
    return JobRecord.of(row) if row else None


def history(conn: sa.Connection, job_id: str) -> list[HistoryEntry]:
    """Return a job's changes of state, oldest first."""
    rows = conn.execute(sa.select(job_events).where(job_events.c.job_id == job_id).order_by(job_events.c.id))
    return [
        HistoryEntry(row.attempt, JobState(row.state), Step(row.step), row.code, row.message, row.at)
        for row in rows
    ]


def render_spec(conn: sa.Connection, job_id: str) -> str:
    """Return a job's stored snapshot.

    Raises:
        PermanentError: ``JOB_NOT_FOUND`` or ``NO_RENDER_SPEC``.
    """
    row = conn.execute(sa.select(jobs.c.render_spec_json).where(jobs.c.job_id == job_id)).first()
    if row is None:
        raise PermanentError(ErrorCode.JOB_NOT_FOUND, f"there is no job {job_id}")
    if row.render_spec_json is None:
        raise PermanentError(ErrorCode.NO_RENDER_SPEC, f"job {job_id} has no render spec")
    return str(row.render_spec_json)


def create(conn: sa.Connection, new: NewJob, *, now: datetime) -> tuple[JobRecord, bool]:
    """Create a job, or return the one that stands in its place; says whether it was created.

    A job of the same id comes back as it is; so does the video's active job. Two simultaneous creates make
    one job: the partial unique index decides.

    Raises:
        PermanentError: ``SCRIPT_NOT_APPROVED`` (also when the script was edited since the spec was made).
    """
    if new.script_id is not None and new.script_version is not None:
        script = scripts.require(conn, new.script_id)
        if script.state is not ScriptState.APPROVED or script.version != new.script_version:
            raise PermanentError(
                ErrorCode.SCRIPT_NOT_APPROVED,
                f"script {new.script_id} was changed after its approval: approve it again",
            )
    while True:
        row = _insert(conn, new, JobState.QUEUED, now)
        if row is not None:
            job = JobRecord.of(row)
            record_history(conn, job, now)
            outbox.add(conn, *events.created(job), now=now)
            return job, True
        standing = get(conn, new.job_id) or active(conn, new.video_id)
        if standing is not None:
            return standing, False
        # the active one ended between the two statements: possible on PostgreSQL, so try again


def create_failed(
    conn: sa.Connection,
    *,
    job_id: str,
    video_id: str,
    script_id: str | None,
    language: str,
    code: str,
    message: str,
    now: datetime,
) -> JobRecord | None:
    """Create a job that cannot be rendered, already ``FAILED``, and announce it; ``None`` if it exists."""
    row = conn.execute(
        insert(conn.dialect.name, jobs)
        .values(
            **_blank(now),
            job_id=job_id,
            video_id=video_id,
            script_id=script_id,
            state=JobState.FAILED,
            language=language,
            scenes=0,
            error_code=str(code),
            error_message=message,
            finished_at=now,
        )
        .on_conflict_do_nothing()
        .returning(*COLUMNS)
    ).first()
    if row is None:
        return None
    job = JobRecord.of(row)
    record_history(conn, job, now)
    outbox.add(conn, events.job_updated(job), events.job_failed(job), now=now)
    callbacks.job_ended(conn, job, now=now)
    return job


def record_history(conn: sa.Connection, job: JobRecord, now: datetime) -> None:
    """Write down that the job is in a new state, here and, by the relay, in the log."""
    conn.execute(
        _HISTORY,
        {
            "job_id": job.job_id,
            "attempt": job.attempt,
            "state": job.state,
            "step": job.step,
            "code": job.error_code,
            "message": job.error_message,
            "at": now,
        },
    )
    outbox.add(conn, ledger_events.job_recorded(conn, job), now=now)


def _insert(
    conn: sa.Connection, new: NewJob, state: JobState, now: datetime
) -> sa.Row[tuple[object, ...]] | None:
    row = {
        **_blank(now),
        **{name: getattr(new, name) for name in NewJob.__slots__},
        "state": state,
        "settings": new.settings.model_dump(mode="json"),
        "spec": new.spec.model_dump(mode="json") if new.spec else None,
    }
    return conn.execute(_inserting(conn.dialect.name), row).first()


@cache
def _inserting(dialect: str) -> sa.Executable:
    statement: sa.Executable = insert(dialect, jobs).on_conflict_do_nothing().returning(*COLUMNS)
    return statement


BLANK: Mapping[str, object] = {
    "attempt": 1,
    "step": Step.VALIDATE_SCRIPT.value,
    "progress": 0,
    "assets": [],
    "revision": 1,
}
"""What stands in the other columns of a new job, besides its state and moments."""


def _blank(now: datetime) -> dict[str, object]:
    return {**BLANK, "created_at": now, "updated_at": now}
