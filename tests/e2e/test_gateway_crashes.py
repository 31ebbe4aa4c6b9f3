"""The gateway is killed at each point of its outbox and its callbacks: nothing is lost, nothing doubled.

The gateway is a real process on a real Kafka, with a real backend behind a socket; the stages are played by
their events. By default each database is killed at half of the points, one after the other, while jobs are
under way; ``LECTERN_CRASH_MATRIX=full`` kills both at every one.
"""

import asyncio
import itertools
import json
import os
import urllib.error
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts import topics
from contracts.cloudevents import value_of
from contracts.events import Asset, AssetsUploaded, StageFailed
from services.gateway.rebuild.groups import INPUTS, Groups
from services.gateway.rebuild.log import open_log
from services.gateway.rebuild.rebuild import Rebuild, Rebuilt
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.fault_points import POINTS, VARIABLE
from services.runtime.settings import RuntimeSettings
from tests.support.backend import Reply, StandInBackend, ThreadedBackend, threaded_backend
from tests.support.brokers import Broker, open_broker
from tests.support.eventually import eventually_sync
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.processes import Process
from tests.support.tap import Seen, Tap, tapping

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.real_kafka,
    pytest.mark.kafka,
    pytest.mark.timeout(400),
]

FULL = os.environ.get("LECTERN_CRASH_MATRIX") == "full"
KILLED = 128 + 9
TOKEN = "internal-token-of-the-test"
SPEC = {"scenes": [{"scene_id": 1, "narration": "안녕하세요.", "caption": "인사"}]}
OUTBOX = (topics.LEDGER, topics.CONTROL, topics.RENDER_REQUESTED, topics.JOBS)


@dataclass(frozen=True)
class Crash:
    """Where the gateway is killed, and in which part of a job's life."""

    part: str
    point: str
    where: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, (self.part, self.point, self.where)))


def crashes(part: str, *points: str, where: str = "") -> list[Crash]:
    return [Crash(part, point, where) for point in points]


LEDGER = ("ledger.before_commit", "ledger.after_commit")
CLAIM = ("relay.before_claim", "relay.after_claim", "relay.before_delete", "relay.after_delete")
PUBLISH = ("relay.before_publish", "relay.after_publish")
POST = ("callback.before_claim", "callback.after_claim", "callback.before_post", "callback.after_post")
RECORD = ("callback.before_record", "callback.after_record")
MATRIX = [
    *crashes("start", *LEDGER, *CLAIM),
    *crashes("start", *PUBLISH, where="lectern.job.recorded"),
    *crashes("start", *PUBLISH, where="lectern.render.requested"),
    *crashes("end", *LEDGER),
    *crashes("end", *PUBLISH, where="lectern.job.recorded"),
    *crashes("end", *PUBLISH, where="lectern.job.completed"),
    *crashes("end", *PUBLISH, where="lectern.callback.recorded"),
    *crashes("fail", *PUBLISH, where="lectern.job.failed"),
    *crashes("end", *POST),
    *crashes("end", *RECORD, where="delivered"),
    *crashes("refused", *RECORD, where="postponed"),
]
HALVES = {"sqlite": MATRIX[0::2], "postgresql": MATRIX[1::2]}
BRIEF = 5
"""Crashes of each database by default, evenly over its half."""


def test_the_matrix_visits_every_point_of_outbox_and_callbacks() -> None:
    own = {point for point in POINTS if point.startswith(("ledger.", "relay.", "callback."))}
    assert {crash.point for crash in MATRIX} == own
    assert {crash.point for half in HALVES.values() for crash in half} == own


