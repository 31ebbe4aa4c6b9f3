"""The ledger stays, Kafka does not: topics made anew and another cluster, under a gateway that runs."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic

from contracts.cloudevents import headers_of, value_of
from contracts.topics import COMMANDS_TOPIC, RENDER_REQUESTED, UPDATES
from ops.kafka.node import KafkaNode
from services.gateway.ledger.db.sqlite import opened_ledger
from services.gateway.live import updates_feed as broadcast_module
from services.gateway.live.hub import Hub, ViewerSubscription, of_video
from services.gateway.live.updates_feed import Broadcast
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.integration.gateway.gateways import SPEC
from tests.integration.gateway.test_broadcast import update
from tests.support.engines import producing
from tests.support.eventually import eventually
from tests.support.own_kafka import need_own_kafka
from tests.support.processes import Process, call

pytestmark = [pytest.mark.kafka, pytest.mark.chaos, pytest.mark.timeout(400)]

SECONDS = 30
"""Within this commands to a topic that was made anew are obeyed."""

CLUSTER_SECONDS = 60
"""Within this commands to another cluster are: clients wait before they connect once more."""


class Room:
    """A gateway with a SQLite ledger, and Kafka nodes that take each other's place."""

    def __init__(self, node: KafkaNode, folder: Path) -> None:
        self.node = node
        self.folder = folder
        self.gateway = Process(
            "gateway",
            {
                "KAFKA_BOOTSTRAP_SERVERS": node.bootstrap_servers,
                "DATABASE_URL": f"sqlite:///{folder / 'ledger.db'}",
                "LECTERN_HOME": str(folder / "home"),
                "LECTERN_SESSION_TIMEOUT_MS": "6000",
                "TTS_PROVIDER": "mock",
            },
            folder,
        )

    async def send(self, *jobs: str, kind: str = "start", partition: int = 0) -> None:
        """Send commands as the README shows them: without an id."""
        async with producing(self.node.bootstrap_servers) as producer:
            for job in jobs:
                command: dict[str, Any] = {"type": f"lectern.render.{kind}.v1", "job_id": job}
                if kind == "start":
                    command |= {"video_id": f"video-{job}", "render_spec": SPEC}
                value = json.dumps(command).encode()
                await producer.send_and_wait(COMMANDS_TOPIC.name, value, job.encode(), partition)

    async def status(self, job: str) -> Any:
        code, body = await asyncio.to_thread(
            call, "GET", f"{self.gateway.url}/api/v2/render-jobs/{job}", None
        )
        return body["status"] if code == 200 else None

    async def obeys(self, *jobs: str, seconds: float = SECONDS, status: str = "QUEUED") -> None:
        async def all_stand() -> bool:
            return all([await self.status(job) == status for job in jobs])

        await eventually(all_stand, seconds, every=0.2, message=f"{jobs} are {status}")

    async def replaced_at(self, what: str) -> float:
        name = f'lectern_log_replaced_timestamp_seconds{{what="{what}"}}'
        return await asyncio.to_thread(self.gateway.metric, name)

    async def replace(self, topic: str, partitions: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.node.bootstrap_servers)
        await admin.start()
        await admin.delete_topics([topic])

        async def created() -> bool:
            [(_, code, *_)] = (await admin.create_topics([NewTopic(topic, partitions, 1)])).topic_errors
            return bool(code == 0)

        await eventually(created, 20, every=0.1)
        await admin.close()

    async def requested(self, *jobs: str) -> Counter[str]:
        """Wait until the log has the work of ``jobs``; return how often it has whose."""
        consumer = AIOKafkaConsumer(
            RENDER_REQUESTED.name,
            bootstrap_servers=self.node.bootstrap_servers,
            auto_offset_reset="earliest",
            group_id=None,
        )
        await consumer.start()
        found = Counter[str]()
        async with asyncio.timeout(CLUSTER_SECONDS):
            while set(jobs) - set(found):
                found[(await consumer.getone()).key.decode()] += 1
        for partition, end in (await consumer.end_offsets(consumer.assignment())).items():
            while await consumer.position(partition) < end:
                found[(await consumer.getone(partition)).key.decode()] += 1
        await consumer.stop()
        return found

    async def replace_cluster(self, folder: Path) -> None:
        """Have another cluster, with topics and nothing in them, in the place of the first."""
        other = KafkaNode(folder, port=int(self.node.bootstrap_servers.rpartition(":")[2]))
        await asyncio.to_thread(self.node.kill)
        self.node = other
        await asyncio.to_thread(other.start)
        await create_topics(other.bootstrap_servers)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[KafkaNode]:
    need_own_kafka()
    with KafkaNode(tmp_path / "kafka") as running:
        yield running


@pytest.fixture
async def room(node: KafkaNode, tmp_path: Path) -> AsyncIterator[Room]:
    made = Room(node, tmp_path)
    made.gateway.start()
    try:
        await asyncio.to_thread(made.gateway.wait_until_ready)
        yield made
    finally:
        await asyncio.to_thread(made.gateway.stop)
        if made.node is not node:
            await asyncio.to_thread(made.node.kill)


