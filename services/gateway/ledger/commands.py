"""Commands already taken, so that a repeated one is neither obeyed nor refused twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from contracts.events import CommandRejected
from services.gateway.ledger import facts, outbox
from services.gateway.ledger.schema import commands, insert

KEPT = timedelta(days=14)
"""How long a command is known as taken: twice the retention of the commands topic."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A command that was obeyed (``code`` is ``None``) or refused."""

    kind: str
    subject: str
    code: str | None


def find(conn: sa.Connection, key: UUID) -> Taken | None:
    """Return what became of a command, or ``None`` if it is new."""
    row = conn.execute(sa.select(commands).where(commands.c.command_key == str(key))).first()
    return Taken(row.type, row.subject, row.code) if row else None


def take(
    conn: sa.Connection, key: UUID, kind: str, subject: str, *, now: datetime, code: str | None = None
) -> bool:
    """Write down that a command was obeyed or refused; says whether that is new.

    What it causes is recorded in the log first, :func:`record` comes last: a command that the log knows as
    taken has had its effect.
    """
    statement = insert(conn.dialect.name, commands).values(
        command_key=str(key), type=kind, subject=subject, code=code, at=now
    )
    return conn.execute(statement.on_conflict_do_nothing().returning(commands.c.subject)).first() is not None


def record(conn: sa.Connection, key: UUID, kind: str, subject: str, *, now: datetime) -> None:
    """Have the log know that a command was obeyed."""
    outbox.add(conn, facts.command_taken(key, kind, subject, code=None, message=None, now=now), now=now)


def reject(conn: sa.Connection, key: UUID, rejection: CommandRejected, *, now: datetime) -> None:
    """Have the log know that a command was refused, and announce it."""
    fact = facts.command_taken(
        key,
        rejection.command_type,
        rejection.job_id,
        code=rejection.code.value,
        message=rejection.message,
        now=now,
    )
    outbox.add(conn, fact, rejection, now=now)


def forget(conn: sa.Connection, *, before: datetime) -> int:
    """Forget commands taken before a moment that no redelivery reaches any more; returns how many."""
    return conn.execute(sa.delete(commands).where(commands.c.at < before)).rowcount
