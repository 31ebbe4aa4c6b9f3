"""For operators: is the process alive, is it ready, what are its figures."""

import contextlib

from fastapi import APIRouter, Request, Response

from contracts.errors import LecternError
from services.gateway.http.middleware.probes import ALIVE, Standing, readiness
from services.gateway.live.hub import Hub
from services.gateway.metrics import OUTBOX_DEPTH, SOCKETS
from services.runtime.engine.health import exposition

EXPOSITIONS = ("text/plain", "application/openmetrics-text")


def router(standing: Standing, hub: Hub) -> APIRouter:
    """Return the operators' routes; probes are answered in front of them, see ``probing``.

    Args:
        standing: how the process stands.
        hub: whose watchers are counted.
    """
    routes = APIRouter(tags=["operations"])

    @routes.get("/livez", summary="The event loop turns")
    async def livez() -> dict[str, str]:
        return ALIVE

    @routes.get("/readyz", summary="Requests can be served", responses={503: {"description": "and why not"}})
    async def readyz(response: Response) -> dict[str, object]:
        problems = await standing.problems()
        if problems:
            response.status_code = 503
        return readiness(problems)

    @routes.get(
        "/metrics",
        summary="Prometheus metrics, in either of its formats",
        response_class=Response,
        responses={200: {"content": {each: {"schema": {"type": "string"}} for each in EXPOSITIONS}}},
    )
    async def metrics(request: Request) -> Response:
        # figures are wanted most when something is away
        with contextlib.suppress(LecternError, TimeoutError):
            OUTBOX_DEPTH.set(await standing.depth())
        SOCKETS.set(len(hub))
        return exposition(request.headers.get("accept", ""))

    return routes
