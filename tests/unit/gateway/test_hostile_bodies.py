"""What a caller may have its bodies cost: attacks with a megabyte each, on a gateway's own process."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator

import pytest

from services.gateway.http.middleware.body import IN_HAND_BYTES
from tests.support.bare_gateway import BareGateway, bare_gateway
from tests.support.eventually import eventually
from tests.support.raw_http import ask

MB = 1_000_000
SCENE = '{"scene_id":1,"narration":"네."}'


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareGateway]:
    with bare_gateway(tmp_path_factory.mktemp("bodies"), descriptors=512) as opened:
        yield opened


def filled(head: str, item: str, tail: str) -> bytes:
    """Return a megabyte of JSON, with as many of an item as fit."""
    return (head + ",".join([item] * (MB // (len(item) + 1))) + tail).encode()


def request(method: str, path: str, body: bytes) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


CHAPTER = '{"chapter_id":1,"title":"a","scenes":['
WRONG = {
    "chapters": ("PUT", "/api/v2/scripts/s-1", filled('{"chapters":[', "1", "]}")),
    "scenes": ("PUT", "/api/v2/scripts/s-1", filled(f'{{"chapters":[{CHAPTER}', "{}", "]}]}")),
    "scenes of chapters": (
        "PUT",
        "/api/v2/scripts/s-1",
        filled('{"chapters":[', f"{CHAPTER}{','.join(['{}'] * 400)}]}}", "]}"),
    ),
    "what is left out": (
        "PUT",
        "/api/v2/scripts/s-1",
        filled(f'{{"chapters":[{CHAPTER}{SCENE}]}}],"left_out":{{"headings":[', "1", "]}}"),
    ),
    "notices": (
        "PUT",
        "/api/v2/scripts/s-1",
        filled(f'{{"chapters":[{CHAPTER}{SCENE}]}}],"warnings":[', "1", "]}"),
    ),
    "ids": ("POST", "/api/v2/stream-tickets", filled('{"job_ids":[', "1", "]}")),
    "a spec": (
        "POST",
        "/video/job/j-1/start",
        filled('{"video_id":"v-1","render_spec":{"scenes":[', "1", "]}}"),
    ),
}


@pytest.mark.parametrize("kind", WRONG)
async def test_a_megabyte_of_wrong_items_is_told_in_a_few_kb_and_costs_less_than_48_mb(
    gateway: BareGateway, kind: str
) -> None:
    method, path, body = WRONG[kind]
    before = gateway.memory
    gateway.forget_peak()
    answer = await ask(gateway.url, f"{method} {path} HTTP/1.1", "Content-Type: application/json", body=body)
    assert answer.status == (200 if kind == "a spec" else 422)  # a job of the backend's fails with the words
    assert b"at most" in answer.body or b"valid dictionary" in answer.body or b"Field required" in answer.body
    assert len(answer.body) < 4_000
    assert gateway.peak - before < 48 * MB, f"{(gateway.peak - before) / MB:.0f} MB"


async def test_60_calls_that_wait_with_a_megabyte_of_empty_lists_each_cost_less_than_150_mb(
    gateway: BareGateway,
) -> None:
    body = filled('{"source_text":"비밀번호는 길게 만듭니다.","unknown":[', "[]", "]}")
    most = IN_HAND_BYTES // len(body)
    before = gateway.memory
    gateway.forget_peak()
    opened = []
    for _ in range(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(request("POST", "/api/v2/videos/v-1/scripts/generate", body))
        await writer.drain()
        opened.append((reader, writer))
    refused: list[bytes] = []
    waiting = set(range(60))
    async with asyncio.timeout(60):
        while len(waiting) > most:
            for number in list(waiting):
                try:
                    async with asyncio.timeout(0.01):
                        refused.append(await opened[number][0].readuntil(b"\r\n\r\n"))
                except TimeoutError:
                    continue
                document = json.loads(await opened[number][0].readuntil(b"}"))
                assert document["code"] == "TOO_MANY_BODIES"
                waiting.discard(number)
    assert Counter(head.split()[1] for head in refused) == {b"429": 60 - most}
    assert all(b"retry-after: 1\r\n" in head.lower() for head in refused)
    assert gateway.peak - before < 150 * MB, f"{(gateway.peak - before) / MB:.0f} MB"
    for _, writer in opened:
        writer.transport.abort()

    async def room() -> bool:
        answer = await ask(gateway.url, "POST /api/v2/videos/v-1/render-jobs HTTP/1.1", body=b"[]")
        return answer.status == 422

    await eventually(room, 30, message="there is room again")
