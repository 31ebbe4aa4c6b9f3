"""Progress in the ledger: the largest share per (step, part) of an attempt, and the job's folded sum."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from contracts.states import JobState
from contracts.steps import Step, current_step, overall_progress
from services.gateway.ledger.db.bulk import NOW, among, at_once, columns_of_rows, fetch, insert_rows, rows_of
from services.gateway.ledger.db.schema import ACTIVE_STATES, insert, progress
from services.gateway.ledger.db.schema import jobs as jobs_table
from services.gateway.ledger.jobs import queries
from services.gateway.ledger.models import JobRecord

_ORDER = list(Step)

Attempt = tuple[str, int]
"""A job's id and the attempt's number."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one part of a step is done, 0-1."""

    step: Step
    part: int
    parts: int
    share: float


def shares(conn: sa.Connection, job_id: str, attempt: int) -> list[Share]:
    """Return every share known of an attempt."""
    rows = conn.execute(sa.select(progress).where(progress.c.job_id == job_id, progress.c.attempt == attempt))
    return [Share(Step(row.step), row.part, row.parts, row.share) for row in rows]


@dataclass(frozen=True, slots=True)
class Report:
    """What is new of an attempt."""

    job_id: str
    attempt: int
    news: tuple[Share, ...]


def fold_all(conn: sa.Connection, reports: Sequence[Report], *, now: datetime) -> list[JobRecord | None]:
    """Fold reports into their attempts; the first of them makes a queued job ``PROCESSING``.

    Commutative and idempotent: shares only grow, and so does a job's progress.

    Returns:
        For each report its job as it is now, changed or not; ``None`` if the attempt is dead.
    """
    alive = _alive(conn, reports)
    largest: dict[tuple[str, int, Step, int], Share] = {}
    for report in reports:
        if (report.job_id, report.attempt) in alive:
            for item in report.news:
                place = (report.job_id, report.attempt, item.step, item.part)
                known = largest.get(place, item)
                parts, share = max(known.parts, item.parts), max(known.share, item.share)
                largest[place] = Share(item.step, item.part, parts, share)
    if largest:
        rows = rows_of(
            {
                "job_id": job_id,
                "attempt": attempt,
                "step": item.step,
                "part": item.part,
                "parts": item.parts,
                "share": item.share,
            }
            for (job_id, attempt, _, _), item in largest.items()
        )
        conn.execute(_largest(conn.dialect.name), {"rows": rows})
        sums = _sums(conn, alive).items()
        moves = [(alive[key], moved) for key, done in sums if (moved := _moved(alive[key], done, now))]
        _write(conn, moves, now)
        alive |= {(job.job_id, job.attempt): job for _, job in moves}
    return [alive.get((report.job_id, report.attempt)) for report in reports]


def _alive(conn: sa.Connection, reports: Sequence[Report]) -> dict[Attempt, JobRecord]:
    """Return the jobs of the attempts that live, locked where rows can be, in one order everywhere."""
    wanted = {(report.job_id, report.attempt) for report in reports}
    query, _ = _selects(conn.dialect.name)
    found = conn.execute(query, {"ids": sorted({job_id for job_id, _ in wanted})})
    standing = [JobRecord.of(row) for row in found]
    return {
        (job.job_id, job.attempt): job
        for job in standing
        if job.state.active and (job.job_id, job.attempt) in wanted
    }


def _sums(conn: sa.Connection, alive: Collection[Attempt]) -> dict[Attempt, dict[Step, float]]:
    _, query = _selects(conn.dialect.name)
    sums: dict[Attempt, list[tuple[Step, float, int]]] = {}
    rows = fetch(conn, query, {"ids": sorted({job_id for job_id, _ in alive})})
    for job_id, attempt, step, total, most in rows:
        if (job_id, attempt) in alive:
            sums.setdefault((job_id, attempt), []).append((Step(step), total, most))
    return {key: by_step(each) for key, each in sums.items()}


def _moved(job: JobRecord, done: Mapping[Step, float], now: datetime) -> JobRecord | None:
    overall = max(job.progress, overall_progress(done))
    step = max(job.step, current_step(done), key=_ORDER.index)
    if (job.state, job.progress, job.step) == (JobState.PROCESSING, overall, step):
        return None
    return replace(
        job,
        state=JobState.PROCESSING,
        progress=overall,
        step=step,
        revision=job.revision + 1,
        updated_at=now,
        started_at=job.started_at or now,
    )


def _write(conn: sa.Connection, moves: Sequence[tuple[JobRecord, JobRecord]], now: datetime) -> None:
    if not moves:
        return
    rows = rows_of(
        {
            "job_id": job.job_id,
            "attempt": job.attempt,
            "step": job.step,
            "progress": job.progress,
            "revision": job.revision,
        }
        for _, job in moves
    )
    conn.execute(_moving(conn.dialect.name), {"rows": rows, "now": now})
    for before, job in moves:
        if before.state is JobState.QUEUED:
            queries.record_history(conn, job, now)


def by_step(sums: Iterable[tuple[Step, float, int]]) -> dict[Step, float]:
    """Return the finished share of each step from (step, sum of shares, number of parts)."""
    return {step: min(1.0, total / parts) for step, total, parts in sums}


# Statements are built once: building them took more than half of a report's processor time.


@cache
def _moving(dialect: str) -> sa.Update:
    row, _ = columns_of_rows(dialect, jobs_table, ("job_id", "attempt", "step", "progress", "revision"))
    stands = sa.and_(
        jobs_table.c.job_id == row["job_id"],
        jobs_table.c.attempt == row["attempt"],
        jobs_table.c.state.in_(ACTIVE_STATES),
    )
    return (
        sa.update(jobs_table)
        .where(stands)
        .values(
            state=JobState.PROCESSING,
            step=row["step"],
            progress=row["progress"],
            revision=row["revision"],
            updated_at=NOW,
            started_at=sa.func.coalesce(jobs_table.c.started_at, NOW),
        )
    )


@cache
def _selects(dialect: str) -> tuple[sa.Select[Any], sa.Select[Any]]:
    sums = sa.func.sum(progress.c.share).label("total"), sa.func.max(progress.c.parts).label("most")
    attempt_and_step = (progress.c.job_id, progress.c.attempt, progress.c.step)
    return (
        sa.select(*queries.COLUMNS)
        .where(among(dialect, jobs_table.c.job_id, "ids"))
        .order_by(jobs_table.c.job_id)
        .with_for_update(),
        at_once(
            dialect,
            sa.select(*attempt_and_step, *sums)
            .where(among(dialect, progress.c.job_id, "ids"))
            .group_by(*attempt_and_step),
        ),
    )


@cache
def _largest(dialect: str) -> sa.Executable:
    columns = [column.name for column in progress.c]
    statement = insert_rows(dialect, insert(dialect, progress), progress, columns, {})
    new = statement.excluded
    kept: sa.Executable = statement.on_conflict_do_update(
        index_elements=[progress.c.job_id, progress.c.attempt, progress.c.step, progress.c.part],
        set_={
            "share": sa.case((new.share > progress.c.share, new.share), else_=progress.c.share),
            "parts": sa.case((new.parts > progress.c.parts, new.parts), else_=progress.c.parts),
        },
    )
    return kept
