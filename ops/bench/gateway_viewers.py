"""Holds many WebSockets in a process of its own and measures how late what they are told comes.

Reads commands from its standard input, one JSON object a line, and answers each with one:
``connect`` opens ``sockets`` (``per_video`` watch each video) and ``dashboards`` (each watches many videos on
``/ws/v2/jobs``); ``wave`` takes the deliveries of one wave of jobs until ``until``, a moment of the monotonic
clock; the dashboards stop reading at ``stall_at``; ``churn`` opens and closes ``count`` connections.

Reports number k of video v is due at ``start + (k * videos + v) / rate``; latency counts from there, so that a
gateway that falls behind cannot hide it.
"""

import argparse
import asyncio
import json
import os
import resource
import socket
import struct
import sys
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import uvloop

from ops.bench.gateway_rig import SECRET, percentile
from ops.bench.gateway_waves import video_of

ADDRESSES = 20_000
"""Connections from one of our addresses: the system has 28,000 ports for each."""

OPENING = 64
DEADLINE = 60.0


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


class Socket(asyncio.Protocol):
    """A WebSocket client that does what a measurement needs, and no more.

    Args:
        path: asked for.
        video: number of the video it watches; ``None`` for a dashboard, which only counts.
        holder: whose wave it reports to.
    """

    def __init__(self, path: str, video: int | None, holder: "Viewers") -> None:
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


class Viewers:
    """All sockets of this process.

    Args:
        port: of the gateway.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._made = 0
        self.wave = Wave()
        self.sockets: list[Socket] = []
        self.dashboards: list[Socket] = []

    async def _open(self, path: str, video: int | None) -> Socket:
        self._made += 1
        source = f"127.0.0.{2 + self._made // ADDRESSES % 200}"
        connection = socket.socket()
        connection.setblocking(False)  # noqa: FBT003
        if video is None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        connection.bind((source, 0))
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", self._port))
        _, made = await loop.create_connection(lambda: Socket(path, video, self), sock=connection)
        await made.opened
        return made

    async def connect(self, sockets: int, per_video: int, dashboards: int) -> dict[str, Any]:
        """Open them, some at a time."""
        began = time.monotonic()
        videos = sockets // per_video
        numbers = iter(range(sockets))

        async def some(numbers: Iterator[int]) -> None:
            for number in numbers:
                path = f"/ws/videos/{video_of(number % videos)}/render-progress"
                self.sockets.append(await self._open(path, number % videos))

        await asyncio.gather(*(some(numbers) for _ in range(OPENING)))
        for _ in range(dashboards):
            dashboard = await self._open("/ws/v2/jobs", None)
            self.dashboards.append(dashboard)
            watched = [video_of(video) for video in range(min(videos, 100))]
            dashboard.say(json.dumps({"type": "subscribe", "video_ids": watched}).encode())
        return {"seconds": time.monotonic() - began, "sockets": len(self.sockets)}

    async def measure(self, wave: Wave, until: float, stall_at: float | None) -> dict[str, Any]:
        """Take one wave's deliveries."""
        self.wave = wave
        times = os.times()
        busy = times.user + times.system
        gone: float | None = None
        if stall_at is not None:
            wave.split = stall_at
            await asyncio.sleep(max(0.0, stall_at - time.monotonic()))
            for dashboard in self.dashboards:
                dashboard.transport.pause_reading()
            while time.monotonic() < until and any(each.established for each in self.dashboards):
                await asyncio.sleep(0.1)
            if not any(each.established for each in self.dashboards):
                gone = time.monotonic() - stall_at
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        times = os.times()
        early, late = ([sample * 1000 for sample in part] for part in (wave.early, wave.late))
        everything = early + late
        return {
            "deliveries": len(everything),
            "ends": wave.ends,
            "lost": sum(each.lost for each in self.sockets),
            "p50_ms": percentile(everything, 0.5),
            "p99_ms": percentile(everything, 0.99),
            "max_ms": max(everything, default=0.0),
            "early_p99_ms": percentile(early, 0.99),
            "late_p99_ms": percentile(late, 0.99),
            "stalled_gone_s": gone,
            "stalled": len(self.dashboards),
            "cpu": times.user + times.system - busy,
        }

    async def churn(self, count: int, at_once: int) -> dict[str, Any]:
        """Open ``count`` connections that wait for their snapshot and go, every second one without a word."""
        numbers = iter(range(count))
        began = time.monotonic()

        async def some(numbers: Iterator[int]) -> None:
            for number in numbers:
                made = await self._open(f"/ws/videos/{video_of(0)}/render-progress", None)
                async with asyncio.timeout(DEADLINE):
                    await made.told
                if number % 2:
                    made.transport.abort()
                else:
                    made.transport.write(b"\x88\x82\0\0\0\0\x03\xe8")
                    made.transport.close()

        await asyncio.gather(*(some(numbers) for _ in range(at_once)))
        return {"seconds": time.monotonic() - began, "connections": count}


async def serve(port: int) -> None:
    """Obey commands until the input ends."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    viewers, loop = Viewers(port), asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        command = json.loads(line)
        kind = command.pop("command")
        if kind == "wave":
            until, stall_at = command.pop("until"), command.pop("stall_at")
            answer = await viewers.measure(Wave(**command), until, stall_at)
        else:
            answer = await getattr(viewers, kind)(**command)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(serve(parser.parse_args().port))
