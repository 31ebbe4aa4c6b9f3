"""Whether the process is alive and ready, told in front of the framework: probes are never refused.

An answer costs no more than a refusal would, and all who ask at once share one look into the ledger, so that
nothing is gained by asking in a circle.
"""

import asyncio
import json
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from contracts.errors import LecternError
from services.gateway.ledger import outbox
from services.gateway.ledger.db.sqlite import Ledger

Probe = Callable[[], Sequence[str]]
"""Returns why a part of the process is not ready; empty when it is."""

LOOK_SECONDS = 2.0
"""For a look into the ledger. Shorter: a busy one is taken for gone. Longer: whoever asks has gone away;
Kubernetes' default is a second."""

LOOK_AGAIN_SECONDS = 0.2
"""For so long a look tells all who ask. Shorter: whoever asks in a circle keeps the ledger busy. Longer: a
ledger that is away is noticed later."""

ALIVE = {"status": "alive"}


class Standing:
    """How the process stands.

    Args:
        ledger: read to see that it can be.
        probes: of the process's other parts; more may be added while it runs.
    """

    def __init__(self, ledger: Ledger, probes: Sequence[Probe]) -> None:
        self._ledger = ledger
        self._probes = probes
        self._look: asyncio.Future[int] | None = None
        self._until = 0.0

    async def depth(self) -> int:
        """Return how many events wait in the outbox, as of a moment ago.

        Raises:
            LecternError: the ledger is away.
            TimeoutError: it does not answer in time.
        """
        now = asyncio.get_running_loop().time()
        if self._look is None or (self._look.done() and now > self._until):
            self._look = asyncio.ensure_future(self._looked())
            self._look.add_done_callback(_noted)
            self._until = now + LOOK_AGAIN_SECONDS
        return await asyncio.shield(self._look)

    async def problems(self) -> list[str]:
        """Return why requests cannot be served, empty when they can."""
        problems = [problem for probe in self._probes for problem in probe()]
        away = self._ledger.standing.problems()
        try:
            await self.depth()
        except LecternError as error:
            away = away or [f"ledger: {error}"]
        except TimeoutError:
            away = away or ["ledger: it does not answer in time"]
        return [*problems, *away]

    async def _looked(self) -> int:
        async with asyncio.timeout(LOOK_SECONDS):
            return await self._ledger.read(outbox.depth)


class Probes:
    """Answers ``GET /livez`` and ``GET /readyz``; everything else goes on.

    Args:
        app: what is behind.
        standing: how the process stands.
    """

    def __init__(self, app: ASGIApp, standing: Standing) -> None:
        self._app = app
        self._standing = standing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        path = scope["path"] if scope["type"] == "http" and scope["method"] == "GET" else ""
        if path == "/livez":
            await _tell(send, 200, ALIVE)
        elif path == "/readyz":
            problems = await self._standing.problems()
            await _tell(send, 503 if problems else 200, readiness(problems))
        else:
            await self._app(scope, receive, send)


def readiness(problems: Sequence[str]) -> dict[str, object]:
    """Return the answer of ``/readyz``."""
    return {"status": "not ready" if problems else "ready", "problems": list(problems)}


async def _tell(send: Send, status: int, said: object) -> None:
    body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _noted(look: "asyncio.Future[int]") -> None:
    if not look.cancelled():
        look.exception()  # nobody may be waiting any more
