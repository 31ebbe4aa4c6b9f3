"""The attacks, each by its name, in a process of its own that takes what processor time others leave.

``attack`` runs one until a moment of the monotonic clock and answers with what became of it; what it holds
stays open until ``leave``.
"""

import argparse
import asyncio
import itertools
import json
import os
import resource
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ops.bench.gateway_calls import names_of
from ops.bench.hostile_foe import ENDLESS, PIECE, Foe, Line, foe_secret, frame, head, upgrade
from ops.bench.hostile_process import obey

NICE = 10
"""On the same machine, an attack would also take the processor from what is measured."""

PAUSE = 0.1
"""Between two messages of one connection, seconds."""

CROWD = 8
MANY = 1_000
JOBS_SOCKET = "/ws/v2/jobs"
PING, PONG, TEXT = 0x9, 0xA, 0x1
_POST = "POST /api/v2/videos/v/scripts/generate"
_JSON = "Content-Type: application/json"
SPOKEN = "㈜" * 5_000
"""5,000 characters, spoken as 20,000 syllables: 38 minutes."""

SCENES = 60
"""As many of these as fit into a body."""


@dataclass(frozen=True)
class Attack:
    """One kind.

    Attributes:
        run: what it does.
        shed: the gateway has to let go of its connections while it still holds them.
        answered: each of its messages has to be answered, or at least its connection closed.
    """

    run: Callable[[Foe], Awaitable[None]]
    shed: bool = False
    answered: bool = False


async def nothing(foe: Foe) -> None:
    """Do nothing: what the machine itself does to the figures."""
    await asyncio.sleep(max(0.0, foe.until - time.monotonic()))


def endless(start: bytes, piece: bytes) -> Callable[[Foe], Awaitable[None]]:
    """Return the attack with a message that never ends."""

    async def attack(foe: Foe) -> None:
        async def one(_: int) -> None:
            line = await foe.line()
            left, answer = len(start), asyncio.ensure_future(line.answer(60))
            if await foe.send(line, start.replace(b"BEARER", foe.bearer.encode())):
                while foe.going_on and left < ENDLESS and not answer.done() and await foe.send(line, piece):
                    left += len(piece)
                    await asyncio.sleep(0.002)
            await asyncio.wait({answer}, timeout=1.0)
            foe.seen[answer.result() if answer.done() else "unanswered"] += 1
            foe.seen["taken whole"] += left >= ENDLESS
            answer.cancel()
            line.abort()

        await foe.crowd(CROWD, one, PAUSE)

    return attack


def asked(*requests: bytes, pause: float = PAUSE, crowd: int = CROWD) -> Callable[[Foe], Awaitable[None]]:
    """Return the attack with whole requests, each on a connection of its own."""
    turns = itertools.cycle(requests)

    async def attack(foe: Foe) -> None:
        async def one(_: int) -> None:
            line = await foe.line()
            await foe.send(line, next(turns).replace(b"BEARER", foe.bearer.encode()))
            foe.seen[await line.answer()] += 1
            line.abort()

        await foe.crowd(crowd, one, pause)

    return attack


def flood(*requests: bytes) -> Callable[[Foe], Awaitable[None]]:
    """Return the attack with request after request on connections that are kept: some 1,000 a second."""

    async def attack(foe: Foe) -> None:
        async def one(number: int) -> None:
            line = await foe.line()
            for request in itertools.islice(itertools.cycle(requests), number, None):
                if not foe.going_on or not await foe.send(line, request):
                    break
                foe.seen[await line.answer()] += 1
                await asyncio.sleep(0.015)
            line.abort()

        await foe.crowd(2 * CROWD, one, PAUSE)

    return attack


async def pipelined(foe: Foe) -> None:
    """Ask, and read no answer: 4 MB of requests on each of ten connections."""
    block = head("GET /livez") * 1_500

    async def one(_: int) -> None:
        line, left = await foe.line(deaf=True), 0
        line.stop_reading()
        while foe.going_on and left < 4 << 20 and await foe.send(line, block):
            left += len(block)
        foe.seen["sent whole" if left >= 4 << 20 else "stopped"] += 1
        await asyncio.sleep(1.0)
        line.abort()

    await foe.crowd(10, one, PAUSE)


