"""The system under test as processes: Kafka, S3 behind a proxy, the gateway and copies of each worker.

A supervisor starts again what died, as Kubernetes would; a test decides how many copies there should be.
"""

import asyncio
import contextlib
import random
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.kafka.distribution import KafkaUnavailableError
from ops.kafka.node import KafkaNode
from services.runtime.kafka.topics_admin import create_topics
from tests.chaos.database import POSTGRES, SQLITE
from tests.chaos.plan import PROCESSES, SESSION_SECONDS
from tests.chaos.removals import VARIABLE
from tests.chaos.replica import Replica, quiet_port
from tests.chaos.s3proxy import S3Proxy
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.s3 import S3Server, running_s3

READY_SECONDS = 90.0
SUPERVISE_SECONDS = 0.1
HERE = Path(__file__).parent

KAFKA = {
    # the broker's clock, not the sender's: the checker must not believe a process whose clock was set wrong
    "log.message.timestamp.type": "LogAppendTime",
    # the log is the evidence: nothing of it may be compacted away during a run
    "log.cleaner.enable": "false",
}


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
    database: PostgresServer | None = None
    kafka_wanted: bool = True
    clusters: int = 1

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

    async def replace_kafka(self) -> None:
        """Put a new, empty cluster in the place of the one there is: same address, other id, all topics."""
        await asyncio.to_thread(self.kafka.stop)
        self.kafka.data = self.folder / f"kafka-{self.clusters}"
        self.clusters += 1
        await self.start_kafka()
        await create_topics(self.servers)


@asynccontextmanager
async def running_rig(
    folder: Path,
    chance: random.Random,
    copies: Mapping[str, int],
    without: str = "",
    database: str = SQLITE,
) -> AsyncIterator[Rig]:
    """Start everything; leave nothing behind.

    Args:
        folder: where data, homes and logs go.
        chance: decides what the S3 proxy hits.
        copies: how many of each worker there are at first; one where it says nothing.
        without: the guarantee that is taken away, if one is.
        database: of the ledger, one of :data:`tests.chaos.database.DATABASES`.
    """
    with ExitStack() as stack:
        postgres, url = None, {}
        if database == POSTGRES:
            opening = postgres_server()
            postgres = await asyncio.to_thread(opening.__enter__)
            stack.push(opening)
            stack.callback(postgres.start)  # a run that broke off while it was away
            url = {"DATABASE_URL": await asyncio.to_thread(postgres.new_database)}
        node = KafkaNode(folder / "kafka", port=quiet_port(), overrides=KAFKA, heap="768m")
        s3_context = running_s3(folder / "s3")
        s3, _ = await asyncio.gather(
            asyncio.to_thread(s3_context.__enter__), asyncio.to_thread(stack.enter_context, node)
        )
        stack.callback(s3_context.__exit__, None, None, None)
        host, _, port = s3.endpoint_url.removeprefix("http://").partition(":")
        proxy = S3Proxy((host, int(port)), chance)
        environment = settings_of(node.bootstrap_servers, s3, await proxy.start())
        environment |= {VARIABLE: without} | url
        rig = Rig(
            node, s3, proxy, {stage: [] for stage in PROCESSES}, environment, folder, build_clock(folder),
            postgres,
        )  # fmt: skip
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
