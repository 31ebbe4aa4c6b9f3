"""Lectern as seven processes on a broker, as a platform team would run it."""

import json
import shutil
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.support.brokers import Broker
from tests.support.eventually import eventually_sync
from tests.support.processes import Process, call

WORKERS = ("scripting", "tts", "subtitling", "slides", "composition", "upload")
FILM_SECONDS = 150
"""A short film takes about ten seconds; the rest is for a killed worker's way back on a busy machine."""


class Cluster:
    """Gateway and six workers with one home.

    Args:
        broker: where Kafka is.
        folder: home and logs.
        settings: environment on top of small pictures and a silent voice.
    """

    def __init__(self, broker: Broker, folder: Path, settings: Mapping[str, str]) -> None:
        self.home = folder / "home"
        self.own_disk = False
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "LECTERN_EMBEDDED": "1" if broker.embedded else "0",
            "LECTERN_HOME": str(self.home),
            "LECTERN_SESSION_TIMEOUT_MS": "6000",
            "TTS_PROVIDER": "mock",
            "VIDEO_VISUAL_STYLE": "animated",
            "VIDEO_WIDTH": "640",
            "VIDEO_HEIGHT": "360",
            **settings,
        }
        self.processes = {name: Process(name, environment, folder) for name in ("gateway", *WORKERS)}
        if not broker.embedded:
            for name, process in self.processes.items():
                process._environment["LECTERN_REPLICA"] = f"{name}-0"

    @property
    def gateway(self) -> Process:
        return self.processes["gateway"]

    def start(self) -> None:
        for process in self.processes.values():
            process.start()
        for process in self.processes.values():
            process.wait_until_ready()

    def stop(self) -> None:
        for process in self.processes.values():
            process.stop()

    def forget_artifacts(self) -> None:
        """Empty the artifact store, so that the next film is made from nothing."""
        for part in (self.home / "artifacts").iterdir():
            shutil.rmtree(part)

    def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return call(method, f"{self.gateway.url}{path}", body)

    def approved_script(self, video_id: str, text: str, **wishes: Any) -> str:
        """Have a script written and approve it; return its id."""
        path = f"/api/videos/{video_id}/scripts/generate"
        status, script = self.api("POST", path, {"source_text": text, **wishes})
        assert (status, script["status"]) == (200, "DRAFT"), script
        status, approved = self.api("POST", f"/api/scripts/{script['script_id']}/approve")
        assert (status, approved["status"]) == (200, "APPROVED")
        return str(script["script_id"])

    def render(self, video_id: str, script_id: str, **options: Any) -> str:
        """Start a render job and return its id."""
        body = {"script_id": script_id, "options": options}
        status, job = self.api("POST", f"/api/videos/{video_id}/render-jobs", body)
        assert (status, job["created"]) == (201, True), job
        return str(job["job_id"])

    def finished(self, job_id: str, seconds: float = FILM_SECONDS) -> dict[str, Any]:
        """Wait for a job's end and return it."""

        def ended() -> dict[str, Any] | None:
            _, job = self.api("GET", f"/api/render-jobs/{job_id}")
            return job if job.get("status") in {"COMPLETED", "FAILED"} else None

        job = eventually_sync(ended, seconds, every=0.2, message=f"job {job_id} ends")
        assert job is not None
        return job

    def film(self, job_id: str) -> dict[str, Any]:
        """Wait for a job that must succeed; return it with its assets by kind."""
        job = self.finished(job_id)
        assert job["status"] == "COMPLETED", (job, *(p.tail(1500) for p in self.processes.values()))
        return {**job, "assets": {asset["kind"]: asset for asset in job["assets"]}}

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        request = urllib.request.Request(f"{self.gateway.url}{url}", headers=dict(headers or {}))  # noqa: S310
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read()

    @contextmanager
    def watching(self, video_id: str) -> Iterator[list[dict[str, Any]]]:
        """Collect a video's progress messages while the context is open."""
        messages: list[dict[str, Any]] = []
        url = f"ws://127.0.0.1:{self.gateway.port}/ws/videos/{video_id}/render-progress"
        with connect(url) as socket:

            def read() -> None:
                messages.extend(json.loads(frame) for frame in socket)

            thread = threading.Thread(target=read, daemon=True)
            thread.start()
            yield messages
        thread.join(10)


@contextmanager
def running_cluster(broker: Broker, folder: Path, **settings: str) -> Iterator[Cluster]:
    """Run a cluster while the context is open."""
    cluster = Cluster(broker, folder, settings)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
