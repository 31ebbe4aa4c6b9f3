"""Connections that came and went leave nothing: no watch, no descriptor, and nothing for the collector."""

import asyncio
import gc
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from services.gateway.settings import GatewaySettings
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness, running

CONNECTIONS = 2_000
AT_ONCE = 50
OURS = ("services.gateway", "uvicorn", "websockets", "starlette", "httptools")
_HANDSHAKE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
)
_CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"


@pytest.fixture
def _uncollected() -> Iterator[None]:
    """The collector stands still, as it all but does in a gateway with many sockets."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def visit(url: str, path: str, message: str | None, *, politely: bool) -> None:
    """Connect, be told something, and leave."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    socket = path.startswith("/ws")
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{_HANDSHAKE * socket}\r\n".encode())
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n") or not socket
    if message is not None:
        text = message.encode()
        writer.write(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)
    assert await reader.read(4_000)
    if politely:
        writer.write(_CLOSE)
        while await reader.read(4_000):
            pass
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def alive() -> Counter[str]:
    names = (f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    return Counter(name for name in names if name.startswith(OURS))


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def many(harness: Harness, job_id: str, count: int) -> None:
    watch = json.dumps({"type": "subscribe", "job_ids": [job_id]})
    ways: tuple[tuple[str, str | None, bool], ...] = (
        ("/ws/videos/v-1/render-progress", None, True),
        ("/ws/videos/v-1/render-progress", None, False),
        ("/ws/v2/jobs", watch, True),
        ("/ws/v2/jobs", watch, False),
        ("/api/v2/videos/v-1/render-progress", None, False),
    )
    for start in range(0, count, AT_ONCE):
        await asyncio.gather(
            *(
                visit(harness.url, path, message, politely=politely)
                for path, message, politely in (ways[n % len(ways)] for n in range(start, start + AT_ONCE))
            )
        )
    await eventually(lambda: len(harness.gateway.service.hub) == 0, message="all are let go of")


@pytest.mark.usefixtures("_uncollected")
async def test_connections_that_came_and_went_leave_nothing(settings: GatewaySettings) -> None:
    access = settings.access.model_copy(update={"rate": 0})
    async with running(settings.model_copy(update={"access": access}), served=True) as harness:
        job_id = await harness.job("v-1")
        await many(harness, job_id, AT_ONCE)
        before, open_before = alive(), descriptors()
        await many(harness, job_id, CONNECTIONS)

        def clean() -> bool:
            left = {kind: count for kind, count in (alive() - before).items() if count > AT_ONCE // 5}
            assert not left, left
            assert descriptors() <= open_before + AT_ONCE // 5
            return True

        await eventually(clean, every=0.5)
