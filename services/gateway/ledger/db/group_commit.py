"""SQLite's one writer: a thread that runs waiting functions together in one transaction (group commit).

Measured in a prototype of this design: eight times the rate of an asynchronous driver with a pool, and
never "database is locked", because nobody else writes.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from contracts.errors import LecternError, TransientError
from services.gateway.ledger.db.availability import away
from services.runtime.fault_points import crash_point

T = TypeVar("T")

MAX_BATCH = 64
"""Functions in one transaction. Fewer: more fsyncs. More: the first of them waits longer for its answer."""

OUTBOX_FLAG = "lectern.outbox"
"""Set in ``Connection.info`` by whoever adds to the outbox; the writer tells the relay after the commit."""


@dataclass(frozen=True, slots=True)
class _Work:
    run: Callable[[sa.Connection], Any]
    future: "asyncio.Future[Any]"


class Writer:
    """Runs functions of a connection, many to a transaction; where they are many, each in a SAVEPOINT.

    Args:
        engine: begins with ``BEGIN IMMEDIATE``; its pool holds one connection.
        committed: called on the event loop after a commit that left something in the outbox.
    """

    def __init__(self, engine: sa.Engine, committed: Callable[[], None]) -> None:
        self._engine = engine
        self._committed = committed
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="ledger-writer", daemon=True)

    def start(self) -> None:
        """Start the thread; called on the event loop that will await the results."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Run ``work`` and return its result once it is committed.

        Raises:
            TransientError: ``LEDGER_UNAVAILABLE``; nothing was written.
        """
        if self._loop is None:
            raise away("it is not open")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(_Work(work, future))
        return await future

    async def stop(self) -> None:
        """Finish what waits, then end the thread."""
        if self._loop is None:
            return
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)
        self._loop = None

    def _serve(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            stopping = False
            while len(batch) < MAX_BATCH and not self._queue.empty():
                work = self._queue.get()
                if work is None:
                    stopping = True
                    break
                batch.append(work)
            self._answer(batch, *self._commit(batch))
            if stopping:
                return

    def _commit(self, batch: list[_Work]) -> tuple[list[Any], bool]:
        try:
            with self._engine.begin() as conn:
                results = [_alone(conn, *batch)] if len(batch) == 1 else [_one(conn, work) for work in batch]
                announced = bool(conn.info.pop(OUTBOX_FLAG, False))
                crash_point("ledger.before_commit")
            crash_point("ledger.after_commit")
        except Exception as error:  # noqa: BLE001  # every waiting caller must hear of it
            if code_of(error) in STALE:
                self._engine.dispose()
            failure = storage_error(error)
            return [failure] * len(batch), False
        return results, announced

    def _answer(self, batch: list[_Work], results: list[Any], announced: bool) -> None:  # noqa: FBT001
        def resolve() -> None:
            for work, result in zip(batch, results, strict=True):
                if work.future.done():
                    continue
                if isinstance(result, Exception):
                    work.future.set_exception(result)
                else:
                    work.future.set_result(result)
            if announced:
                self._committed()

        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(resolve)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return


def _alone(conn: sa.Connection, work: _Work) -> Any:
    """Run what is the whole transaction: no savepoint, which is 0.3 ms of the 1.6 that a lone set costs."""
    result = work.run(conn)
    if not conn.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        raise away("it rolled back")  # see below
    return result


def _one(conn: sa.Connection, work: _Work) -> Any:
    try:
        with conn.begin_nested():
            return work.run(conn)
    except LecternError as refusal:
        result: Exception = refusal
    except Exception as error:  # noqa: BLE001  # the others in the transaction go on
        result = storage_error(error)
    if not conn.connection.dbapi_connection.in_transaction:  # type: ignore[union-attr]
        # On some errors, such as a full disk, SQLite rolls back everything. What ran before is gone, what
        # comes next would be committed statement by statement, and the driver's commit would find nothing
        # to do and say nothing (https://sqlite.org/lang_transaction.html, "automatic rollback").
        raise result if isinstance(result, TransientError) else away(f"it rolled back: {result}")
    return result


def storage_error(error: Exception) -> Exception:
    """Return what a database failure means to a caller; a bug stays what it is."""
    if isinstance(error, sa.exc.TimeoutError):
        return away("all its connections are busy")
    if not isinstance(error, sa.exc.DBAPIError):
        return error
    code, text = code_of(error), str(error.orig)
    if code == sqlite3.SQLITE_FULL:
        return away("its disk is full; free some")
    unsaid = code is None and isinstance(error, sa.exc.OperationalError)
    # an empty file in the place of ours, of a volume that is not mounted yet, has no tables
    return away(text) if unsaid or code in AWAY or text.startswith("no such table") else error


def code_of(error: Exception) -> int | None:
    """Return SQLite's primary result code (https://sqlite.org/rescode.html), if it is an error of its own."""
    code = getattr(error.orig if isinstance(error, sa.exc.DBAPIError) else error, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


STALE = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_READONLY,
    }
)
"""After these a connection may never see the file again that stands there now: remounted, or put back."""

AWAY = STALE | {
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
}
"""What says nothing of the statement, all of the file and the machine; the rest are bugs, or a value's."""
