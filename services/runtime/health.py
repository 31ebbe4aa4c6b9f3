"""Health is progress, not ping: ``/livez``, ``/readyz`` and ``/metrics`` of a process."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.errors import ErrorCode, PermanentError
from services.runtime.intake import Intake
from services.runtime.metrics import LOOP_LAG

LOOP_TICK = 0.05
"""Seconds between two looks at the event loop's lag."""


class Health:
    """Looks at the process's consumers.

    Args:
        intakes: the consumers.
        watchdog: returns what it finds wrong with them, see :class:`services.runtime.watchdog.Watchdog`.
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

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", metrics)])


class _QuietServer(uvicorn.Server):
    """The engine, not this server, handles the process's signals."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return contextlib.nullcontext()


class HealthServer:
    """Serves :func:`health_app` beside the engine."""

    def __init__(self, health: Health, host: str, port: int) -> None:
        self._address = (host, port)
        self._server = _QuietServer(
            uvicorn.Config(health_app(health), log_level="warning", access_log=False, lifespan="off")
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
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
