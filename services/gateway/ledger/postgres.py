"""The ledger in PostgreSQL, for any number of gateway processes; the same functions as on SQLite."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from contracts.errors import ErrorCode, LecternError, PermanentError, TransientError
from services.gateway.ledger.migrating import upgrade
from services.gateway.ledger.writer import OUTBOX_FLAG
from services.runtime.crashpoints import crash_point

P = ParamSpec("P")
T = TypeVar("T")

POOL = 8
"""Connections of one process: the prototype's best. Fewer: calls wait for each other. More: the server's
processes fight for its processors."""

POOL_SECONDS = 10.0
"""How long a call waits for a connection before it is told to come again."""

TRIES = 5
"""Tries of a transaction that met a deadlock or a race; each is rare, several in a row are a bug."""

CHANNEL = "lectern_outbox"
MIGRATION_LOCK = 0x4C43_4D31
RELAY_LOCK = 0x4C43_5231

RECONNECT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class PostgresLedger:
    """See :class:`services.gateway.ledger.database.Ledger`.

    Args:
        url: ``postgresql+asyncpg://…`` (or ``postgresql://…``).
    """

    def __init__(self, url: sa.URL) -> None:
        self._url = url.set(drivername="postgresql+asyncpg")
        self.announced: Callable[[], None] = _nothing
        self._leader: AsyncConnection | None = None

    async def open(self) -> None:
        """Connect, migrate (processes that start at once take turns), and listen for others' commits.

        Raises:
            TransientError: ``STORAGE_UNAVAILABLE``.
        """
        self._engine = create_async_engine(
            self._url, pool_size=POOL, max_overflow=0, pool_timeout=POOL_SECONDS
        )
        self._reading = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._single: AsyncEngine = create_async_engine(
            self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
        )
        try:
            async with self._engine.begin() as conn:
                await conn.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
                await conn.run_sync(upgrade)
        except Exception as error:
            await self._engine.dispose()
            raise database_error(error) from error
        self._listening = asyncio.create_task(self._listen(), name="ledger-listener")

    async def close(self) -> None:
        """Close all connections; the relay's lock goes with them."""
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await self._resign()
        await self._single.dispose()
        await self._engine.dispose()

    async def write(
        self, work: Callable[Concatenate[sa.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work`` in a transaction; return once it is committed."""

        def run(conn: sa.Connection) -> T:
            conn.info.pop(OUTBOX_FLAG, None)
            result = work(conn, *args, **kwargs)
            if conn.info.pop(OUTBOX_FLAG, False):
                conn.execute(sa.select(sa.func.pg_notify(CHANNEL, "")))  # told to all once it is committed
            crash_point("ledger.before_commit")
            return result

        for left in reversed(range(TRIES)):
            try:
                async with self._engine.begin() as conn:
                    result = await conn.run_sync(run)
            except LecternError:
                raise
            except Exception as error:
                if not left or _sqlstate(error) not in {"40001", "40P01"}:
                    raise database_error(error) from error
            else:
                crash_point("ledger.after_commit")
                return result
        raise AssertionError("unreachable")

    async def read(
        self, work: Callable[Concatenate[sa.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work``, which writes nothing, on the state of one moment."""
        try:
            async with self._reading.connect() as conn:
                return await conn.run_sync(lambda sync: work(sync, *args, **kwargs))
        except LecternError:
            raise
        except Exception as error:
            raise database_error(error) from error

    async def lead(self) -> bool:
        """Say whether this process publishes the outbox: it holds the lock, on a connection that lives."""
        try:
            if self._leader is not None and self._leader.invalidated:
                await self._resign()  # whoever asked last was cancelled in the middle of it
            if self._leader is not None:
                await self._leader.execute(sa.text("SELECT 1"))
                return True
            candidate = await self._single.connect()
            taken = await candidate.scalar(sa.select(sa.func.pg_try_advisory_lock(RELAY_LOCK)))
        except Exception as error:
            await self._resign()
            raise database_error(error) from error
        if taken:
            self._leader = candidate
            return True
        await candidate.close()
        return False

    async def _resign(self) -> None:
        leader, self._leader = self._leader, None
        if leader is not None:
            with contextlib.suppress(Exception):
                await leader.close()

    async def _listen(self) -> None:
        while True:
            lost = asyncio.Event()
            try:
                async with self._single.connect() as conn:
                    raw = (await conn.get_raw_connection()).driver_connection
                    assert raw is not None
                    raw.add_termination_listener(lambda *_, lost=lost: lost.set())
                    await raw.add_listener(CHANNEL, lambda *_: self.announced())
                    self.announced()  # what was committed before is news, too
                    await lost.wait()
            except Exception as error:  # noqa: BLE001  # whatever ended it: the poll covers the gap
                log.warning("ledger.listener", error=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)


def database_error(error: Exception) -> Exception:
    """Return what a failure means to a caller; a bug stays what it is."""
    state = _sqlstate(error)
    if state == "53100":
        return TransientError(ErrorCode.STORAGE_FULL, "the disk of the ledger is full")
    if state in {"22021", "22P05"}:
        return PermanentError(ErrorCode.COMMAND_INVALID, "text must not hold the NUL character")
    away = isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.TimeoutError | OSError)
    lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    if away or lost or state[:2] in {"08", "28", "40", "53", "55", "57"}:
        return TransientError(
            ErrorCode.STORAGE_UNAVAILABLE, f"the ledger cannot be used ({state or type(error).__name__})"
        )
    return error


def _sqlstate(error: BaseException) -> str:
    origin: Any = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return str(getattr(origin, "sqlstate", None) or "")


def _nothing() -> None:
    return
