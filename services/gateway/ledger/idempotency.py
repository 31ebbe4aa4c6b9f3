"""Answers to requests that may be repeated: the first one is kept, the others get it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_json

from contracts.base import MAX_RECORD_BYTES
from services.gateway.ledger import ledger_events, outbox
from services.gateway.ledger.db.bulk import (
    NOW,
    among,
    at_once,
    columns_of_rows,
    fetch,
    insert_rows,
    rows_of,
)
from services.gateway.ledger.db.schema import idempotency as table
from services.gateway.ledger.db.schema import insert

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


@dataclass(frozen=True, slots=True)
class Claim:
    """A call that wants to run now; ``at`` is when it came."""

    key: str
    fingerprint: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call that holds its key was answered; ``body`` is JSON."""

    claim: Claim
    status: int
    headers: dict[str, str]
    body: str


def claim_all(conn: sa.Connection, claims: Sequence[Claim]) -> list[Kept | None]:
    """Take keys as :func:`claim` does, those that nobody has taken before by one statement."""
    fresh = _take(conn, {each.key: each for each in reversed(claims)})
    results: list[Kept | None] = []
    for each in claims:
        first = fresh.pop(each.key, None) is not None  # of two calls with one key the first has it
        results.append(None if first else claim(conn, each.key, each.fingerprint, now=each.at))
    return results


def _take(conn: sa.Connection, claims: dict[str, Claim]) -> dict[str, Claim]:
    dialect = conn.dialect.name
    if dialect != "postgresql":  # nobody else writes; the answer of an INSERT would come row by row
        for (key,) in fetch(conn, _taken(dialect), {"ids": sorted(claims)}):
            del claims[key]
    if not claims:
        return claims
    now = max(each.at for each in claims.values())
    rows = [
        {"key": key, "fingerprint": each.fingerprint, "headers": "{}"}
        for key, each in sorted(claims.items())  # so that two gateways never wait in a circle
    ]
    result = conn.execute(_taking(dialect), {"rows": rows_of(rows), "now": now})
    if dialect != "postgresql":
        return claims
    return {key: claims[key] for key in result.scalars()}


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
        outbox.add(conn, ledger_events.request_answered(key, fingerprint, BOUND, {}, "", now), now=now)
        return None
    row = conn.execute(sa.select(table).where(table.c.key == key)).one()
    return Kept(row.fingerprint, row.status, row.headers, row.body)


def keep_all(conn: sa.Connection, answers: Sequence[Answer]) -> list[None]:
    """Keep the answers of calls; the log gets those that a record can hold."""
    rows: list[dict[str, str | float | None]] = [
        {
            "key": answer.claim.key,
            "status": answer.status,
            "headers": to_json(answer.headers).decode(),
            "body": answer.body,
        }
        for answer in answers
    ]
    conn.execute(_keeping(conn.dialect.name), {"rows": rows_of(rows)})
    facts_of = [
        ledger_events.request_answered(
            each.claim.key, each.claim.fingerprint, each.status, each.headers, each.body, each.claim.at
        )
        for each in answers
        if len(each.body.encode()) <= RECORDED_BYTES
    ]
    outbox.add(conn, *facts_of, now=max(each.claim.at for each in answers))
    return [None] * len(answers)


def release(conn: sa.Connection, key: str) -> None:
    """Let the key be taken again: the call came to nothing."""
    conn.execute(sa.delete(table).where(table.c.key == key, table.c.status.is_(None)))


def forget(conn: sa.Connection, *, before: datetime) -> int:
    """Forget answers from before a moment; returns how many."""
    return conn.execute(sa.delete(table).where(table.c.at < before)).rowcount


@cache
def _taken(dialect: str) -> sa.Select[Any]:
    return at_once(dialect, sa.select(table.c.key).where(among(dialect, table.c.key, "ids")))


@cache
def _taking(dialect: str) -> sa.Executable:
    constant: dict[str, sa.ColumnElement[Any]] = {"body": sa.literal(b"", sa.LargeBinary), "at": NOW}
    statement = insert_rows(
        dialect, insert(dialect, table), table, ("key", "fingerprint", "headers"), constant
    )
    if dialect == "postgresql":
        statement = statement.on_conflict_do_nothing().returning(table.c.key)
    finished: sa.Executable = statement
    return finished


@cache
def _keeping(dialect: str) -> sa.Update:
    row, _ = columns_of_rows(dialect, table, ("key", "status", "headers", "body"))
    text = row["body"]
    postgres = dialect == "postgresql"
    body = sa.func.convert_to(text, "UTF8") if postgres else sa.cast(text, sa.LargeBinary)
    values = {"status": row["status"], "headers": row["headers"], "body": body}
    return sa.update(table).values(values).where(table.c.key == row["key"])
