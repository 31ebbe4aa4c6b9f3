"""Whichever gateway changes a job, the viewers of both are told."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from contracts.steps import Step
from ops.kafka.distribution import missing_tools
from ops.kafka.node import KafkaNode
from tests.integration.gateway.lab import STEPS, Lab, Viewer, watching
from tests.support.postgres import postgres_server
from tests.support.processes import Process

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaNode]:
    if missing := missing_tools():
        pytest.skip(f"needs an Apache Kafka of its own, which needs Java and Maven: {missing}")
    with KafkaNode(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'ledger.db'}"
        return
    with postgres_server() as server:
        yield server.new_database()


@pytest.fixture
async def lab(node: KafkaNode, database_url: str, tmp_path: Path) -> AsyncIterator[Lab]:
    opened = Lab(node.bootstrap_servers, database_url, tmp_path)
    try:
        await opened.start()
        yield opened
    finally:
        await opened.stop()


def named(request: pytest.FixtureRequest, count: int) -> list[str]:
    test = "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[-60:].strip("-")
    return [f"{test}-{number}" for number in range(count)]


async def watch_all(stack: AsyncExitStack, gateway: Process, jobs: list[str]) -> list[Viewer]:
    path = "/ws/videos/video-{}/render-progress"
    return [await stack.enter_async_context(watching(gateway, path.format(job))) for job in jobs]


async def test_each_viewer_hears_all_of_every_job_wherever_it_was_changed(
    lab: Lab, request: pytest.FixtureRequest
) -> None:
    jobs = named(request, 8)
    async with AsyncExitStack() as stack:
        viewers = await watch_all(stack, lab.a, jobs) + await watch_all(stack, lab.b, jobs)
        await lab.begin(*jobs)
        for viewer in viewers:
            await viewer.hears(len, "of its job")
        for step in STEPS:
            await lab.report(*jobs, step=step)
        for viewer in viewers:
            await viewer.hears(lambda told: told and told[-1]["progress"] == 95, "95 percent")
        status, canceled = await lab.api(lab.b, "POST", f"/api/render-jobs/{jobs[0]}/cancel")
        assert (status, canceled["status"]) == (200, "FAILED")
        await lab.upload(*jobs[1:])
        for viewer in viewers:
            await viewer.hears(lambda told: told[-1]["status"] in {"COMPLETED", "FAILED"}, "the end")
            assert viewer.rises()
            assert viewer.heard[0]["status"] == "QUEUED"
            end = "FAILED" if viewer.heard[0]["job_id"] == jobs[0] else "COMPLETED"
            assert viewer.heard[-1]["status"] == end
        # both took their share of the work, so that what was heard had to cross
        assert all(gateway.metric("lectern_jobs_ended_total") for gateway in lab.gateways)


async def test_a_killed_gateway_leaves_no_gap(lab: Lab, request: pytest.FixtureRequest) -> None:
    jobs = named(request, 8)
    async with AsyncExitStack() as stack:
        viewers = await watch_all(stack, lab.a, jobs)
        await lab.begin(*jobs)
        for viewer in viewers:
            await viewer.hears(len, "of its job")
        await lab.report(*jobs, step=Step.VALIDATE_SCRIPT)
        for viewer in viewers:
            await viewer.hears(lambda told: told and told[-1]["progress"] == 15, "15 percent")
        await lab.report(*jobs, step=Step.GENERATE_TTS, share=0.5)
        lab.b.kill()  # with some of it folded, some of it told, some of it neither
        await lab.report(*jobs, step=Step.GENERATE_TTS)
        await lab.upload(*jobs)
        for viewer in viewers:
            await viewer.hears(lambda told: told[-1]["status"] == "COMPLETED", "the end")
            assert viewer.rises()


async def test_a_restart_of_kafka_leaves_no_gap(
    lab: Lab, node: KafkaNode, request: pytest.FixtureRequest
) -> None:
    jobs = named(request, 4)
    async with AsyncExitStack() as stack:
        viewers = await watch_all(stack, lab.a, jobs) + await watch_all(stack, lab.b, jobs)
        await lab.begin(*jobs)
        for viewer in viewers:
            await viewer.hears(len, "of its job")
        await lab.report(*jobs, step=Step.VALIDATE_SCRIPT)
        for viewer in viewers:
            await viewer.hears(lambda told: told and told[-1]["progress"] == 15, "15 percent")
        node.kill()
        status, _ = await lab.api(lab.b, "POST", f"/api/render-jobs/{jobs[0]}/cancel")
        assert status == 200  # it is in the outbox, and nobody can be told yet
        node.start()
        await lab.report(*jobs, step=Step.GENERATE_TTS)
        await lab.upload(*jobs[1:])
        for viewer in viewers:
            end = "FAILED" if viewer.heard[0]["job_id"] == jobs[0] else "COMPLETED"
            await viewer.hears(lambda told, end=end: told[-1]["status"] == end, f"that it is {end}")  # type: ignore[misc]
            assert viewer.rises()
