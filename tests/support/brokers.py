"""The broker that tests run against: the best one this machine has.

In this order: ``KAFKA_BOOTSTRAP_SERVERS``; Docker; Apache Kafka from its Maven artifacts, where ``java`` and
``mvn`` are there; the embedded broker. With ``LECTERN_REQUIRE_KAFKA=1`` anything but Apache Kafka is an
error, so that a machine that lost its Java cannot pass by skipping.
"""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from ops.kafka.distribution import KafkaUnavailableError, missing_tools, version
from ops.kafka.node import PROPERTIES, START_SECONDS, KafkaNode
from services.runtime.embedded_broker import EmbeddedBroker
from services.runtime.kafka.probe import NoAnswerError, free_port, is_apache_kafka, wait_until_alive

REQUIRE: Final = "LECTERN_REQUIRE_KAFKA"
EXTERNAL: Final = "KAFKA_BOOTSTRAP_SERVERS"
DOCKER_SECONDS: Final = 10
"""How long the Docker daemon may take to say that it is there."""


class Kind(StrEnum):
    """Where the broker comes from."""

    EXTERNAL = EXTERNAL
    DOCKER = "Docker"
    MAVEN = "Maven artifacts"
    EMBEDDED = "embedded"


@dataclass(frozen=True)
class Broker:
    """A running broker.

    Attributes:
        bootstrap_servers: its address.
        kind: where it comes from.
        apache_kafka: whether it is Apache Kafka, not merely compatible.
        passed_over: why each better choice was not taken, a sentence each.
    """

    bootstrap_servers: str
    kind: Kind
    apache_kafka: bool
    passed_over: tuple[str, ...] = ()

    @property
    def embedded(self) -> bool:
        """Whether clients must do without idempotence and poll quickly; see the embedded broker's module."""
        return not self.apache_kafka

    def __str__(self) -> str:
        name = f"Apache Kafka ({self.kind})" if self.apache_kafka else f"Kafka-compatible ({self.kind})"
        return f"{name} at {self.bootstrap_servers}"


class UnavailableError(Exception):
    """This choice cannot be had here; says why."""


Opener = Callable[[Mapping[str, str]], AbstractContextManager[Broker]]


@contextmanager
def open_broker(environment: Mapping[str, str] = os.environ) -> Iterator[Broker]:
    """Start the best broker there is, and stop it at the end.

    Raises:
        UnavailableError: none could be started, or Apache Kafka is required and there is none.
    """
    passed_over: list[str] = []
    for kind, opener in _CHOICES.items():
        if kind is Kind.EMBEDDED and environment.get(REQUIRE) == "1":
            break
        opened = opener(environment)
        try:
            broker = opened.__enter__()
        except (UnavailableError, KafkaUnavailableError, NoAnswerError) as error:
            if kind is Kind.EXTERNAL and environment.get(EXTERNAL):
                raise UnavailableError(
                    f"{kind}: {error}"
                ) from None  # asked for by name: nothing else will do
            passed_over.append(f"{kind}: {error}")
            continue
        try:
            if environment.get(REQUIRE) == "1" and not broker.apache_kafka:
                raise UnavailableError(f"{REQUIRE}=1, but {broker} is not Apache Kafka")
            yield Broker(broker.bootstrap_servers, broker.kind, broker.apache_kafka, tuple(passed_over))
        finally:
            opened.__exit__(None, None, None)
        return
    raise UnavailableError(f"no broker can be started here: {'; '.join(passed_over)}")


@contextmanager
def _external(environment: Mapping[str, str]) -> Iterator[Broker]:
    servers = environment.get(EXTERNAL)
    if not servers:
        raise UnavailableError("not set")
    first = servers.split(",")[0]
    try:
        yield Broker(servers, Kind.EXTERNAL, is_apache_kafka(first))
    except ValueError as error:
        raise UnavailableError(str(error)) from None


@contextmanager
def _docker(_: Mapping[str, str]) -> Iterator[Broker]:
    # The client program, not the Python client, which leaves its socket open when nobody answers.
    asked = ["docker", "version", "--format", "{{.Server.Version}}"]
    try:
        answered = subprocess.run(asked, capture_output=True, timeout=DOCKER_SECONDS, check=False).returncode
    except (OSError, subprocess.TimeoutExpired):
        raise UnavailableError("not installed") from None
    if answered:
        raise UnavailableError("no daemon answers")
    # Imported late: most machines that run these tests have no Docker, and it takes half a second.
    from docker.errors import DockerException  # noqa: PLC0415
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415

    port = free_port()
    container = DockerContainer(f"apache/kafka:{version()}").with_bind_ports(port, port)
    properties = {
        **PROPERTIES,
        "listeners": f"PLAINTEXT://:{port},CONTROLLER://localhost:9093",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.voters": "1@localhost:9093",
    }
    for name, value in properties.items():
        container = container.with_env("KAFKA_" + name.replace(".", "_").upper(), value)
    try:
        container.start()
    except DockerException as error:
        raise UnavailableError(f"{container.image} does not start: {error}") from None
    try:
        address = f"127.0.0.1:{port}"
        wait_until_alive(address, START_SECONDS, lambda: True)
        yield Broker(address, Kind.DOCKER, apache_kafka=True)
    finally:
        container.stop()


@contextmanager
def _maven(_: Mapping[str, str]) -> Iterator[Broker]:
    if missing := missing_tools():
        raise UnavailableError(missing)
    with tempfile.TemporaryDirectory(prefix="lectern-kafka-") as data, KafkaNode(Path(data)) as node:
        try:
            yield Broker(node.bootstrap_servers, Kind.MAVEN, apache_kafka=True)
        finally:
            node.kill()  # to stop in order takes it 20 s with the topics of a whole run, for data thrown away


@contextmanager
def _embedded(_: Mapping[str, str]) -> Iterator[Broker]:
    broker = EmbeddedBroker()
    try:
        yield Broker(broker.start(), Kind.EMBEDDED, apache_kafka=False)
    finally:
        broker.stop()


_CHOICES: Final[Mapping[Kind, Opener]] = {
    Kind.EXTERNAL: _external,
    Kind.DOCKER: _docker,
    Kind.MAVEN: _maven,
    Kind.EMBEDDED: _embedded,
}
