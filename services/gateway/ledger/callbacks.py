"""Callbacks: what the backend is told, written in the transaction that caused it, sent afterwards.

In order per job or script: only the oldest pending one of a subject is ever sent. A callback of an attempt
that a retry has replaced is never sent again; one that is under way just then is waited for, or the backend
might hear of the old attempt after the new one.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from contracts.base import derived_id
from contracts.states import CallbackKind, CallbackState
from services.gateway.ledger import ledger_events, outbox
from services.gateway.ledger.db.group_commit import OUTBOX_FLAG
from services.gateway.ledger.db.schema import callbacks as table
from services.gateway.ledger.db.schema import insert, jobs
from services.gateway.ledger.models import Callback, JobRecord, ScriptRecord

MAX_AGE = timedelta(days=3)
"""How long a callback is tried (Standard Webhooks recommends days, not hours). Shorter: a long weekend's
outage loses news. Longer: a backend that is gone for good is called for ever."""

_SEQUENCE_LOCK = 0x4C43_4231  # PostgreSQL: ids become visible in their order, or a reader would miss one


def add(
    conn: sa.Connection, kind: CallbackKind, subject: str, attempt: int, body: str, *, now: datetime
) -> None:
    """Leave a callback to be sent, once per attempt; it exists if and only if the transaction commits.

    Called last in its transaction: on PostgreSQL it waits for the commits of others that do the same.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_SEQUENCE_LOCK)))
    written = conn.execute(
        insert(conn.dialect.name, table)
        .values(
            webhook_id=str(derived_id(f"{subject}/{attempt}", "gateway", f"callback.{kind}")),
            kind=kind,
            subject=subject,
            attempt=attempt,
            body=body,
            state=CallbackState.PENDING,
            tries=0,
            created_at=now,
            due_at=now,
        )
        .on_conflict_do_nothing()
        .returning(*table.c)
    )
    _record(conn, written, now)
    conn.info[OUTBOX_FLAG] = True


def supersede(conn: sa.Connection, job: JobRecord, *, now: datetime) -> None:
    """Take back what is still to be told of earlier attempts: they are dead.

    Not what is under way: it cannot be taken back, and what follows it waits until it is settled.
    """
    under_way = sa.and_(table.c.tries > 0, table.c.last_error.is_(None), table.c.due_at > now)
    _supersede(
        conn,
        now,
        table.c.subject == job.job_id,
        table.c.kind == CallbackKind.JOB,
        table.c.attempt < job.attempt,
        ~under_way,
    )


def next_due(conn: sa.Connection) -> datetime | None:
    """Return when the next callback may be sent, ``None`` if none waits."""
    return conn.execute(sa.select(sa.func.min(table.c.due_at)).where(_is_head())).scalar_one_or_none()


def claim(conn: sa.Connection, limit: int, *, now: datetime, lease: timedelta) -> list[Callback]:
    """Take the callbacks that are due, for ``lease``; nobody else gets them meanwhile.

    Who dies with a callback in hand leaves it to whoever claims after the lease.
    """
    expired = conn.execute(
        sa.update(table)
        .where(table.c.state == CallbackState.PENDING, table.c.created_at < now - MAX_AGE)
        .values(state=CallbackState.EXPIRED, settled_at=now)
        .returning(*table.c)
    )
    _record(conn, expired, now)
    # left by a process that died with it in hand, and whose job was retried meanwhile
    _supersede(conn, now, table.c.due_at <= now, _is_dead())
    due = sa.select(table.c.id).where(_is_head(), table.c.due_at <= now).order_by(table.c.id).limit(limit)
    ids = list(conn.execute(due).scalars())
    if not ids:
        return []
    taken = conn.execute(
        sa.update(table)
        # asked again: another gateway may have taken one since
        .where(table.c.id.in_(ids), table.c.state == CallbackState.PENDING, table.c.due_at <= now)
        # no error: it is under way
        .values(due_at=now + lease, tries=table.c.tries + 1, last_error=None)
        .returning(*table.c)
    )
    return sorted((Callback.of(row) for row in taken), key=lambda callback: callback.id)


