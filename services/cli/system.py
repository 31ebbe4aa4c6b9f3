"""The composition root of the command line: broker, topics, artifacts, gateway, actors, in one process."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.cli.workers import WORKERS, build_worker
from services.gateway.app import Gateway, open_gateway
from services.gateway.ledger import recovery
from services.gateway.settings import GatewaySettings
from services.runtime.artifacts import Artifacts
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import OnResult, ignored, open_artifacts
from services.runtime.embedded_broker import EmbeddedBroker
from services.runtime.engine.engine import Engine
from services.runtime.file_lock import locked
from services.runtime.settings import RuntimeSettings


@dataclass
class Stack:
    """A running system.

    Attributes:
        bootstrap_servers: where Kafka is.
        gateway: the wired gateway.
        artifacts: the store.
        engine: the actors' engine.
        broker: the embedded broker, where there is one.
    """

    bootstrap_servers: str
    gateway: Gateway
    artifacts: Artifacts
    engine: Engine
    broker: EmbeddedBroker | None

    def check(self) -> None:
        """Return if all parts are alive.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``: the embedded broker has ended, and the topics with it; or
                a consumer stands still and starting it again did not help.
        """
        if self.broker is not None and not self.broker.running:
            raise TransientError(ErrorCode.BROKER_UNAVAILABLE, "the embedded broker has ended unexpectedly")
        if self.engine.stuck.is_set():
            raise TransientError(
                ErrorCode.BROKER_UNAVAILABLE, f"a consumer stands still: {self.engine.stuck_because}"
            )


@asynccontextmanager
async def open_stack(
    runtime: RuntimeSettings,
    gateway_settings: GatewaySettings,
    *,
    workers: Sequence[str] = WORKERS,
    name: str = "lectern",
    drain_deadline: float | None = None,
    on_result: OnResult = ignored,
) -> AsyncIterator[Stack]:
    """Run the gateway and ``workers`` while the context is open.

    Args:
        runtime: where Kafka is; without an address the embedded broker is started.
        gateway_settings: where the ledger lies.
        workers: which stages run in this process.
        name: of the process, in events and traces.
        drain_deadline: seconds for work in hand at the end; ``None`` for the runtime settings' value.
        on_result: told of the result of each action that a stage asks for.

    Raises:
        LecternError: a part could not be started; what had started is stopped again.
    """
    async with AsyncExitStack() as stack:
        broker = None
        if runtime.kafka_bootstrap_servers is None:
            broker = EmbeddedBroker()
            stack.callback(broker.stop)
            address = await asyncio.to_thread(broker.start)
            runtime = runtime.model_copy(update={"kafka_bootstrap_servers": address, "embedded": True})
        artifacts = await stack.enter_async_context(open_artifacts(ArtifactSettings(), on_result))
        gateway = await stack.enter_async_context(
            open_gateway(gateway_settings, artifacts, patience=0.0 if broker else runtime.connect_timeout)
        )
        if broker is not None:
            await gateway.ledger.write(recovery.announce_again, now=gateway.service.now())
        # Models and fonts load while nothing else waits for the event loop.
        actors = [await asyncio.to_thread(build_worker, worker) for worker in workers]
        engine = Engine(name, [*actors, gateway.actor], runtime, artifacts)
        if broker is None and not runtime.embedded:
            await stack.enter_async_context(gateway.broadcasting(engine.publisher.publish, runtime))
        stack.push_async_callback(engine.stop, drain_deadline)
        await engine.start()
        gateway.probes.append(engine.health.problems)

        already, settling = engine.publisher.already, None
        if broker is None and not runtime.embedded:
            settling = await stack.enter_async_context(gateway.minding_logs(runtime, already))
        await stack.enter_async_context(gateway.relaying(engine.publisher.publish_stored, already, settling))
        yield Stack(runtime.kafka_bootstrap_servers or "", gateway, artifacts, engine, broker)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold ``home`` for this process, so that no second gateway works on the same ledger.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: another process holds it, or nobody can.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = locked(home / "lock")
    except OSError as error:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID,
            f"{home} cannot be held for this process ({error.strerror}): "
            "set LECTERN_HOME to a folder of a local disk that may be written",
        ) from None
    if lock is None:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID,
            f"another lectern runs on {home}: stop it, or set LECTERN_HOME to another folder",
        )
    try:
        yield
    finally:
        lock.release()
