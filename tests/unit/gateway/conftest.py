"""A whole gateway per test: real SQLite, real sockets, a real artifact store; only Kafka is played."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest

from contracts.commands import Command
from contracts.events import (
    Asset,
    AssetsUploaded,
    Event,
    ProgressReported,
    RenderRequested,
    ScriptGenerated,
    ScriptRequested,
    StageFailed,
)
from contracts.script import Script
from contracts.steps import Step
from contracts.topics import COMMANDS_TOPIC, TOPIC_OF_TYPE
from services.gateway.app import Gateway, open_gateway
from services.gateway.auth.access import AccessSettings, AuthMode
from services.gateway.ledger.db.sqlite import Ledger, opened_ledger
from services.gateway.server import listen, serve
from services.gateway.settings import GatewaySettings
from services.runtime.actor import Context
from services.runtime.artifacts import Artifacts, Blob
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.records import WRITTEN_MS, FakeRecord
from tests.support.relays import one_by_one

SCRIPT: dict[str, Any] = {
    "title": "비밀번호",
    "language": "ko",
    "chapters": [
        {
            "chapter_id": 1,
            "title": "시작",
            "scenes": [
                {"scene_id": 1, "narration": "비밀번호는 길게 만드세요.", "on_screen_text": "길게"},
                {"scene_id": 2, "narration": "다른 곳에 다시 쓰지 마세요.", "on_screen_text": None},
            ],
        }
    ],
}


@dataclass(frozen=True)
class RecordOnly:
    """All that the gateway's handlers use of their context."""

    record: FakeRecord


