"""Kafka may forget; the ledger does not. What was under way is announced again.

The embedded broker forgets everything with each start, another cluster or topic what it never had.

Everything that was made is in the artifact store, so a job that starts anew goes through what it had done in
no time and carries on where it was.
"""

from collections.abc import Collection
from datetime import datetime
from itertools import chain
from uuid import UUID

import sqlalchemy as sa

from contracts.base import derived_id
from contracts.errors import ErrorCode
from contracts.events import Event, RenderRequested
from contracts.states import ScriptState
from services.gateway.ledger import outbox, scripts
from services.gateway.ledger.db.schema import ACTIVE_STATES
from services.gateway.ledger.db.schema import jobs as jobs_table
from services.gateway.ledger.db.schema import scripts as scripts_table
from services.gateway.ledger.jobs import events as jobs_events
from services.gateway.ledger.jobs import queries
from services.gateway.ledger.models import JobRecord


def announce_again(conn: sa.Connection, *, now: datetime) -> int:
    """Announce every active job again, and fail scripts that nobody writes any more; return how many jobs."""
    fail_scripts(conn, now=now)
    return announce_jobs(conn, now=now)


def under_way(conn: sa.Connection) -> list[JobRecord]:
    """Return the jobs whose work has been announced and has not ended, oldest first."""
    active = sa.select(*queries.COLUMNS).where(jobs_table.c.state.in_(ACTIVE_STATES))
    standing = (JobRecord.of(row) for row in conn.execute(active.order_by(jobs_table.c.created_at)))
    return [job for job in standing if job.spec is not None]  # the others wait for the backend's start


def announce_jobs(
    conn: sa.Connection, *, now: datetime, lost: str = "", only: Collection[UUID] | None = None
) -> int:
    """Announce active jobs again; return how many.

    Args:
        conn: of the ledger.
        now: the moment.
        lost: what was lost, if not everything. Event ids derive from it: by the first ones, which may stand
            in a topic that is still there, a relay in doubt would take this announcement for published.
        only: ids of the announcements that went with it, as far as somebody knows; else all did.
    """
    gone = [
        job for job in under_way(conn) if only is None or jobs_events.render_requested(job).event_id in only
    ]
    # what waits to be published says the same: both would have the work done twice
    outbox.withdraw(conn, RenderRequested.type, [job.job_id for job in gone])
    # as one set: ten thousand jobs one by one would take longer than a transaction may
    events = chain.from_iterable(map(jobs_events.started, gone))
    outbox.add(conn, *(_again(event, lost) for event in events), now=now)
    return len(gone)


def fail_scripts(conn: sa.Connection, *, now: datetime) -> None:
    """Fail the scripts that are being written: what asked for them is lost."""
    writing = sa.select(scripts_table.c.script_id).where(scripts_table.c.state == ScriptState.GENERATING)
    for (script_id,) in conn.execute(writing).all():
        scripts.rejected(
            conn,
            script_id,
            ErrorCode.SCRIPT_GENERATION_FAILED,
            "the system stopped while the script was being written: ask for it again",
            now=now,
        )


def _again(event: Event, lost: str) -> Event:
    if not lost:
        return event
    again = derived_id(f"{event.event_id}/{lost}", jobs_events.STAGE, "again")
    return event.model_copy(update={"event_id": again})
