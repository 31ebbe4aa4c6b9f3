"""Writes what the log knows into the ledger's tables: as rows, so that nothing is caused by it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from contracts.event import Event
from contracts.ledger_events import (
    CallbackRecorded,
    CommandTaken,
    JobRecorded,
    RequestAnswered,
    ScriptRecorded,
)
from contracts.states import CallbackKind, JobState
from services.gateway.ledger import callbacks, outbox, scripts
from services.gateway.ledger.db import schema as tables
from services.gateway.ledger.models import HistoryEntry, JobRecord
from services.gateway.rebuild.fold import JobFold, ScriptFold

REVISIONS_SKIPPED = 10_000
"""Added to an active job's revision: progress has raised it since its last fact, and viewers saw that."""

PLACES_SKIPPED = 1_000
"""Places in the log of callbacks left free: the lost database may have shown some that no fact tells of."""

_NOT_JOBS = frozenset({tables.kafka_logs, tables.stream_tickets})
"""Nothing in them is lost with a ledger: a gateway writes the one as soon as it starts, and what the other
holds is over in a minute."""

Row = dict[str, Any]


def occupied(conn: sa.Connection) -> list[str]:
    """Return the tables that hold rows of scripts and jobs, and what belongs to them."""
    return [
        table.name
        for table in tables.METADATA.sorted_tables
        if table not in _NOT_JOBS
        and conn.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None
    ]


def clear(conn: sa.Connection) -> int:
    """Delete every row; returns how many events waited to be published."""
    waiting = outbox.depth(conn)
    for table in reversed(tables.METADATA.sorted_tables):
        conn.execute(sa.delete(table))
    return waiting


def job_record(fact: JobRecorded) -> JobRecord:
    """Return the job that a fact tells of."""
    fields = {name: getattr(fact, name) for name in JobRecord.__slots__}
    return JobRecord(**{**fields, "state": JobState(fact.state)})


def add_jobs(conn: sa.Connection, found: Sequence[tuple[JobFold, JobRecord, str | None]]) -> None:
    """Write jobs, each with its snapshot, and their histories."""
    rows: list[Row] = []
    entries: list[Row] = []
    for fold, job, snapshot in found:
        rows.append(
            {
                **{name: getattr(job, name) for name in JobRecord.__slots__},
                "settings": job.settings.model_dump(mode="json") if job.settings else None,
                "spec": job.spec.model_dump(mode="json") if job.spec else None,
                "assets": [asset.model_dump(mode="json") for asset in job.assets],
                "render_spec_json": snapshot,
                "revision": job.revision + (REVISIONS_SKIPPED if job.state.active else 0),
            }
        )
        entries.extend(_entry(job.job_id, fold.history[number]) for number in sorted(fold.history))
    _insert(conn, tables.jobs, rows)
    _insert(conn, tables.job_events, entries)


def add_scripts(
    conn: sa.Connection, found: Sequence[tuple[ScriptFold, ScriptRecorded, dict[int, str]]]
) -> None:
    """Write scripts and their texts by version."""
    rows: list[Row] = []
    texts: list[Row] = []
    for fold, fact, bodies in found:
        columns = ("video_id", "state", "version", "language", "request", "error_code", "error_message")
        moments = ("created_at", "updated_at")
        rows.append(
            {"script_id": fact.job_id, **{name: getattr(fact, name) for name in (*columns, *moments)}}
        )
        texts.extend(
            {
                "script_id": fact.job_id,
                "version": version,
                "body": bodies[version],
                "origin": text.origin,
                "created_at": text.written_at,
            }
            for version, text in sorted(fold.texts.items())
        )
    _insert(conn, tables.scripts, rows)
    _insert(conn, tables.script_versions, texts)


def add_callbacks(conn: sa.Connection, facts: Iterable[CallbackRecorded]) -> list[CallbackRecorded]:
    """Write callbacks at their places; return those of scripts that are not there, which cannot be made."""
    rows, orphans = [], []
    for fact in facts:
        body = fact.body if fact.body is not None else _script_payload(conn, fact)
        if body is None:
            orphans.append(fact)
            continue
        columns = ("webhook_id", "kind", "attempt", "state", "tries", "last_error")
        moments = ("created_at", "due_at", "settled_at")
        values = {name: getattr(fact, name) for name in (*columns, *moments)}
        rows.append({"id": fact.place, "subject": fact.job_id, "body": body, **values})
    _insert(conn, tables.callbacks, rows)
    return orphans


def skip_places(conn: sa.Connection, last: int) -> None:
    """Let the next callback stand well behind ``last``."""
    reached = last + PLACES_SKIPPED
    if conn.dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence("callbacks", "id")
        conn.execute(sa.select(sa.func.setval(sequence, reached)))
    else:
        conn.execute(
            sa.text("UPDATE sqlite_sequence SET seq = :reached WHERE name = 'callbacks'"),
            {"reached": reached},
        )


def add_taken(
    conn: sa.Connection, taken: Iterable[CommandTaken], answered: Iterable[RequestAnswered]
) -> None:
    """Write which commands were taken and which requests answered."""
    _insert(
        conn,
        tables.commands,
        [
            {
                "command_key": str(fact.command_key),
                "type": fact.command_type,
                "subject": fact.job_id,
                "code": fact.code,
                "at": fact.at,
            }
            for fact in taken
        ],
    )
    _insert(
        conn,
        tables.idempotency,
        [
            {
                "key": fact.job_id,
                "fingerprint": fact.fingerprint,
                "status": fact.status,
                "headers": fact.headers,
                "body": fact.body.encode(),
                "at": fact.at,
            }
            for fact in answered
        ],
    )


def announce(conn: sa.Connection, events: Sequence[Event], now: datetime) -> None:
    """Leave to the relay what was never published."""
    if events:
        outbox.add(conn, *events, now=now)


def add_untold(conn: sa.Connection, ended: Iterable[JobRecord], written: Iterable[str]) -> int:
    """Write the callbacks that were due when the database was lost, and have no fact; return how many.

    Args:
        conn: the transaction.
        ended: jobs that have ended.
        written: scripts that have a text.
    """
    count = sa.select(sa.func.count()).select_from(tables.callbacks)
    before: int = conn.execute(count).scalar_one()
    for job in ended:
        callbacks.job_ended(conn, job, now=job.updated_at)
    for script_id in written:
        first = scripts.first_version(conn, script_id)
        script = scripts.require(conn, script_id)
        body = callbacks.script_payload(script.video_id, script_id, first.version, first.body)
        kind = CallbackKind.SCRIPT
        callbacks.add(conn, kind, script_id, first.version, body, now=first.created_at)
    after: int = conn.execute(count).scalar_one()
    return after - before


def _script_payload(conn: sa.Connection, fact: CallbackRecorded) -> str | None:
    texts, owners = tables.script_versions, tables.scripts
    row = conn.execute(
        sa.select(owners.c.video_id, texts.c.body)
        .join(texts, texts.c.script_id == owners.c.script_id)
        .where(owners.c.script_id == fact.job_id, texts.c.version == fact.attempt)
    ).first()
    return callbacks.script_payload(row.video_id, fact.job_id, fact.attempt, row.body) if row else None


def _entry(job_id: str, entry: HistoryEntry) -> dict[str, Any]:
    return {
        "job_id": job_id,
        "attempt": entry.attempt,
        "state": entry.state,
        "step": entry.step,
        "code": entry.code,
        "message": entry.message,
        "at": entry.at,
    }


def _insert(conn: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(sa.insert(table), rows)