@dataclass
class Rig:
    """A gateway that can be killed, its database, its backend and a tap on Kafka."""

    gateway: Process
    backend: ThreadedBackend
    tap: Tap
    plan: Path
    prefix: str
    jobs: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def stand_in(self) -> StandInBackend:
        return self.backend.backend

    def next_id(self) -> str:
        return f"{self.prefix}-{next(self.numbers)}"

    def start_job(self, part: str, job_id: str) -> None:
        """Have a job rendered, by a command on Kafka."""
        self.jobs[job_id] = part
        if part == "refused":
            self.stand_in.will(f"/video/job/{job_id}/complete", Reply(503), Reply(503))
        body = {"type": "lectern.render.start.v1", "job_id": job_id, "video_id": job_id, "render_spec": SPEC}
        self.tap.send(topics.COMMANDS_TOPIC, job_id, body)

    def end_job(self, job_id: str) -> None:
        """Tell what the upload stage tells at the end, or a stage that gave up."""
        if self.jobs[job_id] == "fail":
            event: Any = StageFailed(
                event_id=uuid4(), job_id=job_id, attempt=1, stage="tts", code="TTS_FAILED", message="no"
            )
        else:
            event = AssetsUploaded(
                event_id=uuid4(), job_id=job_id, attempt=1, video_id=job_id, frames=10, duration_sec=1,
                assets=(
                    Asset(
                        kind="video", key=f"{job_id}.mp4", url=f"/assets/{job_id}.mp4", size_bytes=1,
                        content_type="video/mp4", sha256="0" * 64,
                    ),
                ),
            )  # fmt: skip
        self.tap.send(topics.TOPIC_OF_TYPE[event.type], job_id, value_of(event))

    def seen(self, job_id: str, kind: str) -> bool:
        return any(record.body["type"] == kind for record in self.tap.of(job_id, *OUTBOX))

    def requested(self, job_id: str) -> None:
        eventually_sync(
            lambda: self.seen(job_id, "lectern.render.requested.v1"), 60, message=f"{job_id} is requested"
        )

    def killed(self, crash: Crash, act: Callable[[], None]) -> None:
        """Arm the gateway, let it come to the point, see it killed, and start it again."""
        self.dies(crash, act)
        self.gateway.start()
        self.gateway.wait_until_ready()

    def dies(self, crash: Crash, act: Callable[[], None]) -> None:
        """Arm the gateway, let it come to the point, and see it killed."""
        draft = self.plan.with_suffix(".draft")
        draft.write_text(f"{crash.point}:1:{crash.where}")
        draft.rename(self.plan)
        act()
        eventually_sync(lambda: not self.gateway.running, 60, message=f"the gateway dies at {crash}")
        assert (self.gateway.returncode, self.plan.exists()) == (KILLED, False), self.gateway.tail()

    def crash(self, crash: Crash) -> None:
        """Live a job's life and kill the gateway in the part that the crash is about."""
        if crash.part == "start":
            job_id = self.next_id()
            self.killed(crash, lambda: self.start_job(crash.part, job_id))
            self.requested(job_id)
            self.end_job(job_id)
        else:
            job_id = self.started(crash.part)
            self.killed(crash, lambda: self.end_job(job_id))

    def started(self, part: str) -> str:
        """Start a job and return once its work is asked for."""
        job_id = self.next_id()
        self.start_job(part, job_id)
        self.requested(job_id)
        return job_id

    def get(self, path: str) -> Any:
        request = urllib.request.Request(  # noqa: S310
            f"{self.gateway.url}{path}", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def callbacks(self) -> list[dict[str, Any]]:
        """The log of callbacks, of this rig's jobs."""
        found: list[dict[str, Any]] = []
        after = 0
        while (page := self.get(f"/api/v2/callbacks?after={after}&limit=500"))["items"]:
            found += page["items"]
            after = page["next"]
        return [item for item in found if item["subject"] in self.jobs]


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def broker() -> Iterator[Broker]:
    """Give a log of its own: a database made again from it holds everything that stands there."""
    with open_broker() as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgresql"])
def rig(
    request: pytest.FixtureRequest, broker: Broker, postgres: PostgresServer, tmp_path: Path
) -> Iterator[Rig]:
    plan = tmp_path / "crash"
    sqlite = f"sqlite:///{tmp_path / 'ledger.db'}"
    with threaded_backend() as backend:
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
            "LECTERN_HOME": str(tmp_path),
            "LECTERN_REPLICA": "gateway-0",
            "LECTERN_SESSION_TIMEOUT_MS": "6000",
            "LECTERN_COMMIT_INTERVAL": "0.2",
            "DATABASE_URL": sqlite if request.param == "sqlite" else postgres.new_database(),
            "BACKEND_BASE_URL": backend.backend.url,
            "BACKEND_INTERNAL_TOKEN": TOKEN,
            "BACKEND_TIMEOUT_SEC": "2",
            VARIABLE: f"@{plan}",
        }
        gateway = Process("gateway", environment, tmp_path)
        try:
            gateway.start()
            gateway.wait_until_ready()
            with tapping(broker.bootstrap_servers) as tap:
                yield Rig(gateway, backend, tap, plan, f"{request.param}-{uuid4().hex[:6]}")
        finally:
            gateway.stop()


