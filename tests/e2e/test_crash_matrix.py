"""Every crash point at every stage: a process is killed there, and the outcome is that of no crash.

``make test`` goes through the matrix in rows: a row arms each stage with one of the points it passes, all
stages in the same job, so that every point is met at every stage in a few minutes. ``make crash-matrix``
(``LECTERN_CRASH_MATRIX=full``) goes through it cell by cell: one crash a job.
"""

import asyncio
import itertools
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor

from contracts import topics
from services.runtime.fault_points import POINTS, VARIABLE
from tests.support.brokers import Broker
from tests.support.cluster import WORKERS, Cluster
from tests.support.eventually import eventually, eventually_sync
from tests.support.tap import Tap, conflicting, consumer_groups, tapping

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.matrix,
    pytest.mark.real_kafka,
    pytest.mark.kafka,
    pytest.mark.timeout(300),
]

FULL = os.environ.get("LECTERN_CRASH_MATRIX") == "full"
KILLED = 128 + 9
JOB_SECONDS = 90
SPEC = {
    "title": "안전",
    "language": "ko",
    "scenes": [
        {"scene_id": 1, "narration": "안녕하세요.", "caption": "인사"},
        {"scene_id": 2, "narration": "안전모를 씁니다.", "caption": "안전모"},
    ],
}

ENGINE = (
    "engine.before_handler",
    "engine.before_publish",
    "engine.after_publish",
    "engine.before_commit",
    "engine.after_commit",
)
ACTION = ("artifact.before_blob", "artifact.after_blob", "artifact.before_entry", "artifact.after_entry")
FILE = ("file.before_rename", "file.after_rename")
GATHER = ("gather.before_part", "gather.after_part")
LEDGER = ("ledger.before_commit", "ledger.after_commit")
RELAY = ("relay.before_publish", "relay.after_publish", "relay.after_delete")
CLAIM = ("relay.before_claim", "relay.after_claim", "relay.before_delete")
REVOKE = ("engine.revoke_frozen", "engine.revoke_committed")
LETTERS = ("engine.before_dead_letter", "engine.after_dead_letter")
SEGMENT, FILM = topics.SCENE_DRAWN.name, topics.SCENE_COMPOSED.name


@dataclass(frozen=True)
class Cell:
    """One crash: at which stage, at which point, at which passing, at which place of the stage."""

    stage: str
    point: str
    count: int = 1
    where: str = ""

    @property
    def plan(self) -> str:
        return f"{self.point}:{self.count}:{self.where}"

    def __str__(self) -> str:
        return "-".join(filter(None, (self.stage, self.point, self.where)))


def cells(stage: str, *points: str, where: str = "", count: int = 1) -> list[Cell]:
    return [Cell(stage, point, count, where) for point in points]


MATRIX: Mapping[str, list[Cell]] = {
    "scripting": cells("scripting", *ENGINE, where=topics.RENDER_REQUESTED.name),
    "tts": cells("tts", *ENGINE, *ACTION, *FILE),
    "subtitling": cells("subtitling", *ENGINE),
    "slides": cells("slides", *ENGINE, *ACTION, *FILE),
    "composition": [
        *cells("composition", *ENGINE, where=SEGMENT),
        *cells("composition", *ACTION, where="composition.segment"),
        *cells("composition", *FILE),
        *cells("composition", *GATHER),
        *cells("composition", *ENGINE, where=FILM),
        *cells("composition", *ACTION[:2], where="composition.film", count=3),  # some of its files are stored
        *cells("composition", *ACTION[2:], where="composition.film"),
        *cells("composition", "gather.after_part", count=2),  # the set is complete, nobody has it
        *cells("composition", "engine.before_publish", where=FILM, count=2),  # the film, not yet announced
        *cells("composition", "engine.after_publish", where=FILM, count=2),
    ],
    "upload": cells("upload", *ENGINE, *FILE),
    "gateway": [
        *cells("gateway", *ENGINE, where=topics.COMMANDS_TOPIC.name),
        *cells("gateway", *ENGINE, where=topics.PROGRESS.name),
        *cells("gateway", *ENGINE, where=topics.ASSETS_UPLOADED.name),
        *cells("gateway", *LEDGER),
        *cells("gateway", *LEDGER, count=4),
        *cells("gateway", *RELAY[:2], where="lectern.render.requested"),
        *cells("gateway", *RELAY[:2], where="lectern.job.updated"),
        *cells("gateway", *RELAY[:2], where="lectern.job.completed"),
        *cells("gateway", RELAY[2], *CLAIM),
        *cells("gateway", *FILE),  # the render spec's artifact
    ],
}
ROWS = [
    {cell.stage: cell for cell in row if cell is not None} for row in itertools.zip_longest(*MATRIX.values())
]
EACH = [cell for column in MATRIX.values() for cell in column]
REBALANCED = {name: next(group for group in consumer_groups() if f".{name}." in group) for name in WORKERS}
REBALANCED["composition"] = f"lectern.composition.{SEGMENT}"
REBALANCED["scripting"] = f"lectern.scripting.{topics.RENDER_REQUESTED.name}"


