"""Health is progress, not ping: ``/livez``, ``/readyz`` and ``/metrics`` of a process."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Sequence

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contracts.errors import ErrorCode, PermanentError
from services.runtime.intake import Intake
from services.runtime.metrics import LAG, LOOP_LAG

LOOP_TICK = 0.05
"""Seconds between two looks at the event loop's lag."""

STALE_POLL_SECONDS = 30.0
"""A consumer that has not polled for so long is stuck; smaller would flag a broker's restart."""

REJOIN_SECONDS = 60.0
"""A rebalance that takes longer than this is stuck; larger than session timeout plus drain."""


class Health:
    """Looks at the process's consumers.

    Args:
        intakes: the consumers.
        clock: monotonic seconds.
    """

    def __init__(self, intakes: Sequence[Intake], clock: Callable[[], float] = time.monotonic) -> None:
        self._intakes = intakes
        self._clock = clock
        self._rebalancing_since: dict[str, float] = {}
        self._progress: dict[str, tuple[int, float]] = {}
        self.stopping = False

    def problems(self) -> list[str]:
        """Return why the process is not ready, empty when it is."""
        found = ["stopping"] if self.stopping else []
        for intake in self._intakes:
            problem = self._problem(intake)
            if problem:
                found.append(f"{intake.topic}: {problem}")
        return found

    def _problem(self, intake: Intake) -> str | None:
        now = self._clock()
        consumer = intake.consumer
        if consumer is None:
            return "not connected"
        if not intake.windows:
            return self._waiting(intake, now, "no partitions assigned yet")
        if intake.rebalancing:
            return self._waiting(intake, now, None)
        self._rebalancing_since.pop(intake.topic, None)
        lag, polled = 0, 0.0
        for window in intake.windows:
            if window.partition not in consumer.assignment():
                continue
            end = consumer.highwater(window.partition)
            if end is not None and window.watermark is not None:
                lag += max(0, end - window.watermark)
            polled = max(polled, (consumer.last_poll_timestamp(window.partition) or 0) / 1000)
        LAG.labels(intake.topic).set(lag)
        return self._stalled(intake, lag, polled, now)

    def _waiting(self, intake: Intake, now: float, otherwise: str | None) -> str | None:
        since = self._rebalancing_since.setdefault(intake.topic, now)
        return "rebalance is stuck" if now - since > REJOIN_SECONDS else otherwise

    def _stalled(self, intake: Intake, lag: int, polled: float, now: float) -> str | None:
        """Say whether the consumer stands still: behind, yet nothing in its lanes, for too long."""
        done = sum(window.watermark or 0 for window in intake.windows)
        before, since = self._progress.get(intake.topic, (-1, now))
        if done != before or intake.lanes.depth or not lag:
            self._progress[intake.topic] = (done, now)
        elif now - since > STALE_POLL_SECONDS:
            return f"{lag} records behind, but nothing in hand"
        if polled and time.time() - polled > STALE_POLL_SECONDS:
            return "has not polled lately"
        return None


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
        health.problems()  # refreshes the lag
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
