"""Stream tickets that nobody has used yet, and streams that a ticket opened and that may be resumed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from services.gateway.ledger.db.schema import stream_tickets as table

PRUNED = 200
"""Rows that one issue may delete. Fewer than two: the table grows. More: an issue after a quiet night takes
long."""


@dataclass(frozen=True, slots=True)
class KeptTicket:
    """A ticket as it is kept.

    Attributes:
        watches: what it is for; once used, what it was used for.
        proof: digest of what resumes the stream that it opened; ``None`` if it is unused.
        expires_at: until when it may be used, or its stream resumed.
    """

    watches: frozenset[tuple[str, str]]
    proof: str | None
    expires_at: datetime


def issue(
    conn: sa.Connection,
    digest: str,
    holder: str,
    watches: Sequence[tuple[str, str]],
    *,
    expires_at: datetime,
    now: datetime,
    prune_before: datetime,
    most: int,
) -> bool:
    """Keep a new ticket; says whether its holder had fewer than ``most`` unused ones.

    Two gateways that issue at once may both see the last free place: the bound is against floods, not exact.
    """
    old = sa.select(table.c.digest).where(table.c.expires_at < prune_before).limit(PRUNED)
    conn.execute(sa.delete(table).where(table.c.digest.in_(old)))
    unused = sa.select(sa.func.count()).select_from(table)
    unused = unused.where(table.c.holder == holder, table.c.proof.is_(None), table.c.expires_at > now)
    if conn.execute(unused).scalar_one() >= most:
        return False
    row = {"digest": digest, "holder": holder, "watches": [list(watch) for watch in watches]}
    conn.execute(sa.insert(table).values(**row, proof=None, expires_at=expires_at))
    return True


def find(conn: sa.Connection, digest: str) -> KeptTicket | None:
    """Return a ticket, ``None`` if there is none, or none any more."""
    row = conn.execute(sa.select(table).where(table.c.digest == digest)).first()
    if row is None:
        return None
    return KeptTicket(frozenset((kind, name) for kind, name in row.watches), row.proof, row.expires_at)


def spend(conn: sa.Connection, digest: str) -> bool:
    """Use a ticket for good; says whether it was unused: of all who try at once one does."""
    return (
        conn.execute(sa.delete(table).where(table.c.digest == digest, table.c.proof.is_(None))).rowcount == 1
    )


def bind(conn: sa.Connection, digest: str, watch: tuple[str, str], proof: str, *, until: datetime) -> bool:
    """Use a ticket for a stream of ``watch``, which whoever shows the proof may resume; see :func:`spend`."""
    unused = sa.update(table).where(table.c.digest == digest, table.c.proof.is_(None))
    bound = unused.values(proof=proof, watches=[list(watch)], expires_at=until)
    return conn.execute(bound).rowcount == 1
