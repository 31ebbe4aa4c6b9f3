"""Opening the ledger: engine, migrations, one writer and a few readers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import sqlalchemy as sa
from filelock import FileLock
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.gateway.ledger.db.availability import Standing, away, touch
from services.gateway.ledger.db.group_commit import STALE, Writer, code_of, storage_error
from services.gateway.ledger.db.migrate import upgrade
from services.gateway.ledger.db.postgres import PostgresLedger
from services.runtime.file_lock import locked

P = ParamSpec("P")
T = TypeVar("T")

READERS = 4
"""Threads that read beside the writer. Fewer: a long list delays a status call. More: they only fight for
the interpreter."""

BUSY_TIMEOUT_MS = 5_000
"""How long a second process (a backup, a migration) may hold the file before a write gives up."""


class Ledger(Protocol):
    """Runs the ledger's functions: each a plain synchronous function of a connection."""

    announced: Callable[[], None]
    """Called on the event loop after a commit that left something to publish or to send."""

    standing: Standing
    """Whether it can be used now."""

    async def open(self, *, watched: bool = True) -> None:
        """Create or migrate the schema and get ready.

        Args:
            watched: look all the time whether it can be written, and hear of others' commits.
        """

    async def close(self) -> None:
        """Finish what waits and let go."""

    async def lead(self) -> bool:
        """Say whether this process publishes the outbox; of all processes on one ledger one does."""

    async def write(
        self, work: Callable[Concatenate[sa.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work`` in a transaction; return once it is committed."""

    async def read(
        self, work: Callable[Concatenate[sa.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work``, which writes nothing, on a consistent state."""


class SqliteLedger:
    """The ledger in a SQLite file (WAL), for the gateway processes of one machine.

    Args:
        url: ``sqlite:///path``.

    Raises:
        PermanentError: ``SETTINGS_INVALID`` for any other URL.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = sa.engine.make_url(url)
        except sa.exc.ArgumentError:
            raise PermanentError(ErrorCode.SETTINGS_INVALID, "DATABASE_URL is not a database URL") from None
        if parsed.get_backend_name() != "sqlite" or parsed.database in {None, "", ":memory:"}:
            raise PermanentError(
                ErrorCode.SETTINGS_INVALID,
                f"DATABASE_URL must name a SQLite file (sqlite:///path), not {parsed.drivername}",
            )
        self._path = Path(str(parsed.database))
        self._url = parsed
        self._lock: FileLock | None = None
        self._watching: asyncio.Task[None] | None = None
        self.standing = Standing()
        self.announced: Callable[[], None] = _nothing
        """Called on the event loop after a commit that left something in the outbox."""

    async def open(self, *, watched: bool = True) -> None:
        """Create or migrate the file, and start the writer.

        Args:
            watched: see :class:`Ledger`.

        Raises:
            TransientError: ``LEDGER_UNAVAILABLE``.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise away(f"its folder cannot be made: {error.strerror}") from error
        self._write_engine = sqlite_engine(self._url, pool=1, begin="BEGIN IMMEDIATE")
        self._read_engine = sqlite_engine(self._url, pool=READERS, begin="BEGIN")
        try:
            await asyncio.to_thread(migrate, self._write_engine)
        except Exception as error:
            self._write_engine.dispose()
            raise storage_error(error) from error
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="ledger-reader")
        self._writer = Writer(self._write_engine, self._committed)
        self._writer.start()
        if watched:
            self._watching = asyncio.create_task(
                self.standing.watch(lambda: self._writer.run(touch)), name="ledger-watch"
            )

    def _committed(self) -> None:
        self.announced()

    async def lead(self) -> bool:
        """Say whether this process publishes the outbox: it holds a lock beside the file, until it ends."""
        if self._lock is None:
            try:
                self._lock = locked(self._path.with_name(f"{self._path.name}.relay"))
            except OSError as error:
                raise away(f"its lock file: {error.strerror}") from error
        return self._lock is not None

    async def close(self) -> None:
        """Finish what waits and close the file."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self._writer.stop()
        if self._lock is not None:
            self._lock.release()
        self._readers.shutdown()
        self._read_engine.dispose()
        self._write_engine.dispose()

    async def write(
        self, work: Callable[Concatenate[sa.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work`` in the writer's next transaction; return once it is committed."""
        try:
            return await self._writer.run(lambda conn: work(conn, *args, **kwargs))
        except TransientError as error:
            self.standing.failed(error)
            raise

    async def read(
        self, work: Callable[Concatenate[sa.Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``work`` on a reader, on the state of the last commit."""

        def run() -> T:
            try:
                with self._read_engine.begin() as conn:
                    return work(conn, *args, **kwargs)
            except sa.exc.SQLAlchemyError as error:
                if code_of(error) in STALE:
                    self._read_engine.dispose()
                raise storage_error(error) from error

        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, run)
        except RuntimeError as error:
            if "shutdown" not in str(error):
                raise
            raise away("it is closed") from None
        except TransientError as error:
            self.standing.failed(error)
            raise


def migrate(engine: sa.Engine) -> None:
    """Bring the schema to the newest revision; two processes that start at once take turns."""
    with engine.begin() as conn:
        upgrade(conn)


def open_ledger(url: str) -> Ledger:
    """Return the ledger of a database URL, not opened yet.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: neither SQLite nor PostgreSQL.
    """
    try:
        parsed = sa.engine.make_url(url)
    except sa.exc.ArgumentError:
        raise PermanentError(ErrorCode.SETTINGS_INVALID, "DATABASE_URL is not a database URL") from None
    if parsed.get_backend_name() == "postgresql":
        return PostgresLedger(parsed)
    return SqliteLedger(url)


@asynccontextmanager
async def opened_ledger(url: str, *, watched: bool = True) -> AsyncIterator[Ledger]:
    """Give the ledger of a database URL, open as long as the context is.

    Args:
        url: of the database.
        watched: see :class:`Ledger`.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: neither SQLite nor PostgreSQL.
        TransientError: ``LEDGER_UNAVAILABLE``.
    """
    ledger = open_ledger(url)
    await ledger.open(watched=watched)
    try:
        yield ledger
    finally:
        await ledger.close()


def sqlite_engine(url: sa.URL, *, pool: int, begin: str) -> sa.Engine:
    """Return an engine whose connections survive power cuts, wait for each other and begin as told."""
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", _connected)
    event.listen(engine, "begin", partial(_begun, begin))
    return engine


def _connected(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver opens no transaction of its own
    cursor = connection.cursor()
    # busy_timeout first: switching to WAL needs the lock. FULL: a commit survives a power cut, and Kafka
    # offsets are committed on the strength of it.
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begun(begin: str, conn: sa.Connection) -> None:
    conn.exec_driver_sql(begin)


def _nothing() -> None:
    return
