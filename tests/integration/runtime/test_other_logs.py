"""Topics that are not what they were: made anew, with more partitions, cut short by retention."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete

from contracts import topics
from contracts.cloudevents import headers_of, value_of
from contracts.events import ControlChanged, Event
from ops.kafka.node import KafkaNode
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine import watchdog
from services.runtime.engine.engine import Engine
from services.runtime.kafka import log_identity
from services.runtime.kafka.consumer_internals import committed_of
from services.runtime.kafka.log_identity import UNKNOWN, LogId, TopicSeen, look
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.observability.metrics import UNREAD_DELETED
from services.runtime.settings import RuntimeSettings
from tests.integration.runtime.test_engine import EPOCH
from tests.support.engines import producing
from tests.support.eventually import eventually
from tests.support.own_kafka import need_own_kafka
from tests.support.records import planned

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]

SECONDS = 30
"""Within this a topic that was made anew is read."""


class Room:
    """A topic of the test's own in the place of a stage's, an engine on it, and what it has worked on."""

    def __init__(self, servers: str, name: str, home: Path) -> None:
        self.topic = topics.Topic(name, topics.SCENE_PLANNED.types, partitions=1)
        self.seen: list[str] = []
        self.hold = asyncio.Event()
        self.hold.set()
        self.settings = RuntimeSettings(
            kafka_bootstrap_servers=servers,
            lectern_home=home,
            create_topics=False,
            session_timeout_ms=6_000,
            commit_interval=0.1,
            drain_deadline=2,
        )
        self.admin = AIOKafkaAdminClient(bootstrap_servers=servers)

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        async def handle(event: Any, context: Context) -> Sequence[Event]:
            await self.hold.wait()
            self.seen.append(event.job_id)
            return []

        actor = Actor(self.topic.name, (Subscription(self.topic, handle, 4),))
        engine = Engine("test", [actor], self.settings, cast("Artifacts", None))
        try:
            await engine.start()
            yield engine
        finally:
            await engine.stop()

    async def send(self, *jobs: str, partition: int = 0) -> None:
        async with producing(self.settings.kafka_bootstrap_servers or "") as producer:
            for job in jobs:
                event = planned(job)
                headers = headers_of(event, source="test", time=EPOCH)
                await producer.send_and_wait(
                    self.topic.name, value_of(event), job.encode(), partition, headers=headers
                )

    async def works(self, *jobs: str) -> None:
        await eventually(lambda: set(jobs) <= set(self.seen), SECONDS, message=f"{jobs} are worked on")

    async def committed(self, engine: Engine, offset: int) -> None:
        partition = TopicPartition(self.topic.name, 0)

        async def stands() -> bool:
            consumer = engine.intakes[0].consumer
            found = (await committed_of(consumer, [partition])).get(partition) if consumer else None
            return found is not None and found.offset == offset

        await eventually(stands, 10, message=f"{offset} is committed")

    async def create(self) -> None:
        await self.admin.create_topics([NewTopic(self.topic.name, 1, 1)])

        async def there() -> bool:
            return self.topic.name in await look(self.admin._client, [self.topic.name])

        await eventually(there, 10)

    async def replace(self, name: str | None = None) -> None:
        """Delete the topic, or another one, and make it again, as quickly as Kafka lets one."""
        await replace(self.admin, name or self.topic.name)

    def replace_unseen(self, *jobs: str) -> None:
        """Do so, and send ``jobs``, while this process, and the engine in it, stands still."""

        async def elsewhere() -> None:
            admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka_bootstrap_servers)
            await admin.start()
            await replace(admin, self.topic.name)
            await admin.close()
            await self.send(*jobs)

        thread = threading.Thread(target=asyncio.run, args=(elsewhere(),))
        thread.start()
        thread.join(30)
        assert not thread.is_alive()


async def replace(admin: AIOKafkaAdminClient, name: str) -> None:
    await admin.delete_topics([name])

    async def created() -> bool:
        [(_, code, *_)] = (await admin.create_topics([NewTopic(name, 1, 1)])).topic_errors
        return bool(code == 0)

    await eventually(created, 20, every=0.1)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaNode]:
    """One of its own: the control topic is made anew, under everybody who reads it."""
    need_own_kafka()
    with KafkaNode(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@pytest.fixture
async def room(
    node: KafkaNode, unique_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Room]:
    monkeypatch.setattr(watchdog, "ENDS_SECONDS", 1.0)
    await create_topics(node.bootstrap_servers)
    made = Room(node.bootstrap_servers, unique_name, tmp_path)
    await made.admin.start()
    await made.create()
    yield made
    await made.admin.close()


async def test_the_id_of_a_topic_is_told_and_changes_when_it_is_made_anew(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Holds our own request against the pinned aiokafka, whose own knows no topic ids."""
    client = room.admin._client
    before = (await look(client, [room.topic.name, "not-there"]))[room.topic.name]
    cluster = (await room.admin.describe_cluster())["cluster_id"]
    assert (before.log.cluster, len(before.log.topic), before.partitions) == (cluster, 32, 1)
    assert LogId.parse(str(before.log)) == before.log
    assert "not-there" not in await look(client, [room.topic.name, "not-there"])
    await room.replace()

    async def another() -> bool:
        now = (await look(client, [room.topic.name])).get(room.topic.name)
        return now is not None and not now.log.same_as(before.log)

    await eventually(another, 10)

    def too_old(*_: Any) -> None:
        raise NotImplementedError

    monkeypatch.setattr(
        log_identity._TopicIdsRequest, "prepare", too_old
    )  # a broker from before there were ids
    untold = (await look(client, [room.topic.name, "not-there"]))[room.topic.name]
    assert untold == TopicSeen(LogId(cluster, UNKNOWN), 1)


