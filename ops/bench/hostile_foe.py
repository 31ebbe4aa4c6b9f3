"""What attacks are made of: connections from a few addresses, bytes that no client library sends, and counts.

Everything is paced: a flood of new connections takes any server's processor, whatever it answers, and is for
a firewall to hold off. What is measured here is what each of them may cost the gateway.
"""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import cast

from ops.bench.gateway_rig import SECRET

ADDRESSES = 4
"""Addresses that an attack comes from, none of them an honest one's: what is allowed to each must hold it."""

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 3.0
"""For an answer that has to come. Longer than a loop that lags, shorter than an attack."""

PIECE = 64 * 1024
ENDLESS = 24 << 20
"""Bytes after which an endless message counts as taken."""

FOES = 4
"""Tokens of attackers; each attack uses one of them."""


def foe_secret(number: int) -> str:
    """Return an attacker's token."""
    return f"{SECRET}-foe-{number}"


def head(line: str, *headers: str) -> bytes:
    """Return a request's head."""
    return "\r\n".join([f"{line} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def frame(opcode: int, payload: bytes = b"", *, last: bool = True) -> bytes:
    """Return a WebSocket frame, masked with zeros, of at most 65,535 bytes."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else bytes((0x80 | 126,)) + size.to_bytes(2, "big")
    return bytes((opcode | (0x80 if last else 0),)) + length + bytes(4) + payload


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
        self._transport.abort()


class Foe:
    """An attacker, for as long as an attack goes on.

    Args:
        port: of the gateway.
        until: when the attack ends, by the monotonic clock.
        videos: that honest viewers watch.
        jobs: that are under way.
        token: what it may show.

    Attributes:
        seen: what became of its messages and connections, counted.
        sent: bytes.
        held: connections that stay open until it leaves.
    """

    def __init__(self, port: int, until: float, videos: list[str], jobs: list[str], token: str) -> None:
        self._port = port
        self._opened = 0
        self.until = until
        self.videos = videos
        self.jobs = jobs
        self.bearer = f"Authorization: Bearer {token}"
        self.seen: Counter[str] = Counter()
        self.sent = 0
        self.held: list[Line] = []

    @property
    def going_on(self) -> bool:
        """Whether the attack has not ended."""
        return time.monotonic() < self.until

    async def line(self, *, deaf: bool = False) -> Line:
        """Open a connection; one that is ``deaf`` has little room for what it is told.

        Raises:
            OSError: it was refused.
        """
        self._opened += 1
        connection = socket.socket()
        connection.setblocking(False)  # noqa: FBT003
        if deaf:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.bind((f"127.1.0.{1 + self._opened % ADDRESSES}", 0))
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self._port))
        except OSError:
            connection.close()
            raise
        _, line = await asyncio.get_running_loop().create_connection(Line, sock=connection)
        return line

    async def socket(self, path: str, *, deaf: bool = False) -> Line:
        """Open a WebSocket.

        Raises:
            ConnectionError: the upgrade was refused; counted.
        """
        made = await self.line(deaf=deaf)
        await self.send(made, head(f"GET {path}", *upgrade(), self.bearer))
        status = await made.answer()
        self.seen[f"upgrade {status}"] += 1
        if status != "101":
            made.abort()
            raise ConnectionError(status)
        if deaf:
            made.stop_reading()
        return made

    async def send(self, line: Line, data: bytes) -> bool:
        """Send, and count it if it left."""
        left = await line.send(data, self.until)
        self.sent += len(data) if left else 0
        return left

    async def crowd(self, size: int, each: Callable[[int], Awaitable[None]], pause: float) -> None:
        """Have ``size`` connections at work side by side, each again and again, with a ``pause`` between."""

        async def one(number: int) -> None:
            await asyncio.sleep(pause * number / size)
            while self.going_on:
                try:
                    await each(number)
                except OSError as error:
                    self.seen[type(error).__name__] += 1
                await asyncio.sleep(pause)

        await asyncio.gather(*(one(number) for number in range(size)))

    async def hold(self, size: int, each: Callable[[int], Awaitable[Line]], at_once: int = 32) -> None:
        """Open ``size`` connections and keep them; then do nothing until the end."""
        numbers = iter(range(size))

        async def some(numbers: Iterable[int]) -> None:
            for number in numbers:
                if not self.going_on:
                    return
                try:
                    self.held.append(await each(number))
                except OSError as error:
                    self.seen[type(error).__name__] += 1
                await asyncio.sleep(0.02)

        await asyncio.gather(*(some(numbers) for _ in range(at_once)))
        await asyncio.sleep(max(0.0, self.until - time.monotonic()))


def upgrade() -> tuple[str, ...]:
    """Return the headers of a WebSocket's upgrade."""
    return (
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
    )
