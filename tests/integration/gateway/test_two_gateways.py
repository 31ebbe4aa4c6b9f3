"""Whichever gateway changes a job, the viewers of both are told."""

import asyncio
import json
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from contracts.steps import Step
from ops.kafka.node import KafkaNode
from tests.integration.gateway.gateways import STEPS, Lab, Viewer, watching
from tests.support.eventually import eventually
from tests.support.own_kafka import need_own_kafka
from tests.support.postgres import postgres_server
from tests.support.processes import Process

HANDSHAKE = (
    b"GET /ws/v2/jobs HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaNode]:
    need_own_kafka()
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
        await asyncio.to_thread(node.start)  # viewers must answer pings meanwhile
        await lab.report(*jobs, step=Step.GENERATE_TTS)
        await lab.upload(*jobs[1:])
        for viewer in viewers:
            end = "FAILED" if viewer.heard[0]["job_id"] == jobs[0] else "COMPLETED"
            await viewer.hears(lambda told, end=end: told[-1]["status"] == end, f"that it is {end}")  # type: ignore[misc]
            assert viewer.rises()


async def test_a_socket_of_a_killed_gateway_goes_on_at_the_other_one(
    lab: Lab, request: pytest.FixtureRequest
) -> None:
    jobs = named(request, 4)
    async with watching(lab.b, "/ws/v2/jobs") as viewer:
        await viewer.say(type="subscribe", job_ids=jobs)
        await viewer.hears(lambda told: len(told) == 5, "that there are no jobs yet")
        assert {message["job"] for message in viewer.heard[1:]} == {None}
        await lab.begin(*jobs)
        await viewer.hears(lambda _: len(viewer.updates()) == 4, "of all jobs")
        await lab.report(*jobs, step=Step.VALIDATE_SCRIPT)
        await viewer.hears(lambda _: len(viewer.updates()) == 8, "15 percent")
        await lab.report(*jobs, step=Step.GENERATE_TTS)
        lab.b.kill()
        await viewer.hears(lambda _: viewer.closed is not None, "that its gateway is gone")
        last = viewer.updates()
    revisions = {message["job"]["job_id"]: message["job"]["revision"] for message in last}
    async with watching(lab.a, "/ws/v2/jobs") as again:
        await again.say(type="subscribe", job_ids=jobs, cursor=last[-1]["cursor"], revisions=revisions)
        await again.hears(lambda told: told and told[0]["type"] == "subscribed", "an answer")
        await lab.upload(*jobs)
        ended = ("COMPLETED",)
        await again.hears(
            lambda _: sum(each["job"]["status"] in ended for each in again.updates()) == 4, "all ends"
        )
        told = [message["job"] for message in [*last, *again.updates()]]
    for job_id in jobs:
        heard = [job["revision"] for job in told if job["job_id"] == job_id]
        assert heard == sorted(set(heard)), "nothing twice, nothing backwards"
    if again.heard[0]["resumed"]:  # it had read as far as the killed one had told
        assert {message["type"] for message in again.updates()} == {"update"}


async def test_who_does_not_read_is_gone_in_ten_seconds_and_the_others_hear_all(
    lab: Lab, request: pytest.FixtureRequest
) -> None:
    jobs = named(request, 10)
    loop = asyncio.get_running_loop()
    message = json.dumps({"type": "subscribe", "job_ids": jobs}).encode()
    async with watching(lab.a, "/ws/v2/jobs") as viewer:
        await viewer.say(type="subscribe", job_ids=jobs)
        with socket.socket() as stalled:
            stalled.settimeout(0)
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            await loop.sock_connect(stalled, ("127.0.0.1", lab.a.port))
            await loop.sock_sendall(stalled, HANDSHAKE)
            assert b" 101 " in await loop.sock_recv(stalled, 1_000)
            await loop.sock_sendall(
                stalled, b"\x81" + struct.pack("!BH", 0x80 | 126, len(message)) + bytes(4) + message
            )
            await lab.begin(*jobs)
            await viewer.hears(lambda _: len(viewer.updates()) == len(jobs), "of all jobs")
            started = loop.time()
            for step in STEPS:
                for share in (0.2, 0.4, 0.6, 0.8, 1.0):
                    await lab.report(*jobs, step=step, share=share)
            await eventually(
                lambda: asyncio.to_thread(lab.a.metric, "lectern_sockets_aborted_total"), 30, every=0.2
            )
            assert loop.time() - started < 25  # five of which are its due; the machine may be busy
            await lab.upload(*jobs)
            ends = ("COMPLETED",)
            await viewer.hears(
                lambda _: sum(each["job"]["status"] in ends for each in viewer.updates()) == len(jobs),
                "all ends",
            )
            await eventually(lambda: asyncio.to_thread(lab.a.metric, "lectern_sockets"), 10, every=0.2)
        assert viewer.rises()


async def test_a_gateway_that_is_stopped_says_so_and_ends(lab: Lab, request: pytest.FixtureRequest) -> None:
    [job] = named(request, 1)
    await lab.begin(job)
    async with AsyncExitStack() as stack:
        viewers = [
            await stack.enter_async_context(watching(lab.b, path))
            for path in ("/ws/v2/jobs", f"/ws/videos/video-{job}/render-progress")
        ]
        await viewers[0].say(type="subscribe", job_ids=[job])
        for viewer in viewers:
            await viewer.hears(len, "its job")
        os.kill(lab.b.pid, signal.SIGTERM)
        for viewer in viewers:
            await viewer.hears(lambda _, viewer=viewer: viewer.closed is not None, "the end")  # type: ignore[misc]
        assert [viewer.closed for viewer in viewers] == [1012, 1012]
    await eventually(lambda: not lab.b.running, 40)
    assert lab.b.returncode == 0
