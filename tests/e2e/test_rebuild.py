"""The ledger's database is lost and made again from the log: the API answers as before, byte for byte."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from contracts.cloudevents import headers_of, value_of
from contracts.events import ControlChanged
from contracts.topics import COMMANDS_TOPIC, CONTROL, JOBS, LEDGER, RENDER_REQUESTED, SCRIPT_REQUESTED
from ops.kafka.node import KafkaNode
from tests.chaos.evidence import Raw
from tests.chaos.records import read_records
from tests.support.backend import Reply, ThreadedBackend, threaded_backend
from tests.support.brokers import Broker, Kind
from tests.support.cluster import Cluster
from tests.support.eventually import eventually_sync
from tests.support.own_kafka import need_own_kafka
from tests.support.postgres import postgres_server

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(600)]

LESSON = "# 비밀번호\n\n비밀번호는 12자 이상으로 만드세요. 여러 곳에 쓰지 마세요. 의심스러우면 신고하세요."
SPEC = {"scenes": [{"scene_id": 1, "narration": "안녕하세요.", "caption": "인사"}]}
TWO = {"title": "둘", "scenes": [*SPEC["scenes"], {"scene_id": 2, "narration": "안전모를 씁니다."}]}
UNSPEAKABLE = {"scenes": [{"scene_id": 1, "narration": "★ ※ !!!"}]}
INTERNAL = "internal-token-of-the-test"
ANNOUNCING = (CONTROL, JOBS, RENDER_REQUESTED, SCRIPT_REQUESTED)
Answer = tuple[int, str | None, bytes]
"""Status, ETag and body."""


@dataclass
class World:
    """A cluster on a Kafka of its own, with a backend."""

    cluster: Cluster
    backend: ThreadedBackend
    servers: str
    environment: dict[str, str]
    scripts: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Call the API with the backend's token; return status and JSON."""
        status, _, data = self.raw(method, path, body, headers)
        return status, json.loads(data)

    def raw(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Call the API and return what it answers, to the byte."""
        request = urllib.request.Request(  # noqa: S310
            f"{self.cluster.gateway.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"Bearer {INTERNAL}",
                **{name.replace("_", "-"): value for name, value in (headers or {}).items()},
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310
                return answer.status, answer.headers.get("ETag"), answer.read()
        except urllib.error.HTTPError as error:
            return error.code, None, error.read()

    def command(self, job_id: str, kind: str, **fields: Any) -> None:
        """Publish a command about a job as a backend would."""
        body = {"type": f"lectern.render.{kind}.v1", "job_id": job_id, **fields}
        asyncio.run(send(self.servers, job_id, json.dumps(body).encode()))

    def start(self, job_id: str, spec: Mapping[str, Any]) -> None:
        """Have a spec rendered by a command on Kafka."""
        self.command(job_id, "start", video_id=f"v-{job_id}", render_spec=spec)

    def until(self, job_id: str, *states: str, attempt: int = 1, progress: int = 0) -> None:
        """Wait until a job's attempt is in one of the states."""

        def reached() -> bool:
            status, job = self.call("GET", f"/api/render-jobs/{job_id}")
            if status != 200 or job["attempt"] != attempt:
                return False
            return job["status"] in states and job["progress"] >= progress

        eventually_sync(reached, 120, every=0.1, message=f"{job_id} is {states} at {progress} %")

    def records(self, *topics: Any) -> list[Raw]:
        """Read topics from the side."""
        return asyncio.run(read_records(self.servers, [topic.name for topic in topics]))

    def rebuild(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line."""
        command = (sys.executable, "-m", "services.cli.main", "ledger", "rebuild", *arguments)
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return subprocess.run(
            command, env={**inherited, **self.environment}, capture_output=True, text=True, check=False
        )

    def everything(self) -> dict[str, Answer]:
        """Ask for all that the API tells of scripts, of jobs that have ended, and of callbacks."""
        answers: dict[str, Answer] = {}

        def ask(path: str) -> Any:
            answers[path] = self.raw("GET", path)
            return json.loads(answers[path][2])

        for base in ("/api", "/api/v2"):
            for script in self.scripts:
                ask(f"{base}/scripts/{script}")
                versions = [item["version"] for item in ask(f"{base}/scripts/{script}/versions")]
                for version in versions:
                    ask(f"{base}/scripts/{script}/versions/{version}")
                    ask(f"{base}/scripts/{script}/diff?before={versions[0]}&after={version}")
            for status in ("COMPLETED", "FAILED"):
                after = ""
                while True:
                    page = ask(f"{base}/render-jobs?status={status}&limit=2{after}")
                    for job in page["items"]:
                        ask(f"{base}/render-jobs/{job['job_id']}")
                        ask(f"{base}/render-jobs/{job['job_id']}/render-spec")
                        ask(f"{base}/videos/{job['video_id']}/render-jobs")
                        ask(f"{base}/render-jobs?script_id={job['script_id']}&status={status}")
                    if page["next"] is None:
                        break
                    after = f"&after={page['next']}"
            ask(f"{base}/videos/lesson/scripts")
            ask(f"{base}/videos/mute/scripts")
            ask(f"{base}/callbacks?limit=500")
            ask(f"{base}/callbacks?after=3&limit=2")
            ask(f"{base}/render-jobs/unknown")
        return answers


async def send(servers: str, key: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    try:
        await producer.send_and_wait(COMMANDS_TOPIC.name, value, key=key.encode())
    finally:
        await producer.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    need_own_kafka()
    folder = tmp_path_factory.mktemp("rebuild")
    with ExitStack() as stack:
        node = stack.enter_context(KafkaNode(folder / "kafka"))
        backend = stack.enter_context(threaded_backend())
        settings = {
            "VIDEO_WIDTH": "160",
            "VIDEO_HEIGHT": "90",
            "VIDEO_FPS": "10",
            "VIDEO_VISUAL_STYLE": "basic",
            "BACKEND_BASE_URL": backend.backend.url,
            "BACKEND_INTERNAL_TOKEN": INTERNAL,
            "LECTERN_COMMIT_INTERVAL": "0.2",
        }
        broker = Broker(node.bootstrap_servers, Kind.MAVEN, apache_kafka=True)
        cluster = Cluster(broker, folder, settings)
        stack.callback(cluster.stop)
        cluster.start()
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": node.bootstrap_servers,
            "LECTERN_HOME": str(cluster.home),
            "LECTERN_SESSION_TIMEOUT_MS": "6000",
        }
        yield World(cluster, backend, node.bootstrap_servers, environment)


def live(world: World) -> None:
    """Everything that can happen to scripts, jobs and callbacks."""
    script = written(world)
    rendered(world, script)
    world.start("plain", TWO)
    world.start("mute", UNSPEAKABLE)
    world.start("empty", {"scenes": []})
    world.command("nobody", "cancel")
    world.until("mute", "FAILED")
    world.command("mute", "retry", command_id="3f0d5b0a-7c1e-4f2d-9b57-0f2f4f3a9c11")
    world.until("mute", "FAILED", attempt=2)
    stopped_and_taken_up_again(world)
    for job_id in ("plain", "empty"):
        world.until(job_id, "COMPLETED", "FAILED")
    eventually_sync(lambda: all_told(world), 60, message="the backend has heard of all ends but one")


def written(world: World) -> str:
    """A script, edited and approved again and again; and one that cannot be written."""
    status, draft = world.call(
        "POST", "/api/videos/lesson/scripts/generate", {"source_text": LESSON}, Idempotency_Key="a"
    )
    assert status == 200, draft
    script = str(draft["script_id"])
    text = draft["raw_json"]
    text["chapters"][0]["scenes"][0]["narration"] = "비밀번호는 길게 만드세요."
    assert world.call("PUT", f"/api/scripts/{script}", text)[0] == 200
    assert world.call("POST", f"/api/scripts/{script}/approve")[0] == 200
    chapter = text["chapters"][0]
    place = f"chapters/{chapter['chapter_id']}/scenes/{chapter['scenes'][0]['scene_id']}"
    changed = {"on_screen_text": "길게"}
    assert world.call("PATCH", f"/api/v2/scripts/{script}/{place}", changed)[0] == 200
    assert world.call("POST", f"/api/v2/scripts/{script}/approve", Idempotency_Key="b")[0] == 200
    status, mute = world.call("POST", "/api/videos/mute/scripts/generate", {"source_text": "★ ※ !!!"})
    assert status in {200, 422}, mute
    [other] = [item["script_id"] for item in world.call("GET", "/api/videos/mute/scripts")[1]]
    world.scripts += [script, other]
    return script


def rendered(world: World, script: str) -> None:
    """A job that the front end creates and the backend starts; and one that the backend has no spec of."""
    world.backend.backend.specs[script] = TWO
    body = {"script_id": script}
    status, job = world.call("POST", "/api/videos/lesson/render-jobs", body, Idempotency_Key="c")
    assert status == 201, job
    status, started = world.call("POST", f"/video/job/{job['job_id']}/start")
    assert (status, started["started"]) == (200, True), started
    refused = {"video_id": "bare", "script_id": "unknown-there"}
    status, started = world.call("POST", "/video/job/bare/start", refused)
    assert (status, started["error_code"]) == (200, "NO_RENDER_SPEC"), started
    world.until(job["job_id"], "COMPLETED")


def stopped_and_taken_up_again(world: World) -> None:
    """One job is cancelled for good, another retried and completed; the backend refuses to hear of one."""
    slides = world.cluster.processes["slides"]
    world.backend.backend.will("/video/job/refused/complete", *[Reply(503)] * 1000)
    slides.suspend()
    try:
        for job_id in ("stopped", "retried", "refused"):
            world.start(job_id, SPEC)
            world.until(job_id, "PROCESSING", progress=45)
            assert world.call("POST", f"/api/render-jobs/{job_id}/cancel")[0] == 200
    finally:
        slides.resume()
    status, again = world.call("POST", "/video/job/retried/retry", Idempotency_Key="d")
    assert (status, again["started"]) == (200, True), again
    world.until("retried", "COMPLETED", attempt=2)


def all_told(world: World) -> bool:
    page = world.call("GET", "/api/v2/callbacks?limit=500")[1]
    waiting = {item["subject"] for item in page["items"] if item["status"] == "PENDING"}
    refused = [item for item in page["items"] if item["subject"] == "refused"]
    return waiting == {"refused"} and bool(refused) and refused[0]["tries"] >= 1


def announcements(world: World) -> Counter[tuple[str, str]]:
    """How often each announcement stands in the log."""
    found = Counter[tuple[str, str]]()
    for record in world.records(*ANNOUNCING):
        found[record.type, record.body["event_id"]] += 1
    return found


def test_the_api_answers_as_before_and_what_was_under_way_goes_on(world: World) -> None:
    live(world)
    gateway, slides = world.cluster.gateway, world.cluster.processes["slides"]
    slides.suspend()  # the next job is under way when everything is lost
    world.start("under-way", TWO)
    world.until("under-way", "PROCESSING", progress=45)
    eventually_sync(lambda: gateway.metric("lectern_outbox_depth") == 0)
    before = world.everything()
    assert sum(status == 200 for status, _, _ in before.values()) > 80

    busy = world.rebuild("--database-url", f"sqlite:///{world.cluster.home / 'early.db'}")
    assert (busy.returncode, "gateway is running" in busy.stderr) == (1, True), busy.stderr

    gateway.kill()
    told = len(world.backend.backend.calls)
    log = announcements(world)
    full = world.rebuild()
    assert (full.returncode, "--replace" in full.stderr) == (2, True), full.stderr
    with postgres_server() as server:
        urls = [f"sqlite:///{world.cluster.home / 'again.db'}", server.new_database()]
        for url in urls:
            done = world.rebuild("--database-url", url)
            assert done.returncode == 0, done.stdout + done.stderr
            assert "(1 under way)" in done.stdout, done.stdout
        assert announcements(world) == log
        assert len(world.backend.backend.calls) == told

        for url in urls:
            gateway._environment["DATABASE_URL"] = url
            gateway.start()
            gateway.wait_until_ready()
            after = world.everything()
            assert differences(before, after) == []
            if url is not urls[-1]:
                gateway.kill()
        again = world.raw("POST", "/video/job/retried/retry", None, {"Idempotency_Key": "d"})
        assert json.loads(again[2])["job"]["status"] == "PROCESSING"  # the first answer, not another retry

        slides.resume()
        world.until("under-way", "COMPLETED")
        assert set(announcements(world).values()) == {1}
        last = world.call("GET", "/api/v2/callbacks?limit=500")[1]["items"][-1]
        assert (last["subject"], last["id"] > 1000) == ("under-way", True)
        eventually_sync(lambda: callbacks_once(world), 30, message="the backend has heard of the last job")
        gateway.stop()


def differences(before: Mapping[str, Answer], after: Mapping[str, Answer]) -> list[tuple[str, Any, Any]]:
    """What is answered otherwise; the callback that is being tried all the time is left out."""
    assert before.keys() == after.keys()
    return [
        (path, before[path], after[path])
        for path in before
        if steady(path, before[path]) != steady(path, after[path])
    ]


def steady(path: str, answer: Answer) -> Answer:
    if "/callbacks" not in path:
        return answer
    page = json.loads(answer[2])
    page["items"] = [item for item in page["items"] if item["subject"] != "refused"]
    return answer[0], answer[1], json.dumps(page).encode()


def callbacks_once(world: World) -> bool:
    """Say whether the backend heard of the last job; nothing that it took was ever sent to it again."""
    taken = Counter(
        call.headers["webhook-id"]
        for call in world.backend.backend.calls
        if call.path.endswith("/complete") and "refused" not in call.path
    )
    assert set(taken.values()) == {1}, taken
    return any("under-way" in call.path for call in world.backend.backend.calls)


def test_gaps_are_named_and_left_out(world: World) -> None:
    """A render spec is lost, foreign records stand in the log: what is whole is made again."""
    world.cluster.gateway.stop()
    newest = {
        record.body["job_id"]: record
        for record in world.records(LEDGER)
        if record.type.startswith("lectern.job.")
    }
    spec = newest["plain"].body["spec"]["sha256"]
    others = {name for name, record in newest.items() if (record.body["spec"] or {}).get("sha256") == spec}
    [blob] = [path for path in (world.cluster.home / "artifacts").rglob("*") if path.name == spec[2:]]
    blob.rename(blob.with_suffix(".gone"))
    try:
        asyncio.run(foreign(world.servers))
        checked = world.rebuild("--check")
        url = f"sqlite:///{world.cluster.home / 'gaps.db'}"
        done = world.rebuild("--database-url", url)
    finally:
        blob.with_suffix(".gone").rename(blob)
    assert (checked.returncode, done.returncode) == (1, 1), done.stdout + done.stderr
    for name in others:
        assert f"not rebuilt: job {name}: its render spec cannot be read" in done.stdout
    assert (
        "not rebuilt: job older: the log names it, but lectern.ledger.v1 has no record of it" in done.stdout
    )
    assert f"not rebuilt: record {LEDGER.name}/" in done.stdout
    assert f": {len(newest) - len(others)} jobs (0 under way)" in done.stdout
    assert checked.stdout.replace("can be rebuilt", "rebuilt") == done.stdout

    whole = world.rebuild("--database-url", url)
    assert (whole.returncode, "--replace" in whole.stderr) == (2, True), whole.stderr
    replaced = world.rebuild("--database-url", url, "--replace")
    assert f": {len(newest)} jobs (0 under way)" in replaced.stdout, replaced.stdout + replaced.stderr


async def foreign(servers: str) -> None:
    """A stranger's record in the ledger's topic, and a job from before there was one."""
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    try:
        await producer.send_and_wait(LEDGER.name, b"\xff not ours", key=b"x")
        alive = ControlChanged(event_id=uuid4(), job_id="older", attempt=1)
        headers = headers_of(alive, source="test", time=datetime.now(UTC))
        await producer.send_and_wait(CONTROL.name, value_of(alive), key=b"older", headers=headers)
    finally:
        await producer.stop()
