"""The attacks, each by its name, in a process of its own that takes what processor time others leave.

``attack`` runs one until a moment of the monotonic clock and answers with what became of it; what it holds
stays open until ``leave``.
"""

import argparse
import asyncio
import os
import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.bench.hostile_foe import Foe, foe_secret
from ops.bench.hostile_kinds import (
    GENERATE,
    JOBS_SOCKET,
    JSON,
    PING,
    PONG,
    TEXT,
    Kind,
    asked,
    deaf,
    endless,
    flood,
    frames,
    generating,
    long_speech,
    many_calls,
    many_sockets,
    nothing,
    pipelined,
    stream,
    unfinished,
    waiting,
)
from ops.bench.hostile_line import PIECE, frame, head, upgrade
from ops.bench.hostile_process import obey

NICE = 10
"""On the same machine, an attack would also take the processor from what is measured."""


SHARE = 200
"""Sockets, streams and waiting calls of one token in this benchmark, as its gateway is set: the usual limits
are for the viewers of a whole site, and an attack of so many would measure connecting."""


@dataclass(frozen=True)
class Attack:
    """One kind.

    Attributes:
        run: what it does.
        shed: the gateway has to let go of its connections while it still holds them.
        answered: each of its messages has to be answered, or at least its connection closed.
        shared: of what it holds no more than ``SHARE`` may be let in.
    """

    run: Kind
    shed: bool = False
    answered: bool = False
    shared: bool = False


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
            head(GENERATE, "BEARER", JSON, "Transfer-Encoding: chunked") + b"0\r\n",
            b"X-Y: z\r\n" * (PIECE // 8),
        ),
        answered=True,
    ),
    "many-headers": Attack(asked(head("GET /livez", *_HEADERS), pause=0.02), answered=True),
    "pipelined-unread": Attack(pipelined),
    "silent": Attack(unfinished(lambda _: b""), shed=True),
    "half-head": Attack(unfinished(lambda _: b"GET / HTTP/1.1\r\nHost: x\r\nX: ", b"x"), shed=True),
    "half-body": Attack(
        unfinished(lambda foe: head(GENERATE, foe.bearer, JSON, "Content-Length: 100000") + b"{", b" "),
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
    "many-sockets": Attack(many_sockets, shared=True),
    "many-streams": Attack(many_calls(stream), shared=True),
    "wait-calls": Attack(many_calls(waiting), shared=True),
    "wait-generates": Attack(many_calls(generating), shared=True),
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
        seen = {what: count for what, count in foe.seen.items() if count}
        return {"seen": seen, "sent_mb": foe.sent / 2**20}

    async def leave(self) -> dict[str, Any]:
        """Close what is held."""
        if self._foe is not None:
            self._foe.leave()
        return {}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    os.nice(NICE)
    asyncio.run(obey(Attacker(parser.parse_args().port)))
