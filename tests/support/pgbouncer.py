"""A real pgbouncer, in any of its modes, before a PostgreSQL."""

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

import sqlalchemy as sa

from services.runtime.child_process import Child
from services.runtime.kafka.probe import free_port
from tests.support.eventually import eventually_sync
from tests.support.programs import program


@dataclass
class PgBouncer:
    """A running pooler.

    Attributes:
        url: SQLAlchemy URL of the database behind it.
    """

    url: str
    _config: Path
    _lines: dict[str, str]
    _child: Child

    def set(self, **lines: str) -> None:
        """Change settings while it runs."""
        self._lines |= lines
        _write(self._config, self._lines)
        os.kill(self._child.pid, 1)  # SIGHUP


@contextmanager
def pgbouncer(database_url: str, **lines: str) -> Iterator[PgBouncer]:
    """Run one in front of a database of :class:`tests.support.postgres.PostgresServer`.

    Args:
        database_url: as ``new_database`` gives it, over a Unix socket.
        lines: of the configuration's section ``pgbouncer``.
    """
    behind = sa.engine.make_url(database_url)
    host = parse_qs(database_url.partition("?")[2])["host"][0]
    path = program("pgbouncer", package="pgbouncer")
    with tempfile.TemporaryDirectory(prefix="lectern-pgb-") as name:
        folder, port = Path(name), free_port("127.0.0.1")
        folder.chmod(0o777)
        settings = {
            "listen_addr": "127.0.0.1", "listen_port": str(port), "unix_socket_dir": "", "auth_type": "any",
            "ignore_startup_parameters": "extra_float_digits", "max_client_conn": "100",
            "default_pool_size": "20", **lines,
        }  # fmt: skip
        config, line = folder / "pgbouncer.ini", f"{behind.database} = host={host} user=postgres"
        settings["\n[databases]\n" + line.partition(" = ")[0]] = line.partition(" = ")[2]
        _write(config, settings)
        # it does not run as root, and the server's socket is its owner's
        user = ["-u", Path(host).owner()] if os.geteuid() == 0 else []
        command = [path, *user, str(config)]
        child = Child(command, folder / "log", dict(os.environ))
        try:
            eventually_sync(lambda: _answers(port), message="pgbouncer listens")
            url = f"postgresql+asyncpg://postgres:@127.0.0.1:{port}/{behind.database}"
            yield PgBouncer(url, config, settings, child)
        finally:
            child.stop(5)


def _write(config: Path, settings: Mapping[str, str]) -> None:
    config.write_text("[pgbouncer]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()))
    config.chmod(0o644)


def _answers(port: int) -> bool:
    look = subprocess.run(
        ["bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}"], check=False, capture_output=True
    )
    return look.returncode == 0
