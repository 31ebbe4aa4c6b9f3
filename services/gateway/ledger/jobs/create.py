"""Many creates at once: what each needs to know, and the jobs, their history and their events as sets.

What one create does alone stands in :func:`services.gateway.ledger.jobs.queries.create`; this does the same
for the common case, a job that nothing stands in the way of, and hands every other one to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from contracts.errors import LecternError
from contracts.events import Event
from contracts.states import JobState, ScriptState
from contracts.steps import Step
from services.gateway.ledger import ledger_events, outbox, scripts
from services.gateway.ledger.db.bulk import NOW, among, insert_rows, rows_of
from services.gateway.ledger.db.schema import ACTIVE_STATES, insert, job_events
from services.gateway.ledger.db.schema import jobs as table
from services.gateway.ledger.db.schema import scripts as scripts_table
from services.gateway.ledger.jobs import events as jobs_events
from services.gateway.ledger.jobs import queries
from services.gateway.ledger.jobs.queries import NewJob
from services.gateway.ledger.models import JobRecord, ScriptRecord


@dataclass(frozen=True, slots=True)
class JobLookup:
    """What somebody wants to create."""

    job_id: str
    video_id: str
    script_id: str | None


@dataclass(frozen=True, slots=True)
class ExistingState:
    """What the ledger knows of it: the job of that id, the video's active job, the script."""

    job: JobRecord | None
    active: JobRecord | None
    script: ScriptRecord | None


def look(conn: sa.Connection, asked: Sequence[JobLookup]) -> list[ExistingState]:
    """Return what the ledger knows of each."""
    of_ids, of_videos, of_scripts, _ = _selects(conn.dialect.name)
    by_id = {
        row.job_id: JobRecord.of(row)
        for row in conn.execute(of_ids, {"ids": sorted({each.job_id for each in asked})})
    }
    by_video = {
        row.video_id: JobRecord.of(row)
        for row in conn.execute(of_videos, {"ids": sorted({each.video_id for each in asked})})
    }
    named = sorted({each.script_id for each in asked if each.script_id is not None})
    found = conn.execute(of_scripts, {"ids": named}) if named else ()
    by_script = {row.script_id: ScriptRecord.of(row) for row in found}
    return [
        ExistingState(
            by_id.get(each.job_id), by_video.get(each.video_id), by_script.get(each.script_id or "")
        )
        for each in asked
    ]


def create_all(
    conn: sa.Connection, wanted: Sequence[NewJob], *, now: datetime
) -> list[tuple[JobRecord, bool] | Exception]:
    """Create jobs, each as :func:`services.gateway.ledger.jobs.queries.create` does; return what came of it.

    Rows go in in the order of their videos, so that two gateways never wait for each other in a circle.
    """
    results: dict[int, tuple[JobRecord, bool] | Exception] = {}
    ready: list[tuple[int, JobRecord, NewJob, tuple[Event, ...]]] = []
    named = sorted({new.script_id for new in wanted if new.script_id is not None})
    approvals = _selects(conn.dialect.name)[3]
    rows = conn.execute(approvals, {"ids": named}) if named else ()
    approved = {row.script_id: row.version for row in rows}
    for place, new in enumerate(wanted):
        unscripted = new.script_id is None or new.script_version is None
        if unscripted or approved.get(new.script_id or "") == new.script_version:
            job = job_of(new, now)
            ready.append((place, job, new, caused_by(conn, job)))
    ready.sort(key=lambda each: each[1].video_id)
    made = _insert(conn, [new for _, _, new, _ in ready], now)
    created = []
    for place, job, _, events in ready:
        if job.job_id in made:
            made.remove(job.job_id)  # the same job twice among them is created once
            created.append((job, events))
            results[place] = (job, True)
    write_down(conn, created, now)
    for place, new in enumerate(wanted):
        if place not in results:
            results[place] = _alone(conn, new, now)
    return [results[place] for place in range(len(wanted))]


