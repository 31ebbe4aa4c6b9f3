"""The ledger in PostgreSQL, for any number of gateway processes; the same functions as on SQLite."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from contracts.errors import LecternError
from services.gateway.ledger.db import sessions
from services.gateway.ledger.db.availability import ANSWER_SECONDS, TOUCH, Standing, away
from services.gateway.ledger.db.group_commit import OUTBOX_FLAG
from services.gateway.ledger.db.leadership import FAREWELL_SECONDS, Leadership
from services.gateway.ledger.db.migrate import upgrade
from services.gateway.ledger.db.postgres_errors import (
    RACES,
    READ_ONLY,
    CutOffError,
    cut_off,
    database_error,
    ledgers_own,
    sqlstate_of,
)
from services.runtime.fault_points import crash_point

P = ParamSpec("P")
T = TypeVar("T")

POOL = 8
"""Connections of one process: the prototype's best. Fewer: calls wait for each other. More: the server's
processes fight for its processors."""

POOL_SECONDS = 10.0
"""How long a call waits for a connection before it is told to come again."""

CONNECT_SECONDS = 5.0
"""For a connection to be made. Shorter: a busy server is taken for gone. Longer: a silent one is waited
for."""

TRANSACTION_SECONDS = 20.0
"""For a transaction, from its first statement to its commit. Shorter: a slow one never succeeds. Longer:
calls hang that long when the network swallows what is sent."""

CALL_SECONDS = POOL_SECONDS + CONNECT_SECONDS + TRANSACTION_SECONDS + 5.0
"""For a call, whatever it hangs at."""

TRIES = 5
"""Tries of a transaction that met a deadlock, a race or a connection that was cut while nobody used it; each
is rare, several in a row are a bug."""

CHANNEL = "lectern_outbox"
MIGRATION_LOCK = 0x4C43_4D31

RECONNECT_SECONDS = 1.0

_HEARS = "SELECT EXISTS (SELECT FROM pg_listening_channels() AS channel WHERE channel = $1)"

log = structlog.get_logger(__name__)


class PostgresLedger:
    """See :class:`services.gateway.ledger.db.sqlite.Ledger`.

    Args:
        url: ``postgresql+asyncpg://…`` (or ``postgresql://…``).
    """

    def __init__(self, url: sa.URL) -> None:
        self._url = url.set(drivername="postgresql+asyncpg")
        self.announced: Callable[[], None] = _nothing
        self.standing = Standing()
        self._heard = True  # it was there when it was opened
        self._listening: asyncio.Task[None] | None = None

    async def open(self, *, watched: bool = True) -> None:
        """Connect, migrate (processes that start at once take turns), and listen for others' commits.

        Args:
            watched: see :class:`services.gateway.ledger.db.sqlite.Ledger`.

        Raises:
            PermanentError: ``SETTINGS_INVALID``: a pooler keeps sessions to itself.
            TransientError: ``LEDGER_UNAVAILABLE``.
        """
        limits = {"timeout": CONNECT_SECONDS, "command_timeout": TRANSACTION_SECONDS + 5.0}
        self._engine = create_async_engine(
            self._url, pool_size=POOL, max_overflow=0, pool_timeout=POOL_SECONDS, connect_args=limits
        )
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._single = self._apart(**limits)
        for engine in (self._engine, self._single):
            sa.event.listen(engine.sync_engine, "connect", _keep_alive)
        plain = self._apart(timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS)
        self._sessions = sessions.Sessions(plain)
        self._leadership = Leadership(self._single, self._sessions)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._sessions.check()
            migrating = self._apart(timeout=CONNECT_SECONDS)  # a migration takes as long as it takes
            async with migrating.execution_options(isolation_level="READ COMMITTED").begin() as conn:
                await conn.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
                await conn.run_sync(upgrade)
        except Exception as error:
            raise database_error(error) from error
        if watched:
            self._listening = asyncio.create_task(self._watch(), name="ledger-watch")

    def _apart(self, **limits: float) -> AsyncEngine:
        """Return what makes connections beside the pool."""
        return create_async_engine(
            self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=limits
        )

    async def close(self) -> None:
        """Close all connections; the relay's lock goes with them."""
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self._leadership.resign()
        await self._single.dispose()
        await self._disconnect()

    async def _disconnect(self) -> None:
        """Close the pool's connections; a silent server, which answers no farewell, is left without one."""
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._engine.dispose()
        except TimeoutError:
            await self._engine.dispose(close=False)

    async def write(
        self, work: Callable[Concatenate[sa.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work`` in a transaction; return once it is committed."""
        worked = asyncio.Event()

        def run(conn: sa.Connection) -> T:
            conn.info.pop(OUTBOX_FLAG, None)
            result = work(conn, *args, **kwargs)
            if conn.info.pop(OUTBOX_FLAG, False):
                conn.execute(sa.select(sa.func.pg_notify(CHANNEL, "")))  # told to all once it is committed
            crash_point("ledger.before_commit")
            worked.set()  # from here on nobody knows whether it was committed if the connection is cut
            return result

        loop = asyncio.get_running_loop()
        soon = loop.time() + CONNECT_SECONDS
        for left in reversed(range(TRIES)):
            worked.clear()
            try:
                result = await self._bounded(self._engine.begin(), run)
            except LecternError:
                raise
            except Exception as error:
                again = sqlstate_of(error) in RACES or (cut_off(error) and not worked.is_set())
                if not left or not again or loop.time() > soon:
                    raise await self._failed(error) from error
            else:
                crash_point("ledger.after_commit")
                return result
        raise AssertionError("unreachable")

    async def read(
        self, work: Callable[Concatenate[sa.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work``, which writes nothing, on the state of one moment."""
        loop = asyncio.get_running_loop()
        soon = loop.time() + CONNECT_SECONDS
        for left in reversed(range(TRIES)):
            try:
                return await self._bounded(self._reading.connect(), lambda sync: work(sync, *args, **kwargs))
            except LecternError:
                raise
            except Exception as error:
                if not left or not cut_off(error) or loop.time() > soon:
                    raise await self._failed(error, reading=True) from error
        raise AssertionError("unreachable")

    async def _bounded(
        self, opening: AbstractAsyncContextManager[AsyncConnection], work: Callable[[sa.Connection], T]
    ) -> T:
        """Run ``work`` on a connection that is cut if it does not answer in time."""
        if self.standing.why is not None:
            raise self.standing.absence()  # not tried: each would wait for its own time-out
        timer: asyncio.TimerHandle | None = None
        raw: Any = None
        try:
            async with asyncio.timeout(CALL_SECONDS), opening as conn:
                raw = conn.sync_connection.connection.driver_connection  # type: ignore[union-attr]
                # Cancelling would have the driver ask the server to cancel, and wait for that.
                timer = asyncio.get_running_loop().call_later(TRANSACTION_SECONDS, raw.terminate)
                return await conn.run_sync(work)
        except LecternError:
            raise
        except Exception as error:
            if raw is not None and raw.is_closed():
                # drivers word that in many ways
                raise CutOffError(sqlstate_of(error) or type(error).__name__) from error
            raise
        finally:
            if timer is not None:
                timer.cancel()

    async def _failed(self, error: Exception, *, reading: bool = False) -> Exception:
        failure = database_error(error, reading=reading)
        self._sessions.suspect(error)
        if sqlstate_of(error) == READ_ONLY and not reading:
            await self._disconnect()  # the next connections may reach the new primary
        if isinstance(error, sa.exc.TimeoutError):  # no connection was free: there is much to do, no more
            self.standing.doubt()
        else:
            self.standing.failed(failure)
        return failure

    async def lead(self) -> bool:
        """Say whether this process publishes the outbox: it holds the lock, in a session that lives."""
        if self.standing.why is not None:
            raise self.standing.absence()
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return await self._leadership.held()
        except LecternError:
            raise
        except Exception as error:
            raise ledgers_own(await self._failed(error)) from error

    async def _watch(self) -> None:
        """Hear of others' commits, and see whether the ledger can be written, over a connection for that."""
        while True:
            try:
                await self._sessions.recheck()
                async with asyncio.timeout(2 * CONNECT_SECONDS) as opening, self._single.connect() as conn:
                    raw: Any = (await conn.get_raw_connection()).driver_connection
                    opening.reschedule(None)
                    await self._hear(raw)
            except Exception as error:  # noqa: BLE001  # whatever ended it: the poll covers the gap
                log.debug("ledger.listener", error=type(error).__name__)
                self._sessions.suspect(error)
                if self._heard:
                    self._heard = False  # a session may be ended by anybody: another one tells how things are
                    continue
                self.standing.probed(ledgers_own(database_error(error)))
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _hear(self, raw: Any) -> None:
        raw.add_termination_listener(lambda *_: self.standing.doubt())
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await raw.add_listener(CHANNEL, lambda *_: self.announced())
            self.announced()  # what was committed before is news, too
            while True:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await raw.execute(TOUCH)
                    heard = await raw.fetchval(_HEARS, CHANNEL)
                if not heard:
                    self._sessions.doubted = True
                    raise away("its session is not the one that LISTEN was said in")
                self._heard = True
                self.standing.probed(None)
                await self.standing.until_next_probe()
        finally:
            raw.terminate()  # it may wait for an answer that never comes


def _keep_alive(connection: Any, _record: object) -> None:
    connection.run_async(sessions.keep_alive)


def _nothing() -> None:
    return
