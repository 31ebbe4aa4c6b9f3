"""Commands already taken, so that a repeated one is neither obeyed nor refused twice."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from contracts.events import CommandRejected
from services.gateway.ledger import outbox
from services.gateway.ledger.schema import commands, insert


@dataclass(frozen=True, slots=True)
class Taken:
    """A command that was obeyed (``code`` is ``None``) or refused."""

    subject: str
    code: str | None


def find(conn: sa.Connection, key: UUID) -> Taken | None:
    """Return what became of a command, or ``None`` if it is new."""
    row = conn.execute(sa.select(commands).where(commands.c.command_key == str(key))).first()
    return Taken(row.subject, row.code) if row else None


def take(
    conn: sa.Connection, key: UUID, kind: str, subject: str, *, now: datetime, code: str | None = None
) -> bool:
    """Write down that a command was obeyed or refused; says whether that is new."""
    statement = insert(conn.dialect.name, commands).values(
        command_key=str(key), type=kind, subject=subject, code=code, at=now
    )
    return conn.execute(statement.on_conflict_do_nothing().returning(commands.c.subject)).first() is not None


def reject(conn: sa.Connection, key: UUID, rejection: CommandRejected, *, now: datetime) -> bool:
    """Refuse a command and announce it, once; says whether that is new."""
    new = take(conn, key, rejection.command_type, rejection.job_id, now=now, code=rejection.code.value)
    if new:
        outbox.add(conn, rejection, now=now)
    return new


def forget(conn: sa.Connection, *, before: datetime) -> int:
    """Forget commands taken before a moment that no redelivery reaches any more; returns how many."""
    return conn.execute(sa.delete(commands).where(commands.c.at < before)).rowcount
