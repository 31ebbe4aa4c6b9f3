"""The whole system as seven processes on a real broker: commands in, films out, kills in between."""

import asyncio
import hashlib
import io
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import av
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts import topics
from tests.support.brokers import Broker
from tests.support.cluster import WORKERS, Cluster, running_cluster
from tests.support.disks import fill, small_disk
from tests.support.eventually import eventually_sync

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(600)]

SECRET = "tok-5f2c9d7e41"

LESSON = """# 안전한 비밀번호

## 비밀번호의 원칙
비밀번호는 12자 이상으로 만들어야 합니다. 같은 비밀번호를 여러 곳에 쓰지 마세요.
한 곳이 뚫리면 다른 곳도 위험합니다. 비밀번호 관리 프로그램을 사용하면 편리합니다.

## 사고가 났을 때
먼저 비밀번호를 바꿉니다. 그다음 보안팀에 신고합니다. 마지막으로 로그인 기록을 확인합니다.
신고는 10분 이내에 해야 합니다. 늦으면 피해가 커집니다.
"""


@pytest.fixture(scope="module")
def cluster(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with (
        small_disk(folder / "home", megabytes=300) as own_disk,
        running_cluster(broker, folder, BACKEND_API_TOKEN=SECRET, LLM_API_KEY=SECRET) as running,
    ):
        running.own_disk = own_disk
        yield running


@pytest.fixture(scope="module")
def script(cluster: Cluster) -> str:
    return cluster.approved_script("reference", LESSON, target_minutes=1)


@pytest.fixture(scope="module")
def reference(cluster: Cluster, script: str) -> str:
    """SHA-256 of the film that nothing disturbed."""
    job = cluster.film(cluster.render("reference", script))
    return str(job["assets"]["video"]["sha256"])


def test_from_text_to_film_over_http(cluster: Cluster) -> None:
    script = cluster.approved_script("film", LESSON, target_minutes=1)
    with cluster.watching("film") as messages:
        job_id = cluster.render("film", script)
        job = cluster.film(job_id)
        eventually_sync(lambda: bool(messages) and messages[-1]["status"] == "COMPLETED")

    progress = [message["progress"] for message in messages if message["job_id"] == job_id]
    assert progress == sorted(progress)
    assert progress[0] < 15
    assert progress[-1] == 100
    assert {"job_id", "video_id", "status", "step", "progress", "message", "timestamp"} <= set(messages[0])
    assert messages[-1]["step"] == "FINALIZE"
    assert "중..." in messages[0]["message"]

    assets = job["assets"]
    assert set(assets) == {"video", "srt", "vtt", "thumbnail", "report"}
    for asset in assets.values():
        status, body = cluster.fetch(asset["url"])
        assert (status, len(body)) == (200, asset["size_bytes"])
        assert hashlib.sha256(body).hexdigest() == asset["sha256"]
    status, part = cluster.fetch(assets["video"]["url"], {"Range": "bytes=4-7"})
    assert (status, part) == (206, b"ftyp")
    _, film = cluster.fetch(assets["video"]["url"])
    with av.open(io.BytesIO(film), "r") as container:
        video = container.streams.video[0]
        assert (video.width, video.height, float(video.average_rate or 0)) == (640, 360, 24.0)
        assert len(list(container.decode(video))) == video.frames
        assert len(container.streams.audio) == 1
        assert len(container.streams.subtitles) == 1
    report = json.loads(cluster.fetch(assets["report"]["url"])[1])
    assert report["passed"] is True


def test_a_command_from_a_plain_kafka_client(cluster: Cluster, broker: Broker) -> None:
    command = {
        "type": "lectern.render.start.v1",
        "job_id": "plain-job",
        "video_id": "plain-video",
        "render_spec": {
            "title": "인사",
            "language": "ko",
            "scenes": [
                {"scene_id": 1, "narration": "안녕하세요. 반갑습니다.", "caption": "인사"},
                {"scene_id": 2, "narration": "오늘은 안전모를 배웁니다.", "caption": "안전모"},
            ],
        },
    }
    with cluster.watching("plain-video") as messages:
        asyncio.run(publish(broker, topics.COMMANDS_TOPIC.name, "plain-job", json.dumps(command).encode()))
        eventually_sync(lambda: bool(messages), 30, message="the job is announced")
        job = cluster.film("plain-job")
        eventually_sync(lambda: messages[-1]["status"] == "COMPLETED")
    progress = [message["progress"] for message in messages]
    assert progress == sorted(progress)
    assert progress[-1] == 100
    assert cluster.fetch(job["assets"]["video"]["url"])[0] == 200


def test_the_same_input_gives_the_same_film(cluster: Cluster, script: str, reference: str) -> None:
    cluster.forget_artifacts()
    job = cluster.film(cluster.render("reference", restored(cluster, script)))
    assert job["assets"]["video"]["sha256"] == reference


@pytest.mark.parametrize("victim", WORKERS)
def test_a_killed_worker_costs_time_and_nothing_else(
    cluster: Cluster, script: str, reference: str, victim: str
) -> None:
    cluster.forget_artifacts()
    process = cluster.processes[victim]
    before = process.metric("lectern_stage_seconds_count")
    job_id = cluster.render("reference", restored(cluster, script))
    eventually_sync(
        lambda: (
            process.metric("lectern_stage_seconds_count") > before or process.metric("lectern_lane_depth") > 0
        ),
        60,
        every=0.01,
        message=f"{victim} has the job in hand",
    )
    process.kill()
    process.start()
    job = cluster.film(job_id)
    assert job["assets"]["video"]["sha256"] == reference
    assert job["attempt"] == 1
    process.wait_until_ready()


def test_a_killed_gateway_costs_time_and_nothing_else(cluster: Cluster, script: str, reference: str) -> None:
    cluster.forget_artifacts()
    job_id = cluster.render("reference", restored(cluster, script))
    cluster.gateway.kill()
    cluster.gateway.start()
    cluster.gateway.wait_until_ready()
    assert cluster.film(job_id)["assets"]["video"]["sha256"] == reference


def test_bad_input_gets_a_clear_answer_and_loses_nothing(
    cluster: Cluster, broker: Broker, script: str
) -> None:
    generate = "/api/videos/bad/scripts/generate"
    refused = {
        "SOURCE_TEXT_EMPTY": (generate, {"source_text": "  \n "}),
        "SOURCE_TEXT_TOO_LONG": (generate, {"source_text": "가" * 20_001}),
        "LANGUAGE_UNSUPPORTED": (generate, {"source_text": LESSON, "language": "tlh"}),
        "SCRIPT_NOT_FOUND": ("/api/videos/bad/render-jobs", {"script_id": "no-such-script"}),
    }
    for code, (path, body) in refused.items():
        status, problem = cluster.api("POST", path, body)
        assert (400 <= status < 500, problem["code"]) == (True, code), problem
        assert problem["detail"]
    assert cluster.api("GET", "/api/render-jobs/no-such-job")[1]["code"] == "JOB_NOT_FOUND"
    status, draft = cluster.api("POST", generate, {"source_text": LESSON})
    assert status == 200
    status, problem = cluster.api("POST", "/api/videos/bad/render-jobs", {"script_id": draft["script_id"]})
    assert (status, problem["code"]) == (409, "SCRIPT_NOT_APPROVED")

    symbols = {"scenes": [{"scene_id": 1, "narration": "★ → ※ !!!", "caption": None}]}
    empty: dict[str, Any] = {"scenes": []}
    for job_id, spec, code in (
        ("symbols", symbols, "NARRATION_UNSPEAKABLE"),
        ("empty", empty, "NO_RENDER_SPEC"),
    ):
        command = {
            "type": "lectern.render.start.v1",
            "job_id": job_id,
            "video_id": job_id,
            "render_spec": spec,
        }
        asyncio.run(publish(broker, topics.COMMANDS_TOPIC.name, job_id, json.dumps(command).encode()))
        eventually_sync(partial(known, cluster, job_id), 30)
        job = cluster.finished(job_id)
        assert (job["status"], job["error"]["code"]) == ("FAILED", code)

    poison = {
        topics.COMMANDS_TOPIC.name: (
            b"\xff not json",
            b'{"type":"lectern.launch.missiles.v1"}',
            b'{"type":1}',
        ),
        topics.SCENE_PLANNED.name: (b"{", b'{"type":"lectern.unknown.v9"}'),
    }
    for topic, values in poison.items():
        for value in values:
            asyncio.run(publish(broker, topic, "poison", value))
    for topic, values in poison.items():
        letters = asyncio.run(read(broker, f"{topic}.dlq", len(values), key=b"poison"))
        assert {letter.value for letter in letters} == set(values)
        assert all(dict(letter.headers)["dlq.code"] for letter in letters)
    rejected = asyncio.run(read(broker, topics.JOBS.name, 1, key=b"poison"))
    assert json.loads(rejected[0].value)["type"] == "lectern.command.rejected.v1"

    job = cluster.film(cluster.render("reference", script))  # and the system goes on
    assert job["progress"] == 100


def test_a_missing_artifact_fails_its_job_and_no_other(cluster: Cluster) -> None:
    script = cluster.approved_script("missing", LESSON.replace("12자", "14자"), target_minutes=1)
    slides = cluster.processes["slides"]
    slides.suspend()
    try:
        job_id = cluster.render("missing", script)
        speech = cluster.home / "artifacts"
        eventually_sync(
            lambda: cluster.processes["tts"].metric("lectern_lane_depth") == 0 and any(speech.rglob("*"))
        )
        eventually_sync(
            lambda: cluster.api("GET", f"/api/render-jobs/{job_id}")[1]["progress"] >= 45, 60, every=0.1
        )
        cluster.forget_artifacts()
    finally:
        slides.resume()
    job = cluster.finished(job_id)
    assert job["status"] == "FAILED"
    assert job["error"]["code"] == "ARTIFACT_MISSING"
    again = cluster.approved_script("healthy", LESSON, target_minutes=1)
    assert cluster.film(cluster.render("healthy", again))["progress"] == 100


def known(cluster: Cluster, job_id: str) -> bool:
    return cluster.api("GET", f"/api/render-jobs/{job_id}")[0] == 200


def restored(cluster: Cluster, script: str) -> str:
    """The script is in the ledger; only artifacts were forgotten."""
    assert cluster.api("GET", f"/api/scripts/{script}")[1]["status"] == "APPROVED"
    return script


async def publish(broker: Broker, topic: str, key: str, value: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap_servers)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value, key=key.encode())
    finally:
        await producer.stop()