@pytest.mark.parametrize("unseen", [False, True], ids=["seen", "unseen"])
@pytest.mark.parametrize("more", [1, 6], ids=["shorter", "longer"])
async def test_a_topic_made_anew_is_read_from_its_beginning(room: Room, more: int, *, unseen: bool) -> None:
    """Shorter than what was read of the old one, or longer; unseen: nothing tells but the topic's id."""
    async with room.engine() as engine:
        await room.send("old-1", "old-2", "old-3")
        await room.works("old-1", "old-2", "old-3")
        await room.committed(engine, 3)
        jobs = [f"new-{number}" for number in range(more)]
        if unseen:
            room.replace_unseen(*jobs)
        else:
            await room.replace()
            await room.send(*jobs)
        await room.works(*jobs)
        await room.committed(engine, more)
        await eventually(lambda: engine.health.problems() == [], SECONDS)
    async with room.engine():
        await room.send("last")
        await room.works("last")
        assert room.seen[-1] == "last"
        assert room.seen.count("new-0") <= 2


async def test_what_was_in_hand_of_a_deleted_topic_is_finished_and_never_committed(room: Room) -> None:
    async with room.engine() as engine:
        room.hold.clear()
        await room.send(*(f"old-{number}" for number in range(10)))  # four run, the others wait
        await eventually(lambda: engine.intakes[0].lanes.depth == 10, SECONDS)
        await room.replace()
        await room.send("new-1", "new-2")
        await eventually(lambda: engine.intakes[0].lanes.depth == 12, SECONDS, message="all are in hand")
        room.hold.set()
        await room.works(*(f"old-{number}" for number in range(10)), "new-1", "new-2")
        await room.committed(engine, 2)


async def test_an_offset_of_the_topic_before_is_not_gone_on_from(room: Room) -> None:
    """Committed by a process that had not noticed, and died."""
    async with room.engine() as engine:
        await room.send("old-1", "old-2", "old-3")
        await room.committed(engine, 3)
        before = (await look(room.admin._client, [room.topic.name]))[room.topic.name].log
    await room.replace()
    await room.send("new-0", "new-1", "new-2", "new-3")
    group = engine.intakes[0].group
    late = AIOKafkaConsumer(
        bootstrap_servers=room.settings.kafka_bootstrap_servers, group_id=group, enable_auto_commit=False
    )
    partition = TopicPartition(room.topic.name, 0)
    await late.start()
    late.assign([partition])
    await late.commit({partition: (3, str(before))})
    await late.stop()
    async with room.engine() as engine:
        await room.works("new-0", "new-1", "new-2", "new-3")
        await room.committed(engine, 4)


async def test_partitions_that_are_added_are_read(room: Room) -> None:
    async with room.engine() as engine:
        await room.send("before")
        await room.works("before")
        await room.admin.create_partitions({room.topic.name: NewPartitions(3)})
        await eventually(lambda: len(engine.intakes[0].partitions) == 3, 60, message="they are assigned")
        await room.send("after-1", partition=1)
        await room.send("after-2", partition=2)
        await room.works("after-1", "after-2")


async def test_records_that_retention_deleted_unread_are_counted(room: Room) -> None:
    def unread() -> float:
        return float(UNREAD_DELETED.labels(room.topic.name)._value.get())

    async with room.engine() as engine:
        await room.send("read-1", "read-2")
        await room.works("read-1", "read-2")
        await room.committed(engine, 2)
    await room.send(*(f"unread-{number}" for number in range(5)))
    place = TopicPartition(room.topic.name, 0)
    await room.admin.delete_records({place: RecordsToDelete(before_offset=6)})
    async with room.engine() as engine:
        await eventually(lambda: unread() == 4, SECONDS, message="four are counted")
        await room.works("unread-4")
        await room.send("last")
        await room.works("last")
        await room.admin.delete_records({place: RecordsToDelete(before_offset=8)})  # read: not missed
        await looked_at(engine)
        assert unread() == 4


async def looked_at(engine: Engine) -> None:
    """Wait until Kafka was asked twice from now on: the first question may be under way."""
    for _ in range(2):
        before = engine.watchdog._asked

        def again(before: float = before) -> bool:
            return engine.watchdog._asked > before

        await eventually(again)


async def test_a_control_topic_that_is_made_anew_or_grows_is_read(room: Room) -> None:
    publisher = Publisher(room.settings, "test")
    await publisher.start()

    async def stop(job: str) -> None:
        event = ControlChanged(event_id=planned(job).event_id, job_id=job, attempt=1, canceled=True)
        await publisher.publish([event])
        await eventually(lambda: not engine.fence.alive(job, 1), SECONDS, message=f"{job} is heard of")

    async with room.engine() as engine:
        await stop("job-1")
        await stop("job-2")
        control = topics.CONTROL.name
        await room.replace(control)
        for number in (3, 4, 5):
            await stop(f"job-{number}")
        await room.admin.create_partitions({control: NewPartitions(4)})
        await eventually(lambda: len(engine._control.partitions) == 4, SECONDS)
        for number in range(6, 14):
            await stop(f"job-{number}")
    await publisher.stop()
