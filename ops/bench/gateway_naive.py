"""The peer: WebSockets as most people write them with FastAPI, a queue and a task for each.

It has no ledger, no tokens, no snapshot and no log of updates: it sends each report on to whoever watches the
video, and forgets it. So it does less than the gateway, and what is compared is the way to the sockets.
"""

import argparse
import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from aiokafka import AIOKafkaConsumer
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from contracts.events import StageFailed
from contracts.steps import PROGRESS_RANGE, Step
from contracts.topics import PROGRESS, STAGE_FAILED
from ops.bench.gateway_waves import video_of


def message(body: dict[str, object]) -> tuple[str, str]:
    """Return the video of a report or of an end, and what its viewers are told."""
    job = str(body["job_id"])
    video = video_of(int(job.rpartition("-")[2]))
    told: dict[str, object] = {"job_id": job, "video_id": video, "status": "PROCESSING"}
    if body["type"] == StageFailed.type:
        return video, json.dumps(told | {"status": "FAILED"}, separators=(",", ":"))
    low, high = PROGRESS_RANGE[Step(str(body["step"]))]
    progress = low + round((high - low) * float(str(body["share"])))
    told |= {"step": body["step"], "progress": progress, "message": "TTS 생성 중...", "timestamp": ""}
    return video, json.dumps(told, separators=(",", ":"))


def create_app(bootstrap: str) -> FastAPI:
    """Return the application."""
    watchers: defaultdict[str, set[asyncio.Queue[str]]] = defaultdict(set)

    async def forward() -> None:
        consumer = AIOKafkaConsumer(PROGRESS.name, STAGE_FAILED.name, bootstrap_servers=bootstrap)
        await consumer.start()
        try:
            async for record in consumer:
                video, text = message(json.loads(record.value))
                for queue in watchers[video]:
                    queue.put_nowait(text)
        finally:
            await consumer.stop()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        forwarding = asyncio.create_task(forward())
        yield
        forwarding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await forwarding

    app = FastAPI(lifespan=lifespan)

    @app.get("/readyz")
    async def readyz() -> dict[str, str]:
        return {"status": "ready"}

    @app.websocket("/ws/videos/{video_id}/render-progress")
    async def render_progress(websocket: WebSocket, video_id: str) -> None:
        await websocket.accept()
        queue: asyncio.Queue[str] = asyncio.Queue()
        watchers[video_id].add(queue)
        try:
            while True:
                await websocket.send_text(await queue.get())
        except WebSocketDisconnect:
            pass
        finally:
            watchers[video_id].discard(queue)

    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bootstrap", required=True)
    options = parser.parse_args()
    uvicorn.run(
        create_app(options.bootstrap),
        host="127.0.0.1",
        port=options.port,
        loop="uvloop",
        log_level="warning",
    )
