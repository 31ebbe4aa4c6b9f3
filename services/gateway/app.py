"""The one place that wires the gateway."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import random
from typing import Any
from uuid import uuid4

import structlog
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from contracts.cloudevents import StoredEvent
from contracts.errors import TransientError
from contracts.events import Event, JobUpdated
from services.gateway.auth.signed_links import Bucket, linking_of, signer_of
from services.gateway.auth.tickets import Tickets
from services.gateway.auth.tokens import ApiToken, Scope
from services.gateway.backend.client import Backend, open_backend
from services.gateway.dispatch.kafka_logs import KafkaLogs
from services.gateway.dispatch.outbox_relay import Already, Publish, Relay, none_stand
from services.gateway.dispatch.webhook_dispatcher import Courier
from services.gateway.housekeeping import keep_house
from services.gateway.http import openapi
from services.gateway.http.documents import document_route
from services.gateway.http.middleware.auth import OPEN_PATHS, Guard
from services.gateway.http.middleware.body import BodyLimit
from services.gateway.http.middleware.fast_create import QuickCreate
from services.gateway.http.middleware.forwarded import Forwarded
from services.gateway.http.middleware.headers import SecurityHeaders
from services.gateway.http.middleware.idempotency import Idempotency
from services.gateway.http.middleware.probes import Probe, Probes, Standing
from services.gateway.http.overlaps import refuse_overlap
from services.gateway.http.paths import BASES
from services.gateway.http.routes import (
    assets,
    job_lists,
    jobs,
    links,
    operations,
    script_versions,
    scripts,
    streams,
    tickets,
)
from services.gateway.http.routes import backend as backend_routes
from services.gateway.http.shares import Shares
from services.gateway.ingest import actor
from services.gateway.ledger.db.sqlite import Ledger, open_ledger
from services.gateway.live.hub import Hub
from services.gateway.live.updates_feed import Broadcast
from services.gateway.metrics import LEDGER_AWAY, OUTBOX_TROUBLED
from services.gateway.realtime import jobs_socket, progress_socket
from services.gateway.realtime.asyncapi import asyncapi_document
from services.gateway.service import Clock, NewId, Service
from services.gateway.settings import GatewaySettings
from services.gateway.web import problems
from services.runtime.actor import Actor
from services.runtime.artifacts import Artifacts
from services.runtime.http.conformance import Conformance
from services.runtime.observability.redaction import learn_settings
from services.runtime.public_base import path_of
from services.runtime.published_files import open_asset_bucket
from services.runtime.settings import RuntimeSettings

PublishAll = Callable[[Sequence[Event]], Awaitable[None]]

OPENING_SECONDS = 1.0
"""From one try to open the ledger to the next. Shorter: a server that starts is hammered. Longer: the
process stands idle beside one that is there."""

log = structlog.get_logger(__name__)

CORS: dict[str, Any] = {
    "allow_methods": ["GET", "HEAD", "POST", "PUT", "PATCH"],
    "allow_headers": [
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-Match",
        "Last-Event-ID",
        "Prefer",
    ],
    "expose_headers": ["ETag", "Location", "Preference-Applied", "Retry-After"],
    "max_age": 600,
}


@dataclass
class Gateway:
    """The wired gateway, its ledger open.

    Attributes:
        service: what HTTP, Kafka and the command line call.
        actor: its subscriptions, for the engine.
        app: its HTTP and WebSocket surface, for :mod:`services.gateway.server`.
        backend: what is fetched from and called back; ``None`` without ``BACKEND_BASE_URL``.
        probes: looked at by ``/readyz``; the engine's may be added.
        alone: whether this is the only gateway, so that no log of updates is needed.
    """

    settings: GatewaySettings
    service: Service
    actor: Actor
    app: FastAPI
    ledger: Ledger
    backend: Backend | None
    probes: list[Probe] = field(default_factory=list)
    alone: bool = True

    @asynccontextmanager
    async def broadcasting(self, publish: PublishAll, runtime: RuntimeSettings) -> AsyncIterator[None]:
        """Share updates with the other gateways by Kafka; entered before the engine starts.

        Args:
            publish: publishes events and returns once the broker has acknowledged them.
            runtime: where Kafka is.
        """
        self.alone = False
        self.service.announce = publish
        reader = Broadcast(self.service.hub, self.ledger, runtime, self.service.now)
        self.probes.append(reader.problems)
        async with self.running("reader of updates", reader.run()):
            yield

    @asynccontextmanager
    async def minding_logs(self, runtime: RuntimeSettings, already: Already) -> AsyncIterator[asyncio.Lock]:
        """Notice when Kafka is not what it was; entered before the outbox is relayed.

        Gives what is held while nothing may be relayed.
        """
        logs = KafkaLogs(self.ledger, runtime, self.service.now, already)
        await logs.look()  # what is published from here on goes to topics that are known
        async with self.running("watch over Kafka's topics", logs.run()):
            yield logs.settling

    @asynccontextmanager
    async def relaying(
        self, publish: Publish, already: Already = none_stand, settling: asyncio.Lock | None = None
    ) -> AsyncIterator[Relay]:
        """Publish what the ledger leaves in its outbox, and call the backend, as long as it is open."""

        async def publish_and_tell(events: Sequence[StoredEvent]) -> Sequence[Exception | None]:
            results = await publish(events)
            if self.alone:
                for stored, error in zip(events, results, strict=True):
                    if error is None and stored.type == JobUpdated.type:
                        self.service.hub.publish(JobUpdated.model_validate_json(stored.body))
            return results

        relay = Relay(self.ledger, publish_and_tell, already, settling)
        OUTBOX_TROUBLED.set_function(lambda: relay.troubled)
        async with contextlib.AsyncExitStack() as stack:
            wakers = [relay.wake]
            await stack.enter_async_context(self.running("outbox relay", relay.run()))
            if self.backend is not None:
                courier = Courier(
                    self.ledger,
                    self.backend.deliver,
                    timeout=self.settings.backend.timeout_sec,
                    now=self.service.now,
                    random=random,
                )
                wakers.append(courier.wake)
                await stack.enter_async_context(self.running("callback courier", courier.run()))

            def announced() -> None:
                for wake in wakers:
                    wake()

            self.ledger.announced = announced
            yield relay

    @asynccontextmanager
    async def running(self, name: str, work: Coroutine[None, None, None]) -> AsyncIterator[None]:
        """Run what goes on for ever beside everything else; not ready once it has ended."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_told)

        def probe() -> list[str]:
            return [f"the {name} has ended"] if task.done() else []

        self.probes.append(probe)
        try:
            yield
        finally:
            self.probes.remove(probe)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def _told(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("gateway.part_ended", part=task.get_name(), exc_info=error)


@asynccontextmanager
async def open_gateway(
    settings: GatewaySettings,
    artifacts: Artifacts,
    *,
    now: Clock = lambda: datetime.now(UTC),
    new_id: NewId = lambda: str(uuid4()),
    patience: float = 0.0,
) -> AsyncIterator[Gateway]:
    """Open the ledger (migrating it) and wire everything on it.

    Args:
        settings: the gateway's.
        artifacts: the store of texts and specs.
        now: the clock.
        new_id: makes ids.
        patience: seconds to wait for a ledger that is away.

    Raises:
        PermanentError: ``SETTINGS_INVALID``.
        TransientError: ``LEDGER_UNAVAILABLE``.
    """
    learn_settings(settings)
    ledger = open_ledger(settings.ledger_url)
    async with contextlib.AsyncExitStack() as stack:
        backend = await stack.enter_async_context(open_backend(settings.backend))
        bucket = None
        if settings.assets.presigned:
            bucket = await stack.enter_async_context(open_asset_bucket(settings.assets))
        await _opened(ledger, patience)
        try:
            LEDGER_AWAY.set_function(lambda: ledger.standing.seconds)
            service = Service(
                ledger,
                artifacts,
                Hub(),
                defaults=settings.render_defaults,
                now=now,
                backend=backend,
                waits=settings.backend.starts_jobs,
            )
            probes: list[Probe] = []
            app = create_app(service, settings, probes, new_id=new_id, bucket=bucket)
            gateway = Gateway(settings, service, actor.build(service), app, ledger, backend, probes)
            async with gateway.running("housekeeping", keep_house(ledger, now)):
                yield gateway
        finally:
            await ledger.close()


async def _opened(ledger: Ledger, patience: float) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while True:
        try:
            await ledger.open()
        except TransientError as error:
            left = until - loop.time()
            if left <= 0:
                raise
            log.warning("ledger.awaited", error=str(error), seconds=round(left))
            await asyncio.sleep(min(left, OPENING_SECONDS))
        else:
            return


def create_app(
    service: Service,
    settings: GatewaySettings,
    probes: list[Probe],
    *,
    new_id: NewId,
    bucket: Bucket | None = None,
) -> FastAPI:
    """Return the HTTP and WebSocket application over ``service``.

    Args:
        service: what its routes call.
        settings: the gateway's.
        probes: looked at by ``/readyz``.
        new_id: makes ids.
        bucket: signs its own links, where finished files are signed and lie there.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: finished files would lie where routes are.
    """
    app = FastAPI(
        title="Lectern",
        summary="Training text to narrated educational video",
        version="1",
        servers=openapi.SERVERS,
        license_info=openapi.LICENSE,
        openapi_tags=openapi.TAGS,
        openapi_url=None,  # it would be written anew for each who asks
        docs_url=None,  # it would load scripts from a stranger's server
        redoc_url=None,
    )
    problems.install(app)
    app.add_middleware(QuickCreate, service=service, new_id=new_id)
    app.add_middleware(Idempotency, ledger=service.ledger, now=service.now)
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes)
    app.add_middleware(Shares, access=settings.access, generate_wait=settings.generate_wait)
    opening = Tickets(service.ledger, settings.access, service.now)
    signer = signer_of(settings.assets, service.artifacts, service.now)
    linking = linking_of(settings.assets, signer, bucket, service.now)
    standing = Standing(service.ledger, probes)
    app.add_middleware(Probes, standing=standing)
    app.add_middleware(
        Guard,
        access=settings.access,
        internal=_internal(settings),
        assets=settings.assets_path,
        tickets=opening,
        signer=signer,
    )
    if settings.access.origins:
        app.add_middleware(CORSMiddleware, allow_origins=settings.access.origins, **CORS)
    app.add_middleware(Conformance)
    policy = settings.assets.storage_resource_policy
    app.add_middleware(SecurityHeaders, assets=settings.assets_path, policy=policy)
    if settings.access.proxies:
        app.add_middleware(Forwarded, proxies=settings.access.proxies)
    for base in BASES:
        written = scripts.router(service, generate_wait=settings.generate_wait, new_id=new_id)
        made = jobs.router(service, new_id=new_id)
        told = (links.router(service, linking), streams.router(service), tickets.router(opening))
        for routes in (written, script_versions.router(service), made, job_lists.router(service), *told):
            app.include_router(routes, prefix=base)
    app.include_router(backend_routes.router(service))
    app.include_router(operations.router(standing, service.hub))
    app.state.drain = service.hub.close
    app.router.routes.extend((progress_socket.route(service), jobs_socket.route(service)))

    @app.get("/", summary="Where things are", tags=["operations"])
    async def index() -> dict[str, str]:
        return {
            "name": "Lectern",
            "openapi": "/openapi.json",
            "asyncapi": "/asyncapi.json",
            "generate": "/api/videos/{video_id}/scripts/generate",
            "render": "/api/videos/{video_id}/render-jobs",
            "progress": progress_socket.PATH,
            "jobs": jobs_socket.PATH,
            "assets": settings.assets_path,
            "ready": "/readyz",
        }

    films = [] if signer else [f"{settings.assets_path}/{{key}}"]
    problems.describe(app, [*OPEN_PATHS, *films])
    openapi.describe(app)
    app.router.routes.append(document_route("/asyncapi.json", asyncapi_document))
    app.router.routes.append(document_route("/openapi.json", app.openapi))
    refuse_overlap(app, path_of(settings.public_base_url))
    app.include_router(assets.router(settings.assets_dir, settings.assets_path, shared=signer is None))
    return app


def _internal(settings: GatewaySettings) -> ApiToken | None:
    token = settings.backend.internal_token
    return ApiToken.of("backend", [Scope.INTERNAL], token.get_secret_value()) if token else None