def _alone(conn: sa.Connection, new: NewJob, now: datetime) -> tuple[JobRecord, bool] | Exception:
    try:
        with conn.begin_nested():
            return queries.create(conn, new, now=now)
    except LecternError as refusal:
        return refusal


def caused_by(conn: sa.Connection, job: JobRecord) -> tuple[Event, ...]:
    """Return the events of a job that is created."""
    return (ledger_events.job_recorded(conn, job), *jobs_events.created(job))


def write_down(
    conn: sa.Connection, created: Sequence[tuple[JobRecord, tuple[Event, ...]]], now: datetime
) -> None:
    """Write the first entries of the jobs' histories, and leave their events to the relay."""
    if not created:
        return
    entries = [{"job_id": job.job_id} for job, _ in created]
    conn.execute(_history(conn.dialect.name), {"rows": rows_of(entries), "now": now})
    outbox.add(conn, *(event for _, events in created for event in events), now=now)


def job_of(new: NewJob, now: datetime) -> JobRecord:
    """Return the job that ``new`` becomes."""
    return JobRecord(
        job_id=new.job_id,
        video_id=new.video_id,
        script_id=new.script_id,
        script_version=new.script_version,
        state=JobState.QUEUED,
        attempt=1,
        language=new.language,
        settings=new.settings,
        spec=new.spec,
        scenes=new.scenes,
        step=Step.VALIDATE_SCRIPT,
        progress=0,
        error_code=None,
        error_message=None,
        assets=(),
        duration_sec=None,
        revision=1,
        created_at=now,
        updated_at=now,
        started_at=None,
        finished_at=None,
    )


def _insert(conn: sa.Connection, rows: Sequence[NewJob], now: datetime) -> set[str]:
    if not rows:
        return set()
    values = rows_of(_row(new) for new in rows)
    return set(conn.execute(_inserting(conn.dialect.name), {"rows": values, "now": now}).scalars())


def _row(new: NewJob) -> dict[str, str | int | None]:
    return {
        "job_id": new.job_id,
        "video_id": new.video_id,
        "script_id": new.script_id,
        "script_version": new.script_version,
        "language": new.language,
        "settings": new.settings.model_dump_json(),
        "spec": new.spec.model_dump_json() if new.spec else "null",
        "render_spec_json": new.render_spec_json,
        "scenes": new.scenes,
    }


Query = sa.Select[Any]


@cache
def _selects(dialect: str) -> tuple[Query, Query, Query, Query]:
    return (
        sa.select(*queries.COLUMNS).where(among(dialect, table.c.job_id, "ids")),
        sa.select(*queries.COLUMNS).where(
            among(dialect, table.c.video_id, "ids"), table.c.state.in_(ACTIVE_STATES)
        ),
        scripts.SELECT.where(among(dialect, scripts_table.c.script_id, "ids")),
        sa.select(scripts_table.c.script_id, scripts_table.c.version).where(
            among(dialect, scripts_table.c.script_id, "ids"), scripts_table.c.state == ScriptState.APPROVED
        ),
    )


def constants() -> dict[str, sa.ColumnElement[Any]]:
    """Return what stands in the columns that all new jobs have alike."""
    blank = {name: sa.literal(value, table.c[name].type) for name, value in queries.BLANK.items()}
    return {**blank, "state": sa.literal(JobState.QUEUED.value), "created_at": NOW, "updated_at": NOW}


@cache
def _inserting(dialect: str) -> sa.Executable:
    statement = insert_rows(dialect, insert(dialect, table), table, NewJob.__slots__, constants())
    finished: sa.Executable = statement.on_conflict_do_nothing().returning(table.c.job_id)
    return finished


@cache
def _history(dialect: str) -> sa.Executable:
    constant: dict[str, sa.ColumnElement[Any]] = {
        "attempt": sa.literal(1),
        "state": sa.literal(JobState.QUEUED.value),
        "step": sa.literal(Step.VALIDATE_SCRIPT.value),
        "at": NOW,
    }
    statement: sa.Executable = insert_rows(
        dialect, insert(dialect, job_events), job_events, ("job_id",), constant
    )
    return statement
