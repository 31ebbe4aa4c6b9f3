"""For operators: is the process alive, is it ready, what are its figures."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from fastapi import APIRouter, Request, Response

from contracts.errors import LecternError
from services.gateway.hub import Hub
from services.gateway.ledger import outbox
from services.gateway.ledger.database import Ledger
from services.gateway.metrics import OUTBOX_DEPTH, SOCKETS
from services.runtime.health import exposition

EXPOSITIONS = ("text/plain", "application/openmetrics-text")

Probe = Callable[[], Sequence[str]]
"""Returns why a part of the process is not ready; empty when it is."""


LOOK_SECONDS = 2.0
"""For a look into the ledger. Shorter: a busy one is taken for gone. Longer: whoever asks has gone away;
Kubernetes' default is a second."""


LOOK_AGAIN_SECONDS = 0.2
"""For so long a look tells all who ask. Shorter: whoever asks in a circle keeps the ledger busy. Longer: a
ledger that is away is noticed later."""


class _Look:
    """Looks into the ledger for all who ask at once, and for those who ask soon after."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._looking: asyncio.Future[int] | None = None
        self._until = 0.0

    async def depth(self) -> int:
        """Return how many events wait in the outbox.

        Raises:
            LecternError: the ledger is away.
            TimeoutError: it does not answer in time.
        """
        now = asyncio.get_running_loop().time()
        if self._looking is None or (self._looking.done() and now > self._until):
            self._looking = asyncio.ensure_future(self._ledger.read(outbox.depth))
            self._looking.add_done_callback(_looked_at)
            self._until = now + LOOK_AGAIN_SECONDS
        async with asyncio.timeout(LOOK_SECONDS):
            return await asyncio.shield(self._looking)


def _looked_at(look: "asyncio.Future[int]") -> None:
    if not look.cancelled():
        look.exception()  # nobody may be waiting any more


def router(ledger: Ledger, hub: Hub, probes: Sequence[Probe]) -> APIRouter:
    """Return the operators' routes.

    Args:
        ledger: read to see that it can be.
        hub: whose watchers are counted.
        probes: looked at by ``/readyz``; more may be added while the process runs.
    """
    routes = APIRouter(tags=["operations"])
    look = _Look(ledger)

    @routes.get("/livez", summary="The event loop turns")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @routes.get("/readyz", summary="Requests can be served", responses={503: {"description": "and why not"}})
    async def readyz(response: Response) -> dict[str, object]:
        problems = [problem for probe in probes for problem in probe()]
        away = ledger.standing.problems()
        try:
            await look.depth()
        except LecternError as error:
            away = away or [f"ledger: {error}"]
        except TimeoutError:
            away = away or ["ledger: it does not answer in time"]
        problems += away
        if problems:
            response.status_code = 503
        return {"status": "not ready" if problems else "ready", "problems": problems}

    @routes.get(
        "/metrics",
        summary="Prometheus metrics, in either of its formats",
        response_class=Response,
        responses={200: {"content": {each: {"schema": {"type": "string"}} for each in EXPOSITIONS}}},
    )
    async def metrics(request: Request) -> Response:
        with contextlib.suppress(
            LecternError, TimeoutError
        ):  # figures are wanted most when something is away
            OUTBOX_DEPTH.set(await look.depth())
        SOCKETS.set(len(hub))
        return exposition(request.headers.get("accept", ""))

    return routes
