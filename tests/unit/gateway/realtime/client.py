"""A client of ``/ws/v2/jobs``, and one that stops reading."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.unit.gateway.conftest import Harness

PATH = "/ws/v2/jobs"


class Client:
    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.connection.recv(), 10))
        return message

    async def subscribe(self, *job_ids: str, **more: Any) -> list[dict[str, Any]]:
        """Subscribe, expect the answer, return the snapshots (none where it is resumed)."""
        await self.say(type="subscribe", job_ids=job_ids, **more)
        answer = await self.hear()
        assert answer["type"] == "subscribed", answer
        if answer["resumed"]:
            return []
        return [await self.hear() for _ in [*job_ids, *more.get("video_ids", ())]]


@asynccontextmanager
async def session(harness: Harness, **more: Any) -> AsyncIterator[Client]:
    async with connect(harness.url.replace("http", "ws") + PATH, proxy=None, **more) as connection:
        yield Client(connection)


@asynccontextmanager
async def stalled_client(url: str, message: dict[str, Any]) -> AsyncIterator[None]:
    """A client that subscribes and reads nothing more."""
    loop = asyncio.get_running_loop()
    with socket.socket() as stalled:
        stalled.settimeout(0)
        stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(stalled, ("127.0.0.1", int(url.rsplit(":", 1)[1])))
        handshake = (
            f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await loop.sock_sendall(stalled, handshake.encode())
        assert b" 101 " in await loop.sock_recv(stalled, 1_000)
        text = json.dumps(message).encode()
        frame = b"\x81" + struct.pack("!BH", 0x80 | 126, len(text)) + bytes(4) + text
        await loop.sock_sendall(stalled, frame)
        yield