@dataclass
class Harness:
    """A gateway that serves, and the other side of Kafka."""

    gateway: Gateway
    artifacts: Artifacts
    client: httpx.AsyncClient
    url: str
    published: list[Event] = field(default_factory=list)
    records: int = 0

    def told(self, kind: type[Event], job_id: str | None = None) -> list[Any]:
        """Events of a type that were published, of one job or of all."""
        return [e for e in self.published if isinstance(e, kind) and job_id in {None, e.job_id}]

    async def publishes(self, kind: type[Event], job_id: str | None = None, count: int = 1) -> list[Any]:
        """Wait until ``count`` events of a type were published."""
        await eventually(
            lambda: len(self.told(kind, job_id)) >= count, message=f"{count} {kind.__name__} of {job_id}"
        )
        return self.told(kind, job_id)

    async def tell(self, event: Any, record: str | None = None, written_ms: int = WRITTEN_MS) -> None:
        """Hand an event or a command to the gateway's actor as the engine does."""
        topic = COMMANDS_TOPIC if isinstance(event, Command) else TOPIC_OF_TYPE[event.type]
        subscription = next(s for s in self.gateway.actor.subscriptions if s.topic is topic)
        self.records += 1

        place, partition, offset = (record or f"{topic.name}/0/{self.records}").split("/")
        value = event.model_dump_json().encode()
        context = RecordOnly(FakeRecord(int(offset), b"", value, place, int(partition), timestamp=written_ms))
        assert await subscription.handle(event, cast("Context", context)) == ()

    async def generated(self, request: ScriptRequested, script: dict[str, Any] = SCRIPT) -> ScriptGenerated:
        """What the scripting stage answers."""
        data = Script.model_validate(script).model_dump_json().encode()
        claim = await self.artifacts.put(Blob(data, "application/json"))
        return ScriptGenerated.after(request, uuid4(), script=claim, chapters=1, scenes=2)

    async def script(self, video_id: str, *, approved: bool = True) -> str:
        """Make a script over HTTP and, if asked, approve it; returns its id."""
        answer = await self.client.post(
            f"/api/videos/{video_id}/scripts/generate",
            json={"source_text": "비밀번호는 길게."},
            headers={"Prefer": "wait=0"},
        )
        script_id = str(answer.json()["script_id"])
        [request] = await self.publishes(ScriptRequested, script_id)
        await self.tell(await self.generated(request))
        if approved:
            assert (await self.client.post(f"/api/scripts/{script_id}/approve")).status_code == 200
        return script_id

    async def job(self, video_id: str) -> str:
        """Make a render job over HTTP; returns its id once its work was asked for."""
        script_id = await self.script(video_id)
        answer = await self.client.post(f"/api/videos/{video_id}/render-jobs", json={"script_id": script_id})
        assert answer.status_code == 201, answer.text
        job_id = str(answer.json()["job_id"])
        await self.publishes(RenderRequested, job_id)
        return job_id

    async def read(self, job_id: str) -> dict[str, Any]:
        """A job over HTTP."""
        answer = await self.client.get(f"/api/render-jobs/{job_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body


def progress(
    job_id: str, step: Step, share: float = 1.0, *, part: int = 0, parts: int = 1, attempt: int = 1
) -> ProgressReported:
    """What a stage reports."""
    return ProgressReported(
        event_id=uuid4(), job_id=job_id, attempt=attempt, step=step, part=part, parts=parts, share=share
    )


def uploaded(job_id: str, video_id: str, *, attempt: int = 1) -> AssetsUploaded:
    """What the upload stage tells."""
    asset = Asset(
        kind="video",
        key=f"videos/{video_id}/s/{job_id}/video.mp4",
        url=f"/assets/videos/{video_id}/s/{job_id}/video.mp4",
        size_bytes=3,
        content_type="video/mp4",
        sha256="0" * 64,
    )
    return AssetsUploaded(
        event_id=uuid4(), job_id=job_id, attempt=attempt, video_id=video_id, assets=(asset,),
        frames=240, duration_sec=10.0,
    )  # fmt: skip


def failed(job_id: str, *, attempt: int = 1, code: str = "TTS_FAILED") -> StageFailed:
    """What the engine tells for a stage that gave up."""
    return StageFailed(
        event_id=uuid4(),
        job_id=job_id,
        attempt=attempt,
        stage="tts",
        code=code,
        message="scene 3 cannot be spoken",
    )


BOTH = {
    "test_both_databases",
    "test_callbacks",
    "test_intake",
    "test_jobs_http",
    "test_ledger",
    "test_ledger_away",
    "test_relay",
    "test_repeats_sets",
    "test_sets",
    "test_snapshots",
    "test_tickets_kept",
    "test_v2",
    "test_webhooks",
}
"""Modules whose tests run on SQLite and on PostgreSQL."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames and metafunc.module.__name__.rsplit(".", 1)[-1] in BOTH:
        metafunc.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database: SQLite, or what the module is run on."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Ledger]:
    async with opened_ledger(database_url) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> GatewaySettings:
    return GatewaySettings(
        lectern_home=tmp_path,
        generate_wait=5,
        database_url=database_url,
        storage_local_dir=tmp_path / "assets",
        access=AccessSettings(auth=AuthMode.OFF),
    )


@asynccontextmanager
async def running(settings: GatewaySettings, *, served: bool = False) -> AsyncIterator[Harness]:
    """Open a gateway, with a relay; ``served`` puts it behind a real socket."""
    published: list[Event] = []

    async def publish(event: Event) -> None:
        published.append(event)

    async with AsyncExitStack() as stack:
        artifacts = await stack.enter_async_context(
            open_artifacts(ArtifactSettings(lectern_home=settings.home))
        )
        gateway = await stack.enter_async_context(open_gateway(settings, artifacts))
        await stack.enter_async_context(gateway.relaying(one_by_one(publish)))
        base, transport = "http://localhost", None
        if served:
            base = await stack.enter_async_context(serving(gateway))
        else:
            transport = httpx.ASGITransport(gateway.app, raise_app_exceptions=False)
        client = httpx.AsyncClient(
            base_url=base,
            transport=transport,
            timeout=20,
            limits=httpx.Limits(max_connections=50),
            trust_env=False,
        )
        yield Harness(gateway, artifacts, await stack.enter_async_context(client), base, published)


@asynccontextmanager
async def serving(gateway: Gateway) -> AsyncIterator[str]:
    """Serve a gateway on a free port; gives its URL."""
    stop, url = asyncio.Event(), asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve(gateway.app, listen("127.0.0.1", 0), stop, url.set_result))
    try:
        yield await url
    finally:
        stop.set()
        await server


@pytest.fixture
async def harness(settings: GatewaySettings) -> AsyncIterator[Harness]:
    """A gateway, called without a socket in between."""
    async with running(settings) as opened:
        yield opened


@pytest.fixture
async def served(settings: GatewaySettings) -> AsyncIterator[Harness]:
    """A gateway behind a real socket."""
    async with running(settings, served=True) as opened:
        yield opened
