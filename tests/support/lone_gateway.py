"""A gateway in a process of its own, without Kafka: what it uses up is its own, not the test's.

``python -m tests.support.lone_gateway PORT FOLDER`` serves until it is ended; settings come from the
environment, as always.
"""

import asyncio
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from services.gateway.app import open_gateway
from services.gateway.main import _loop_factory
from services.gateway.server import listen, serve
from services.gateway.settings import GatewaySettings
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.child_process import Child
from services.runtime.kafka.probe import free_port
from services.runtime.process import settle_memory
from tests.support.eventually import eventually_sync

ROOT = Path(__file__).resolve().parents[2]


class LoneGateway:
    """One that runs.

    Attributes:
        url: where it is.
    """

    def __init__(self, child: Child, url: str) -> None:
        self._child = child
        self.url = url

    @property
    def answers(self) -> bool:
        """Whether it is alive."""
        if not self._child.running:
            raise RuntimeError(f"the gateway ended: {self._child.tail()}")
        try:
            with urllib.request.urlopen(f"{self.url}/livez", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    @property
    def memory(self) -> int:
        """Resident bytes of the process."""
        pages = int(Path(f"/proc/{self._child.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def told(self) -> str:
        """What it logged."""
        return self._child.tail(10_000)


@contextmanager
def lone_gateway(folder: Path, **environment: str) -> Iterator[LoneGateway]:
    """Run one, without tokens, until the block ends."""
    port = free_port("127.0.0.1")
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    settings = {"GATEWAY_AUTH": "off", "PYTHONPATH": str(ROOT), **environment}
    command = (sys.executable, "-m", "tests.support.lone_gateway", str(port), str(folder))
    child = Child(command, folder / "gateway.log", {**inherited, **settings})
    gateway = LoneGateway(child, f"http://127.0.0.1:{port}")
    try:
        eventually_sync(lambda: gateway.answers, 60, every=0.1, message="the gateway answers")
        yield gateway
    finally:
        child.kill()


async def _run(port: int, folder: Path) -> None:
    settings = GatewaySettings(lectern_home=folder, database_url=f"sqlite:///{folder / 'ledger.db'}")
    async with (
        open_artifacts(ArtifactSettings(lectern_home=folder)) as artifacts,
        open_gateway(settings, artifacts) as gateway,
    ):
        settle_memory()
        await serve(gateway.app, listen("127.0.0.1", port), asyncio.Event(), lambda _: None)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(int(sys.argv[1]), Path(sys.argv[2])))