def test_the_matrix_visits_every_point() -> None:
    own_matrix = {point for point in POINTS if point.startswith("callback.")}  # test_gateway_crashes
    assert {cell.point for cell in EACH} | set(REVOKE) | set(LETTERS) | own_matrix == POINTS


class Rig:
    """A cluster whose processes can be armed, and a tap."""

    tap: Tap  # there are topics to read once the cluster runs

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self._folder = folder
        self._jobs = itertools.count(1)
        self.reference: Mapping[str, Any] = {}

    def plan_of(self, stage: str) -> Path:
        return self._folder / f"{stage}.crash"

    def start(self) -> None:
        for stage, process in self.cluster.processes.items():
            process._environment[VARIABLE] = f"@{self.plan_of(stage)}"
            process._environment["LECTERN_COMMIT_INTERVAL"] = "0.2"
        self.cluster.start()

    def arm(self, cell: Cell) -> None:
        draft = self.plan_of(cell.stage).with_suffix(".draft")
        draft.write_text(cell.plan)
        draft.rename(self.plan_of(cell.stage))

    def supervise(self) -> None:
        """Start again what has ended, as a supervisor would; nothing may end but by a crash point."""
        for process in self.cluster.processes.values():
            if not process.running:
                assert process.returncode == KILLED, process.tail()
                process.start()

    def armed(self) -> list[str]:
        return [stage for stage in self.cluster.processes if self.plan_of(stage).exists()]

    def submit(self, spec: Mapping[str, Any] = SPEC) -> str:
        job_id = f"crash-{next(self._jobs)}"
        command = {
            "type": "lectern.render.start.v1",
            "job_id": job_id,
            "video_id": job_id,
            "render_spec": spec,
        }
        self.tap.send(topics.COMMANDS_TOPIC, job_id, command)
        return job_id

    def ended(self, job_id: str) -> Mapping[str, Any]:
        """Wait for a job's end, and until every crash that was planned has happened and is healed."""

        def job() -> Mapping[str, Any] | None:
            self.supervise()
            try:
                status, body = self.cluster.api("GET", f"/api/render-jobs/{job_id}")
            except OSError:  # the gateway is the one that crashed
                return None
            over = status == 200 and body["status"] in {"COMPLETED", "FAILED"}
            return body if over and not self.armed() else None

        found = eventually_sync(
            job, JOB_SECONDS, every=0.05, message=f"{job_id} ends, crashed {self.armed()}"
        )
        self.healed()
        assert found is not None
        return found

    def healed(self) -> None:
        """Wait until every process is up and every record is dealt with."""

        def well() -> bool:
            self.supervise()  # a process may still be about to die of what it was told
            return all(process.ready for process in self.cluster.processes.values()) and self.tap.lag() == {}

        eventually_sync(well, 60, every=0.1, message="all processes are ready and all groups at the end")

    def render(self, *crashes: Cell) -> Mapping[str, Any]:
        """Make the film from nothing, crashing on the way; return how it ended."""
        self.cluster.forget_artifacts()
        for crash in crashes:
            self.arm(crash)
        return self.outcome(self.submit())

    def outcome(self, job_id: str) -> Mapping[str, Any]:
        """Return what must not depend on crashes: hashes, the history, what was announced, dead letters."""
        job = self.ended(job_id)
        eventually_sync(lambda: bool(self.tap.of(job_id, topics.JOBS)), message="the end is announced")
        records = self.tap.of(job_id)
        assert conflicting(records) == []
        # The gateway is told everything of one state change once; a crash may repeat a record, not an event.
        announced = {(seen.body["type"], seen.body["event_id"]) for seen in self.tap.of(job_id, topics.JOBS)}
        kinds = sorted({seen.topic for seen in records})
        return {
            "status": job["status"],
            "attempt": job["attempt"],
            "progress": job["progress"],
            "error": job["error"],
            "assets": {asset["kind"]: asset["sha256"] for asset in job["assets"]},
            "history": [(item["attempt"], item["status"]) for item in job["history"]],
            "announced": sorted(kind for kind, _ in announced),
            "topics": kinds,
            "scenes": {
                topic.name: len({seen.scene for seen in self.tap.of(job_id, topic)})
                for topic in topics.TOPICS
                if topic not in {topics.PROGRESS, topics.UPDATES}
            },
            "letters": sorted(seen.value or b"" for seen in records if seen.topic.endswith(".dlq"))[:1],
            "scratch": leftovers(self.cluster.home / "scratch"),
        }


