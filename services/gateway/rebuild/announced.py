"""What the other topics say of jobs and scripts: whom they name, and which announcements were published.

A fact comes before its announcements. A database may have been lost between the two; what the newest fact of
a job announces and nobody has published is then for the next relay to publish.
"""

from collections.abc import Iterator
from uuid import UUID

from aiokafka import TopicPartition

from contracts.base import ClaimCheck
from contracts.events import CommandRejected, Event, ScriptRequested
from contracts.ledger_events import CommandTaken, JobRecorded, ScriptRecorded
from contracts.states import JobState
from contracts.topics import (
    CONTROL,
    JOBS,
    RENDER_REQUESTED,
    SCRIPT_REQUESTED,
    TOPIC_OF_TYPE,
    UPDATES,
    partition_for,
)
from services.gateway.ledger.jobs import events
from services.gateway.ledger.models import JobRecord
from services.gateway.rebuild.log import Log, Record, Told

ANNOUNCING = (CONTROL, RENDER_REQUESTED, JOBS, SCRIPT_REQUESTED, UPDATES)


class Announced:
    """What :data:`ANNOUNCING` says."""

    def __init__(self) -> None:
        self.jobs: set[str] = set()
        self.scripts: set[str] = set()
        self._ids: set[UUID] = set()
        self._control: dict[str, UUID] = {}
        self._oldest: dict[TopicPartition, int] = {}
        self._shortened: set[TopicPartition] = set()
        self._partitions: dict[str, int] = {}

    async def read(self, log: Log, told: Told) -> None:
        """Read the topics."""
        bounds = await log.bounds(ANNOUNCING)
        self._partitions = dict(log.partitions)
        self._shortened = {place for place, (start, _) in bounds.items() if start > 0}
        async for record in log.read(bounds, "reading what was announced", told):
            self._take(record)

    def _take(self, record: Record) -> None:
        place = TopicPartition(record.topic, record.partition)
        self._oldest.setdefault(place, record.timestamp)
        headers = dict(record.headers)
        try:
            key, event_id = record.key.decode(), UUID(headers["ce_id"].decode())
            kind = headers["ce_type"].decode()
        except (AttributeError, KeyError, ValueError):
            return  # a stranger's
        if record.topic == SCRIPT_REQUESTED.name:
            self.scripts.add(key)
        elif kind != CommandRejected.type:
            self.jobs.add(key)
        if record.topic == CONTROL.name:
            self._control[key] = event_id  # compacted: the newest is there for sure, and it is enough
        else:
            self._ids.add(event_id)

    def published(self, event_id: UUID) -> bool:
        """Say whether an event stands in the log."""
        return event_id in self._ids

    def missing(self, event: Event, since: int) -> bool:
        """Say whether an event that was due at ``since`` (ms since the epoch) was surely not published."""
        topic = TOPIC_OF_TYPE[event.type]
        if topic is CONTROL:
            return self._control.get(event.job_id) != event.event_id
        if event.event_id in self._ids:
            return False
        number = partition_for(topic, event.job_id, None, self._partitions[topic.name])
        place = TopicPartition(topic.name, number)
        if place not in self._shortened:
            return True
        return place in self._oldest and self._oldest[place] <= since


def of_job(job: JobRecord, fact: JobRecorded) -> Iterator[Event]:
    """Yield what a job's newest fact announces; viewers of a job under way are told with its progress."""
    if job.state.active:
        if job.spec is not None:
            yield from events.started(job)
        return
    yield events.job_updated(job)
    if job.state is JobState.COMPLETED:
        yield events.job_completed(job)
    else:
        if fact.number > 1:  # a job that was refused at once never lived
            yield events.control_changed(job, canceled=True)
        yield events.job_failed(job)


def of_script(fact: ScriptRecorded) -> Iterator[Event]:
    """Yield what a script's newest fact announces."""
    source: ClaimCheck | None = fact.source
    if fact.state == "GENERATING" and source is not None:
        wished = {name: fact.request[name] for name in _WISHED if name in fact.request}
        yield ScriptRequested(
            event_id=events.script_requested_id(fact.job_id),
            job_id=fact.job_id,
            attempt=1,
            video_id=fact.video_id,
            source=source,
            language=fact.language,
            **wished,
        )


_WISHED = ("target_minutes", "max_chapters", "max_scenes_per_chapter", "style")


def of_command(fact: CommandTaken) -> Iterator[Event]:
    """Yield what a command's fact announces."""
    if fact.code is not None:
        yield CommandRejected(
            event_id=events.rejected_id(fact.command_key),
            job_id=fact.job_id,
            attempt=1,
            command_type=fact.command_type,
            code=fact.code,
            message=fact.message or "",
        )
