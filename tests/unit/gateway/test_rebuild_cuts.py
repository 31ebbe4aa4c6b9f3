"""The database is lost at every moment: between any two records that a gateway publishes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from aiokafka import TopicPartition

from contracts.base import derived_id
from contracts.cloudevents import headers_of, value_of
from contracts.commands import CancelRender, GenerateScript, RetryRender, StartRender
from contracts.errors import ErrorCode, PermanentError
from contracts.event import Event
from contracts.events import CommandRejected
from contracts.ledger_events import RECORDED, CallbackRecorded
from contracts.steps import Step
from contracts.topics import COMMANDS_TOPIC, LEDGER, TOPIC_OF_TYPE, Topic, partition_for
from services.gateway.ingest.actor import build
from services.gateway.ledger import outbox
from services.gateway.ledger.db.schema import callbacks, jobs
from services.gateway.ledger.ledger_events import command_taken
from services.gateway.rebuild.announced import ANNOUNCING, Announced
from services.gateway.rebuild.fold import Fold
from services.gateway.rebuild.groups import INPUTS, group_of, has_effect
from services.gateway.rebuild.log import Log
from services.gateway.rebuild.target import own_ledger, transaction
from services.gateway.rebuild.writing import Writing, Written
from services.gateway.service import Service
from services.gateway.settings import GatewaySettings
from services.runtime.engine import engine
from tests.support.eventually import eventually
from tests.support.records import WRITTEN_MS
from tests.unit.gateway.conftest import Harness, failed, progress, running, uploaded

SPEC = {"scenes": [{"scene_id": 1, "narration": "안녕하세요."}]}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = {event.type for event in RECORDED}


@dataclass(frozen=True)
class Record:
    """A record as the client gives it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def record_of(event: Event, offset: int, at: int = 0) -> Record:
    topic = TOPIC_OF_TYPE[event.type]
    headers = tuple(headers_of(event, source="test", time=NOW))
    place = partition_for(topic, event.job_id, None, topic.partitions)
    return Record(topic.name, place, offset, at, event.job_id.encode(), value_of(event), headers)


@dataclass
class PlayedLog:
    """Stands for Kafka's topics: records in a list, read as the real one's are."""

    records: Sequence[Record]
    starts: Mapping[TopicPartition, int] = field(default_factory=dict)

    @property
    def partitions(self) -> dict[str, int]:
        return {topic.name: topic.partitions for topic in (LEDGER, *ANNOUNCING)}

    async def bounds(self, topics: Sequence[Topic]) -> dict[TopicPartition, tuple[int, int]]:
        places = {TopicPartition(t.name, number) for t in topics for number in range(t.partitions)}
        return {place: (self.starts.get(place, 0), 10**6) for place in places}

    async def read(self, bounds: Any, *_: Any) -> AsyncIterator[Record]:
        for record in self.records:
            if TopicPartition(record.topic, record.partition) in bounds:
                yield record


@dataclass
class Remade:
    """What a rebuild made."""

    written: Written
    waiting: list[Event]
    states: dict[str, str]
    callbacks: set[tuple[str, int]]


async def remake(
    harness: Harness, events: Sequence[Event], url: str, starts: Mapping[TopicPartition, int] | None = None
) -> Remade:
    """Make a database from what was published."""
    fold = Fold(datetime.now(UTC))
    records = [record_of(event, offset, at=offset) for offset, event in enumerate(events)]
    for event, record in zip(events, records, strict=True):
        if record.topic == LEDGER.name:
            fold.take(event, record.value or b"", record.timestamp)
    announced = Announced()
    await announced.read(cast("Log", PlayedLog(records, starts or {})), lambda *_: None)

    def look(conn: sa.Connection) -> tuple[list[Event], dict[str, str], set[tuple[str, int]]]:
        waiting = [item.event for item in outbox.pending(conn, 1000)]
        states = {row.job_id: row.state for row in conn.execute(sa.select(jobs.c.job_id, jobs.c.state))}
        told = {(row.subject, row.attempt) for row in conn.execute(sa.select(callbacks))}
        return waiting, states, told

    async with own_ledger(url), transaction(url) as run:
        writing = Writing(
            run, fold, announced, harness.artifacts, now=datetime.now(UTC), told=lambda *_: None
        )
        return Remade(await writing.everything(), *await run(look))


