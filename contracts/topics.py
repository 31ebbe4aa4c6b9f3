"""The topics table: provisioning, AsyncAPI, consumers and tests all read it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from contracts import events as ev
from contracts.commands import COMMANDS
from contracts.ledger_events import RECORDED

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FOR_EVER = -1


class Partitioning(StrEnum):
    """How a record finds its partition."""

    KEY = "key"
    """murmur2 of the key, the job's id: a job's records stay in order on one partition."""
    SPREAD = "spread"
    """(murmur2(job_id) + scene index) mod partitions: a job's scenes spread over all workers."""


@dataclass(frozen=True)
class Topic:
    """One topic.

    Attributes:
        name: with dots, and the major version as suffix.
        types: CloudEvents types that may stand in it.
        partitions: at creation; the most workers that can share the topic.
        retention_ms: how long records are kept, or :data:`FOR_EVER`; ``None`` for a compacted topic.
        partitioning: see :class:`Partitioning`.
        dead_letters: whether consumers of it send what they give up on to ``<name>.dlq``.
    """

    name: str
    types: tuple[str, ...]
    partitions: int = 12
    retention_ms: int | None = 7 * DAY_MS
    partitioning: Partitioning = Partitioning.KEY
    dead_letters: bool = True

    @property
    def dlq(self) -> str:
        """Name of the topic's dead-letter topic."""
        return f"{self.name}.dlq"

    @property
    def config(self) -> dict[str, str]:
        """Topic configuration at creation."""
        if self.retention_ms is None:
            return {"cleanup.policy": "compact"}
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms)}


def _scene(event: type[ev.Event]) -> Topic:
    return Topic(event.type, (event.type,), partitioning=Partitioning.SPREAD)


COMMANDS_TOPIC = Topic("lectern.commands.v1", tuple(COMMANDS))
SCRIPT_REQUESTED = Topic(ev.ScriptRequested.type, (ev.ScriptRequested.type,))
SCRIPT_GENERATED = Topic(ev.ScriptGenerated.type, (ev.ScriptGenerated.type, ev.ScriptRejected.type))
RENDER_REQUESTED = Topic(ev.RenderRequested.type, (ev.RenderRequested.type,))
SCENE_PLANNED = _scene(ev.ScenePlanned)
SCENE_SPOKEN = _scene(ev.SceneSpoken)
SCENE_SUBTITLED = _scene(ev.SceneSubtitled)
SCENE_DRAWN = _scene(ev.SceneDrawn)
SCENE_COMPOSED = Topic(ev.SceneComposed.type, (ev.SceneComposed.type,))
VIDEO_COMPOSED = Topic(ev.VideoComposed.type, (ev.VideoComposed.type,))
ASSETS_UPLOADED = Topic(ev.AssetsUploaded.type, (ev.AssetsUploaded.type,))
STAGE_FAILED = Topic(ev.StageFailed.type, (ev.StageFailed.type,))
PROGRESS = Topic("lectern.progress.v1", (ev.ProgressReported.type,), retention_ms=DAY_MS, dead_letters=False)
CONTROL = Topic(
    "lectern.control.v1", (ev.ControlChanged.type,), partitions=1, retention_ms=None, dead_letters=False
)
JOBS = Topic(
    "lectern.jobs.v1",
    (ev.JobCompleted.type, ev.JobFailed.type, ev.CommandRejected.type),
    retention_ms=30 * DAY_MS,
    dead_letters=False,
)
LEDGER = Topic(
    "lectern.ledger.v1", tuple(event.type for event in RECORDED), retention_ms=FOR_EVER, dead_letters=False
)
"""What the ledger knows, some 4 kB a job. A database can be made again as far back as this is kept."""

UPDATES = Topic(
    "lectern.job.updates.v1", (ev.JobUpdated.type,), partitions=4, retention_ms=HOUR_MS, dead_letters=False
)
"""Broadcast: every gateway reads all of it, from the newest records on; the ledger has everything older."""

TOPICS: tuple[Topic, ...] = (
    COMMANDS_TOPIC, SCRIPT_REQUESTED, SCRIPT_GENERATED, RENDER_REQUESTED,
    SCENE_PLANNED, SCENE_SPOKEN, SCENE_SUBTITLED, SCENE_DRAWN, SCENE_COMPOSED,
    VIDEO_COMPOSED, ASSETS_UPLOADED, STAGE_FAILED, PROGRESS, CONTROL, JOBS, LEDGER, UPDATES,
)  # fmt: skip

TOPIC_OF_TYPE: Mapping[str, Topic] = {type_: topic for topic in TOPICS for type_ in topic.types}
TOPIC_OF_NAME: Mapping[str, Topic] = {topic.name: topic for topic in TOPICS}

DLQ_PARTITIONS = 1
DLQ_CONFIG: Mapping[str, str] = {
    "cleanup.policy": "delete",
    "retention.ms": str(30 * DAY_MS),
    # twice what brokers take elsewhere by default: a record at that limit, and why it was given up on
    "max.message.bytes": str(2_200_000),
}
"""Configuration of the dead-letter topics at creation."""


def all_topic_names() -> tuple[str, ...]:
    """Return every topic there must be, dead letters included."""
    return tuple(
        name
        for topic in TOPICS
        for name in ((topic.name, topic.dlq) if topic.dead_letters else (topic.name,))
    )


@lru_cache(maxsize=4096)  # a job is hashed for each of its events
def murmur2(data: bytes) -> int:
    """Return the positive hash of Kafka's default partitioner (org.apache.kafka.common.utils.Utils)."""
    length, mask, mixer = len(data), 0xFFFFFFFF, 0x5BD1E995
    value = (0x9747B28C ^ length) & mask
    for start in range(0, length - length % 4, 4):
        k = int.from_bytes(data[start : start + 4], "little") * mixer & mask
        k = (k ^ k >> 24) * mixer & mask
        value = (value * mixer & mask) ^ k
    if tail := data[length - length % 4 :]:
        value = (value ^ int.from_bytes(tail, "little")) * mixer & mask
    value = (value ^ value >> 13) * mixer & mask
    return (value ^ value >> 15) & 0x7FFFFFFF


def partition_for(topic: Topic, job_id: str, scene_index: int | None, partitions: int) -> int:
    """Return the partition of a record, given how many the topic really has."""
    offset = (scene_index or 0) if topic.partitioning is Partitioning.SPREAD else 0
    return (murmur2(job_id.encode()) + offset) % partitions
