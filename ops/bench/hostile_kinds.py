"""What attackers do: each function is one kind, or makes the attacks of one kind."""

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable

from ops.bench.gateway_calls import names_of
from ops.bench.hostile_foe import Foe
from ops.bench.hostile_line import ENDLESS, Line, frame, head

Kind = Callable[[Foe], Awaitable[None]]

PAUSE = 0.1
"""Between two messages of one connection, seconds."""

CROWD = 8
MANY = 1_000
JOBS_SOCKET = "/ws/v2/jobs"
PING, PONG, TEXT = 0x9, 0xA, 0x1
GENERATE = "POST /api/v2/videos/v/scripts/generate"
JSON = "Content-Type: application/json"
SPOKEN = "㈜" * 5_000
"""5,000 characters, spoken as 20,000 syllables: 38 minutes."""

SCENES = 60
"""As many of these as fit into a body."""


async def nothing(foe: Foe) -> None:
    """Do nothing: what the machine itself does to the figures."""
    await asyncio.sleep(max(0.0, foe.until - time.monotonic()))


def endless(start: bytes, piece: bytes) -> Kind:
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


def asked(*requests: bytes, pause: float = PAUSE, crowd: int = CROWD) -> Kind:
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


def flood(*requests: bytes) -> Kind:
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


def unfinished(start: Callable[[Foe], bytes], drip: bytes = b"") -> Kind:
    """Return the attack with connections that begin something, and go on a byte at a time or not at all."""

    async def attack(foe: Foe) -> None:
        async def one(_: int) -> Line:
            line = await foe.line()
            await foe.send(line, start(foe))
            return line

        if drip:
            foe.drip(drip, every=1.0)
        await foe.hold(MANY, one)
        foe.count_held()

    return attack


def frames(path: str, block: bytes, pause: float = 0.05) -> Kind:
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

    foe.drip(frame(PONG), every=0.5)
    await foe.hold(100, one)
    foe.count_held()


async def many_sockets(foe: Foe) -> None:
    """Open more sockets with one token than anybody watches."""

    async def one(number: int) -> Line:
        return await foe.socket(f"/ws/videos/{foe.videos[number % len(foe.videos)]}/render-progress")

    await foe.hold(MANY, one)
    foe.count_held()


def many_calls(request: Callable[[Foe, int], bytes]) -> Kind:
    """Return the attack with calls of one token that take long to be answered, all at once."""

    async def attack(foe: Foe) -> None:
        async def one(number: int) -> Line:
            line = await foe.line()
            await foe.send(line, request(foe, number))
            if (status := await line.answer(0.2)) != "unanswered":
                foe.seen[status] += 1
            if status not in {"unanswered", "200"}:
                line.abort()
                raise ConnectionRefusedError(status)
            return line

        await foe.hold(MANY, one)
        foe.count_held()

    return attack


def stream(foe: Foe, number: int) -> bytes:
    """Return a call for an event stream."""
    video = foe.videos[number % len(foe.videos)]
    return head(f"GET /api/v2/videos/{video}/render-progress", foe.bearer, "Accept: text/event-stream")


def waiting(foe: Foe, number: int) -> bytes:
    """Return a call that waits for the end of a job."""
    return head(f"GET /api/v2/render-jobs/{foe.jobs[number % len(foe.jobs)]}", foe.bearer, "Prefer: wait=120")


def generating(foe: Foe, number: int) -> bytes:
    """Return a call that waits for a script that nobody writes."""
    body = json.dumps({"source_text": f"{number}. {SPOKEN[:100]}", "language": "ko"}).encode()
    length = f"Content-Length: {len(body)}"
    return head(GENERATE, foe.bearer, JSON, length, "Prefer: wait=120") + body


async def long_speech(foe: Foe) -> None:
    """Edit scripts to be spoken for days, approve them, and have them rendered."""
    scene = {"narration": SPOKEN, "on_screen_text": "말"}
    chapters = [{"chapter_id": 0, "title": "말", "scenes": [{"scene_id": n, **scene} for n in range(SCENES)]}]
    body = json.dumps({"title": "말", "language": "ko", "chapters": chapters}, ensure_ascii=False).encode()

    async def call(name: str, line: str, data: bytes) -> None:
        made = await foe.line()
        headers = (foe.bearer, JSON, f"Content-Length: {len(data)}")
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
