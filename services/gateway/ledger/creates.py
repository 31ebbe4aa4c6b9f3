"""Many creates at once: what each needs to know, and the jobs, their history and their events as sets.

What one create does alone stands in :func:`services.gateway.ledger.jobs.create`; this does the same for the
common case, a job that nothing stands in the way of, and hands every other one to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from contracts.errors import LecternError
from contracts.events import Event
from contracts.steps import Step
from services.gateway.ledger import announcements, jobs, outbox, scripts
from services.gateway.ledger.jobs import NewJob
from services.gateway.ledger.records import JobRecord, JobState, ScriptRecord, ScriptState
from services.gateway.ledger.schema import ACTIVE_STATES, job_events
from services.gateway.ledger.schema import jobs as table
from services.gateway.ledger.schema import scripts as scripts_table


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to create."""

    job_id: str
    video_id: str
    script_id: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger knows of it: the job of that id, the video's active job, the script."""

    job: JobRecord | None
    active: JobRecord | None
    script: ScriptRecord | None


_OF_IDS = sa.select(*jobs.COLUMNS).where(table.c.job_id.in_(sa.bindparam("ids", expanding=True)))
_OF_VIDEOS = sa.select(*jobs.COLUMNS).where(
    table.c.video_id.in_(sa.bindparam("ids", expanding=True)), table.c.state.in_(ACTIVE_STATES)
)
_OF_SCRIPTS = scripts.SELECT.where(scripts_table.c.script_id.in_(sa.bindparam("ids", expanding=True)))
_APPROVALS = sa.select(scripts_table.c.script_id, scripts_table.c.version).where(
    scripts_table.c.script_id.in_(sa.bindparam("ids", expanding=True)),
    scripts_table.c.state == ScriptState.APPROVED,
)


def look(conn: sa.Connection, asked: Sequence[Asked]) -> list[Standing]:
    """Return what the ledger knows of each."""
    by_id = {
        row.job_id: JobRecord.of(row)
        for row in conn.execute(_OF_IDS, {"ids": sorted({each.job_id for each in asked})})
    }
    by_video = {
        row.video_id: JobRecord.of(row)
        for row in conn.execute(_OF_VIDEOS, {"ids": sorted({each.video_id for each in asked})})
    }
    named = sorted({each.script_id for each in asked if each.script_id is not None})
    found = conn.execute(_OF_SCRIPTS, {"ids": named}) if named else ()
    by_script = {row.script_id: ScriptRecord.of(row) for row in found}
    return [
        Standing(
            by_id.get(each.job_id), by_video.get(each.video_id), by_script.get(each.script_id or "")
        )
        for each in asked
    ]


def create_all(
    conn: sa.Connection, wanted: Sequence[NewJob], *, now: datetime
) -> list[tuple[JobRecord, bool] | Exception]:
    """Create jobs, each as :func:`services.gateway.ledger.jobs.create` does; returns what became of each.

    Rows go in in the order of their videos, so that two gateways never wait for each other in a circle.
    """
    results: dict[int, tuple[JobRecord, bool] | Exception] = {}
    ready: list[tuple[int, JobRecord, NewJob, tuple[Event, ...]]] = []
    named = sorted({new.script_id for new in wanted if new.script_id is not None})
    approved = dict(conn.execute(_APPROVALS, {"ids": named}).tuples().all()) if named else {}
    for place, new in enumerate(wanted):
        unscripted = new.script_id is None or new.script_version is None
        if unscripted or approved.get(new.script_id or "") == new.script_version:
            job = _record(new, now)
            ready.append((place, job, new, announcements.created(job)))
    ready.sort(key=lambda each: each[1].video_id)
    made = _insert(conn, [(job, new) for _, job, new, _ in ready])
    created = []
    for place, job, _, events in ready:
        if job.job_id in made:
            made.remove(job.job_id)  # the same job twice among them is created once
            created.append((job, events))
            results[place] = (job, True)
    if created:
        conn.execute(_HISTORY, [_first_entry(job) for job, _ in created])
        outbox.add(conn, *(event for _, events in created for event in events), now=now)
    for place, new in enumerate(wanted):
        if place not in results:
            results[place] = _alone(conn, new, now)
    return [results[place] for place in range(len(wanted))]


def _alone(conn: sa.Connection, new: NewJob, now: datetime) -> tuple[JobRecord, bool] | Exception:
    try:
        with conn.begin_nested():
            return jobs.create(conn, new, now=now)
    except LecternError as refusal:
        return refusal


def _record(new: NewJob, now: datetime) -> JobRecord:
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


def _insert(conn: sa.Connection, rows: Sequence[tuple[JobRecord, NewJob]]) -> set[str]:
    if not rows:
        return set()
    values = [jobs.row_of(new, JobState.QUEUED, job.created_at) for job, new in rows]
    return set(conn.execute(jobs.inserting(conn.dialect.name, table.c.job_id), values).scalars())


def _first_entry(job: JobRecord) -> dict[str, object]:
    return {
        "job_id": job.job_id,
        "attempt": job.attempt,
        "state": job.state,
        "step": job.step,
        "code": None,
        "message": None,
        "at": job.created_at,
    }


_HISTORY = sa.insert(job_events)