def unfinished(start: Callable[[Foe], bytes], drip: bytes = b"") -> Callable[[Foe], Awaitable[None]]:
    """Return the attack with connections that begin something, and go on a byte at a time or not at all."""

    async def attack(foe: Foe) -> None:
        async def one(_: int) -> Line:
            line = await foe.line()
            await foe.send(line, start(foe))
            return line

        async def dripping() -> None:
            while drip:
                await asyncio.sleep(1.0)
                for line in foe.held:
                    if not line.gone:
                        await line.send(drip, time.monotonic() + 0.01)

        drops = asyncio.create_task(dripping())
        _DRIPS.add(drops)  # goes on while the connections are held
        await foe.hold(MANY, one)
        foe.seen["held at the end"] = sum(not line.gone for line in foe.held)

    return attack


_DRIPS: set[asyncio.Task[None]] = set()


def frames(path: str, block: bytes, pause: float = 0.05) -> Callable[[Foe], Awaitable[None]]:
    """Return the attack with a block of frames in one segment, again and again, on deaf sockets."""

    async def attack(foe: Foe) -> None:
        async def one(number: int) -> None:
            socket = await foe.socket(path.format(video=foe.videos[number % len(foe.videos)]), deaf=True)
            blocks = 0
            while foe.going_on and await foe.send(socket, block):
                blocks += 1
                await asyncio.sleep(pause)
            foe.seen["still open" if not socket.gone and not foe.going_on else "ended"] += 1
            foe.seen["blocks taken"] += blocks
            socket.abort()

        await foe.crowd(CROWD, one, PAUSE)

    return attack


async def deaf(foe: Foe) -> None:
    """Watch what is told much of, read nothing, and pong now and then as if somebody were there."""

    async def one(number: int) -> Line:
        return await foe.socket(
            f"/ws/videos/{foe.videos[number % len(foe.videos)]}/render-progress", deaf=True
        )

    async def ponging() -> None:
        while True:
            await asyncio.sleep(0.5)
            for line in foe.held:
                if not line.gone:
                    await line.send(frame(PONG), time.monotonic() + 0.01)

    pongs = asyncio.create_task(ponging())
    _DRIPS.add(pongs)
    await foe.hold(100, one)
    foe.seen["held at the end"] = sum(not line.gone for line in foe.held)


async def many_sockets(foe: Foe) -> None:
    """Open more sockets with one token than anybody watches."""

    async def one(number: int) -> Line:
        return await foe.socket(f"/ws/videos/{foe.videos[number % len(foe.videos)]}/render-progress")

    await foe.hold(MANY, one)
    foe.seen["held at the end"] = sum(not line.gone for line in foe.held)


def many_calls(request: Callable[[Foe, int], bytes]) -> Callable[[Foe], Awaitable[None]]:
    """Return the attack with calls of one token that take long to be answered, all at once."""

    async def attack(foe: Foe) -> None:
        async def one(number: int) -> Line:
            line = await foe.line()
            await foe.send(line, request(foe, number))
            if (status := await line.answer(0.2)) != "unanswered":
                foe.seen[status] += 1
            return line

        await foe.hold(MANY, one)
        foe.seen["held at the end"] = sum(not line.gone for line in foe.held)

    return attack


def _stream(foe: Foe, number: int) -> bytes:
    video = foe.videos[number % len(foe.videos)]
    return head(f"GET /api/v2/videos/{video}/render-progress", foe.bearer, "Accept: text/event-stream")


def _waiting(foe: Foe, number: int) -> bytes:
    return head(f"GET /api/v2/render-jobs/{foe.jobs[number % len(foe.jobs)]}", foe.bearer, "Prefer: wait=120")


def _generating(foe: Foe, number: int) -> bytes:
    body = json.dumps({"source_text": f"{number}. {SPOKEN[:100]}", "language": "ko"}).encode()
    length = f"Content-Length: {len(body)}"
    return head(_POST, foe.bearer, _JSON, length, "Prefer: wait=120") + body


async def long_speech(foe: Foe) -> None:
    """Edit scripts to be spoken for days, approve them, and have them rendered."""
    scene = {"narration": SPOKEN, "on_screen_text": "말"}
    chapters = [{"chapter_id": 0, "title": "말", "scenes": [{"scene_id": n, **scene} for n in range(SCENES)]}]
    body = json.dumps({"title": "말", "language": "ko", "chapters": chapters}, ensure_ascii=False).encode()

    async def call(name: str, line: str, data: bytes) -> None:
        made = await foe.line()
        headers = (foe.bearer, _JSON, f"Content-Length: {len(data)}")
        if await foe.send(made, head(line, *headers) + data):
            foe.seen[f"{name} {await made.answer()}"] += 1
        made.abort()

    async def one(number: int) -> None:
        video, script = names_of(number)
        await call("edit", f"PUT /api/v2/scripts/{script}", body)
        await call("approve", f"POST /api/v2/scripts/{script}/approve", b"{}")
        await call(
            "create", f"POST /api/v2/videos/{video}/render-jobs", json.dumps({"script_id": script}).encode()
        )

    await foe.crowd(4, one, 0.5)