async def test_a_log_that_is_made_anew_or_grows_is_followed(
    node: KafkaNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same cluster: by its length alone it could be taken for the one that was read."""
    monkeypatch.setattr(broadcast_module, "TOPIC_SECONDS", 0.5)
    servers, name = node.bootstrap_servers, UPDATES.name
    await create_topics(servers)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    hub, heard = Hub(), list[int]()
    video_id = f"video-{uuid4()}"
    subscription = ViewerSubscription(lambda update: heard.append(update.revision))
    hub.attach(of_video(video_id), subscription)
    subscription.open()

    async def write(*revisions: int, partition: int = 0) -> None:
        async with producing(servers) as producer:
            for revision in revisions:
                event = update(video_id, revision)
                headers = headers_of(event, source="lectern/test", time=event.updated_at)
                await producer.send_and_wait(name, value_of(event), partition=partition, headers=headers)

    async def send(revision: int, partition: int = 0) -> None:
        await write(revision, partition=partition)
        await eventually(lambda: heard and heard[-1] == revision, 30, message=f"{revision} is told")

    async def created() -> bool:
        [(_, code, *_)] = (await admin.create_topics([NewTopic(name, UPDATES.partitions, 1)])).topic_errors
        return bool(code == 0)

    settings = RuntimeSettings(kafka_bootstrap_servers=servers)
    async with opened_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        broadcast = Broadcast(hub, ledger, settings, lambda: datetime.now(UTC))
        reading = asyncio.create_task(broadcast.run())
        try:
            await eventually(lambda: not broadcast.problems(), 30, message="the log is followed")
            await write(1)
            await send(2)
            before = hub.cursor
            await admin.delete_topics([name])
            await eventually(created, 20, every=0.1)
            # longer than what was read; whoever is there before the log is read again has it from the ledger
            await write(3, 4, 5, 6)
            await eventually(lambda: hub.cursor.epoch != before.epoch and not broadcast.problems(), 30)
            await send(7)
            assert hub.since(before, [of_video(video_id)]) is None, "a cursor of the log before"
            assert len(before.epoch) <= 64
            await admin.create_partitions({name: NewPartitions(UPDATES.partitions + 2)})
            await eventually(lambda: len(hub.cursor.offsets) == UPDATES.partitions + 2, 30)
            await send(8, partition=UPDATES.partitions + 1)
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
            await admin.close()


async def test_commands_are_obeyed_whatever_becomes_of_kafka(room: Room, tmp_path: Path) -> None:
    first = [f"first-{number}" for number in range(6)]
    await room.send(*first)
    await room.obeys(*first)

    # partitions are added
    admin = AIOKafkaAdminClient(bootstrap_servers=room.node.bootstrap_servers)
    await admin.start()
    await admin.create_partitions({COMMANDS_TOPIC.name: NewPartitions(14)})
    await admin.close()

    async def takes() -> bool:
        try:
            await room.send("added-1", partition=13)
        except AssertionError:
            return False
        return True

    await eventually(takes, 10)
    await room.obeys("added-1", seconds=60)

    # the topic is deleted and made again: the same partition, the same offsets, another log
    await room.replace(COMMANDS_TOPIC.name, 12)
    second = [f"second-{number}" for number in range(6)]
    await room.send(*second)
    await room.obeys(*second)
    await room.send("first-0", kind="cancel")
    await room.obeys("first-0", status="FAILED")

    async def told() -> bool:
        return await room.replaced_at("topic") > 0 == await room.replaced_at("cluster")

    await eventually(told, SECONDS)

    # another cluster
    began = time.time()
    await room.replace_cluster(tmp_path / "other")
    third = [f"third-{number}" for number in range(6)]
    await room.send(*third)
    await room.obeys(*third, seconds=CLUSTER_SECONDS)
    await told_of_cluster(room, began)
    announced = await room.requested(*third, "first-1", "second-5")  # what was under way, again
    assert {job for job, times in announced.items() if times > 1} == set()
    assert "kafka.cluster_changed" in room.gateway.log.read_text()


async def test_what_waits_for_a_gateway_in_another_cluster_is_announced_once(
    room: Room, tmp_path: Path
) -> None:
    await room.send("before")
    await room.obeys("before")
    await asyncio.to_thread(room.gateway.stop)
    began = time.time()
    await room.replace_cluster(tmp_path / "other")
    after = [f"after-{number}" for number in range(20)]
    await room.send(*after)  # taken before anybody looks which cluster this is
    room.gateway.start()
    await asyncio.to_thread(room.gateway.wait_until_ready)
    await room.obeys(*after, seconds=CLUSTER_SECONDS)
    await told_of_cluster(room, began)
    assert await room.requested("before", *after) == Counter(["before", *after])


async def told_of_cluster(room: Room, began: float) -> None:
    async def told() -> bool:
        return await room.replaced_at("cluster") >= began - 1

    await eventually(told, SECONDS)
