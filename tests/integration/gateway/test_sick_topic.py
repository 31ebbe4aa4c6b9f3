"""A topic of the outbox is missing: other events go on as ever, its own wait, none is lost or told twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import NAMESPACE_URL, uuid4, uuid5

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent

from contracts import export
from contracts.cloudevents import decoded_headers
from contracts.errors import ErrorCode
from contracts.events import EVENTS, Event, JobFailed, ProgressReported
from contracts.steps import Step
from contracts.topics import (
    COMMANDS_TOPIC,
    CONTROL,
    JOBS,
    LEDGER,
    RENDER_REQUESTED,
    SCRIPT_REQUESTED,
    UPDATES,
    Topic,
    partition_for,
)
from ops.kafka.node import KafkaNode
from services.gateway.dispatch.outbox_relay import Relay
from services.gateway.ledger import outbox
from services.gateway.ledger.db.sqlite import Ledger, opened_ledger
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.integration.gateway.gateways import SPEC
from tests.support.eventually import eventually
from tests.support.own_kafka import need_own_kafka
from tests.support.processes import Process, call

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka, pytest.mark.timeout(400)]

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OUTBOX = (LEDGER, UPDATES, CONTROL, SCRIPT_REQUESTED, RENDER_REQUESTED, JOBS)
"""The topics that the outbox goes to, in the order in which a job's events stand there."""

EACH = 3
"""Events of each job and topic."""


def event(topic: Topic, job_id: str, number: int) -> Event:
    """Return an event of a topic, made from a sample."""
    kind = topic.types[0]
    sample = next((export.FOLDER / "samples" / kind).glob("*.json"))
    name = str(uuid5(NAMESPACE_URL, f"{topic.name}/{job_id}/{number}"))
    return EVENTS[kind].model_validate(json.loads(sample.read_bytes()) | {"event_id": name, "job_id": job_id})


def events_of(job_id: str) -> list[Event]:
    return [event(topic, job_id, number) for number in range(EACH) for topic in OUTBOX]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaNode]:
    need_own_kafka()
    with KafkaNode(tmp_path_factory.mktemp("kafka")) as running:
        yield running


