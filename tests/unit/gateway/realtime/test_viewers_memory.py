"""What viewers can make the gateway remember, measured in a process of its own."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from tests.support.lone_gateway import LoneGateway, lone_gateway
from tests.unit.gateway.realtime.client import PATH
from tests.unit.gateway.realtime.raw import CONTINUED, PING, TEXT, frame, opened

SOCKETS = 40
FLOOD = 500_000
"""Bytes that each socket sends, or tries to: 20 MB from all."""

MOST = 6 << 20
"""Bytes that the process may grow by: 150 kB a socket, most of it what the loop reads into."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneGateway]:
    folder: Path = tmp_path_factory.mktemp("lone")
    with lone_gateway(folder, GATEWAY_RATE_PER_SECOND="0") as running:  # it is not the rate that saves it
        yield running


@pytest.mark.parametrize(
    ("begin", "piece"),
    [(b"", frame(PING, bytes(125))), (frame(TEXT, fin=False), frame(CONTINUED, fin=False))],
    ids=["pings", "fragments"],
)
async def test_20_mb_of_frames_from_40_sockets_that_do_not_read_cost_at_most_6_mb(
    gateway: LoneGateway, begin: bytes, piece: bytes
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(SOCKETS):  # what the first sockets of a process cost stays with it
            async with opened(gateway.url, PATH) as first:
                await first.say(frame(PING))
                await first.hear()
        before = gateway.memory
        sockets = [
            await stack.enter_async_context(opened(gateway.url, PATH, room=4_096)) for _ in range(SOCKETS)
        ]

        async def flood(writer: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                writer.write(begin + piece * (FLOOD // len(piece)))
                await writer.drain()

        for socket in sockets:
            socket.writer.transport.set_write_buffer_limits(high=0)
            socket.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.wait_for(asyncio.gather(*(flood(socket.writer) for socket in sockets)), 60)
        assert await asyncio.to_thread(lambda: gateway.answers)
        grown = gateway.memory - before
    assert grown <= MOST, f"{grown / 1e6:.1f} MB more than before the flood"
    assert "Traceback" not in gateway.told
