"""What viewers are told first, and after a gap: jobs as they stand in the ledger."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from contracts.events import JobUpdated
from services.gateway.ledger.db.schema import ACTIVE_STATES
from services.gateway.ledger.db.schema import jobs as table
from services.gateway.ledger.jobs import events, queries
from services.gateway.ledger.models import JobRecord
from services.gateway.live.replay_buffer import Watch

CHUNK = 200
"""Ids in one query. Fewer: more round trips. More: databases limit their parameters."""


# Built once: building them takes longer than running them, and leaves cycles for the collector.

_BY_ID = sa.select(*queries.COLUMNS).where(table.c.job_id.in_(sa.bindparam("these", expanding=True)))

_CURRENT = (
    sa.select(*queries.COLUMNS)
    .where(table.c.video_id == sa.bindparam("this_video"))
    .order_by(sa.case((table.c.state.in_(ACTIVE_STATES), 0), else_=1), table.c.updated_at.desc())
    .limit(1)
)

_CHANGED = (
    sa.select(*queries.COLUMNS)
    .where(
        sa.or_(
            table.c.job_id.in_(sa.bindparam("these", expanding=True)),
            table.c.video_id.in_(sa.bindparam("these_videos", expanding=True)),
        ),
        table.c.updated_at >= sa.bindparam("since"),
    )
    .order_by(table.c.updated_at)
)


def standing(conn: sa.Connection, watches: Collection[Watch]) -> dict[Watch, JobUpdated | None]:
    """Return what to tell first of each watch: the job; of a video the active job, else the last changed."""
    found: dict[Watch, JobUpdated | None] = dict.fromkeys(watches)
    wanted = [name for kind, name in found if kind == "job"]
    for start in range(0, len(wanted), CHUNK):
        for row in conn.execute(_BY_ID, {"these": wanted[start : start + CHUNK]}):
            found["job", row.job_id] = _told(row)
    for watch in found:
        if watch[0] == "video":
            current = conn.execute(_CURRENT, {"this_video": watch[1]}).first()
            found[watch] = _told(current) if current else None
    return found


def changed(conn: sa.Connection, watches: Sequence[Watch], since: datetime) -> list[JobUpdated]:
    """Return the watched jobs that changed from ``since`` on, oldest change first.

    Args:
        conn: the ledger.
        watches: at most :data:`CHUNK` of them.
        since: by the clocks of all gateways; leave a margin.
    """
    wanted = {
        "these": [name for kind, name in watches if kind == "job"],
        "these_videos": [name for kind, name in watches if kind == "video"],
        "since": since,
    }
    return [_told(row) for row in conn.execute(_CHANGED, wanted)]


def _told(row: sa.Row[Any]) -> JobUpdated:
    return events.job_updated(JobRecord.of(row))
