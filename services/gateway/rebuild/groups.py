"""Where the gateways go on: their consumer groups, and the records that the lost database had only seen.

A gateway commits an offset once its database has the record's effect. What that effect left in the outbox may
not have been published when the database was lost: then the log does not know it, and the record must be
taken again. Records that were taken before are harmless: the ledger refuses what it knows. So a group is set
back to the first record that has no effect in the log, and never set forward.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)

from contracts.cloudevents import parse_event
from contracts.commands import (
    CancelRender,
    Command,
    GenerateScript,
    RetryRender,
    StartRender,
    parse_command,
)
from contracts.errors import ErrorCode, LecternError, TransientError
from contracts.topics import ASSETS_UPLOADED, COMMANDS_TOPIC, PROGRESS, SCRIPT_GENERATED, STAGE_FAILED, Topic
from services.gateway.ingest.commands import subject_of, type_of
from services.gateway.ledger.commands import CommandRecord, Taken
from services.gateway.ledger.jobs import events
from services.gateway.ledger.jobs.events import STAGE
from services.gateway.rebuild.announced import Announced
from services.gateway.rebuild.fold import Fold
from services.gateway.rebuild.log import Log, Record, Told, told_as_unavailable
from services.runtime.kafka.consumer_internals import committed_of
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.settings import RuntimeSettings

INPUTS = (COMMANDS_TOPIC, SCRIPT_GENERATED, STAGE_FAILED, ASSETS_UPLOADED, PROGRESS)
"""What the gateways consume."""

LOOK_SECONDS = 0.5

MEMBERS_ONLY = (CommitFailedError, IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError)

Offsets = dict[TopicPartition, int]


def group_of(topic: str) -> str:
    """Return the gateways' consumer group of a topic."""
    return f"lectern.{STAGE}.{topic}"


class Groups:
    """The gateways' consumer groups.

    Args:
        runtime: where Kafka is.
        partitions: how many each topic has.
    """

    def __init__(self, runtime: RuntimeSettings, partitions: Mapping[str, int]) -> None:
        self._runtime = runtime
        self._partitions = partitions

    async def left(self, told: Told) -> None:
        """Return once nobody is in the groups; a gateway that was killed is in them for a session timeout.

        Raises:
            TransientError: ``STORAGE_UNAVAILABLE``: a gateway is running.
        """
        seconds = self._runtime.session_timeout_ms / 1000 + 5
        looks = int(seconds / LOOK_SECONDS)
        for look in range(looks):
            if not await self._occupied():
                return
            told("waiting for the gateways to be gone", look, looks)
            await asyncio.sleep(LOOK_SECONDS)
        raise TransientError(ErrorCode.STORAGE_UNAVAILABLE, "a gateway is running: stop it first")

    async def _occupied(self) -> bool:
        """Say whether somebody is in a group: then it refuses a commit that does not come from a member.

        What is committed is what was committed. (aiokafka 0.14 cannot read newer descriptions of groups.)
        """
        for topic in INPUTS:
            # with what is noted beside it: which log it is an offset of
            standing = await self._standing(topic) or {TopicPartition(topic.name, 0): (0, "")}
            with told_as_unavailable():
                try:
                    async with self._outsider(topic.name) as consumer:
                        await consumer.commit(standing)
                except MEMBERS_ONLY:
                    return True
        return False

    async def committed(self, topic: Topic) -> Offsets:
        """Return the offsets up to which the gateways have taken a topic, where they have taken anything."""
        return {place: offset for place, (offset, _) in (await self._standing(topic)).items() if offset}

    async def _standing(self, topic: Topic) -> Mapping[TopicPartition, tuple[int, str]]:
        with told_as_unavailable():
            async with self._outsider(topic.name) as consumer:
                known = await committed_of(consumer, consumer.assignment())
        return {place: (each.offset, each.metadata) for place, each in known.items()}

    async def set_back(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Let the groups go on from ``offsets``."""
        for topic in {place.topic for place in offsets}:
            mine = {place: offset for place, offset in offsets.items() if place.topic == topic}
            with told_as_unavailable():
                async with self._outsider(topic) as consumer:
                    await consumer.commit(mine)

    @asynccontextmanager
    async def _outsider(self, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
        """Give a consumer that knows the group and is no member of it."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._runtime.kafka_bootstrap_servers,
            group_id=group_of(topic),
            enable_auto_commit=False,
        )
        try:
            await consumer.start()
            consumer.assign([TopicPartition(topic, number) for number in range(self._partitions[topic])])
            yield consumer
        finally:
            await consumer.stop()


async def without_effect(log: Log, groups: Groups, fold: Fold, announced: Announced, told: Told) -> Offsets:
    """Return, for each partition that has one, the first record taken whose effect the log does not know."""
    wanted: Offsets = {}
    for topic in INPUTS:
        done = await groups.committed(topic)
        bounds = {
            place: (start, max(start, min(end, done.get(place, 0))))
            for place, (start, end) in (await log.bounds([topic])).items()
        }
        async for record in log.read(bounds, f"looking through {topic.name}", told):
            place = TopicPartition(record.topic, record.partition)
            if place not in wanted and not has_effect(record, fold, announced):
                wanted[place] = record.offset
    return wanted


def has_effect(record: Record, fold: Fold, announced: Announced) -> bool:
    """Say whether a record that a gateway has taken has nothing left to do."""
    try:
        if record.topic == COMMANDS_TOPIC.name:
            return _obeyed(parse_command(record.value, record.headers), record, fold, announced)
        key = (record.key or b"").decode(errors="replace")
        if not fold.generating(key) and (key not in fold.jobs or not fold.jobs[key].state.active):
            return True  # spares most records the decoding
        event = parse_event(record.value, record.headers)
    except LecternError:
        return True  # it is in the dead letters
    return not (fold.active(event.job_id, event.attempt) or fold.generating(event.job_id))


def _obeyed(command: Command, record: Record, fold: Fold, announced: Announced) -> bool:
    """Say whether a command was obeyed or refused.

    One that the log does not know as taken may be older than the log's memory. What it asked for is then
    named by other topics, or is not in the log at all: it is left alone, or it would be obeyed twice.
    """
    known = CommandRecord.of(record)
    key, subject = known.key(command), subject_of(command)
    if key in fold.commands or announced.published(events.rejected_id(key)):
        return True
    former = fold.commands.get(known.former_id) if command.command_id is None else None
    if former is not None:
        taken = Taken(former.command_type, former.job_id, former.code, former.at)
        if known.wrote(taken, type_of(command), subject):
            return True
    match command:
        case GenerateScript():
            return subject in announced.scripts or subject in fold.scripts
        case StartRender():
            return subject in announced.jobs and subject not in fold.jobs
        case CancelRender() | RetryRender():
            return subject not in fold.jobs
        case _:
            return True
