"""Topics that take no records, on a real broker: they hold up nobody but their own."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.protocol.admin import CreateAclsRequest

from contracts.cloudevents import StoredEvent, decoded_headers
from contracts.errors import ErrorCode
from contracts.events import ControlChanged, Event, JobFailed, JobUpdated, ProgressReported
from contracts.steps import Step
from contracts.topics import CONTROL, JOBS, PROGRESS, UPDATES, Topic, partition_for
from ops.kafka.node import KafkaNode
from services.runtime.kafka.observer import Observer
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.kafka.topic_health import NotTakenError
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.support.eventually import eventually
from tests.support.own_kafka import need_own_kafka
from tests.support.second_broker import SecondBroker

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka, pytest.mark.timeout(400)]

ANYTHING, READ = 2, 3  # operations, as Kafka's protocol numbers them
ACLS = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = [f"j-{number}" for number in range(20)]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaNode]:
    need_own_kafka()
    with KafkaNode(tmp_path_factory.mktemp("kafka"), overrides=ACLS) as running:
        yield running


def ended(job_id: str) -> Event:
    return JobFailed(
        event_id=uuid4(), job_id=job_id, attempt=1, video_id="v", code=ErrorCode.CANCELED, message="why"
    )


def control(job_id: str) -> Event:
    return ControlChanged(event_id=uuid4(), job_id=job_id, attempt=1)


def progress(job_id: str) -> Event:
    return ProgressReported(
        event_id=uuid4(), job_id=job_id, attempt=1, step=Step.GENERATE_TTS, part=0, parts=1, share=1.0
    )


def updated(job_id: str) -> Event:
    return JobUpdated(
        event_id=uuid4(), job_id=job_id, attempt=1, video_id="v", revision=1, status="QUEUED",
        step=Step.GENERATE_TTS, progress=0, language="ko", created_at=NOW, updated_at=NOW,
    )  # fmt: skip


def partition_of(topic: Topic, job_id: str) -> int:
    return partition_for(topic, job_id, None, topic.partitions)


def stored(*events: Event) -> list[StoredEvent]:
    return [StoredEvent(event.type, event.job_id, event.model_dump_json()) for event in events]


class Cluster:
    """A broker of its own whose topics can be taken away and made unwritable."""

    def __init__(self, servers: str, admin: AIOKafkaAdminClient, publisher: Publisher) -> None:
        self.servers = servers
        self.publisher = publisher
        self._admin = admin

    async def delete(self, topic: Topic) -> None:
        await self._admin.delete_topics([topic.name])

        async def gone() -> bool:
            return topic.name not in await self._admin.list_topics()

        await eventually(gone, 30)

    async def create(self, topic: Topic) -> None:
        await self._admin.create_topics([NewTopic(topic.name, topic.partitions, 1)])

    async def place(self, topic: Topic, brokers: list[list[int]], **config: str) -> None:
        """Make a topic anew, each partition on the brokers given; in its configuration ``_`` is a dot."""
        await self.delete(topic)
        named = {name.replace("_", "."): value for name, value in config.items()}
        there = dict(enumerate(brokers))
        await self._admin.create_topics([NewTopic(topic.name, -1, -1, there, named)])

    async def allow(self, topic: Topic, operation: int) -> None:
        """Allow everybody an operation on a topic; what is not allowed is forbidden from now on."""
        of_topics, literally, allow = 2, 3, 3
        await self._admin._send_to_controller(
            CreateAclsRequest(of_topics, topic.name, literally, "User:*", "*", operation, allow)
        )

    async def count(self, topic: Topic, events: Sequence[Event]) -> list[int]:
        """Return how often each event stands in its topic."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.servers, auto_offset_reset="earliest")
        await consumer.start()
        try:
            places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
            consumer.assign(places)
            ends = await consumer.end_offsets(places)
            found: list[str] = []
            while any([await consumer.position(place) < ends[place] for place in places]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += [decoded_headers(record.headers)["ce_id"] for record in records]
        finally:
            await consumer.stop()
        return [found.count(str(event.event_id)) for event in events]

    async def told(self, topic: Topic) -> set[int]:
        """Return the partitions of a topic that the watchdog is told of."""
        observer = Observer(RuntimeSettings(kafka_bootstrap_servers=self.servers))
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        try:
            survey = await observer.survey([topic.name], places)
        finally:
            await observer.stop()
        assert survey is not None
        return {place.partition for place in survey.starts}

    async def takes(self, *events: Event) -> None:
        """Publish as the outbox does, until all are acknowledged."""
        left = list(events)

        async def all_taken() -> bool:
            results = await self.publisher.publish_stored(stored(*left))
            left[:] = [event for event, error in zip(left, results, strict=True) if error is not None]
            return not left

        await eventually(all_taken, 60, message="everything is taken")

    async def in_log(self, *events: Event) -> set[UUID]:
        return await self.publisher.already(events)


@asynccontextmanager
async def cluster_on(node: KafkaNode) -> AsyncIterator[Cluster]:
    servers = node.bootstrap_servers
    await create_topics(servers, topics=(JOBS, UPDATES, CONTROL, PROGRESS))
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    publisher = Publisher(RuntimeSettings(kafka_bootstrap_servers=servers), "lectern/test")
    await admin.start()
    await publisher.start()
    try:
        yield Cluster(servers, admin, publisher)
    finally:
        await publisher.stop()
        await admin.close()


async def test_a_topic_that_was_deleted_is_named_and_written_to_when_it_is_back(
    node: KafkaNode,
) -> None:
    async with cluster_on(node) as cluster:
        publisher = cluster.publisher
        await cluster.takes(ended("j"), control("j"))
        await cluster.delete(JOBS)
        waiting = ended("j-1")

        async def missing() -> bool:
            [error, nothing] = await publisher.publish_stored(stored(waiting, control("j")))
            assert nothing is None
            return isinstance(error, NotTakenError) and error.partition is None

        await eventually(missing, 30)
        [problem] = publisher.health.problems()
        assert JOBS.name in problem
        assert "lectern topics create" in problem
        await cluster.create(JOBS)
        await cluster.takes(waiting)
        assert publisher.health.problems() == []


async def test_a_stage_goes_on_without_the_topic_of_progress(node: KafkaNode) -> None:
    async with cluster_on(node) as cluster:
        await cluster.publisher.publish([control("j"), progress("j")])
        await cluster.delete(PROGRESS)
        for number in range(3):
            await asyncio.wait_for(
                cluster.publisher.publish([control(f"j-{number}"), progress(f"j-{number}")]), 30
            )
        assert any(PROGRESS.name in problem for problem in cluster.publisher.health.problems())
        assert not any(CONTROL.name in problem for problem in cluster.publisher.health.problems())


async def test_a_topic_that_may_not_be_written_to_is_named_and_written_to_once_it_may(
    node: KafkaNode,
) -> None:
    async with cluster_on(node) as cluster:
        publisher = cluster.publisher
        await cluster.takes(ended("j"), control("j"))
        await cluster.allow(JOBS, READ)
        waiting = [ended(name) for name in NAMES[:3]]

        async def refused(*events: Event) -> bool:
            [*errors, nothing] = await publisher.publish_stored(stored(*events, control("j")))
            assert nothing is None
            return all(isinstance(error, NotTakenError) and error.partition is None for error in errors)

        # the broker hears of it a moment later: what it still takes would be sent twice
        await eventually(lambda: refused(ended("j")), 30)
        assert await refused(*waiting)
        [problem] = publisher.health.problems()
        assert JOBS.name in problem
        assert "may not write" in problem
        await cluster.allow(JOBS, ANYTHING)
        await cluster.takes(*waiting)
        assert await cluster.count(JOBS, waiting) == [1] * len(waiting)
        assert publisher.health.problems() == []


@pytest.mark.chaos
async def test_a_partition_without_a_leader_and_a_topic_without_replicas_hold_up_nobody_else(
    node: KafkaNode, tmp_path: Path
) -> None:
    second = SecondBroker(tmp_path / "second", node)
    try:
        await asyncio.to_thread(second.start)
        async with cluster_on(node) as cluster:
            publisher = cluster.publisher
            await cluster.place(JOBS, [[1, 2]] * JOBS.partitions, min_insync_replicas="2")
            await cluster.place(UPDATES, [[1], [1], [1], [2]])
            await cluster.place(CONTROL, [[1]])
            await cluster.takes(*(ended(f"j-{number}") for number in range(9)), *map(updated, NAMES[:9]))
            await asyncio.to_thread(second.kill)

            lost = [updated(name) for name in NAMES if partition_of(UPDATES, name) == 3]
            others = [updated(name) for name in NAMES if partition_of(UPDATES, name) != 3]
            waiting = [ended(name) for name in NAMES[:3]]

            async def refused() -> bool:
                results = await publisher.publish_stored(stored(waiting[0], lost[0]))
                return all(isinstance(error, NotTakenError) for error in results)

            await eventually(refused, 60, message="what needs the second broker is refused")
            assert await cluster.told(UPDATES) == {0, 1, 2}
            for events in (others, [control("j-0"), control("j-1")]):
                await cluster.takes(*events)
            await asyncio.wait_for(publisher.publish([control("j-2"), *others[:1]]), 30)
            assert not await refused_as_a_whole(publisher, lost[0])
            assert not await cluster.in_log(*others) - {event.event_id for event in others}
            with pytest.raises(NotTakenError, match=JOBS.name):
                await publisher.publish([waiting[1]])
            await eventually(lambda: len(publisher.health.problems()) == 2, 30)
            assert {problem.split()[0] for problem in publisher.health.problems()} == {
                JOBS.name, UPDATES.name
            }  # fmt: skip

            await asyncio.to_thread(second.start)
            await cluster.takes(*lost, *waiting)
            assert await cluster.count(JOBS, waiting) == [1] * len(waiting)
            assert await cluster.count(UPDATES, lost) == [1] * len(lost)
            await eventually(lambda: not publisher.health.problems(), 30)
    finally:
        second.kill()


async def refused_as_a_whole(publisher: Publisher, event: Event) -> bool:
    [error] = await publisher.publish_stored(stored(event))
    assert isinstance(error, NotTakenError)
    return error.partition is None
