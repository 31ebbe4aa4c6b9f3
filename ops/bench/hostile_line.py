"""Bytes that no client library sends, and the connection that sends them."""

import asyncio
import time
from typing import cast

ANSWER_SECONDS = 3.0
"""For an answer that has to come. Longer than a loop that lags, shorter than an attack."""

PIECE = 64 * 1024
ENDLESS = 24 << 20
"""Bytes after which an endless message counts as taken."""


def head(line: str, *headers: str) -> bytes:
    """Return a request's head."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def frame(opcode: int, payload: bytes = b"", *, last: bool = True) -> bytes:
    """Return a WebSocket frame, masked with zeros, of at most 65,535 bytes."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else bytes((0x80 | 126,)) + size.to_bytes(2, "big")
    return bytes((opcode | (0x80 if last else 0),)) + length + bytes(4) + payload


def upgrade() -> tuple[str, ...]:
    """Return the headers of a WebSocket's upgrade."""
    return (
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
    )


class Line(asyncio.Protocol):
    """One connection of an attacker's.

    Attributes:
        gone: whether the other side has closed, as far as somebody who may not be reading can tell.
    """

    def __init__(self) -> None:
        self._told = bytearray()
        self._came = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._lost = False
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Keep the beginning, count the rest."""
        self._came += len(data)
        if len(self._told) < PIECE:
            self._told += data
        self._news.set()

    def eof_received(self) -> None:
        """Take the other side's end for the connection's."""
        self._end()

    def connection_lost(self, _: Exception | None) -> None:
        """Note it."""
        self._lost = True
        self._end()

    def pause_writing(self) -> None:
        """Wait: nobody reads."""
        self._room.clear()

    def resume_writing(self) -> None:
        """Go on."""
        self._room.set()

    def _end(self) -> None:
        self.gone = True
        self._news.set()
        self._room.set()

    async def send(self, data: bytes, until: float) -> bool:
        """Send; returns whether it has left before ``until``, by the monotonic clock."""
        if self.gone:
            return False
        self._transport.write(data)
        try:
            async with asyncio.timeout(max(0.01, until - time.monotonic())):
                await self._room.wait()
        except TimeoutError:
            return False
        return not self.gone

    async def answer(self, seconds: float = ANSWER_SECONDS) -> str:
        """Take one answer; returns its status, ``closed``, or ``unanswered`` if nothing comes in time."""
        try:
            async with asyncio.timeout(seconds):
                while (size := self._size()) is None or self._came < size:
                    if self.gone:
                        break
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            if not self._told:
                return "unanswered"
        status = self._told[9:12].decode("latin-1")
        self._told.clear()
        self._came = 0
        return status or "closed"

    def _size(self) -> int | None:
        """Return the bytes of the answer that is coming; ``None`` before its head is whole."""
        told, end, _ = self._told.partition(b"\r\n\r\n")
        length = told.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        return len(told) + len(end) + int(length or b"0") if end else None

    def stop_reading(self) -> None:
        """Let what comes fill the kernel's buffers."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def abort(self) -> None:
        """End it without a word."""
        if not self._lost:  # asyncio's own transport cannot be aborted twice
            self._transport.abort()
