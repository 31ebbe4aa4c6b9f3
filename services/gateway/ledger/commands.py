"""Commands already taken, so that a repeated one is neither obeyed nor refused twice.

A command is known by its ``command_id``, or else by the record that it came in; see decision 21.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

import sqlalchemy as sa

from contracts.base import derived_id
from contracts.commands import Command
from contracts.events import CommandRejected
from services.gateway.ledger import ledger_events, outbox
from services.gateway.ledger.db.schema import commands, insert
from services.gateway.ledger.jobs.events import STAGE
from services.runtime.kafka.record_names import Record, place_of, record_id

KEPT = timedelta(days=14)
"""How long a command is known as taken: twice the retention of the commands topic."""

CLOCKS_MS = 10_000
"""By so much the clock of whoever wrote a command may be ahead of the gateway's. Smaller: a command taken by
the version before, and delivered again to this one, is obeyed twice. Larger: after a migration, the same
command for the same job is taken for that one so long."""


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """The Kafka record of a command.

    Attributes:
        id: what it is known by.
        former_id: what versions before decision 21 knew it by: its place alone.
        written_ms: when it was written, in ms since the epoch, by the clock of whoever wrote it.
    """

    id: UUID
    former_id: UUID
    written_ms: int

    @classmethod
    def of(cls, record: Record) -> Self:
        """Return what is needed of a record."""
        return cls(
            derived_id(record_id(record), STAGE, "command"),
            derived_id(place_of(record), STAGE, "command"),
            record.timestamp,
        )

    def key(self, command: Command) -> UUID:
        """Return what a command in this record is known by."""
        return command.command_id or self.id

    def wrote(self, taken: "Taken", kind: str, subject: str) -> bool:
        """Say whether what was taken under the former id was this record, not one of another log."""
        at = int(taken.at.timestamp() * 1000)
        return (taken.kind, taken.subject) == (kind, subject) and self.written_ms <= at + CLOCKS_MS


@dataclass(frozen=True, slots=True)
class Taken:
    """A command that was obeyed (``code`` is ``None``) or refused."""

    kind: str
    subject: str
    code: str | None
    at: datetime


def find(conn: sa.Connection, key: UUID) -> Taken | None:
    """Return what became of a command, or ``None`` if it is new."""
    row = conn.execute(sa.select(commands).where(commands.c.command_key == str(key))).first()
    return Taken(row.type, row.subject, row.code, row.at) if row else None


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
    outbox.add(
        conn, ledger_events.command_taken(key, kind, subject, code=None, message=None, now=now), now=now
    )


def reject(conn: sa.Connection, key: UUID, rejection: CommandRejected, *, now: datetime) -> None:
    """Have the log know that a command was refused, and announce it."""
    fact = ledger_events.command_taken(
        key,
        rejection.command_type,
        rejection.job_id,
        code=rejection.code,
        message=rejection.message,
        now=now,
    )
    outbox.add(conn, fact, rejection, now=now)


def forget(conn: sa.Connection, *, before: datetime) -> int:
    """Forget commands taken before a moment that no redelivery reaches any more; returns how many."""
    return conn.execute(sa.delete(commands).where(commands.c.at < before)).rowcount
