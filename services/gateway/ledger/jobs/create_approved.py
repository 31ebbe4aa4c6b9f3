"""Creates of approved scripts whose render spec was stored ahead, when the script was approved.

The common create: its spec is neither read nor made again, the database copies it to the job. Whatever stands
in the way of one (no such script, not approved, a job that is there already) is left to the create that looks
closely.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from contracts.base import ClaimCheck
from contracts.rendering import RenderSettings
from contracts.states import ScriptState
from services.gateway.ledger.db.bulk import Columns, among, at_once, fetch, insert_rows, rows_of
from services.gateway.ledger.db.schema import ACTIVE_STATES, insert, jobs, script_specs, scripts
from services.gateway.ledger.jobs.create import caused_by, constants, job_of, write_down
from services.gateway.ledger.jobs.queries import NewJob
from services.gateway.ledger.models import JobRecord


@dataclass(frozen=True, slots=True)
class StoredSpec:
    """What a job of a script's version renders."""

    claim: ClaimCheck
    body: str
    language: str
    scenes: int


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """A job of a script that somebody wants."""

    job_id: str
    video_id: str
    script_id: str
    settings: RenderSettings


_CURRENT = sa.and_(
    script_specs.c.script_id == scripts.c.script_id, script_specs.c.version == scripts.c.version
)

_BROUGHT = ("job_id", "video_id", "script_id", "script_version", "language", "settings", "spec", "scenes")
"""Columns of a job that each row brings along; its snapshot is copied by the database."""


def keep(conn: sa.Connection, script_id: str, version: int, spec: StoredSpec) -> None:
    """Keep what jobs of a script's version render."""
    row = {
        "script_id": script_id,
        "version": version,
        "claim": spec.claim.model_dump_json(),
        "body": spec.body,
        "language": spec.language,
        "scenes": spec.scenes,
    }
    conn.execute(insert(conn.dialect.name, script_specs).values(row).on_conflict_do_nothing())


def claims(conn: sa.Connection, script_ids: Sequence[str]) -> dict[str, ClaimCheck]:
    """Return where the render specs of approved scripts are stored, of those that are kept."""
    rows = fetch(conn, _specs(conn.dialect.name), {"ids": script_ids})
    return {script_id: ClaimCheck.model_validate_json(claim) for script_id, _, _, claim, *_ in rows}


def body(conn: sa.Connection, script_id: str) -> str | None:
    """Return the render spec of a script's current version; ``None`` if none is kept (any more)."""
    query = sa.select(script_specs.c.body).join(scripts, _CURRENT).where(scripts.c.script_id == script_id)
    return conn.execute(query).scalar()


def create_all(
    conn: sa.Connection, wishes: Sequence[CreateRequest], *, now: datetime
) -> list[JobRecord | None]:
    """Create those jobs that nothing stands in the way of; ``None`` for each of the others.

    Rows go in in the order of their videos, so that two gateways never wait for each other in a circle.
    """
    dialect = conn.dialect.name
    named = sorted({wish.script_id for wish in wishes})
    found = {row[0]: row[1:] for row in fetch(conn, _specs(dialect), {"ids": named})}
    ready: dict[str, JobRecord] = {}
    places: dict[str, int] = {}
    videos: set[str] = set()
    for place, wish in sorted(enumerate(wishes), key=lambda each: each[1].video_id):
        video_id, version, claim, language, scenes = found.get(wish.script_id, _NOTHING)
        if video_id == wish.video_id and video_id not in videos and wish.job_id not in ready:
            spec = ClaimCheck.model_validate_json(claim)
            parts = (wish.settings, spec, None, scenes)
            new = NewJob(wish.job_id, video_id, wish.script_id, version, language, *parts)
            ready[wish.job_id] = job_of(new, now)
            places[wish.job_id] = place
            videos.add(video_id)
    made = _insert(conn, ready, now)
    write_down(conn, [(job, caused_by(conn, job)) for job in ready.values() if job.job_id in made], now)
    results: list[JobRecord | None] = [None] * len(wishes)
    for job_id in made:
        results[places[job_id]] = ready[job_id]
    return results


_NOTHING = (None,) * 5


def _insert(conn: sa.Connection, ready: dict[str, JobRecord], now: datetime) -> set[str]:
    dialect = conn.dialect.name
    wanted = list(ready.values())
    if dialect != "postgresql":
        # Nobody else writes, so a look beforehand says it all; the answer of an INSERT comes row by row.
        looked = {"jobs": sorted(ready), "videos": sorted(job.video_id for job in wanted)}
        rows = fetch(conn, _standing(dialect), looked)
        standing, taken = {row[0] for row in rows}, {row[1] for row in rows if row[2] in ACTIVE_STATES}
        wanted = [job for job in wanted if job.job_id not in standing and job.video_id not in taken]
    if not wanted:
        return set()
    result = conn.execute(_inserting(dialect), {"rows": rows_of(map(_row, wanted)), "now": now})
    return set(result.scalars()) if dialect == "postgresql" else {job.job_id for job in wanted}


def _row(job: JobRecord) -> dict[str, str | int | None]:
    assert job.settings is not None
    assert job.spec is not None
    return {
        "job_id": job.job_id,
        "video_id": job.video_id,
        "script_id": job.script_id,
        "script_version": job.script_version,
        "language": job.language,
        "settings": job.settings.model_dump_json(),
        "spec": job.spec.model_dump_json(),
        "scenes": job.scenes,
    }


@cache
def _specs(dialect: str) -> sa.Select[Any]:
    specs = script_specs.c
    query = sa.select(
        scripts.c.script_id, scripts.c.video_id, specs.version, specs.claim, specs.language, specs.scenes
    ).join(script_specs, _CURRENT)
    approved = scripts.c.state == ScriptState.APPROVED
    return at_once(dialect, query.where(among(dialect, scripts.c.script_id, "ids"), approved))


@cache
def _standing(dialect: str) -> sa.Select[Any]:
    """Return the query for jobs of these ids, and for active ones of these videos."""
    columns = sa.select(jobs.c.job_id, jobs.c.video_id, jobs.c.state)
    both = sa.union_all(
        columns.where(among(dialect, jobs.c.job_id, "jobs")),
        columns.where(among(dialect, jobs.c.video_id, "videos"), jobs.c.state.in_(ACTIVE_STATES)),
    ).subquery()
    return at_once(dialect, sa.select(both))


@cache
def _inserting(dialect: str) -> sa.Executable:
    def snapshot(row: Columns) -> Columns:
        body = sa.select(script_specs.c.body).where(
            script_specs.c.script_id == row["script_id"], script_specs.c.version == row["script_version"]
        )
        return {"render_spec_json": body.scalar_subquery()}

    statement = insert_rows(dialect, insert(dialect, jobs), jobs, _BROUGHT, constants(), snapshot)
    if dialect == "postgresql":
        statement = statement.on_conflict_do_nothing().returning(jobs.c.job_id)
    finished: sa.Executable = statement
    return finished
