"""A WebSocket as bytes: frames that no client library would send, and exactly what comes back."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

HANDSHAKE = (
    "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
FIN, RSV1 = 0x80, 0x40
CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, size: int | None = None) -> bytes:
    """A client's frame, its mask all zeros; with ``size`` its head says so, whatever follows."""
    size = len(payload) if size is None else size
    head = bytes((opcode | (FIN if fin else 0), 0x80 | (min(126, size))))
    return head + (size.to_bytes(2) if size >= 126 else b"") + bytes(4) + payload


@dataclass
class Raw:
    """An open socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, *frames: bytes) -> None:
        """Send frames in one write."""
        self.writer.write(b"".join(frames))
        await self.writer.drain()

    async def hear(self) -> tuple[int, bytes]:
        """Return the opcode and the payload of the next frame."""
        async with asyncio.timeout(10):
            opcode, size = await self.reader.readexactly(2)
            if size == 126:
                return opcode & 0xF, await self.reader.readexactly(
                    int.from_bytes(await self.reader.readexactly(2))
                )
            return opcode & 0xF, await self.reader.readexactly(size)

    async def closed_with(self) -> int:
        """Read until the close frame and the connection's end; return the code."""
        while (heard := await self.hear())[0] != CLOSE:
            pass
        assert await asyncio.wait_for(self.reader.read(), 10) == b""
        return int.from_bytes(heard[1][:2])


@asynccontextmanager
async def opened(url: str, path: str, *headers: str, room: int | None = None) -> AsyncIterator[Raw]:
    """Open a socket, whose kernel keeps ``room`` bytes unread, and read the answer to its handshake."""
    connection = socket.socket()
    connection.setblocking(False)  # noqa: FBT003
    if room is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
    await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", int(url.rsplit(":", 1)[1])))
    reader, writer = await asyncio.open_connection(sock=connection)
    try:
        more = "".join(f"{each}\r\n" for each in headers)
        writer.write(f"GET {path} HTTP/1.1\r\n{HANDSHAKE}{more}\r\n".encode())
        assert b" 101 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        yield Raw(reader, writer)
    finally:
        writer.close()
