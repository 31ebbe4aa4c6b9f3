"""Answers to requests that may be repeated: the first one is kept, the others get it again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from contracts.base import MAX_RECORD_BYTES
from services.gateway.ledger import facts, outbox
from services.gateway.ledger.schema import idempotency as table
from services.gateway.ledger.schema import insert

LEASE = timedelta(seconds=150)
"""How long a first call may run; afterwards its process is taken for dead. Shorter than the longest
``Prefer: wait`` and a repeat would run beside it."""

KEPT = timedelta(days=2)
"""How long the answer to a request with an ``Idempotency-Key`` is kept, at least."""

BOUND = 0
"""Stands for a status where no answer is kept."""

RECORDED_BYTES = MAX_RECORD_BYTES // 4
"""Largest answer that the log gets: as JSON in JSON it can double, and most are under a kilobyte."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A request seen before; ``status`` is ``None`` while the first call still runs."""

    fingerprint: str
    status: int | None
    headers: dict[str, str]
    body: bytes


def claim(conn: sa.Connection, key: str, fingerprint: str, *, now: datetime) -> Kept | None:
    """Take a key for a call that runs now; returns what is kept if somebody has taken it before."""
    values: dict[str, object] = {
        "fingerprint": fingerprint,
        "status": None,
        "headers": {},
        "body": b"",
        "at": now,
    }
    statement = insert(conn.dialect.name, table).values(key=key, **values)
    taken = conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.key],
            set_=values,
            where=sa.and_(table.c.status.is_(None), table.c.at < now - LEASE),
        ).returning(table.c.key)
    ).first()
    if taken is not None:
        return None
    row = conn.execute(sa.select(table).where(table.c.key == key)).one()
    return Kept(row.fingerprint, row.status, row.headers, row.body)


def bind(conn: sa.Connection, key: str, fingerprint: str, *, now: datetime) -> Kept | None:
    """Take a key for a request and its repeats, whose answers are not kept; returns who took it before."""
    values = {"key": key, "fingerprint": fingerprint, "status": BOUND, "headers": {}, "body": b"", "at": now}
    statement = insert(conn.dialect.name, table).values(values).on_conflict_do_nothing().returning(table)
    row = conn.execute(statement).first()
    if row is not None:
        outbox.add(conn, facts.request_answered(row), now=now)
        return None
    row = conn.execute(sa.select(table).where(table.c.key == key)).one()
    return Kept(row.fingerprint, row.status, row.headers, row.body)


def keep(conn: sa.Connection, key: str, status: int, headers: dict[str, str], body: bytes) -> None:
    """Keep the answer of a call; the log gets it, too, if a record can hold it."""
    row = conn.execute(
        sa.update(table)
        .where(table.c.key == key)
        .values(status=status, headers=headers, body=body)
        .returning(table)
    ).first()
    if row is not None and len(body) <= RECORDED_BYTES:
        outbox.add(conn, facts.request_answered(row), now=row.at)


def release(conn: sa.Connection, key: str) -> None:
    """Let the key be taken again: the call came to nothing."""
    conn.execute(sa.delete(table).where(table.c.key == key, table.c.status.is_(None)))


def forget(conn: sa.Connection, *, before: datetime) -> int:
    """Forget answers from before a moment; returns how many."""
    return conn.execute(sa.delete(table).where(table.c.at < before)).rowcount
