"""The database that is filled: nobody else's meanwhile, and filled in one transaction or not at all."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from contracts.errors import ErrorCode, LecternError, TransientError
from services.gateway.ledger.db.group_commit import storage_error
from services.gateway.ledger.db.postgres_errors import database_error
from services.gateway.ledger.db.sqlite import opened_ledger, sqlite_engine

T = TypeVar("T")


class Run(Protocol):
    """Runs a function of a connection in the one transaction."""

    async def __call__(self, work: Callable[..., T], /, *args: Any) -> T:
        """Return what ``work(connection, *args)`` returns."""


@asynccontextmanager
async def own_ledger(url: str) -> AsyncIterator[None]:
    """Migrate a database and keep gateways from leading it while the context is open.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: no database of ours.
        TransientError: ``LEDGER_UNAVAILABLE``: it does not answer; or ``STORAGE_UNAVAILABLE``: a gateway
            leads it.
    """
    # not watched: while it is filled nobody else can write, which a watch would take for its absence
    async with opened_ledger(url, watched=False) as ledger:
        if not await ledger.lead():
            raise TransientError(
                ErrorCode.STORAGE_UNAVAILABLE, "a gateway is using this database: stop it first"
            )
        yield


@asynccontextmanager
async def transaction(url: str) -> AsyncIterator[Run]:
    """Give a transaction; it is rolled back if the context ends by an error."""
    parsed = sa.engine.make_url(url)
    opened = _postgres(parsed) if parsed.get_backend_name() == "postgresql" else _sqlite(parsed)
    async with opened as run:
        yield run


@asynccontextmanager
async def _postgres(url: sa.URL) -> AsyncIterator[Run]:
    engine = create_async_engine(url.set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.begin() as conn:

            async def run(work: Callable[..., T], /, *args: Any) -> T:
                return await conn.run_sync(work, *args)

            yield run
    except LecternError:
        raise
    except Exception as error:
        raise database_error(error) from error
    finally:
        await engine.dispose()


@asynccontextmanager
async def _sqlite(url: sa.URL) -> AsyncIterator[Run]:
    engine = sqlite_engine(url, pool=1, begin="BEGIN IMMEDIATE")
    try:
        conn = await asyncio.to_thread(engine.connect)
        try:
            await asyncio.to_thread(conn.begin)

            async def run(work: Callable[..., T], /, *args: Any) -> T:
                return await asyncio.to_thread(work, conn, *args)

            yield run
            await asyncio.to_thread(conn.commit)
        finally:
            await asyncio.to_thread(conn.close)
    except LecternError:
        raise
    except Exception as error:
        raise storage_error(error) from error
    finally:
        engine.dispose()
