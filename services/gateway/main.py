"""The gateway as a process: ledger, engine, outbox relay and HTTP, started and stopped in order."""

import asyncio
import contextlib
import sys
from collections.abc import Callable

from contracts.errors import ErrorCode, PermanentError
from services.gateway.app import open_gateway
from services.gateway.server import listen, serve
from services.gateway.settings import GatewaySettings
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.engine.engine import Engine
from services.runtime.process import (
    guarding,
    run_process,
    settle_memory,
    until_signal,
)
from services.runtime.settings import RuntimeSettings


async def run_gateway(
    settings: GatewaySettings, runtime: RuntimeSettings, stop: asyncio.Event, ready: Callable[[str], None]
) -> None:
    """Run the gateway until ``stop`` is set.

    HTTP ends first, so that nothing more is accepted; then the engine drains; the relay ends last, and
    what it has not published stands in the outbox.

    Args:
        settings: the gateway's.
        runtime: where Kafka is.
        stop: set by whoever handles signals.
        ready: called once with the URL, when requests are taken.

    Raises:
        LecternError: the process could not be started.
        StuckError: it must be started again.
    """
    if not runtime.kafka_bootstrap_servers:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID, "KAFKA_BOOTSTRAP_SERVERS is not set, for example to localhost:9092"
        )
    settings.check_access()
    listener = listen(settings.host, settings.port)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(listener.close)
        artifacts = await stack.enter_async_context(open_artifacts(ArtifactSettings()))
        gateway = await stack.enter_async_context(
            open_gateway(settings, artifacts, patience=runtime.connect_timeout)
        )
        engine = Engine("gateway", [gateway.actor], runtime, artifacts)
        gateway.probes.append(engine.health.problems)

        if not runtime.embedded:
            await stack.enter_async_context(gateway.broadcasting(engine.publisher.publish, runtime))
        stack.push_async_callback(engine.stop)
        await engine.start()
        already, settling = engine.publisher.already, None
        if not runtime.embedded:
            settling = await stack.enter_async_context(gateway.minding_logs(runtime, already))
        await stack.enter_async_context(gateway.relaying(engine.publisher.publish_stored, already, settling))
        settle_memory()
        async with guarding(engine, stop):
            await serve(gateway.app, listener, stop, ready, settings.connection_limits())


def main() -> int:
    """Run the gateway against the Kafka of the environment until a signal; return the exit code."""
    return run_process(
        "gateway",
        "lectern gateway",
        lambda runtime: _run(GatewaySettings(), runtime),
        about=lambda: f"The gateway: HTTP, live updates and the ledger, at port {GatewaySettings().port}.",
        loop_factory=_loop_factory(),
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes the fastest event loop there is: uvloop's, which Windows has not."""
    try:
        import uvloop  # noqa: PLC0415
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _run(settings: GatewaySettings, runtime: RuntimeSettings) -> None:
    def ready(url: str) -> None:
        print(f"gateway: {url}", file=sys.stderr, flush=True)  # noqa: T201

    await until_signal(lambda stop: asyncio.ensure_future(run_gateway(settings, runtime, stop, ready)))
