"""Fixtures of all tests: the broker of the session, a Kafka to break, names that no other test uses."""

import os
import re
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from xdist import is_xdist_worker
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from ops.kafka.node import KafkaNode
from tests.support.brokers import REQUIRE, Broker, UnavailableError, open_broker
from tests.support.own_kafka import need_own_kafka
from tests.support.s3 import s3_server

ONE_BY_ONE = ("tests/e2e/", "tests/integration/")
"""Tests of whole processes on Kafka; those of one folder come one by one, or they would take each other's
processor. Both folders wait for most of their time, so each has a worker, and a broker, of its own."""

LOG_LINES = 40

__all__ = ["s3_server"]  # one S3 server for the session, wherever it is asked for

_TOLD = pytest.StashKey[list[str]]()
"""What is to be said of the brokers that were used, by this process and by its workers."""


@pytest.fixture(scope="session")
def broker(pytestconfig: pytest.Config) -> Iterator[Broker]:
    """The session's broker; started when the first test asks for it."""
    try:
        with open_broker() as opened:
            pytestconfig.stash[_TOLD] += [
                f"broker: {opened}", *(f"  passed over: {why}" for why in opened.passed_over)
            ]  # fmt: skip
            yield opened
    except UnavailableError as error:
        pytest.exit(f"no broker to test against: {error}", returncode=pytest.ExitCode.TESTS_FAILED)


@pytest.fixture
def kafka_node(tmp_path: Path) -> Iterator[KafkaNode]:
    """An Apache Kafka of the test's own, running: to be killed and started again with its data."""
    need_own_kafka()
    with KafkaNode(tmp_path / "kafka") as node:
        yield node


@pytest.fixture
def unique_name(request: pytest.FixtureRequest) -> str:
    """A prefix for the test's topics and groups: tells whose they are, and no other run has it."""
    readable = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60]
    return f"{readable}.{uuid.uuid4().hex[:8]}"


@pytest.fixture
def topic_prefix(unique_name: str) -> str:
    """What the names of the test's topics begin with."""
    return f"{unique_name}."


@pytest.fixture
def group(unique_name: str) -> str:
    """The name of the test's consumer group."""
    return f"{unique_name}.group"


@pytest.fixture(autouse=True)
def _skip_without_apache_kafka(request: pytest.FixtureRequest) -> None:
    """Skip tests marked ``real_kafka`` on the embedded broker; the reason says why it is that one."""
    if request.node.get_closest_marker("real_kafka") is None:
        return
    opened: Broker = request.getfixturevalue("broker")
    if not opened.apache_kafka:
        why = "; ".join(opened.passed_over) or "it was asked for"
        pytest.skip(f"needs Apache Kafka (rebalance, restart with data), this is {opened} ({why})")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failure what the processes of the test said last: their logs go with its folder."""
    report = yield
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if report.failed and isinstance(folder, Path):
        # not what Kafka calls its logs
        for path in sorted(each for each in folder.rglob("*.log") if not each.stem.isdigit()):
            last = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
            report.sections.append((f"end of {path.relative_to(folder)}", "\n".join(last)))
    return report


def pytest_report_header() -> str:
    required = os.environ.get(REQUIRE) == "1"
    return f"broker: {'Apache Kafka is required' if required else 'the best that can be started here'}"


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Files side by side, and all of a folder of `ONE_BY_ONE` by the same worker."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((folder for folder in ONE_BY_ONE if path.startswith(folder)), path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling:
    return _Scheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_TOLD] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    if is_xdist_worker(session):
        session.config.workeroutput["broker"] = session.config.stash[_TOLD]  # type: ignore[attr-defined]


def pytest_testnodedown(node: WorkerController) -> None:
    node.config.stash[_TOLD] += getattr(node, "workeroutput", {}).get("broker", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[_TOLD]:
        terminalreporter.write_line(line)