async def read(broker: Broker, topic: str, count: int, key: bytes) -> list[Any]:
    """Read records with a key from the start of a topic until there are ``count``."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=broker.bootstrap_servers, auto_offset_reset="earliest", group_id=None
    )
    await consumer.start()
    found: list[Any] = []
    try:
        async with asyncio.timeout(30):
            while len(found) < count:
                record = await consumer.getone()
                if record.key == key:
                    found.append(record)
    finally:
        await consumer.stop()
    return found


def test_a_full_disk_stops_a_film_until_there_is_room(cluster: Cluster, script: str, reference: str) -> None:
    if not cluster.own_disk:
        pytest.skip("needs a disk of its own to fill, which needs the right to mount one")
    cluster.forget_artifacts()
    stages = [cluster.processes[name] for name in WORKERS]

    def retries() -> float:
        return sum(stage.metric("lectern_retries_total") for stage in stages)

    before = retries()
    cluster.processes["composition"].suspend()  # else a short film may be there before the disk is full
    job_id = cluster.render("reference", script)
    filler = fill(cluster.home)
    cluster.processes["composition"].resume()
    try:
        eventually_sync(lambda: retries() > before, 60)
        assert cluster.api("GET", f"/api/render-jobs/{job_id}")[1]["status"] == "PROCESSING"
    finally:
        filler.unlink()
    assert cluster.film(job_id)["assets"]["video"]["sha256"] == reference


def test_logs_and_topics_tell_no_secret(cluster: Cluster, broker: Broker) -> None:
    assert cluster.api("POST", "/api/videos/v/scripts/generate", {"source_text": LESSON})[0] == 200
    for process in cluster.processes.values():
        assert process.tail(10**7)
        assert SECRET not in process.tail(10**7)
    for topic in (topics.SCENE_PLANNED.dlq, topics.COMMANDS_TOPIC.dlq):
        letters = asyncio.run(read(broker, topic, 1, key=b"poison"))
        assert SECRET not in repr(letters)
