"""One WebSocket client, as cheap as can be, and the wave of jobs whose deliveries it takes.

Report number k of video v is due at ``start + (k * videos + v) / rate``; latency counts from there, so that a
gateway that falls behind cannot hide it.
"""

import asyncio
import socket
import struct
import time
from array import array
from dataclasses import dataclass, field
from typing import Protocol, cast

from ops.bench.gateway_rig import SECRET


@dataclass
class Wave:
    """What is being measured."""

    number: int = -1
    start: float = 0.0
    rate: float = 1.0
    videos: int = 1
    split: float = float("inf")
    early: "array[float]" = field(default_factory=lambda: array("d"))
    late: "array[float]" = field(default_factory=lambda: array("d"))
    ends: int = 0
    stale: int = 0

    def take(self, video: int, payload: bytes, now: float) -> None:
        """Take one message of a video's viewer."""
        if payload.find(b'"job-%d-' % self.number) < 0:
            self.stale += 1  # the snapshot of the wave before
            return
        if b'"FAILED"' in payload:
            self.ends += 1
            return
        place = payload.find(b'"progress":') + 11
        progress = int(payload[place : payload.index(b",", place)])
        if progress:
            due = self.start + ((progress - 1) * self.videos + video) / self.rate
            (self.early if now < self.split else self.late).append(now - due)


class Holder(Protocol):
    """Who holds sockets."""

    wave: Wave


class Socket(asyncio.Protocol):
    """A WebSocket client that does what a measurement needs, and no more.

    Args:
        path: asked for.
        video: number of the video it watches; ``None`` for a dashboard, which only counts.
        holder: whose wave it reports to.
    """

    def __init__(self, path: str, video: int | None, holder: Holder) -> None:
        self._path = path
        self._video = video
        self._holder = holder
        self._buffer = b""
        self._upgraded = False
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.told: asyncio.Future[None] = loop.create_future()
        self.frames = 0
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
            f"Authorization: Bearer {SECRET}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take whole frames; keep the rest."""
        data = self._buffer + data if self._buffer else data
        if not self._upgraded:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(head.split(b"\r\n")[0].decode()))
                self.transport.abort()
                return
            self._upgraded = True
            self.opened.set_result(None)
        now, start, size = time.monotonic(), 0, len(data)  # uvloop's own clock stands still in a turn
        while size - start >= 2:
            length, body = data[start + 1], start + 2
            if length == 126:
                if size - start < 4:
                    break
                length, body = struct.unpack_from("!H", data, start + 2)[0], start + 4
            if size < body + length:
                break
            self._frame(data[start], data[body : body + length], now)
            start = body + length
        self._buffer = data[start:]

    def _frame(self, kind: int, payload: bytes, now: float) -> None:
        if kind == 0x81:
            self.frames += 1
            if self._video is not None:
                self._holder.wave.take(self._video, payload, now)
            if not self.told.done():
                self.told.set_result(None)
        elif kind == 0x89:
            self.transport.write(b"\x8a" + bytes((0x80 | len(payload),)) + b"\0\0\0\0" + payload)

    def say(self, text: bytes) -> None:
        """Send a text frame, masked with zeros."""
        head = struct.pack("!BBH", 0x81, 0x80 | 126, len(text))
        self.transport.write(head + b"\0\0\0\0" + text)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note it."""
        self.lost = True
        for future in (self.opened, self.told):
            if not future.done():
                future.set_exception(exc or ConnectionResetError())
                future.exception()  # whoever waits is told; else nobody has to

    @property
    def established(self) -> bool:
        """Whether the system holds it open, also if we do not read."""
        if self.lost:
            return False
        connection = self.transport.get_extra_info("socket")
        return bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1)
