"""Which logs the ledger's events went to, and what is done when a topic is another log than it was.

What was under way in a topic that is gone is gone with it; the ledger knows what that was, and announces it
again, in the transaction in which it writes down that the topic is another one: of several gateways one does.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa

from contracts import topics
from services.gateway.ledger import recovery
from services.gateway.ledger.db.schema import insert
from services.gateway.ledger.db.schema import kafka_logs as table
from services.runtime.kafka.log_identity import UNKNOWN, LogId

SCRIPTS: Final = frozenset({topics.SCRIPT_REQUESTED.name, topics.SCRIPT_GENERATED.name})
"""Topics that scripts are written by."""

NOT_WORK: Final = frozenset(
    topic.name
    for topic in (
        topics.COMMANDS_TOPIC, topics.PROGRESS, topics.CONTROL, topics.JOBS, topics.LEDGER, topics.UPDATES,
    )
)  # fmt: skip
"""Topics whose loss stops no job: it is told of them, or asked for by them."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """A topic that is another log than it was.

    Attributes:
        topic: its name.
        before: what it was.
        now: what it is.
    """

    topic: str
    before: LogId
    now: LogId


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of a look at the topics.

    Attributes:
        replaced: those that this call was the first to find replaced.
        jobs: how many jobs were announced again.
    """

    replaced: tuple[Replaced, ...] = ()
    jobs: int = 0


def replaced(conn: sa.Connection, seen: Mapping[str, LogId]) -> frozenset[str]:
    """Return the topics that are other logs than the ledger knows."""
    known = {row.topic: LogId.parse(row.log) for row in conn.execute(sa.select(table))}
    return frozenset(
        topic for topic, log in seen.items() if (was := known.get(topic)) is not None and not was.same_as(log)
    )


def note(
    conn: sa.Connection, seen: Mapping[str, LogId], *, now: datetime, lost: Collection[UUID] | None = None
) -> Noted:
    """Write down what the topics are; of those that are not what they were, announce again what was lost.

    Args:
        conn: of the ledger.
        seen: the topics that are there.
        now: the moment.
        lost: ids of the announcements that went with the topics; ``None``: of all jobs under way.
    """
    known = {row.topic: row for row in conn.execute(sa.select(table))}
    found: list[Replaced] = []
    for topic, log in sorted(seen.items()):
        row = known.get(topic)
        before = LogId.parse(row.log) if row is not None else None
        if before is None:
            first = insert(conn.dialect.name, table).values(topic=topic, log=str(log), since=now)
            conn.execute(first.on_conflict_do_nothing())
        elif before.same_as(log):
            if before.topic == UNKNOWN != log.topic:
                _write(conn, topic, before, log=str(log))
        elif _write(conn, topic, before, log=str(log), log_before=str(before), since=now):
            found.append(Replaced(topic, before, log))
    return Noted(tuple(found), _announce(conn, found, now, lost) if found else 0)


def last_replaced(conn: sa.Connection) -> tuple[datetime | None, datetime | None]:
    """Return when the cluster was last found to be another one, and when a topic was made anew in it."""
    cluster = topic = None
    for row in conn.execute(sa.select(table).where(table.c.log_before.is_not(None)).order_by(table.c.since)):
        before, now = LogId.parse(row.log_before), LogId.parse(row.log)
        if before is not None and now is not None and before.cluster != now.cluster:
            cluster = row.since
        else:
            topic = row.since
    return cluster, topic


def _write(conn: sa.Connection, topic: str, before: LogId, **values: object) -> bool:
    """Change a row if it is as it was read: another gateway may have been faster."""
    unchanged = (table.c.topic == topic, table.c.log == str(before))
    return conn.execute(sa.update(table).where(*unchanged).values(**values)).rowcount == 1


def _announce(
    conn: sa.Connection, found: Sequence[Replaced], now: datetime, only: Collection[UUID] | None
) -> int:
    names = {each.topic for each in found}
    if SCRIPTS & names:
        recovery.fail_scripts(conn, now=now)
    if not names - SCRIPTS - NOT_WORK:
        return 0
    lost = " ".join(f"{each.topic}={each.before}" for each in found)
    return recovery.announce_jobs(conn, now=now, lost=lost, only=only)
