"""The outbox: events written in the transaction that caused them, published afterwards, in order per key."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from contracts.base import MAX_RECORD_BYTES
from contracts.cloudevents import StoredEvent, value_from
from contracts.errors import ErrorCode, PermanentError
from contracts.events import Event
from services.gateway.ledger.db.bulk import NOW, among, at_once, fetch, insert_rows, rows_of
from services.gateway.ledger.db.group_commit import OUTBOX_FLAG
from services.gateway.ledger.db.schema import insert, outbox

_SURELY_SMALL = MAX_RECORD_BYTES // 4 - 100
"""Characters of an event that fit into a record, whatever they are: four bytes each, and the type."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An event that waits to be published; not read, because what was written down is what is sent."""

    id: int
    stored: StoredEvent

    @property
    def event(self) -> Event:
        """The event, read."""
        return self.stored.event


def add(conn: sa.Connection, *events: Event, now: datetime) -> None:
    """Leave ``events`` to the relay; they exist if and only if the transaction commits.

    Raises:
        PermanentError: ``EVENT_TOO_LARGE``; refused here, because in the outbox it would block its key.
    """
    if not events:
        return
    rows = []
    for event in events:
        body = event.model_dump_json()
        if len(body) > _SURELY_SMALL and len(value_from(event.type, body)) > MAX_RECORD_BYTES:
            raise PermanentError(
                ErrorCode.EVENT_TOO_LARGE, f"{event.type} of {event.job_id} is larger than 64 KiB"
            )
        rows.append({"key": event.job_id, "type": event.type, "body": body})
    conn.execute(_adding(conn.dialect.name), {"rows": rows_of(rows), "now": now})
    conn.info[OUTBOX_FLAG] = True


@cache
def _adding(dialect: str) -> sa.Executable:
    varying, constant = ("key", "type", "body"), {"created_at": NOW}
    statement: sa.Executable = insert_rows(dialect, insert(dialect, outbox), outbox, varying, constant)
    return statement


def pending(
    conn: sa.Connection, limit: int, *, without: Collection[str] = (), resting: Collection[str] = ()
) -> list[Pending]:
    """Return the oldest events, in the order of their commits.

    Args:
        conn: of the ledger.
        limit: how many at most.
        without: keys whose events are left out.
        resting: types whose events are left out.
    """
    parameters = {"most": limit, "keys": sorted(without), "types": sorted(resting)}
    return _read(conn, _oldest(conn.dialect.name), parameters)


def pending_of(
    conn: sa.Connection, limit: int, types: Collection[str], *, without: Collection[str] = ()
) -> list[Pending]:
    """Return the oldest events of some types, except those of the keys ``without``."""
    parameters = {"most": limit, "keys": sorted(without), "types": sorted(types)}
    return _read(conn, _oldest_of(conn.dialect.name), parameters)


def _read(conn: sa.Connection, query: sa.Select[Any], parameters: dict[str, Any]) -> list[Pending]:
    rows = fetch(conn, query, parameters)
    rows.sort(key=lambda row: int(row[0]))
    return [Pending(number, StoredEvent(kind, key, body)) for number, key, kind, body in rows]


def published(conn: sa.Connection, ids: Sequence[int]) -> None:
    """Forget events that the broker has acknowledged."""
    conn.execute(_deleting(conn.dialect.name), {"ids": list(ids)})


def withdraw(conn: sa.Connection, kind: str, keys: Sequence[str]) -> None:
    """Forget the events of a type and some keys; one that is on its way is published none the less."""
    conn.execute(_withdrawing(conn.dialect.name), {"type": kind, "keys": list(keys)})


@cache
def _withdrawing(dialect: str) -> sa.Delete:
    return sa.delete(outbox).where(
        outbox.c.type == sa.bindparam("type"), among(dialect, outbox.c.key, "keys")
    )


@cache
def _oldest(dialect: str) -> sa.Select[Any]:
    return _selecting(dialect, sa.not_(among(dialect, outbox.c.type, "types")))


@cache
def _oldest_of(dialect: str) -> sa.Select[Any]:
    return _selecting(dialect, among(dialect, outbox.c.type, "types"))


def _selecting(dialect: str, kinds: sa.ColumnElement[bool]) -> sa.Select[Any]:
    parked = sa.not_(among(dialect, outbox.c.key, "keys"))
    query = sa.select(outbox.c.id, outbox.c.key, outbox.c.type, outbox.c.body).where(parked, kinds)
    return at_once(dialect, query.order_by(outbox.c.id).limit(sa.bindparam("most")))


@cache
def _deleting(dialect: str) -> sa.Delete:
    return sa.delete(outbox).where(among(dialect, outbox.c.id, "ids"))


def newest(conn: sa.Connection) -> int:
    """Return the id of the newest event that waits; 0 when none does."""
    return conn.execute(sa.select(sa.func.max(outbox.c.id))).scalar() or 0


def depth(conn: sa.Connection) -> int:
    """Return how many events wait."""
    return conn.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()
