"""What viewers are told first, and after a gap: jobs as they stand in the ledger."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa

from contracts.events import JobUpdated
from services.gateway.ledger import announcements, jobs
from services.gateway.ledger.records import JobRecord
from services.gateway.ledger.schema import jobs as table
from services.gateway.live.ring import Watch

CHUNK = 200
"""Ids in one query. Fewer: more round trips. More: databases limit their parameters."""


def standing(conn: sa.Connection, watches: Collection[Watch]) -> dict[Watch, JobUpdated | None]:
    """Return what to tell first of each watch: the job; of a video the active job, else the last changed."""
    found: dict[Watch, JobUpdated | None] = dict.fromkeys(watches)
    wanted = [name for kind, name in found if kind == "job"]
    for start in range(0, len(wanted), CHUNK):
        query = sa.select(*jobs.COLUMNS).where(table.c.job_id.in_(wanted[start : start + CHUNK]))
        for row in conn.execute(query):
            found["job", row.job_id] = announcements.job_updated(JobRecord.of(row))
    for watch in found:
        if watch[0] == "video":
            current = jobs.current(conn, watch[1])
            found[watch] = announcements.job_updated(current) if current else None
    return found


def changed(conn: sa.Connection, watches: Sequence[Watch], since: datetime) -> list[JobUpdated]:
    """Return the watched jobs that changed from ``since`` on, oldest change first.

    Args:
        conn: the ledger.
        watches: at most :data:`CHUNK` of them.
        since: by the clocks of all gateways; leave a margin.
    """
    by_job = table.c.job_id.in_([name for kind, name in watches if kind == "job"])
    by_video = table.c.video_id.in_([name for kind, name in watches if kind == "video"])
    query = (
        sa.select(*jobs.COLUMNS)
        .where(sa.or_(by_job, by_video), table.c.updated_at >= since)
        .order_by(table.c.updated_at)
    )
    return [announcements.job_updated(JobRecord.of(row)) for row in conn.execute(query)]