def delivered(conn: sa.Connection, id_: int, *, now: datetime) -> None:
    """Note that the backend has taken a callback."""
    settled = conn.execute(
        sa.update(table)
        .where(table.c.id == id_)
        .values(state=CallbackState.DELIVERED, settled_at=now, last_error=None)
        .returning(*table.c)
    )
    _record(conn, settled, now)


def gone(conn: sa.Connection, id_: int, error: str, *, now: datetime) -> None:
    """Note that the backend wants a callback no more; the subject's next one is sent all the same."""
    settled = conn.execute(
        sa.update(table)
        .where(table.c.id == id_)
        .values(state=CallbackState.GONE, settled_at=now, last_error=error[:200])
        .returning(*table.c)
    )
    _record(conn, settled, now)


def postponed(conn: sa.Connection, id_: int, error: str, *, due: datetime, now: datetime) -> None:
    """Note that a delivery failed, and when the next one is due; never, if its attempt is dead by now."""
    waiting = conn.execute(
        sa.update(table)
        .where(table.c.id == id_)
        .values(due_at=due, last_error=error[:200])
        .returning(*table.c)
    )
    _record(conn, waiting, now)
    _supersede(conn, now, table.c.id == id_, _is_dead())


def since(conn: sa.Connection, after: int, limit: int) -> Sequence[Callback]:
    """Return the callbacks after a place in the log, in order."""
    rows = conn.execute(sa.select(*table.c).where(table.c.id > after).order_by(table.c.id).limit(limit))
    return [Callback.of(row) for row in rows]


def script_ready(conn: sa.Connection, script: ScriptRecord, *, now: datetime) -> None:
    """Tell the backend that a script is written."""
    assert script.body is not None
    body = script_payload(script.video_id, script.script_id, script.version, script.body)
    add(conn, CallbackKind.SCRIPT, script.script_id, script.version, body, now=now)


def script_payload(video_id: str, script_id: str, version: int, text: str) -> str:
    """Return what the backend is told of a script's version."""
    return _json(
        {"material_id": video_id, "script_id": script_id, "script": json.loads(text), "version": version}
    )


def job_ended(conn: sa.Connection, job: JobRecord, *, now: datetime) -> None:
    """Tell the backend that an attempt has ended, well or badly."""
    video = next((asset.url for asset in job.assets if asset.kind == "video"), None)
    body = _json(
        {"jobId": job.job_id, "videoUrl": video, "duration": job.duration_sec, "status": job.state.value}
    )
    add(conn, CallbackKind.JOB, job.job_id, job.attempt, body, now=now)


def _supersede(conn: sa.Connection, now: datetime, *which: sa.ColumnElement[bool]) -> None:
    changed = conn.execute(
        sa.update(table)
        .where(table.c.state == CallbackState.PENDING, *which)
        .values(state=CallbackState.SUPERSEDED, settled_at=now)
        .returning(*table.c)
    )
    _record(conn, changed, now)


def _is_dead() -> sa.ColumnElement[bool]:
    newer = sa.and_(jobs.c.job_id == table.c.subject, jobs.c.attempt > table.c.attempt)
    return sa.and_(table.c.kind == CallbackKind.JOB, sa.exists().where(newer))


def _record(conn: sa.Connection, rows: Iterable[sa.Row[Any]], now: datetime) -> None:
    changed = sorted((Callback.of(row) for row in rows), key=lambda callback: callback.id)
    if changed:
        outbox.add(conn, *(ledger_events.callback_recorded(callback) for callback in changed), now=now)


def _json(payload: dict[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _is_head() -> sa.ColumnElement[bool]:
    earlier = table.alias("earlier")
    return sa.and_(
        table.c.state == CallbackState.PENDING,
        ~sa.exists().where(
            earlier.c.subject == table.c.subject,
            earlier.c.state == CallbackState.PENDING,
            earlier.c.id < table.c.id,
        ),
    )
