"""One copy of a process of the system under test, and what can be done to it."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from services.runtime.child_process import Child

CLOCK_FILE = "LECTERN_CHAOS_CLOCK"


class Replica:
    """One copy of a process.

    Args:
        stage: ``gateway`` or a worker's name.
        number: which copy; its name survives restarts, as a StatefulSet's.
        environment: what all processes share.
        folder: where its home, log and clock lie.
        clock: the library that shifts its clock, if one could be built.
    """

    def __init__(
        self, stage: str, number: int, environment: Mapping[str, str], folder: Path, clock: Path | None
    ) -> None:
        self.stage = stage
        self.name = f"{stage}-{number}"
        self.home = folder / self.name
        self.home.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{self.name}.log"
        self.port = quiet_port()
        self.wanted = False
        self.suspended = False
        self.starts = 0
        self.unasked: list[str] = []
        """How it ended when nobody had asked it to: a finding."""
        self._shift = self.home / "clock"
        self.shift_clock(0)
        port = "GATEWAY_PORT" if stage == "gateway" else "LECTERN_HEALTH_PORT"
        self._environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
            **environment,
            "LECTERN_HOME": str(self.home),
            "LECTERN_REPLICA": self.name,
            port: str(self.port),
            CLOCK_FILE: str(self._shift),
            **({"LD_PRELOAD": str(clock)} if clock else {}),
        }
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """Where its health page is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int:
        """Its process, while it runs."""
        assert self._child is not None
        return self._child.pid

    def start(self) -> None:
        """Start its process. The log goes through a pipe, so that a full disk of its own does not stop it."""
        self.starts += 1
        if self._child is not None:
            self._child.kill()  # it has ended; this closes its pipe
        run = ("bash", "-c", 'exec "$@" > >(exec cat >> "$0") 2>&1', str(self.log))
        command = (*run, sys.executable, "-m", "tests.chaos.launch", self.stage)
        self._child = Child(command, self.log, self._environment)

    def kill(self) -> None:
        """``kill -9``."""
        if self._child is not None:
            self._child.kill()

    def stop(self, grace: float = 20) -> None:
        """SIGTERM, and time to drain."""
        if self._child is not None:
            self._child.stop(grace)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def shift_clock(self, seconds: int) -> None:
        """Let its wall clock jump; in place, because the file is mapped."""
        with self._shift.open("r+b" if self._shift.exists() else "wb") as file:
            file.write(struct.pack("q", seconds))

    def limit_files(self, size: int | None) -> None:
        """Let no file of it grow past ``size`` bytes, as if the disk were full."""
        if self.running:
            limit = f"--fsize={'unlimited' if size is None else size}:unlimited"
            subprocess.run(["prlimit", f"--pid={self.pid}", limit], check=False, capture_output=True)

    def resident(self) -> int:
        """Return its resident memory in bytes; 0 when it does not run."""
        try:
            pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        except (OSError, IndexError, AssertionError):
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    async def ready(self) -> bool:
        """Ask ``/readyz``."""
        return await asyncio.to_thread(_answers, f"{self.url}/readyz")

    async def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels."""
        text = await asyncio.to_thread(_read, f"{self.url}/metrics")
        lines = (line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{")))
        return sum(float(line.rpartition(" ")[2]) for line in lines)


def quiet_port() -> int:
    """Return a free port below those that the system lends to outgoing connections.

    A process that was killed comes back on its port; meanwhile nobody else may have been given it.
    """
    while True:
        port = random.SystemRandom().randint(10_000, 30_000)
        with socket.socket() as wanted:
            try:
                wanted.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310 - our own process
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own process
        return str(answer.read().decode())