async def live(harness: Harness) -> None:
    """Two jobs' and a script's lives, with an end of each kind; all commands come from Kafka."""
    await harness.script("v-1")
    await harness.tell(StartRender(job_id="j", video_id="v-j", render_spec=SPEC), "c/0/1")
    await harness.tell(progress("j", Step.GENERATE_TTS))
    await harness.tell(failed("j"))
    await harness.tell(RetryRender(job_id="j"), "c/0/2")
    await harness.tell(uploaded("j", "v-j", attempt=2))
    await harness.tell(StartRender(job_id="k", video_id="v-k", render_spec=SPEC), "c/0/3")
    await harness.tell(CancelRender(job_id="k"), "c/0/4")
    await harness.tell(StartRender(job_id="empty", video_id="v-e", render_spec={"scenes": []}), "c/0/5")
    await harness.tell(CancelRender(job_id="unknown"), "c/0/6")


async def test_what_was_due_when_the_database_was_lost_is_published_once(
    harness: Harness, tmp_path: Path
) -> None:
    await live(harness)
    await harness.publishes(CommandRejected, "unknown")
    for key in ("j", "k", "empty", "unknown"):
        await everything_is_out(harness, key)
    whole = list(harness.published)
    for cut in range(len(whole) + 1):
        before = whole[:cut]
        made = await remake(harness, before, f"sqlite:///{tmp_path / f'{cut}.db'}")
        assert made.written.gaps == []
        known = {event.event_id for event in before}
        assert not {event.event_id for event in made.waiting} & known, "published twice"
        later = {event.event_id: event for event in whole[cut:]}
        for event in made.waiting:
            if not isinstance(event, CallbackRecorded):  # its place and moment are new
                assert value_of(event) == value_of(later[event.event_id]), "not what would have been"
        assert_all_announced(before, made)
    assert made.waiting == []
    assert made.states == {"j": "COMPLETED", "k": "FAILED", "empty": "FAILED"}


async def everything_is_out(harness: Harness, key: str) -> None:
    def nothing_waits(conn: sa.Connection) -> bool:
        return all(item.event.job_id != key for item in outbox.pending(conn, 100))

    async def out() -> bool:
        return await harness.gateway.ledger.read(nothing_waits)

    await eventually(out)


def assert_all_announced(before: Sequence[Event], made: Remade) -> None:
    """Whatever state is known is announced, in the log or by the next relay; every end has a callback."""
    told = {(event.type.split(".")[2], event.job_id, event.attempt) for event in [*before, *made.waiting]}
    for job_id, state in made.states.items():
        attempts = [e.attempt for e in before if e.type == "lectern.job.recorded.v1" and e.job_id == job_id]
        attempt = max(attempts)
        if state in {"COMPLETED", "FAILED"}:
            assert (state.lower(), job_id, attempt) in told
            assert (job_id, attempt) in made.callbacks
        else:
            assert ("requested", job_id, attempt) in told
            assert attempt == 1 or ("changed", job_id, attempt) in told


async def test_what_retention_has_deleted_is_not_announced_again(harness: Harness, tmp_path: Path) -> None:
    await harness.tell(StartRender(job_id="j", video_id="v-j", render_spec=SPEC))
    await harness.tell(uploaded("j", "v-j"))
    await everything_is_out(harness, "j")
    kept = [event for event in harness.published if event.type in KINDS or "control" in event.type]
    whole = await remake(harness, kept, f"sqlite:///{tmp_path / 'a.db'}")
    told = ["lectern.job.updated.v1", "lectern.job.completed.v1"]
    assert [event.type for event in whole.waiting] == told
    starts = {
        TopicPartition(topic.name, number): 9 for topic in ANNOUNCING for number in range(topic.partitions)
    }
    aged = await remake(harness, kept, f"sqlite:///{tmp_path / 'b.db'}", starts)
    assert aged.waiting == []


async def test_two_jobs_of_a_video_that_both_seem_alive(harness: Harness, tmp_path: Path) -> None:
    """The end of the first was never published, and the second could only be created after it."""
    await harness.tell(StartRender(job_id="first", video_id="v", render_spec=SPEC))
    await harness.tell(uploaded("first", "v"))
    await harness.tell(StartRender(job_id="second", video_id="v", render_spec=SPEC))
    await everything_is_out(harness, "first")
    await everything_is_out(harness, "second")
    ends = [e for e in harness.published if e.job_id == "first" and getattr(e, "state", "") == "COMPLETED"]
    kept = [event for event in harness.published if event not in ends]
    made = await remake(harness, kept, f"sqlite:///{tmp_path / 'a.db'}")
    assert made.states == {"second": "QUEUED"}
    assert [(gap.name, gap.why) for gap in made.written.gaps] == [
        ("first", "the log does not tell how it ended")
    ]


