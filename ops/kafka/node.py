"""One node of Apache Kafka (KRaft, broker and controller in one process), data on disk.

For a developer at a terminal, and for tests that kill a broker and start it again with its data.
"""

import base64
import json
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ops.kafka import distribution
from ops.kafka.distribution import KafkaUnavailableError
from services.runtime.child_process import Child
from services.runtime.kafka.probe import NoAnswerError, free_port, require_free, wait_until_alive

HOST: Final = "127.0.0.1"

START_SECONDS: Final = 90.0
"""A node answers 3-6 s after its start; ten times that on a machine whose cores are all taken."""

STOP_SECONDS: Final = 20.0
"""A clean shutdown flushes the logs in about a second; after this the node is killed, which loses nothing
that was acknowledged but makes the next start recover its logs."""

FORMAT_SECONDS: Final = 60.0

LOG_LEVEL: Final = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"

JVM: Final = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For nodes that live for minutes. Java's second compiler takes up to a core in most of them, in bursts of
half a second in which everything else on a small machine is late; it pays for a broker that runs for days."""

PROPERTIES: Final[Mapping[str, str]] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # One node cannot replicate.
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # 50 by default, each with open files and threads to load them.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "4",
    # Topics are declared in contracts/topics.py; a misspelt one shall be an error.
    "auto.create.topics.enable": "false",
    # 3 s by default, waited by the first member of every group for others to join it.
    "group.initial.rebalance.delay.ms": "0",
    # 15 min by default: so long a client that died may keep everybody from reading a partition.
    "transaction.max.timeout.ms": "60000",
    # 10 s by default: how late that is seen.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # Consumers of a test may be given up quickly; the default floor is 6 s.
    "group.min.session.timeout.ms": "1000",
    # A killed node is back after 5.5 s instead of 12 s: until its old session expires it stays fenced.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
}


class KafkaNode:
    """A node that can be started, killed, started again with its data, and stopped; leaves nothing behind.

    A context manager: entering starts it, leaving stops it. It ends with this process in any case.

    Args:
        data: folder of its data; made if it is not there. A node that was here before is continued, with
            its ports.
        port: where it listens; 0 for a free one.
        overrides: broker properties besides :data:`PROPERTIES`.
        heap: Java heap, in the JVM's notation. 512m carries a million small records.
        say: told what takes long.
    """

    def __init__(
        self,
        data: Path,
        *,
        port: int = 0,
        overrides: Mapping[str, str] | None = None,
        heap: str = "512m",
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.data = data.resolve()
        self._overrides = dict(overrides or {})
        self._heap = heap
        self._say = say
        self._wanted_port = port
        self._ports: tuple[int, int] | None = None
        self._child: Child | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Address of the node, ``host:port``; known from the first start on."""
        if self._ports is None:
            raise KafkaUnavailableError("the node was never started")
        return f"{HOST}:{self._ports[0]}"

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int:
        """Its process, while it runs."""
        if self._child is None:
            raise KafkaUnavailableError("the node is not running")
        return self._child.pid

    @property
    def log(self) -> Path:
        """File with the output of all its starts."""
        return self.data / "kafka.out"

    def command(self) -> list[str]:
        """Install and format what is not yet, and return the command that runs the node."""
        libs = distribution.install(self._say)
        self.data.mkdir(parents=True, exist_ok=True)
        cluster, self._ports = self._identity()
        properties = self.data / "server.properties"
        properties.write_text("".join(f"{k}={v}\n" for k, v in self._properties(*self._ports).items()))
        java = ["java", "-Xms64m", f"-Xmx{self._heap}", *JVM, "-cp", f"{libs}/*", LOG_LEVEL]
        if not (self.data / "log" / "meta.properties").exists():
            self._format([*java, "kafka.tools.StorageTool", "format", "--standalone"], cluster, properties)
        return [*java, "kafka.Kafka", str(properties)]

    def start(self, timeout: float = START_SECONDS) -> str:
        """Start the node, wait until it answers, return its address.

        Raises:
            KafkaUnavailableError: it cannot be installed, did not start, or did not answer in time.
        """
        if self.running:
            return self.bootstrap_servers
        command = self.command()
        try:
            for port in self._ports or ():
                require_free(HOST, port)
            self._child = child = Child(command, self.log)
        except OSError as error:
            raise KafkaUnavailableError(f"Apache Kafka did not start: {error}") from None
        try:
            wait_until_alive(self.bootstrap_servers, timeout, lambda: child.running)
        except NoAnswerError as error:
            said = child.tail()
            self.kill()
            raise KafkaUnavailableError(f"Apache Kafka did not start: {error}\n{said}") from None
        except BaseException:
            self.kill()
            raise
        return self.bootstrap_servers

    def kill(self) -> None:
        """Kill the node as a power cut would (``kill -9``); its data stays as it is."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def stop(self, grace: float = STOP_SECONDS) -> None:
        """Shut the node down in order."""
        if self._child is not None:
            self._child.stop(grace)
            self._child = None

    def restart(self) -> str:
        """Start the node again on its data and its ports, running or killed."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _identity(self) -> tuple[str, tuple[int, int]]:
        """Return the cluster's id and the ports of broker and controller, kept with the data.

        The controller's port stands in the quorum's own log too, so it cannot change afterwards.
        """
        kept = self.data / "node.json"
        if kept.exists():
            known = json.loads(kept.read_text())
            cluster, port, controller = known["cluster"], known["port"], known["controller"]
        else:
            # Kafka's form of a UUID, URL-safe base64; with a leading dash it would be taken for an option.
            cluster = "L" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
            port, controller = 0, free_port(HOST)
        port = self._wanted_port or port or free_port(HOST)
        kept.write_text(json.dumps({"cluster": cluster, "port": port, "controller": controller}))
        return cluster, (port, controller)

    def _properties(self, port: int, controller: int) -> dict[str, str]:
        return {
            **PROPERTIES,
            "log.dirs": str(self.data / "log"),
            "listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{port},CONTROLLER://{HOST}:{controller}",
            "controller.quorum.bootstrap.servers": f"{HOST}:{controller}",
            **self._overrides,
        }

    def _format(self, tool: list[str], cluster: str, properties: Path) -> None:
        command = [*tool, "-t", cluster, "-c", str(properties)]
        with tempfile.TemporaryFile("w+") as output:
            try:
                code = subprocess.run(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                    timeout=FORMAT_SECONDS, check=False,
                ).returncode  # fmt: skip
            except subprocess.TimeoutExpired:
                code = -1
            if code:
                output.seek(0)
                raise KafkaUnavailableError(
                    f"Kafka could not format {self.data}: {output.read()[-1000:].strip()}"
                )
