"""Creates jobs over HTTP as fast as a gateway takes them, from a process of its own.

Every connection is kept alive and has one call under way (no pipelining); every call makes another video's
job. The last line is a JSON object: ``seconds``, ``p50_ms``, ``p99_ms``, ``max_ms`` and ``answers``, a count
of each status.
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import cast

import uvloop

from ops.bench.gateway_rig import SECRET, percentile

BODY = {
    "options": {
        "visual_style": "animated",
        "tts_provider": "kokoro",
        "theme": "harbor-light",
        "width": 1920,
        "height": 1080,
        "fps": 24,
        "fade_duration": 0.4,
    }
}


def names_of(number: int) -> tuple[str, str]:
    """Return the ids of the video and the script of a call."""
    return f"video-{number:07}", f"script-{number:07}"


class Caller(asyncio.Protocol):
    """One connection: sends the next call when the last one is answered.

    Args:
        numbers: of the calls still to make, shared by all connections.
        keys: whether calls carry an ``Idempotency-Key``.
    """

    def __init__(self, numbers: Iterator[int], *, keys: bool) -> None:
        self._numbers = numbers
        self._keys = keys
        self._received = bytearray()
        self._sent = 0.0
        self.latencies: list[float] = []
        self.answers: Counter[str] = Counter()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        self._next()

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer; the whole of one calls for the next."""
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        if len(body) < int(length or b"0"):
            return
        self.latencies.append(time.perf_counter() - self._sent)
        self.answers[head[9:12].decode()] += 1
        self._received.clear()
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end; one in the middle of a call is an error."""
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionResetError("the gateway closed the connection"))

    def _next(self) -> None:
        number = next(self._numbers, None)
        if number is None:
            self.ended.set_result(None)
            self._transport.close()
            return
        video, script = names_of(number)
        body = json.dumps({"script_id": script, **BODY}).encode()
        key = f"Idempotency-Key: key-{number}\r\n" if self._keys else ""
        head = (
            f"POST /api/v2/videos/{video}/render-jobs HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {SECRET}\r\nContent-Type: application/json\r\n"
            f"User-Agent: bench\r\nAccept: application/json\r\n{key}Content-Length: {len(body)}\r\n\r\n"
        )
        self._sent = time.perf_counter()
        self._transport.write(head.encode() + body)


async def call(options: argparse.Namespace) -> dict[str, object]:
    """Make the calls and return the figures."""
    numbers = iter(range(options.first, options.first + options.count))
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    callers = [
        (await loop.create_connection(lambda: Caller(numbers, keys=options.keys), "127.0.0.1", options.port))[
            1
        ]
        for _ in range(options.connections)
    ]
    await asyncio.gather(*(caller.ended for caller in callers))
    seconds = time.perf_counter() - started
    latencies = [latency * 1000 for caller in callers for latency in caller.latencies]
    answers: Counter[str] = sum((caller.answers for caller in callers), Counter())
    return {
        "seconds": seconds,
        "p50_ms": percentile(latencies, 0.5),
        "p99_ms": percentile(latencies, 0.99),
        "max_ms": max(latencies),
        "answers": answers,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--first", type=int, default=0, help="number of the first call")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--keys", action="store_true", help="send an Idempotency-Key with each call")
    print(json.dumps(uvloop.run(call(parser.parse_args()))))
