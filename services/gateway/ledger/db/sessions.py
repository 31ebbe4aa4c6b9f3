"""Whether a database URL leads to sessions: what a lock, a ``LISTEN`` and a prepared statement belong to.

Behind a pooler that lends a server's session for one transaction (pgbouncer's ``pool_mode=transaction`` and
``statement``, and whatever does the same by another name) two gateways hold one lock, nobody hears of
commits, and statements that were prepared are gone. Neither name nor port tells, and one connection alone is
as a rule lent the same session again and again. So it is looked for with two: each is to have a session of
its own, keep it while the other comes and goes, and find in it what it left there.
"""

from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from contracts.errors import ErrorCode, PermanentError
from services.gateway.ledger.db.availability import away

ROUNDS = 3
"""Times that both connections hold a transaction at once. Two orders of going back are enough for a pooler
that lends what came back last, or first; one that picks at random escapes once in thousands of times."""

MARK = "lectern.session"
"""A setting of nobody's, which a session keeps until it ends or is reset."""

KEEPALIVE = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;"
    " SET tcp_user_timeout = '20s'"
)
"""A peer that vanished without a word is let go of within half a minute, and its locks with it. By default a
server waits two hours, in which nobody could lead the outbox. Shorter: a network's hiccup ends a session."""

NO_SESSIONS = (
    "DATABASE_URL leads to a connection pooler that gives every transaction another session of PostgreSQL;"
    " locks, LISTEN and prepared statements need one that stays: set the pooler to session pooling for this"
    " database and user (pgbouncer: pool_mode = session), or name PostgreSQL itself"
)

_POOLED = {"26000", "42P05"}
"""A statement that was just prepared is not there, or another one is: it was prepared in another session."""


async def keep_alive(raw: Any) -> None:
    """Have the server notice soon that the other end of a connection is gone."""
    await raw.execute(KEEPALIVE)


class Sessions:
    """What becomes of sessions on the way to the database.

    Args:
        engine: makes plain connections, in autocommit; nothing is done to a session on connecting.

    Attributes:
        doubted: a session was not the one that it had been.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.doubted = False

    async def check(self) -> None:
        """Return if each connection has a session to itself.

        Raises:
            PermanentError: ``SETTINGS_INVALID``: it has not.
            Exception: whatever the driver raises when there is no database.
        """
        try:
            async with self._engine.connect() as one, self._engine.connect() as two:
                raw = [(await conn.get_raw_connection()).driver_connection for conn in (one, two)]
                lent = await _lent(_Client(raw[0]), _Client(raw[1]))
        except Exception as error:
            if not _told_by(error):
                raise
            lent = True
        if lent:
            raise PermanentError(ErrorCode.SETTINGS_INVALID, NO_SESSIONS)

    def suspect(self, error: Exception) -> None:
        """Doubt the sessions if ``error`` is one that only another session gives."""
        self.doubted = self.doubted or _told_by(error)

    async def recheck(self) -> None:
        """Check again if there is a doubt: a pooler may have been set otherwise while the process runs.

        Raises:
            TransientError: ``LEDGER_UNAVAILABLE``, until it is set right; and see :meth:`check`.
        """
        if not self.doubted:
            return
        try:
            await self.check()
        except PermanentError as error:
            raise away(error.message) from error
        self.doubted = False


async def _lent(one: "_Client", two: "_Client") -> bool:
    """Say whether sessions are lent for a transaction."""
    for client in (one, two):
        await client.begin()
        await client.settle()
        await client.commit()
    if one.session == two.session:  # the only one of an idle pool: a second at once may never be given
        return True
    for number in range(ROUNDS):
        first, second = (one, two) if number % 2 else (two, one)
        for client in (one, two):
            await client.begin()
        kept = [await client.at_home() for client in (one, two)]
        await one.commit()
        await two.commit()
        for client in (first, second, second, first):
            await client.begin()
            kept.append(await client.at_home())
            await client.commit()
        if not all(kept):
            return True
    return False


class _Client:
    """One connection and the session that it was given first."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._mark = uuid4().hex
        self.session = 0

    async def begin(self) -> None:
        await self._raw.execute("BEGIN")

    async def commit(self) -> None:
        await self._raw.execute("COMMIT")

    async def settle(self) -> None:
        # the setting first: some poolers (RDS Proxy) give whoever makes one a session to itself
        await self._raw.fetchval("SELECT set_config($1, $2, false)", MARK, self._mark)
        self.session = await self._raw.fetchval("SELECT pg_backend_pid()")

    async def at_home(self) -> bool:
        row = await self._raw.fetchrow("SELECT pg_backend_pid(), current_setting($1, true)", MARK)
        return tuple(row) == (self.session, self._mark)


def _told_by(error: Exception) -> bool:
    origin: Any = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    state = getattr(origin, "sqlstate", None)
    return state in _POOLED or "statement pooling" in str(origin)
