"""Two gateway processes: a ticket of one opens a stream at the other, and neither tells of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from contracts.steps import Step
from ops.kafka.node import KafkaNode
from tests.integration.gateway.gateways import Lab
from tests.support.eventually import eventually
from tests.support.own_kafka import need_own_kafka
from tests.support.postgres import postgres_server

SECRET = "studio-secret-0123456789"
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(400)]


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[str]:
    need_own_kafka()
    with KafkaNode(tmp_path / "kafka") as node:
        yield node.bootstrap_servers


@pytest.fixture
def database_url() -> Iterator[str]:
    with postgres_server() as server:
        yield server.new_database()


@pytest.fixture
async def lab(servers: str, database_url: str, tmp_path: Path) -> AsyncIterator[Lab]:
    tokens = {
        "GATEWAY_AUTH": "tokens",
        "GATEWAY_API_TOKENS": f"studio=read:{SECRET}",
        "LECTERN_LOG_LEVEL": "debug",
    }
    opened = Lab(servers, database_url, tmp_path, **tokens)
    try:
        await opened.start()
        yield opened
    finally:
        await opened.stop()


async def test_a_ticket_of_one_process_opens_at_the_other_is_resumed_at_the_first_and_stands_in_no_log(
    lab: Lab, database_url: str
) -> None:
    a, b = lab.a.url, lab.b.url
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=60) as reader:
        names = {"job_ids": ["j-1"], "video_ids": ["v"]}
        made = [(await reader.post(f"{a}/api/v2/stream-tickets", json=names)).json() for _ in range(2)]
        await lab.begin("j-1")
        there = f"{b}/api/v2/render-jobs/j-1"
        await eventually(lambda: _found(reader, there), 60, message="the job is there")
    [url, *_], [_, socket] = made[0]["streams"], made[1]["sockets"]
    async with httpx.AsyncClient(trust_env=False, timeout=60) as page:
        last, heard = "", 0
        for gateway, step in ((b, Step.VALIDATE_SCRIPT), (a, Step.GENERATE_TTS)):
            async with page.stream(
                "GET", gateway + url, headers={"Last-Event-ID": last} if last else {}
            ) as response:
                assert response.status_code == 200
                await lab.report("j-1", step=step)
                async for line in response.aiter_lines():
                    last = line.removeprefix("id: ") if line.startswith("id: ") else last
                    heard = json.loads(line[6:])["progress"] if line.startswith("data: ") else heard
                    if heard == {Step.VALIDATE_SCRIPT: 15, Step.GENERATE_TTS: 40}[step]:
                        break
        for gateway in (a, b):
            assert (await page.get(gateway + url)).status_code == 401
    async with connect(b.replace("http", "ws") + socket, proxy=None):
        pass
    with pytest.raises(InvalidStatus) as caught:
        async with connect(a.replace("http", "ws") + socket, proxy=None):
            pass
    assert caught.value.response.status_code == 401
    lab.a.kill()  # with whatever it says when it is killed, and the other when it ends in order
    await asyncio.to_thread(lab.b.stop)
    for process in lab.gateways:
        log = process.log.read_text()
        assert "gateway: http://" in log
        assert not [each for each in made if each["ticket"] in log]


async def _found(reader: httpx.AsyncClient, url: str) -> bool:
    return (await reader.get(url)).status_code == 200
