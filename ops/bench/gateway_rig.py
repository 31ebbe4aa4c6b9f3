"""What the parts of the gateway's benchmark share: a real gateway on a real Kafka, and what it uses up."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from services.runtime.child_process import Child
from services.runtime.kafka.probe import free_port
from tests.support.eventually import eventually_sync

SECRET = "bench-bench-bench-bench"  # noqa: S105 - opens nothing but a gateway that lives for a minute
READY_SECONDS = 120
STOP_SECONDS = 20


class Measured:
    """One process or several, and what they have used since :meth:`reset`.

    Args:
        pids: the processes.
    """

    def __init__(self, *pids: int) -> None:
        self.pids = pids
        self._folders = [Path(f"/proc/{pid}") for pid in pids]
        self.reset()

    def reset(self) -> None:
        """Count from now on."""
        self._from = self._seconds()

    @property
    def cpu(self) -> float:
        """Seconds of processor time used."""
        return self._seconds() - self._from

    @property
    def memory(self) -> int:
        """Resident bytes."""
        pages = sum(int((folder / "statm").read_text().split()[1]) for folder in self._folders)
        return pages * os.sysconf("SC_PAGE_SIZE")

    @property
    def descriptors(self) -> int:
        """Open descriptors; Linux from 6.2 on says how many, to list 10,000 takes a tenth of a second."""
        folders = [folder / "fd" for folder in self._folders]
        return sum(folder.stat().st_size or sum(1 for _ in folder.iterdir()) for folder in folders)

    def _seconds(self) -> float:
        stats = [(folder / "stat").read_text().rpartition(")")[2].split() for folder in self._folders]
        return sum(int(fields[11]) + int(fields[12]) for fields in stats) / os.sysconf("SC_CLK_TCK")


class Gateway(Measured):
    """A running gateway process.

    Attributes:
        port: where it listens on 127.0.0.1.
    """

    def __init__(self, child: Child, port: int) -> None:
        super().__init__(child.pid)
        self.port = port

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels."""
        return sum(
            float(line.rpartition(" ")[2])
            for line in self._metrics()
            if line.startswith((f"{name} ", f"{name}{{"))
        )

    def _metrics(self) -> list[str]:
        return httpx.get(f"{self.url}/metrics", timeout=30).text.splitlines()


class Gateways(Measured):
    """Gateway processes side by side, as one.

    Attributes:
        ports: where they listen on 127.0.0.1.
        urls: where they are.
    """

    def __init__(self, gateways: Sequence[Gateway]) -> None:
        super().__init__(*(pid for gateway in gateways for pid in gateway.pids))
        self.ports = [gateway.port for gateway in gateways]
        self.urls = [gateway.url for gateway in gateways]


@contextmanager
def running_gateways(bootstrap: str, home: Path, database: str, count: int) -> Iterator[Gateways]:
    """Run ``count`` gateway processes on one database."""
    with ExitStack() as stack:
        homes = [home / f"gateway-{number}" for number in range(count)]
        yield Gateways([stack.enter_context(running_gateway(bootstrap, each, database)) for each in homes])


@contextmanager
def running_gateway(bootstrap: str, home: Path, database: str, **settings: str) -> Iterator[Gateway]:
    """Run ``python -m services.gateway`` as in production: with tokens, limits and the outbox relay."""
    port = free_port("127.0.0.1")
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {
        **inherited,
        "KAFKA_BOOTSTRAP_SERVERS": bootstrap,
        "DATABASE_URL": database,
        "LECTERN_HOME": str(home),
        "LECTERN_LOG_LEVEL": "WARNING",
        "GATEWAY_PORT": str(port),
        "GATEWAY_API_TOKENS": f"bench=read+write:{SECRET}",
        **settings,
    }
    with _serving(["services.gateway"], port, home, environment) as gateway:
        yield gateway


@contextmanager
def running_naive(bootstrap: str, home: Path) -> Iterator[Gateway]:
    """Run the peer, :mod:`ops.bench.gateway_naive`."""
    port = free_port("127.0.0.1")
    command = ["ops.bench.gateway_naive", "--port", str(port), "--bootstrap", bootstrap]
    with _serving(command, port, home, None) as server:
        yield server


@contextmanager
def _serving(
    command: Sequence[str], port: int, home: Path, environment: Mapping[str, str] | None
) -> Iterator[Gateway]:
    home.mkdir(parents=True, exist_ok=True)
    child = Child([sys.executable, "-m", *command], home / "process.log", environment)
    try:

        def ready() -> bool:
            if not child.running:
                raise RuntimeError(f"{command[0]} ended: {child.tail()}")
            try:
                return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
            except httpx.HTTPError:
                return False

        eventually_sync(ready, READY_SECONDS, every=0.1, message=f"{command[0]} is ready")
        yield Gateway(child, port)
    finally:
        child.stop(STOP_SECONDS)


async def run_generator(module: str, *arguments: str) -> dict[str, Any]:
    """Run a load generator as a process of its own and return the JSON object of its last line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{module} failed: {errors.decode()[-2000:]}")
    told: dict[str, Any] = json.loads(output.splitlines()[-1])
    return told


def percentile(samples: Sequence[float], share: float) -> float:
    """Return the ``share`` quantile of ``samples``, 0 of none."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