_PROGRESS = "/ws/videos/{video}/render-progress"
_HEADERS = tuple(f"X-{number}: {number}" for number in range(200))
_EMPTY = frame(TEXT)

ATTACKS: Mapping[str, Attack] = {
    "nothing": Attack(nothing),
    "endless-header-value": Attack(endless(b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"x" * PIECE), answered=True),
    "endless-headers": Attack(
        endless(b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-Y: z\r\n" * (PIECE // 8)), answered=True
    ),
    "endless-url": Attack(endless(b"GET /", b"x" * PIECE), answered=True),
    "endless-trailers": Attack(
        endless(
            head(_POST, "BEARER", _JSON, "Transfer-Encoding: chunked") + b"0\r\n",
            b"X-Y: z\r\n" * (PIECE // 8),
        ),
        answered=True,
    ),
    "many-headers": Attack(asked(head("GET /livez", *_HEADERS), pause=0.02), answered=True),
    "pipelined-unread": Attack(pipelined),
    "silent": Attack(unfinished(lambda _: b""), shed=True),
    "half-head": Attack(unfinished(lambda _: b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"x"), shed=True),
    "half-body": Attack(
        unfinished(lambda foe: head(_POST, foe.bearer, _JSON, "Content-Length: 100000") + b"{", b" "),
        shed=True,
    ),
    "upgrade-200-headers": Attack(
        asked(head(f"GET {JOBS_SOCKET}", *upgrade(), "BEARER", *_HEADERS)), answered=True
    ),
    "upgrade-20-kb-header": Attack(
        asked(head(f"GET {JOBS_SOCKET}", *upgrade(), "BEARER", f"X: {'x' * 20_000}")), answered=True
    ),
    "ping-flood": Attack(frames(_PROGRESS, frame(PING, bytes(125)) * 500)),
    "pong-flood": Attack(frames(_PROGRESS, frame(PONG, bytes(125)) * 500)),
    "empty-frames": Attack(frames(_PROGRESS, _EMPTY * 10_000)),
    "empty-continuations": Attack(frames(_PROGRESS, frame(TEXT, last=False) + frame(0, last=False) * 10_000)),
    "empty-frames-jobs": Attack(frames(JOBS_SOCKET, _EMPTY * 10_000)),
    "ping-flood-jobs": Attack(frames(JOBS_SOCKET, frame(PING) * 10_000)),
    "deaf-viewers": Attack(deaf, shed=True),
    "many-sockets": Attack(many_sockets),
    "many-streams": Attack(many_calls(_stream)),
    "wait-calls": Attack(many_calls(_waiting)),
    "wait-generates": Attack(many_calls(_generating)),
    "open-paths": Attack(
        flood(
            *(
                head(f"GET {path}")
                for path in ("/livez", "/openapi.json", "/asyncapi.json", "/metrics", "/assets/a.mp4")
            )
        )
    ),
    "wrong-tokens": Attack(
        flood(*(head("GET /api/v2/render-jobs/j", f"Authorization: Bearer {n:032}") for n in range(100)))
    ),
    "long-speech": Attack(long_speech),
}


class Attacker:
    """The process's commands.

    Args:
        port: of the gateway.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._foe: Foe | None = None

    async def attack(
        self, name: str, start: float, until: float, videos: list[str], jobs: list[str], token: int
    ) -> dict[str, Any]:
        """Run an attack from ``start`` on."""
        self._foe = foe = Foe(self._port, until, videos, jobs, foe_secret(token))
        await asyncio.sleep(max(0.0, start - time.monotonic()))
        await ATTACKS[name].run(foe)
        seen = Counter({what: count for what, count in foe.seen.items() if count})
        return {"seen": dict(seen), "sent_mb": foe.sent / 2**20}

    async def leave(self) -> dict[str, Any]:
        """Close what is held."""
        for drip in _DRIPS:
            drip.cancel()
        _DRIPS.clear()
        held = self._foe.held if self._foe else []
        still = sum(not line.gone for line in held)
        for line in held:
            line.abort()
        held.clear()
        return {"held": still}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    os.nice(NICE)
    asyncio.run(obey(Attacker(parser.parse_args().port)))