async def test_a_log_that_two_databases_wrote_to_is_refused_in_plain_words(
    harness: Harness, settings: GatewaySettings, tmp_path: Path
) -> None:
    """Each numbers its callbacks from 1, and a rebuild ended in a duplicate key."""
    other = settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'other.db'}"})
    log: list[Event] = []
    async with running(other) as second:
        for gateway, job_id in ((harness, "ours"), (second, "theirs")):
            await gateway.tell(StartRender(job_id=job_id, video_id=f"v-{job_id}", render_spec=SPEC))
            await gateway.tell(failed(job_id))
            await everything_is_out(gateway, job_id)
            log += gateway.published
    url = f"sqlite:///{tmp_path / 'a.db'}"
    with pytest.raises(PermanentError, match="two databases wrote to") as refused:
        await remake(harness, log, url)
    assert refused.value.code is ErrorCode.SETTINGS_INVALID
    assert "ours and of theirs both stand at place 1" in refused.value.message
    alone = await remake(harness, harness.published, url)  # nothing was left behind, and one is no two
    assert alone.states == {"ours": "FAILED"}


def test_every_topic_that_a_gateway_consumes_is_looked_through() -> None:
    actor = build(cast("Service", None))
    topics = [subscription.topic for subscription in actor.subscriptions]
    assert set(INPUTS) == set(topics)
    assert all(group_of(topic.name) == engine.group_of(actor, topic.name) for topic in topics)


class TestEffect:
    """Which records must be taken again."""

    @pytest.fixture
    async def known(self, harness: Harness) -> tuple[Fold, Announced]:
        await harness.tell(StartRender(job_id="alive", video_id="v-1", render_spec=SPEC), self.place(1))
        await harness.tell(StartRender(job_id="over", video_id="v-2", render_spec=SPEC), self.place(2))
        await harness.tell(uploaded("over", "v-2"))
        await everything_is_out(harness, "alive")
        await everything_is_out(harness, "over")
        fold, announced = Fold(datetime.now(UTC)), Announced()
        records = [record_of(event, 0) for event in harness.published]
        for event, record in zip(harness.published, records, strict=True):
            if record.topic == LEDGER.name:
                fold.take(event, record.value or b"", 0)
        await announced.read(cast("Log", PlayedLog(records)), lambda *_: None)
        announced.jobs.add("older")  # from before there were facts
        return fold, announced

    @staticmethod
    def place(offset: int) -> str:
        return f"{COMMANDS_TOPIC.name}/0/{offset}"

    @staticmethod
    def command(offset: int, command: Any, written_ms: int = WRITTEN_MS) -> Record:
        body = command.model_dump_json().encode()  # the record that the harness told of
        return Record(COMMANDS_TOPIC.name, 0, offset, written_ms, b"", body)

    async def test_of_commands(self, known: tuple[Fold, Announced]) -> None:
        def start(job_id: str, video_id: str = "v") -> StartRender:
            return StartRender(job_id=job_id, video_id=video_id, render_spec=SPEC)

        cases = [
            (self.command(1, start("alive", "v-1")), True),
            (self.command(1, CancelRender(job_id="alive")), False),  # in its place in another log
            (self.command(9, start("lost")), False),
            (self.command(9, start("older")), True),  # obeyed long ago: it would be rendered again
            (self.command(9, CancelRender(job_id="alive")), False),
            (self.command(9, CancelRender(job_id="nobody")), True),
            (self.command(9, RetryRender(job_id="over")), False),
            (self.command(9, GenerateScript(video_id="v", source_text="x")), False),
            (Record(COMMANDS_TOPIC.name, 0, 9, 0, b"k", b"\xff"), True),  # in the dead letters
        ]
        for record, expected in cases:
            assert has_effect(record, *known) is expected, record

    async def test_of_commands_that_the_version_before_took(self, known: tuple[Fold, Announced]) -> None:
        retry = RetryRender(job_id="over")
        taken = command_taken(
            derived_id(self.place(5), "gateway", "command"), retry.type, "over", code=None, message=None,
            now=datetime.fromtimestamp(WRITTEN_MS / 1000, UTC),
        )  # fmt: skip
        known[0].commands[taken.command_key] = taken
        assert has_effect(self.command(5, retry), *known)
        assert not has_effect(self.command(5, CancelRender(job_id="over")), *known)
        assert not has_effect(self.command(5, retry, WRITTEN_MS + 60_000), *known)

    async def test_of_what_stages_tell(self, known: tuple[Fold, Announced]) -> None:
        cases: list[tuple[Event, bool]] = [
            (uploaded("alive", "v-1"), False),
            (uploaded("alive", "v-1", attempt=2), True),
            (uploaded("over", "v-2"), True),
            (uploaded("nobody", "v"), True),
            (failed("alive"), False),
            (progress("alive", Step.GENERATE_TTS), False),
            (progress("over", Step.GENERATE_TTS), True),
        ]
        for event, expected in cases:
            assert has_effect(record_of(event, 0), *known) is expected, event
        poison = Record("lectern.progress.v1", 0, 0, 0, b"alive", b"not ours")
        assert has_effect(poison, *known)
