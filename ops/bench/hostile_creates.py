"""Honest creates at a steady rate, whatever becomes of the ones before, in a process of its own.

Latency counts from the moment that a create was due, so that a gateway that falls behind cannot hide it.
"""

import argparse
import asyncio
import json
import time
from collections import Counter, deque
from typing import Any, cast

import uvloop

from ops.bench.gateway_calls import BODY, names_of
from ops.bench.gateway_rig import SECRET, percentile
from ops.bench.hostile_process import obey

CONNECTIONS = 16
PATIENCE_SECONDS = 30.0
"""For the answers that are still to come when the last create has been sent."""

MAKER = f"{SECRET}-maker"
"""The token that may create."""

ADDRESS = "127.3.0.1"


class Call:
    """One create."""

    def __init__(self, number: int, due: float) -> None:
        self.number = number
        self.due = due


class Connection(asyncio.Protocol):
    """A kept connection with one create under way."""

    def __init__(self, creates: "Creates") -> None:
        self._creates = creates
        self._received = bytearray()
        self.call: Call | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, call: Call) -> None:
        """Make a create."""
        self.call = call
        video, script = names_of(call.number)
        body = json.dumps({"script_id": script, **BODY}).encode()
        head = (
            f"POST /api/v2/videos/{video}/render-jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {MAKER}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._transport.write(head.encode() + body)

    def data_received(self, data: bytes) -> None:
        """Take an answer."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        if not found or len(body) < int(length or b"0"):
            return
        status = head[9:12].decode("latin-1")
        self._received.clear()
        call, self.call = self.call, None
        if call is not None:
            self._creates.answered(call, status)
        if not self._transport.is_closing():
            self._creates.free(self)

    def connection_lost(self, _: Exception | None) -> None:
        """Count what was under way as lost."""
        self._creates.closed(self)
        if self.call is not None:
            self._creates.answered(self.call, "lost")


class Creates:
    """The process's commands.

    Args:
        port: of the gateway.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[Connection] = set()
        self._free: deque[Connection] = deque()
        self._waiting: deque[Call] = deque()
        self._latencies: list[tuple[float, float]] = []
        self._answers: Counter[str] = Counter()

    async def create(self, first: int, count: int, rate: float, start: float, split: float) -> dict[str, Any]:
        """Create jobs ``first`` and on from ``start``; returns latencies before and after ``split``."""
        self._latencies, self._answers = [], Counter()
        while len(self._open) < CONNECTIONS:
            await self._connect()
        for number in range(count):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self._waiting.append(Call(first + number, due))
            self._serve()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._answers.total() < count and time.monotonic() < deadline:
            if len(self._open) < CONNECTIONS:
                await self._connect()
                self._serve()
            await asyncio.sleep(0.05)
        sides: tuple[list[float], list[float]] = [], []
        for due, latency in self._latencies:
            sides[due >= split].append(latency * 1000)
        return {
            "answers": dict(self._answers),
            "missing": count - self._answers.total(),
            "before_p99_ms": percentile(sides[0], 0.99),
            "after_p99_ms": percentile(sides[1], 0.99),
            "after_max_ms": max(sides[1], default=0.0),
        }

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(
            lambda: Connection(self), "127.0.0.1", self._port, local_addr=(ADDRESS, 0)
        )
        self._open.add(made)
        self._free.append(made)

    def _serve(self) -> None:
        while self._free and self._waiting:
            self._free.popleft().send(self._waiting.popleft())

    def answered(self, call: Call, status: str) -> None:
        """Take a create's outcome."""
        self._latencies.append((call.due, time.monotonic() - call.due))
        self._answers[status] += 1

    def free(self, connection: Connection) -> None:
        """Give a connection the next create."""
        self._free.append(connection)
        self._serve()

    def closed(self, connection: Connection) -> None:
        """Forget a connection."""
        self._open.discard(connection)
        if connection in self._free:
            self._free.remove(connection)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(obey(Creates(parser.parse_args().port)))
