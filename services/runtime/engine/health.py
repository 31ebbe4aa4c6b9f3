"""Health is progress, not ping: ``/livez``, ``/readyz`` and ``/metrics`` of a process."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import uvicorn
from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.errors import ErrorCode, PermanentError
from services.runtime.engine.intake import Intake
from services.runtime.http.conformance import Conformance
from services.runtime.http.connection import KEEP_ALIVE_SECONDS, HttpConnection
from services.runtime.http.connection_limits import ConnectionLimits
from services.runtime.http.message_budget import RECEIVE_BUFFER
from services.runtime.http.problems import MEDIA_TYPE, problem_of
from services.runtime.observability.metrics import LOOP_LAG

LOOP_TICK = 0.05
"""Seconds between two looks at the event loop's lag."""

HEALTH_CONNECTIONS = 64
"""In all, of a worker's health pages. Fewer: probes and scrapers of a large system disturb each other. More:
a worker's descriptors are for Kafka and files."""


class Health:
    """Looks at the process's consumers.

    Args:
        intakes: the consumers.
        watchdog: returns what it finds wrong with them; see
            :class:`services.runtime.engine.watchdog.Watchdog`.
    """

    def __init__(self, intakes: Sequence[Intake], watchdog: Callable[[], Sequence[str]]) -> None:
        self._intakes = intakes
        self._watchdog = watchdog
        self.stopping = False

    def problems(self) -> list[str]:
        """Return why the process is not ready, empty when it is."""
        found = ["stopping"] if self.stopping else []
        for intake in self._intakes:
            if intake.consumer is None:
                found.append(f"{intake.topic}: not connected")
            elif not intake.joined:
                found.append(f"{intake.topic}: no partitions assigned yet")
        return [*found, *self._watchdog()]


async def watch_loop() -> None:
    """Measure how late the event loop runs, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LOOP_TICK
        await asyncio.sleep(LOOP_TICK)
        LOOP_LAG.observe(max(0.0, loop.time() - due))


def exposition(accept: str) -> Response:
    """Return the process's metrics in the format that a scraper asks for: OpenMetrics, or Prometheus' own."""
    try:
        encode, media_type = choose_encoder(accept.lower().replace('"', ""))
    except (TypeError, ValueError):  # it stumbles over a version that is no number
        encode, media_type = choose_encoder("")
    # the answer depends on what was asked for, which a cache has to know
    return Response(encode(REGISTRY), headers={"Content-Type": media_type, "Vary": "Accept"})


def health_app(health: Health) -> Starlette:
    """Return the three-page web application."""

    async def livez(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        problems = health.problems()
        return JSONResponse(
            {"status": "unready" if problems else "ready", "problems": problems},
            status_code=503 if problems else 200,
        )

    async def metrics(request: Request) -> Response:
        return exposition(request.headers.get("accept", ""))

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = {404: "ROUTE_NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "REQUEST_INVALID")
        said = problem_of(error.status_code, code, f"{request.method} {request.url.path}: {error.detail}")
        return JSONResponse(said, error.status_code, error.headers, MEDIA_TYPE)

    return Starlette(
        routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)],
        middleware=[Middleware(Conformance)],
        exception_handlers={HTTPException: refused},
    )


class _QuietServer(uvicorn.Server):
    """The engine, not this server, handles the process's signals."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return contextlib.nullcontext()


class HealthServer:
    """Serves :func:`health_app` beside the engine."""

    def __init__(self, health: Health, host: str, port: int) -> None:
        self._address = (host, port)
        limits = ConnectionLimits(HEALTH_CONNECTIONS, HEALTH_CONNECTIONS)
        connection: Any = partial(HttpConnection, limits=limits)
        self._server = _QuietServer(
            uvicorn.Config(
                health_app(health),
                http=connection,
                ws="none",
                backlog=HEALTH_CONNECTIONS,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                log_level="warning",
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,
            )
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start serving.

        Raises:
            PermanentError: ``SETTINGS_INVALID``: the address is taken or not ours.
        """
        host, port = self._address
        try:
            listener = socket.create_server((host, port))
        except OSError as error:
            raise PermanentError(
                ErrorCode.SETTINGS_INVALID, f"cannot serve health on {host}:{port}: {error.strerror}"
            ) from error
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)  # inherited by connections
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
