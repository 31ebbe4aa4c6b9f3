"""Runs actors as a process: settings in, signals handled, health served."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any

import structlog
from pydantic import ValidationError

from contracts.errors import ErrorCode, LecternError, PermanentError
from contracts.renderspec import explain
from services.runtime.actor import Actor
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.engine.engine import Engine
from services.runtime.engine.health import HealthServer
from services.runtime.observability.logs import configure_logs
from services.runtime.observability.redaction import redact
from services.runtime.observability.tracing import configure_tracing
from services.runtime.settings import RuntimeSettings

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_STUCK = 75
"""``EX_TEMPFAIL``: a consumer stands still and starting it again did not help; start the process again."""
EXIT_INTERRUPTED = 130

STUCK_SECONDS = 20.0
"""How long a stuck process may take to end in order; what it waits for may never come."""

HELP = frozenset({"-h", "--help"})
SETTINGS = (
    "It has no arguments: settings come from the environment, see README.md. SIGINT and SIGTERM end it."
)

log = structlog.get_logger(__name__)


class StuckError(Exception):
    """The process must be started again; says why."""


GC_THRESHOLDS = (10_000, 20, 20)
"""Python's own (700, 10, 10) look at every record in flight again and again, and at all modules as often."""

GIL_SECONDS = 0.0005
"""How long a thread may keep the interpreter when another wants it. Longer (5 ms by default): encoding
threads hold up the event loop, which wants it for a moment. Shorter: switching costs."""


def settle_memory() -> None:
    """Take what is there out of the collector's hands: modules and all that was built stay for good.

    Once, before the first work: what is frozen is never freed, not even when it is garbage later.
    """
    gc.collect()
    gc.freeze()


def calm_collector() -> None:
    """Have the garbage collector leave alone what lives long: a third of an event's cost."""
    settle_memory()
    gc.set_threshold(*GC_THRESHOLDS)


@contextlib.asynccontextmanager
async def guarding(engine: Engine, stop: asyncio.Event) -> AsyncIterator[None]:
    """Set ``stop`` when the engine is stuck, and see to it that the process ends.

    Raises:
        StuckError: on leaving, if it was.
    """

    async def guard() -> None:
        await engine.stuck.wait()
        timer = threading.Timer(STUCK_SECONDS, os._exit, (EXIT_STUCK,))
        timer.daemon = True
        timer.start()
        stop.set()

    task = asyncio.create_task(guard())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if engine.stuck.is_set():
        raise StuckError(engine.stuck_because)


async def serve(name: str, actors: Sequence[Actor], settings: RuntimeSettings, stop: asyncio.Event) -> None:
    """Run ``actors`` until ``stop`` is set, then drain.

    Raises:
        LecternError: the process could not be started.
        StuckError: it must be started again.
    """
    if not settings.kafka_bootstrap_servers:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID, "KAFKA_BOOTSTRAP_SERVERS is not set, for example to localhost:9092"
        )
    async with contextlib.AsyncExitStack() as stack:
        artifacts = await stack.enter_async_context(open_artifacts(ArtifactSettings()))
        engine = Engine(name, actors, settings, artifacts)
        if settings.health_port is not None:
            server = HealthServer(engine.health, settings.health_host, settings.health_port)
            await server.start()
            stack.push_async_callback(server.stop)
        for actor in actors:
            await asyncio.to_thread(actor.warm)
        stack.push_async_callback(engine.stop)
        await engine.start()
        calm_collector()
        log.info("ready", worker=name, topics=[intake.topic for intake in engine.intakes])
        async with guarding(engine, stop):
            await stop.wait()
            log.info("stopping", worker=name)


async def until_signal(main: Callable[[asyncio.Event], "asyncio.Future[None]"]) -> bool:
    """Run ``main(stop)`` with ``stop`` set by the first SIGINT or SIGTERM; tell whether one came."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await main(stop)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return stop.is_set()


def run_process(
    name: str,
    title: str,
    start: Callable[[RuntimeSettings], Coroutine[Any, Any, None]],
    *,
    about: Callable[[], str],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> int:
    """Run a process from the settings of the environment and return its exit code; errors are one line.

    Args:
        name: of the service, as it appears in traces.
        title: the command as a person types it, before what went wrong.
        start: given the shared settings, reads the service's own and returns what runs until a signal.
        about: what ``--help`` says of the service; made from its parts, so that it tells what is missing.
        loop_factory: makes the event loop; ``None`` for asyncio's own.
    """
    try:
        if HELP.intersection(sys.argv[1:]):
            print(f"usage: python -m services.{name}\n\n{about()}\n{SETTINGS}")  # noqa: T201
            return EXIT_DONE
        settings = RuntimeSettings()
        configure_logs(settings)
        configure_tracing(settings, name)
        sys.setswitchinterval(GIL_SECONDS)
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(start(settings))
    except ValidationError as error:
        print(redact(f"{title}: invalid settings: {explain(error)}"), file=sys.stderr)  # noqa: T201
        return EXIT_USAGE
    except LecternError as error:
        print(f"{title}: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_USAGE if error.code is ErrorCode.SETTINGS_INVALID else EXIT_FAILED
    except StuckError as error:
        print(redact(f"{title}: stuck, start it again: {error}"), file=sys.stderr)  # noqa: T201
        return EXIT_STUCK
    return EXIT_DONE


def run_worker(name: str, build: Callable[[], Actor]) -> int:
    """Run one actor against the Kafka of the environment until a signal; return the exit code.

    Args:
        name: of the worker.
        build: makes the actor from settings that it reads.
    """
    return run_process(
        name,
        f"lectern worker {name}",
        lambda settings: _run(name, build(), settings),
        about=lambda: f"The {name} stage. It {takes(build())}.",
    )


def takes(actor: Actor) -> str:
    """Return which topics an actor takes, in words."""
    return f"takes {', '.join(each.topic.name for each in actor.subscriptions) or 'nothing'}"


async def _run(name: str, actor: Actor, settings: RuntimeSettings) -> None:
    await until_signal(lambda stop: asyncio.ensure_future(serve(name, [actor], settings, stop)))
