"""One WebSocket client, as cheap as can be, and the wave of jobs whose deliveries it takes.

Report number k of video v is due at ``start + ((k - first) * videos + v) / rate``; latency counts from there
until the frame is in this process's hands, so that a gateway that falls behind cannot hide it; what this
process itself is late by counts, too. It shares the machine with what is measured: a frame that came before,
to another viewer of the same video, is not read again.
"""

import asyncio
import struct
import time
from array import array
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Protocol, cast

from ops.bench.gateway_rig import SECRET

REMEMBERED = 4_096
"""Frames; each comes to all viewers of its video within some milliseconds."""


@dataclass
class Wave:
    """What is being measured.

    Attributes:
        first: number of the first report that counts; the ones before made the jobs run.
        delays: seconds from the moment that a report was due to its delivery, by the second of the wave.
        known: when the report of a frame that came before was due; ``None`` for a frame that does not count.
    """

    number: int = -1
    start: float = 0.0
    rate: float = 1.0
    videos: int = 1
    first: int = 0
    delays: "defaultdict[int, array[float]]" = field(default_factory=lambda: defaultdict(lambda: array("d")))
    ends: int = 0
    known: dict[bytes, float | None] = field(default_factory=dict)

    def take(self, video: int, frame: bytes, payload: bytes, now: float) -> None:
        """Take one message of a video's viewer."""
        if payload.find(b'"job-%d-' % self.number) < 0:
            return  # the snapshot of the wave before
        if b'"FAILED"' in payload:
            self.ends += 1
            return
        if frame not in self.known:
            if len(self.known) > REMEMBERED:
                self.known.clear()
            self.known[frame] = self._due(video, payload)
        due = self.known[frame]
        if due is not None:
            self.came(now, due)

    def came(self, now: float, due: float) -> None:
        """Count a delivery."""
        self.delays[int(now - self.start)].append(now - due)

    def _due(self, video: int, payload: bytes) -> float | None:
        place = payload.find(b'"progress":') + 11
        number = int(payload[place : payload.index(b",", place)]) - 1
        if number < self.first:
            return None
        return self.start + ((number - self.first) * self.videos + video) / self.rate


class Holder(Protocol):
    """Who holds sockets."""

    wave: Wave


class Socket(asyncio.Protocol):
    """A WebSocket client that does what a measurement needs, and no more.

    Args:
        path: asked for.
        video: number of the video it watches; ``None`` for one that only counts.
        holder: whose wave it reports to.
        secret: the token that it shows.
    """

    def __init__(self, path: str, video: int | None, holder: Holder, secret: str = SECRET) -> None:
        self._secret = secret
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
            f"Authorization: Bearer {self._secret}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take whole frames; keep the rest."""
        if self._video is not None and not self._buffer:
            wave = self._holder.wave
            due = wave.known.get(data)
            if due is not None:
                now = time.monotonic()  # uvloop's own clock stands still in a turn
                self.frames += 1
                wave.came(now, due)
                return
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
        now, start, size = time.monotonic(), 0, len(data)
        while size - start >= 2:
            length, body = data[start + 1], start + 2
            if length == 126:
                if size - start < 4:
                    break
                length, body = struct.unpack_from("!H", data, start + 2)[0], start + 4
            if size < body + length:
                break
            self._frame(data[start : body + length], data[body : body + length], now)
            start = body + length
        self._buffer = data[start:]

    def _frame(self, frame: bytes, payload: bytes, now: float) -> None:
        if frame[0] == 0x81:
            self.frames += 1
            if self._video is not None:
                self._holder.wave.take(self._video, frame, payload, now)
            if not self.told.done():
                self.told.set_result(None)
        elif frame[0] == 0x89:
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
