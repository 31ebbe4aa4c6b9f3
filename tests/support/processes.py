"""Real worker processes for end-to-end tests: started, killed, started again; never outliving the test."""

import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from services.runtime.child_process import Child
from services.runtime.kafka.probe import free_port
from tests.support.eventually import eventually_sync

READY_SECONDS = 90
"""A worker imports its libraries and joins its groups while six others do the same on two cores."""


class Process:
    """``python -m services.<name>`` with a health page.

    Args:
        name: ``tts`` and the like, or ``gateway``.
        environment: its settings.
        folder: where its log goes.
    """

    def __init__(self, name: str, environment: Mapping[str, str], folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.port = free_port("127.0.0.1")
        self._environment = dict(environment)
        self._child: Child | None = None

    def start(self) -> None:
        """Start it, again if it has ended; see :meth:`wait_until_ready`."""
        if self._child is not None and not self._child.running:
            self._child.kill()  # closes its pipe
        own = {"GATEWAY_PORT" if self.name == "gateway" else "LECTERN_HEALTH_PORT": str(self.port)}
        if self.name == "gateway":
            own["GATEWAY_AUTH"] = "off"  # it listens on loopback
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._child = Child(self._command, self.log, {**inherited, **own, **self._environment})

    @property
    def _command(self) -> tuple[str, ...]:
        return (sys.executable, "-m", f"services.{self.name}")

    @property
    def url(self) -> str:
        """Where its health page (and the gateway's API) is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.running

    @property
    def returncode(self) -> int | None:
        """Its exit code, 128 + N if signal N ended it; ``None`` while it runs."""
        return None if self._child is None else self._child.returncode

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._child is not None
        return self._child.pid

    @property
    def ready(self) -> bool:
        """What ``/readyz`` says; false when nobody answers."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def wait_until_ready(self) -> None:
        """Wait until ``/readyz`` says so; a process that ended fails the test with its log."""

        def ready() -> bool:
            if not self.running:
                raise RuntimeError(f"{self.name} ended: {self.tail()}")
            return self.ready

        eventually_sync(ready, READY_SECONDS, every=0.1, message=f"{self.name} is ready")

    def kill(self) -> None:
        """``kill -9``: no goodbye to anybody."""
        assert self._child is not None
        self._child.kill()

    def stop(self, grace: float = 30) -> None:
        """SIGTERM, and a moment to drain."""
        if self._child is not None:
            self._child.stop(grace)

    def suspend(self) -> None:
        """SIGSTOP."""
        assert self._child is not None
        os.kill(self._child.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        assert self._child is not None
        os.kill(self._child.pid, signal.SIGCONT)

    def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels."""
        try:
            answer = urllib.request.urlopen(f"{self.url}/metrics", timeout=5)  # noqa: S310
        except urllib.error.HTTPError as error:
            with error:  # it is the answer, too
                raise AssertionError(f"the metrics answer {error.code}") from None  # 429: looked too often
        with answer:
            lines = answer.read().decode().splitlines()
        return sum(
            float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{"))
        )

    def tail(self, characters: int = 3000) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-characters:] if self.log.exists() else "(no log)"


def call(method: str, url: str, body: Any = None) -> tuple[int, Any]:
    """Make an HTTP call with JSON and return the status and the decoded answer."""
    request = urllib.request.Request(  # noqa: S310
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")