class Log:
    """What stands in the topics."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def of(self, topic: Topic) -> dict[str, list[str]]:
        """Return the ids in a topic by key, in the order of the log."""
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        self._consumer.assign(places)
        await self._consumer.seek_to_beginning(*places)
        ends = await self._consumer.end_offsets(places)
        found: dict[str, list[str]] = {}
        while any([await self._consumer.position(place) < ends[place] for place in places]):
            for records in (await self._consumer.getmany(timeout_ms=100)).values():
                for record in records:
                    name = decoded_headers(record.headers)["ce_id"]
                    found.setdefault(record.key.decode(), []).append(name)
        return found


@asynccontextmanager
async def relaying(node: KafkaNode, path: Path) -> AsyncIterator[tuple[Ledger, Publisher, Relay]]:
    publisher = Publisher(RuntimeSettings(kafka_bootstrap_servers=node.bootstrap_servers), "lectern/gateway")
    async with opened_ledger(f"sqlite:///{path}") as ledger:
        await publisher.start()
        relay = Relay(ledger, publisher.publish_stored, publisher.already)
        ledger.announced = relay.wake
        task = asyncio.create_task(relay.run())
        try:
            yield ledger, publisher, relay
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await publisher.stop()


async def test_one_missing_topic_stopped_every_job(node: KafkaNode, tmp_path: Path) -> None:
    servers = node.bootstrap_servers
    await create_topics(servers, topics=OUTBOX)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
    await admin.start()
    await consumer.start()
    log = Log(consumer)
    try:
        async with relaying(node, tmp_path / "ledger.db") as (ledger, publisher, relay):
            await ledger.write(outbox.add, *events_of("healthy"), now=NOW)
            await eventually(lambda: depth(ledger, 0), 30)
            for sick in OUTBOX:
                await admin.delete_topics([sick.name])
                jobs = [f"{sick.name}-{number}" for number in range(4)]
                for job in jobs:
                    await ledger.write(outbox.add, *events_of(job), now=NOW)
                own = EACH * len(jobs)
                await eventually(partial(depth, ledger, own), 30, message=f"without {sick.name}")
                left = await ledger.read(outbox.pending, 100)
                assert {item.stored.type for item in left} == {sick.types[0]}
                [problem] = publisher.health.problems()
                assert sick.name in problem
                assert relay.troubled

                await admin.create_topics([NewTopic(sick.name, sick.partitions, 1)])
                await eventually(lambda: depth(ledger, 0), 30, message=f"{sick.name} is back")
                assert publisher.health.problems() == []
                for topic in OUTBOX:
                    found = await log.of(topic)
                    for job in jobs:
                        wanted = [str(event(topic, job, number).event_id) for number in range(EACH)]
                        assert found[job] == wanted, (topic.name, sick.name)
    finally:
        await consumer.stop()
        await admin.close()


async def depth(ledger: Ledger, wanted: int) -> bool:
    return await ledger.read(outbox.depth) == wanted


async def test_an_event_too_large_for_its_topic_holds_up_its_own_key_only(
    node: KafkaNode, tmp_path: Path
) -> None:
    servers = node.bootstrap_servers
    await create_topics(servers, topics=OUTBOX)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
    await admin.start()
    await consumer.start()
    try:
        await made_anew(admin, JOBS, {"max.message.bytes": "3000"})
        async with relaying(node, tmp_path / "large.db") as (ledger, publisher, _):
            # all of one partition, so that they are one batch, which is too large as a whole
            near = [name for name in (f"large-{n}" for n in range(200)) if partition_of(name) == 0][:8]
            large, *small = near
            events = [ended(name, 100) for name in small for _ in range(2)]
            await ledger.write(outbox.add, ended(large, 20_000), *events, now=NOW)
            await eventually(lambda: depth(ledger, 1), 60, message="what is small enough is published")
            [left] = await ledger.read(outbox.pending, 100)
            assert left.stored.job_id == large
            assert publisher.health.problems() == []
            log = Log(consumer)
            found = await log.of(JOBS)
            for name in small:
                assert found[name] == [str(each.event_id) for each in events if each.job_id == name]
    finally:
        await made_anew(admin, JOBS, {})
        await consumer.stop()
        await admin.close()


def partition_of(job_id: str) -> int:
    return partition_for(JOBS, job_id, None, JOBS.partitions)


def ended(job_id: str, length: int) -> Event:
    return JobFailed(
        event_id=uuid4(), job_id=job_id, attempt=1, video_id="v", code=ErrorCode.TTS_FAILED,
        message="x" * length,
    )  # fmt: skip


async def made_anew(admin: AIOKafkaAdminClient, topic: Topic, config: dict[str, str]) -> None:
    await admin.delete_topics([topic.name])

    async def gone() -> bool:
        return topic.name not in await admin.list_topics()

    await eventually(gone, 30)
    await admin.create_topics([NewTopic(topic.name, topic.partitions, 1, topic_configs=config)])


async def test_readiness_names_the_topic_and_jobs_go_on(node: KafkaNode, tmp_path: Path) -> None:
    servers = node.bootstrap_servers
    await create_topics(servers)
    environment = {"KAFKA_BOOTSTRAP_SERVERS": servers, "LECTERN_HOME": str(tmp_path / "home")}
    gateway = Process("gateway", environment, tmp_path)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest")
    publisher = Publisher(RuntimeSettings(kafka_bootstrap_servers=servers), "test")
    await admin.start()
    await consumer.start()
    await publisher.start()
    gateway.start()
    try:
        await asyncio.to_thread(gateway.wait_until_ready)
        await admin.delete_topics([UPDATES.name])
        jobs, watched = [f"ready-{number}" for number in range(3)], "ready-watched"
        for job in [*jobs, watched]:  # as a CloudEvents SDK writes it
            event = CloudEvent(
                {"type": "lectern.render.start.v1", "source": "/test", "id": job, "subject": job},
                {"job_id": job, "video_id": job, "render_spec": SPEC},
            )
            record = kafka.to_structured_event(event)
            assert isinstance(record.value, bytes)
            await publisher.send_raw(
                COMMANDS_TOPIC.name, job.encode(), record.value, [*record.headers.items()]
            )

        async def asked_for() -> bool:
            return {*jobs, watched} <= set(await Log(consumer).of(RENDER_REQUESTED))

        await eventually(asked_for, 60, message="work is asked for without the topic of updates")

        report = ProgressReported(
            event_id=uuid4(), job_id=watched, attempt=1, step=Step.GENERATE_TTS, part=0, parts=1, share=1.0
        )
        await publisher.publish([report])

        async def folded() -> bool:
            _, job = await asyncio.to_thread(call, "GET", f"{gateway.url}/api/v2/render-jobs/{watched}")
            return bool(job["progress"] > 0)

        await eventually(folded, 60, message="progress is recorded, and is then to be told")

        async def named() -> bool:
            _, body = await asyncio.to_thread(call, "GET", f"{gateway.url}/readyz")
            return any(UPDATES.name in problem for problem in body["problems"])

        await eventually(named, 60, message="readiness names the topic")
        await create_topics(servers)
        await eventually(lambda: gateway.ready, 60, message="the gateway is ready again")

        async def told() -> bool:
            updates = await Log(consumer).of(UPDATES)
            return [len(updates.get(job, [])) for job in jobs] == [1] * len(jobs)

        await eventually(told, 60, message="each job is told once")

        async def followed() -> bool:
            return len(set((await Log(consumer).of(UPDATES)).get(watched, []))) == 2

        await eventually(followed, 60, message="a report that came meanwhile is told, too")
    finally:
        await asyncio.to_thread(gateway.stop)
        await publisher.stop()
        await consumer.stop()
        await admin.close()
