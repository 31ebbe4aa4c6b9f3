"""Progress in the ledger: the largest share per (step, part) of an attempt, and the job's folded sum."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from contracts.steps import Step, current_step, overall_progress
from services.gateway.ledger import jobs
from services.gateway.ledger.records import JobRecord, JobState
from services.gateway.ledger.schema import ACTIVE_STATES, insert, progress
from services.gateway.ledger.schema import jobs as jobs_table

_ORDER = list(Step)


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


def fold(
    conn: sa.Connection, job_id: str, attempt: int, news: Collection[Share], *, now: datetime
) -> JobRecord | None:
    """Fold ``news`` into an attempt; the first of them makes a queued job ``PROCESSING``.

    Commutative and idempotent: shares only grow, and so does the job's progress.

    Returns:
        The job if it changed; ``None`` if the attempt is dead or nothing is to be told.
    """
    job = jobs.get(conn, job_id)
    if job is None or job.attempt != attempt or not job.state.active:
        return None
    _keep_largest(conn, job_id, attempt, news)
    done = by_step(_sums(conn, job_id, attempt))
    overall = max(job.progress, overall_progress(done))
    step = max(job.step, current_step(done), key=_ORDER.index)
    if (job.state, job.progress, job.step) == (JobState.PROCESSING, overall, step):
        return None
    row = conn.execute(
        _MOVE,
        {
            "this_job": job_id,
            "this_attempt": attempt,
            "state": JobState.PROCESSING,
            "progress": overall,
            "step": step,
            "updated_at": now,
            "started_at": job.started_at or now,
        },
    ).first()
    if row is None:
        return None
    changed = JobRecord.of(row)
    if job.state is JobState.QUEUED:
        jobs.record_history(conn, changed, now)
    return changed


def by_step(sums: Iterable[tuple[Step, float, int]]) -> dict[Step, float]:
    """Return the finished share of each step from (step, sum of shares, number of parts)."""
    return {step: min(1.0, total / parts) for step, total, parts in sums}


def _sums(conn: sa.Connection, job_id: str, attempt: int) -> list[tuple[Step, float, int]]:
    rows = conn.execute(_SUMS, {"this_job": job_id, "this_attempt": attempt})
    return [(Step(step), total, parts) for step, total, parts in rows]


def _keep_largest(conn: sa.Connection, job_id: str, attempt: int, news: Collection[Share]) -> None:
    rows = [{"job_id": job_id, "attempt": attempt, **asdict(item)} for item in news]
    conn.execute(_largest(conn.dialect.name), rows)


# Statements are built once: building them took more than half of a report's processor time.

_SUMS = (
    sa.select(progress.c.step, sa.func.sum(progress.c.share), sa.func.max(progress.c.parts))
    .where(progress.c.job_id == sa.bindparam("this_job"), progress.c.attempt == sa.bindparam("this_attempt"))
    .group_by(progress.c.step)
)

_MOVE = (
    sa.update(jobs_table)
    .where(
        jobs_table.c.job_id == sa.bindparam("this_job"),
        jobs_table.c.attempt == sa.bindparam("this_attempt"),
        jobs_table.c.state.in_(ACTIVE_STATES),
    )
    .values(
        {name: sa.bindparam(name) for name in ("state", "progress", "step", "updated_at", "started_at")}
        | {"revision": jobs_table.c.revision + 1}
    )
    .returning(*jobs.COLUMNS)
)


@cache
def _largest(dialect: str) -> sa.Executable:
    statement = insert(dialect, progress)
    new = statement.excluded
    kept: sa.Executable = statement.on_conflict_do_update(
        index_elements=[progress.c.job_id, progress.c.attempt, progress.c.step, progress.c.part],
        set_={
            "share": sa.case((new.share > progress.c.share, new.share), else_=progress.c.share),
            "parts": sa.case((new.parts > progress.c.parts, new.parts), else_=progress.c.parts),
        },
    )
    return kept