def chosen(database: str) -> Sequence[Crash]:
    if FULL:
        return MATRIX
    half = HALVES[database]
    return [half[place * len(half) // BRIEF] for place in range(BRIEF)]


def test_a_gateway_killed_at_any_point_loses_and_doubles_nothing(rig: Rig) -> None:
    for crash in chosen(rig.prefix.partition("-")[0]):
        rig.crash(crash)
    away = [rig.started("end"), rig.started("fail")]
    rig.backend.goes_away()
    for job_id in away:
        rig.end_job(job_id)
    eventually_sync(
        lambda: any(item["subject"] in away and item["tries"] for item in rig.callbacks()),
        60,
        message="a callback was tried in vain",
    )
    rig.backend.comes_back()
    settle(rig)
    assert_nothing_lost_or_doubled(rig)


LOSSES = (
    Crash("start", "relay.after_claim"),  # the log knows nothing of the job
    Crash("start", "relay.after_publish", "lectern.job.recorded"),  # it knows the job and announces nothing
)


@pytest.mark.matrix
def test_a_database_lost_in_the_moment_of_a_crash_loses_and_doubles_nothing(
    rig: Rig, broker: Broker, postgres: PostgresServer, tmp_path: Path
) -> None:
    sqlite = rig.prefix.startswith("sqlite")
    for number, crash in enumerate(LOSSES if FULL else LOSSES[:: 1 if sqlite else -1][:1]):
        job_id = rig.next_id()
        rig.dies(crash, partial(rig.start_job, "start", job_id))
        url = f"sqlite:///{tmp_path / f'again{number}.db'}" if sqlite else postgres.new_database()
        rebuilt = asyncio.run(lost_and_made_again(broker, tmp_path, url))
        assert not [gap for gap in rebuilt.written.gaps if gap.name in rig.jobs]
        assert topics.COMMANDS_TOPIC.name in {place.topic for place in rebuilt.set_back}
        rig.gateway._environment["DATABASE_URL"] = url
        rig.gateway.start()
        rig.gateway.wait_until_ready()
        rig.requested(job_id)
        rig.end_job(job_id)
    settle(rig)
    assert_nothing_lost_or_doubled(rig)


async def lost_and_made_again(broker: Broker, home: Path, url: str) -> Rebuilt:
    """Have the gateways' groups believe that all commands were taken, and rebuild from what was published."""
    runtime = RuntimeSettings(kafka_bootstrap_servers=broker.bootstrap_servers, session_timeout_ms=6000)
    groups = Groups(runtime, {topic.name: topic.partitions for topic in INPUTS})
    await groups.left(lambda *_: None)
    async with open_log(runtime, [topics.COMMANDS_TOPIC]) as log:
        bounds = await log.bounds([topics.COMMANDS_TOPIC])
    await groups.set_back({place: end for place, (_, end) in bounds.items() if end})
    async with open_artifacts(ArtifactSettings(artifact_store="local", lectern_home=home)) as artifacts:
        return await Rebuild(runtime, artifacts, datetime.now(UTC), lambda *_: None).into(url)


def settle(rig: Rig) -> None:
    """Wait until every job has ended and the backend has taken every callback."""

    def ended() -> bool:
        told = rig.callbacks()
        delivered = {item["subject"] for item in told if item["status"] == "DELIVERED"}
        recorded = {
            job_id
            for job_id in delivered
            for seen in rig.tap.of(job_id, topics.LEDGER)
            if seen.body.get("state") == "DELIVERED"
        }
        return recorded == rig.jobs.keys()

    eventually_sync(ended, 90, every=0.2, message="all callbacks are delivered and recorded")


def assert_nothing_lost_or_doubled(rig: Rig) -> None:
    for job_id, part in rig.jobs.items():
        records = rig.tap.of(job_id, *OUTBOX)
        repeated = [event for event, times in Counter(map(identity, records)).items() if times > 1]
        assert repeated == [], f"{job_id} ({part})"
        assert lives(records) == LIVES["fail" if part == "fail" else "end"], f"{job_id} ({part})"
        job = rig.get(f"/api/render-jobs/{job_id}")
        assert (job["attempt"], job["status"]) == (1, "FAILED" if part == "fail" else "COMPLETED")
    log = rig.callbacks()
    assert sorted(item["subject"] for item in log) == sorted(rig.jobs), "one callback for each end"
    arrived: defaultdict[str, list[tuple[str, Any]]] = defaultdict(list)
    for call in rig.stand_in.calls:
        if call.path.endswith("/complete"):
            said = (call.headers["webhook-id"], call.json())
            if said not in arrived[call.json()["jobId"]]:
                arrived[call.json()["jobId"]].append(said)
    told = {item["subject"]: [(item["webhook_id"], item["payload"])] for item in log}
    assert dict(arrived) == told, "the backend has exactly the log"


def identity(record: Seen) -> tuple[str, str]:
    return record.topic, str(record.body["event_id"])


def lives(records: Sequence[Seen]) -> Mapping[str, list[str]]:
    """What was said of a job in each topic, in order; how often a callback was tried is left out."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for record in sorted(records, key=lambda seen: seen.offset):
        kind, state = str(record.body["type"]), record.body.get("state", "")
        if kind != "lectern.callback.recorded.v1" or state == "DELIVERED" or not record.body["tries"]:
            found[record.topic].append(f"{kind.removeprefix('lectern.').removesuffix('.v1')} {state}".strip())
    return dict(found)


TAKEN = ["job.recorded QUEUED", "command.taken"]
TOLD = ["callback.recorded PENDING", "callback.recorded DELIVERED"]
LIVES: Mapping[str, Mapping[str, list[str]]] = {
    "end": {
        topics.LEDGER.name: [*TAKEN, "job.recorded PROCESSING", "job.recorded COMPLETED", *TOLD],
        topics.RENDER_REQUESTED.name: ["render.requested"],
        topics.JOBS.name: ["job.completed"],
    },
    "fail": {
        topics.LEDGER.name: [*TAKEN, "job.recorded FAILED", *TOLD],
        topics.CONTROL.name: ["control.changed"],
        topics.RENDER_REQUESTED.name: ["render.requested"],
        topics.JOBS.name: ["job.failed"],
    },
}
