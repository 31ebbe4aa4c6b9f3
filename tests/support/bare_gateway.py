"""A gateway in a process of its own, with its real server, loop and ledger, and nobody behind its Kafka.

For what must be measured of a process: memory, descriptors. ``python -m tests.support.bare_gateway HOME PORT
[h11] [module:NAME=number ...]`` serves it, without httptools if asked, with other figures for its limits.
"""

import asyncio
import importlib
import os
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from services.runtime.child_process import Child
from services.runtime.kafka.probe import free_port
from tests.support.eventually import eventually_sync
from tests.support.raw_http import ask


class BareGateway:
    """See the module.

    Args:
        folder: of its data and log.
        arguments: see the module.
        descriptors: it may have open; all that this process may when left out.

    Attributes:
        idle: descriptors that it has open, or one or two fewer, when nobody is connected.
    """

    idle = 0

    def __init__(self, folder: Path, arguments: Sequence[str], descriptors: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port("127.0.0.1")
        self.url = f"http://127.0.0.1:{self.port}"
        limited = [] if descriptors is None else ["bash", "-c", f'ulimit -n {descriptors}; exec "$@"', "-"]
        served = [sys.executable, "-m", "tests.support.bare_gateway", str(folder), str(self.port), *arguments]
        self.child = Child((*limited, *served), folder / "gateway.log", dict(os.environ))

    @property
    def memory(self) -> int:
        """Bytes that it has in memory."""
        return self._status("VmRSS") * 1024

    @property
    def peak(self) -> int:
        """Bytes that it had in memory at most, since :meth:`forget_peak`."""
        return self._status("VmHWM") * 1024

    @property
    def descriptors(self) -> int:
        """How many it has open."""
        return len(list(Path(f"/proc/{self.child.pid}/fd").iterdir()))

    def forget_peak(self) -> None:
        """Begin to measure."""
        Path(f"/proc/{self.child.pid}/clear_refs").write_text("5")

    def _status(self, field: str) -> int:
        lines = Path(f"/proc/{self.child.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(field)).split()[1])

    async def refused(self, reason: str) -> float:
        """Return what its metrics count."""
        text = (await ask(self.url, "GET /metrics HTTP/1.1")).body.decode()
        name = f'lectern_connections_refused_total{{reason="{reason}"}}'
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


@contextmanager
def bare_gateway(folder: Path, *arguments: str, descriptors: int | None = None) -> Iterator[BareGateway]:
    """Start one, and wait until it answers."""
    gateway = BareGateway(folder, arguments, descriptors)

    def up() -> bool:
        assert gateway.child.running, gateway.child.tail()
        try:
            with urllib.request.urlopen(f"{gateway.url}/livez", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    try:
        eventually_sync(up, 60)
        gateway.idle = gateway.descriptors + 2
        yield gateway
    finally:
        gateway.child.kill()


async def _main(home: Path, port: int) -> None:
    from services.gateway.app import open_gateway  # noqa: PLC0415
    from services.gateway.auth.access import AccessSettings, AuthMode  # noqa: PLC0415 - h11 must be chosen before
    from services.gateway.server import listen, serve  # noqa: PLC0415
    from services.gateway.settings import GatewaySettings  # noqa: PLC0415
    from services.runtime.artifacts.settings import ArtifactSettings  # noqa: PLC0415
    from services.runtime.artifacts.store import open_artifacts  # noqa: PLC0415

    settings = GatewaySettings(
        lectern_home=home,
        database_url=f"sqlite:///{home / 'ledger.db'}",
        storage_local_dir=home / "assets",
        access=AccessSettings(auth=AuthMode.OFF, rate=0),
    )
    async with (
        open_artifacts(ArtifactSettings(lectern_home=home)) as artifacts,
        open_gateway(settings, artifacts) as gateway,
    ):
        await serve(gateway.app, listen("127.0.0.1", port), asyncio.Event(), print)


if __name__ == "__main__":
    folder, at, *more = sys.argv[1:]
    if "h11" in more:
        more.remove("h11")
        vars(sys)["modules"]["httptools"] = None
    for each in more:
        place, _, figure = each.partition("=")
        module, _, name = place.partition(":")
        setattr(importlib.import_module(module), name, float(figure))
    import uvloop

    uvloop.run(_main(Path(folder), int(at)))
