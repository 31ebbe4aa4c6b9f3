"""The system under test as processes: Kafka, S3 behind a proxy, the gateway and copies of each worker.

A supervisor starts again what died, as Kubernetes would; a test decides how many copies there should be.
"""

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
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.kafka.distribution import KafkaUnavailableError
from ops.kafka.node import KafkaNode
from services.runtime.child import Child
from tests.chaos.plan import PROCESSES, SESSION_SECONDS
from tests.chaos.s3proxy import S3Proxy
from tests.support.s3 import S3Server, running_s3

READY_SECONDS = 90.0
SUPERVISE_SECONDS = 0.1
CLOCK_FILE = "LECTERN_CHAOS_CLOCK"
HERE = Path(__file__).parent

KAFKA = {
    # the broker's clock, not the sender's: the checker must not believe a process whose clock was set wrong
    "log.message.timestamp.type": "LogAppendTime",
    # the log is the evidence: nothing of it may be compacted away during a run
    "log.cleaner.enable": "false",
}


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


@dataclass
class Rig:
    """Everything that runs."""

    kafka: KafkaNode
    s3: S3Server
    proxy: S3Proxy
    replicas: dict[str, list[Replica]]
    environment: dict[str, str]
    folder: Path
    clock: Path | None
    kafka_wanted: bool = True

    @property
    def servers(self) -> str:
        """Kafka's address."""
        return self.kafka.bootstrap_servers

    @property
    def gateway(self) -> Replica:
        """The gateway; there is one."""
        return self.replicas["gateway"][0]

    @property
    def everybody(self) -> list[Replica]:
        """All copies there should be."""
        return [replica for copies in self.replicas.values() for replica in copies if replica.wanted]

    def scale(self, stage: str, copies: int) -> list[Replica]:
        """Want so many copies of a stage; return the ones that are no longer wanted, to be stopped."""
        known = self.replicas[stage]
        while len(known) < copies:
            known.append(Replica(stage, len(known), self.environment, self.folder, self.clock))
        surplus = [replica for replica in known[copies:] if replica.wanted]
        for number, replica in enumerate(known):
            replica.wanted = number < copies
        return surplus

    async def supervise(self) -> None:
        """Start what should run and does not, for ever."""
        while True:
            for replica in [each for copies in self.replicas.values() for each in copies]:
                if replica.wanted and not replica.running:
                    await asyncio.to_thread(replica.start)
            await asyncio.sleep(SUPERVISE_SECONDS)

    async def all_ready(self, seconds: float = READY_SECONDS) -> None:
        """Wait until every process says it is ready.

        Raises:
            TimeoutError: one did not.
        """
        waiting = self.everybody
        async with asyncio.timeout(seconds):
            while waiting:
                states = await asyncio.gather(*(replica.ready() for replica in waiting))
                waiting = [replica for replica, ready in zip(waiting, states, strict=True) if not ready]
                await asyncio.sleep(0.1)

    async def start_kafka(self) -> None:
        """Start Kafka on its data; its port may be lent to somebody for a moment."""
        for _ in range(5):
            try:
                await asyncio.to_thread(self.kafka.start)
            except KafkaUnavailableError:
                await asyncio.sleep(1)
            else:
                return
        await asyncio.to_thread(self.kafka.start)


@asynccontextmanager
async def running_rig(folder: Path, chance: random.Random, copies: Mapping[str, int]) -> AsyncIterator[Rig]:
    """Start everything; leave nothing behind.

    Args:
        folder: where data, homes and logs go.
        chance: decides what the S3 proxy hits.
        copies: how many of each worker there are at first; one where it says nothing.
    """
    with ExitStack() as stack:
        node = KafkaNode(folder / "kafka", port=quiet_port(), overrides=KAFKA, heap="768m")
        s3_context = running_s3(folder / "s3")
        s3, _ = await asyncio.gather(
            asyncio.to_thread(s3_context.__enter__), asyncio.to_thread(stack.enter_context, node)
        )
        stack.callback(s3_context.__exit__, None, None, None)
        host, _, port = s3.endpoint_url.removeprefix("http://").partition(":")
        proxy = S3Proxy((host, int(port)), chance)
        environment = settings_of(node.bootstrap_servers, s3, await proxy.start())
        rig = Rig(
            node, s3, proxy, {stage: [] for stage in PROCESSES}, environment, folder, build_clock(folder)
        )
        for stage in PROCESSES:
            rig.scale(stage, copies.get(stage, 1))
        supervisor = asyncio.create_task(rig.supervise())
        try:
            await rig.all_ready()
            yield rig
        finally:
            supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await supervisor
            everyone = [replica for each in rig.replicas.values() for replica in each]
            for replica in everyone:
                replica.signal(signal.SIGCONT)
            await asyncio.gather(*(asyncio.to_thread(replica.stop, 10) for replica in everyone))
            await proxy.stop()


def settings_of(servers: str, s3: S3Server, endpoint: str) -> dict[str, str]:
    """Return the environment of all processes: small films, everything stored in S3."""
    return {
        **s3.environment,
        "KAFKA_BOOTSTRAP_SERVERS": servers,
        "LECTERN_EMBEDDED": "0",
        "GATEWAY_AUTH": "off",  # everything listens on loopback
        "LECTERN_SESSION_TIMEOUT_MS": str(int(SESSION_SECONDS * 1000)),
        "LECTERN_DRAIN_DEADLINE": "8",
        "LECTERN_LOG_FORMAT": "json",
        "TTS_PROVIDER": "mock",
        "VIDEO_WIDTH": "160",
        "VIDEO_HEIGHT": "90",
        "VIDEO_FPS": "12",
        "ARTIFACT_STORE": "s3",
        "ARTIFACT_S3_BUCKET": s3.bucket,
        "STORAGE_PROVIDER": "s3",
        "AWS_S3_BUCKET": s3.bucket,
        "AWS_S3_REGION": s3.region,
        "S3_ENDPOINT_URL": endpoint,
        # one thread for one tiny film: the machine's cores belong to the processes
        "COMPOSITION_FILM_THREADS": "1",
    }


def build_clock(folder: Path) -> Path | None:
    """Compile the library that shifts clocks; ``None`` where there is no C compiler."""
    library = folder / "clock.so"
    command = ["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(HERE / "clock.c")]
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    except OSError:
        return None
    return library if done.returncode == 0 else None


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