def leftovers(scratch: Path) -> list[str]:
    """Files of handlers; a dead process's folder is removed when its successor starts."""
    return [str(path) for path in scratch.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def rig(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("crash")
    cluster = Cluster(broker, folder, {"VIDEO_WIDTH": "160", "VIDEO_HEIGHT": "90", "VIDEO_FPS": "10"})
    made = Rig(cluster, folder)
    try:
        made.start()
        with tapping(broker.bootstrap_servers) as tap:
            made.tap = tap
            made.reference = made.render()
            yield made
    finally:
        cluster.stop()


def test_a_job_without_a_crash_is_the_reference(rig: Rig) -> None:
    assert rig.reference["status"] == "COMPLETED"
    assert set(rig.reference["assets"]) == {"video", "srt", "vtt", "thumbnail", "report"}
    assert rig.reference["announced"] == ["lectern.job.completed.v1"]
    assert rig.render() == rig.reference


@pytest.mark.parametrize("row", ROWS, ids=[f"row{number}" for number in range(len(ROWS))])
def test_crashes_at_all_stages_of_one_job_change_nothing(rig: Rig, row: Mapping[str, Cell]) -> None:
    assert rig.render(*row.values()) == rig.reference


@pytest.mark.skipif(not FULL, reason="one crash a job: make crash-matrix")
@pytest.mark.parametrize("cell", EACH if FULL else EACH[:1], ids=str)
def test_a_crash_at_one_stage_changes_nothing(rig: Rig, cell: Cell) -> None:
    assert rig.render(cell) == rig.reference


@pytest.mark.parametrize("point", REVOKE)
@pytest.mark.parametrize("stage", WORKERS if FULL else ("tts", "composition"))
def test_a_crash_in_a_rebalance_changes_nothing(rig: Rig, broker: Broker, stage: str, point: str) -> None:
    group = REBALANCED[stage]
    rig.cluster.forget_artifacts()
    rig.arm(Cell(stage, point, where=group))
    job_id = rig.submit()
    asyncio.run(join_and_leave(broker, group, consumer_groups()[group], lambda: stage not in rig.armed()))
    assert rig.outcome(job_id) == rig.reference


async def join_and_leave(broker: Broker, group: str, topic: str, crashed: Any) -> None:
    """Join a group, which makes the others give up what they have, until one of them has crashed; leave."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=broker.bootstrap_servers,
        group_id=group,
        enable_auto_commit=False,
        partition_assignment_strategy=[StickyPartitionAssignor],
        session_timeout_ms=6_000,
    )
    starting = asyncio.create_task(consumer.start())  # ends when the group has settled
    try:
        await eventually(crashed, 60, message="the member that must give up its partitions has crashed")
    finally:
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await consumer.stop()


@pytest.mark.parametrize("point", LETTERS)
def test_a_crash_while_a_record_is_given_up_on_changes_nothing(rig: Rig, point: str) -> None:
    """The job fails as it would without the crash, with one dead letter more at most, the same one."""
    unspeakable = {"scenes": [{"scene_id": 1, "narration": "★ ※ !!!"}]}
    expected = rig.outcome(rig.submit(unspeakable))
    assert (expected["status"], expected["error"]["code"]) == ("FAILED", "NARRATION_UNSPEAKABLE")
    assert expected["letters"]
    rig.arm(Cell("tts", point))
    found = rig.outcome(rig.submit(unspeakable))
    volatile = {"letters", "error"}  # they name the job
    assert {k: v for k, v in found.items() if k not in volatile} == {
        k: v for k, v in expected.items() if k not in volatile
    }
    assert found["error"]["code"] == expected["error"]["code"]
    assert found["letters"]
