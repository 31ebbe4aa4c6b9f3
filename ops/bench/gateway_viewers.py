"""Holds many WebSockets in a process of its own and measures how late what they are told comes.

Reads commands from its standard input, one JSON object a line, and answers each with one:
``connect`` opens ``sockets`` (``per_video`` watch each video) and ``stalling`` more, of which every other one
watches many videos on ``/ws/v2/jobs``; ``wave`` takes the deliveries of one wave of jobs until ``until``, a
moment of the monotonic clock; those that stall stop reading at ``stall_at``; ``churn`` opens and closes
``count`` connections.
"""

import argparse
import asyncio
import gc
import json
import math
import resource
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from statistics import median
from typing import Any

import uvloop

from ops.bench.gateway_client import Socket, Wave
from ops.bench.gateway_rig import percentile
from ops.bench.gateway_waves import video_of

ADDRESSES = 20_000
"""Connections from one of our addresses: the system has 28,000 ports for each."""

OPENING = 64
MANY = 20
"""Videos that a stalling dashboard watches."""

DEADLINE = 60.0

NAP_SECONDS = 0.003
"""From one look at all sockets to the next while deliveries are taken: by so much they may seem later than
they came. Without it the system wakes this process for each of them, at the cost of whoever writes, whose
viewers would be on other machines."""


class Viewers:
    """All sockets of this process.

    Args:
        ports: of the gateways, which take turns.
    """

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = cycle(ports)
        self._made = 0
        self.wave = Wave()
        self.sockets: list[Socket] = []
        self.stalling: list[Socket] = []

    async def _open(self, path: str, video: int | None) -> Socket:
        self._made += 1
        source = f"127.0.0.{2 + self._made // ADDRESSES % 200}"
        connection = socket.socket()
        connection.setblocking(False)  # noqa: FBT003
        if video is None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        connection.bind((source, 0))
        loop = asyncio.get_running_loop()
        await loop.sock_connect(connection, ("127.0.0.1", next(self._ports)))
        _, made = await loop.create_connection(lambda: Socket(path, video, self), sock=connection)
        await made.opened
        return made

    async def connect(self, sockets: int, per_video: int, stalling: int) -> dict[str, Any]:
        """Open them, some at a time."""
        began = time.monotonic()
        videos = sockets // per_video
        numbers = iter(range(sockets))

        async def some(numbers: Iterator[int]) -> None:
            for number in numbers:
                self.sockets.append(await self._open(_path(number % videos), number % videos))

        await asyncio.gather(*(some(numbers) for _ in range(OPENING)))
        for number in range(stalling):
            if number % 2:
                self.stalling.append(await self._open(_path(number % videos), None))
                continue
            dashboard = await self._open("/ws/v2/jobs", None)
            self.stalling.append(dashboard)
            watched = [video_of((number + each) % videos) for each in range(min(videos, MANY))]
            dashboard.say(json.dumps({"type": "subscribe", "video_ids": watched}).encode())
        gc.collect()
        gc.freeze()  # a full collection of 10,000 sockets would be counted as the gateway's delay
        gc.disable()
        return {"seconds": time.monotonic() - began, "sockets": len(self.sockets)}

    async def measure(self, wave: Wave, until: float, stall_at: float | None) -> dict[str, Any]:
        """Take one wave's deliveries."""
        self.wave = wave
        asyncio.get_running_loop().call_soon(self._nap, until)
        if stall_at is not None:
            await asyncio.sleep(max(0.0, stall_at - time.monotonic()))
            for each in self.stalling:
                each.transport.pause_reading()
        await asyncio.sleep(max(0.0, until - time.monotonic()))
        everything = [delay * 1000 for delays in wave.delays.values() for delay in delays]
        stalled_from = math.inf if stall_at is None else stall_at - wave.start
        return {
            "deliveries": len(everything),
            "ends": wave.ends,
            "lost": sum(each.lost for each in self.sockets),
            "p50_ms": percentile(everything, 0.5),
            "p99_ms": percentile(everything, 0.99),
            "max_ms": max(everything, default=0.0),
            "before_p99_ms": _usual_p99(wave, 0, stalled_from),
            "after_p99_ms": _usual_p99(wave, stalled_from, math.inf),
            "stalled_frames": min((each.frames for each in self.stalling), default=0),
        }

    def _nap(self, until: float) -> None:
        if time.monotonic() < until:
            time.sleep(NAP_SECONDS)
            asyncio.get_running_loop().call_soon(self._nap, until)

    async def churn(self, count: int, at_once: int) -> dict[str, Any]:
        """Open ``count`` connections that wait for their snapshot and go, every second one without a word."""
        numbers = iter(range(count))
        began = time.monotonic()

        async def some(numbers: Iterator[int]) -> None:
            for number in numbers:
                made = await self._open(_path(0), None)
                async with asyncio.timeout(DEADLINE):
                    await made.told
                if number % 2:
                    made.transport.abort()
                else:
                    made.transport.write(b"\x88\x82\0\0\0\0\x03\xe8")
                    made.transport.close()

        await asyncio.gather(*(some(numbers) for _ in range(at_once)))
        return {"seconds": time.monotonic() - began, "connections": count}


def _usual_p99(wave: Wave, start: float, end: float) -> float:
    """Return the median over the whole seconds from ``start`` to ``end`` of each second's p99, ms.

    Of all deliveries together it would be the broker's one longest pause, on whichever side that fell.
    """
    each = [
        percentile(delays, 0.99) * 1000
        for second, delays in wave.delays.items()
        if start <= second and second + 1 <= end
    ]
    return median(each) if each else 0.0


def _path(video: int) -> str:
    return f"/ws/videos/{video_of(video)}/render-progress"


async def serve(viewers: Viewers) -> None:
    """Obey commands until the input ends."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    loop = asyncio.get_running_loop()
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
    parser.add_argument("--ports", type=int, nargs="+", required=True)
    uvloop.run(serve(Viewers(parser.parse_args().ports)))
