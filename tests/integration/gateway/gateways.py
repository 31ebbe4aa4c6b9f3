"""Two gateway processes on one ledger and one Kafka, and the stages played by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from contracts.events import Asset, AssetsUploaded, Event, ProgressReported
from contracts.steps import Step
from contracts.topics import COMMANDS_TOPIC
from services.runtime.kafka.publisher import Publisher
from services.runtime.settings import RuntimeSettings
from tests.support.eventually import eventually
from tests.support.processes import Process, call

SPEC = {"language": "ko", "scenes": [{"scene_id": 1, "narration": "안녕하세요.", "caption": "인사"}]}
STEPS = [step for step in Step if step is not Step.FINALIZE]
SECONDS = 120
"""Long enough for a killed gateway's partitions to be given to the other one, or for a broker that was killed
to lead its own again (a minute where both processors are taken); a passing test waits for neither."""


class Lab:
    """The processes and the other side of Kafka.

    Args:
        servers: of Kafka.
        database_url: of the ledger that the gateways share.
        folder: home and logs.
        more: settings of the gateways beyond these.
    """

    def __init__(self, servers: str, database_url: str, folder: Path, **more: str) -> None:
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": servers,
            "DATABASE_URL": database_url,
            "LECTERN_HOME": str(folder / "home"),
            "LECTERN_SESSION_TIMEOUT_MS": "6000",
            "TTS_PROVIDER": "mock",
            **more,
        }
        self.gateways = []
        for name in ("a", "b"):
            (folder / name).mkdir()
            self.gateways.append(Process("gateway", environment, folder / name))
        self.publisher = Publisher(RuntimeSettings(kafka_bootstrap_servers=servers), "test")

    @property
    def a(self) -> Process:
        return self.gateways[0]

    @property
    def b(self) -> Process:
        return self.gateways[1]

    async def start(self) -> None:
        for gateway in self.gateways:
            gateway.start()
        for gateway in self.gateways:
            await asyncio.to_thread(gateway.wait_until_ready)
        await self.publisher.start()

    async def stop(self) -> None:
        await self.publisher.stop()
        for gateway in self.gateways:
            await asyncio.to_thread(gateway.stop)

    async def api(self, gateway: Process, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return await asyncio.to_thread(call, method, f"{gateway.url}{path}", body)

    async def begin(self, *job_ids: str) -> None:
        """Have jobs made by commands; the video of ``job-1`` is ``video-job-1``."""
        for job_id in job_ids:
            command = {
                "type": "lectern.render.start.v1", "job_id": job_id, "video_id": f"video-{job_id}",
                "render_spec": SPEC,
            }  # fmt: skip
            value = json.dumps(command).encode()
            await self.publisher.send_raw(COMMANDS_TOPIC.name, job_id.encode(), value, [])

    async def report(self, *job_ids: str, step: Step, share: float = 1.0) -> None:
        """Play the stages: one report of each job."""
        await self.tell(
            *(
                ProgressReported(
                    event_id=uuid4(), job_id=job_id, attempt=1, step=step, part=0, parts=1, share=share
                )
                for job_id in job_ids
            )
        )

    async def upload(self, *job_ids: str) -> None:
        """Play the last stage."""
        await self.tell(*(uploaded(job_id) for job_id in job_ids))

    async def tell(self, *events: Event) -> None:
        await self.publisher.publish(events)


def uploaded(job_id: str) -> AssetsUploaded:
    asset = Asset(
        kind="video", key=f"videos/v/{job_id}.mp4", url=f"/assets/videos/v/{job_id}.mp4", size_bytes=3,
        content_type="video/mp4", sha256="0" * 64,
    )  # fmt: skip
    return AssetsUploaded(
        event_id=uuid4(), job_id=job_id, attempt=1, video_id=f"video-{job_id}", assets=(asset,), frames=240,
        duration_sec=10.0,
    )  # fmt: skip


class Viewer:
    """What one socket was told."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []
        self.closed: int | None = None
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for frame in self.socket:
                self.heard.append(json.loads(frame))
        except ConnectionClosed:
            pass
        finally:
            self.closed = self.socket.close_code

    async def hears(self, condition: Callable[[list[dict[str, Any]]], object], what: str) -> None:
        await eventually(lambda: condition(self.heard), SECONDS, message=f"a viewer hears {what}")

    def rises(self) -> bool:
        """Whether no bar fell, and nothing was told twice."""
        told: dict[str, dict[str, Any]] = {}
        for message in self.heard:
            job = message.get("job") or message
            if "progress" not in job:
                continue
            before = told.get(job["job_id"])
            if before is not None and (job["progress"] < before["progress"] or job == before):
                return False
            told[job["job_id"]] = job
        return True

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    def updates(self) -> list[dict[str, Any]]:
        """What was told of jobs on ``/ws/v2/jobs``."""
        return [message for message in self.heard if message.get("job")]

    async def leave(self) -> None:
        await self.socket.close()
        with suppress(asyncio.CancelledError):
            await self._reading


@asynccontextmanager
async def watching(gateway: Process, path: str) -> AsyncIterator[Viewer]:
    """Watch by a socket while the context is open."""
    viewer = Viewer(await connect(f"ws://127.0.0.1:{gateway.port}{path}", proxy=None, close_timeout=2))
    try:
        yield viewer
    finally:
        await viewer.leave()
