"""The reader of the log of updates, within one event loop that others need, too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic

from contracts.cloudevents import headers_of, value_of
from contracts.events import JobUpdated
from contracts.steps import Step
from contracts.topics import UPDATES
from ops.kafka.node import KafkaNode
from services.gateway.hub import Hub, Subscription, of_video
from services.gateway.ledger.database import opened_ledger
from services.gateway.live import broadcast as broadcast_module
from services.gateway.live.broadcast import SHARE, TURN, Broadcast
from services.runtime.provision import create_topics
from services.runtime.settings import RuntimeSettings
from tests.support.brokers import Broker
from tests.support.engines import producing
from tests.support.eventually import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka]


def update(video_id: str, revision: int) -> JobUpdated:
    now = datetime.now(UTC)
    return JobUpdated(
        event_id=uuid4(), job_id=f"job-of-{video_id}", attempt=1, video_id=video_id, revision=revision,
        status="PROCESSING", step=Step.GENERATE_TTS, progress=20, language="ko", created_at=now,
        updated_at=now,
    )  # fmt: skip


@pytest.fixture
async def hub(broker: Broker, tmp_path: Path) -> AsyncIterator[Hub]:
    await create_topics(broker.bootstrap_servers)
    hub = Hub()
    settings = RuntimeSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    async with opened_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        broadcast = Broadcast(hub, ledger, settings, lambda: datetime.now(UTC))
        reading = asyncio.create_task(broadcast.run())
        await eventually(lambda: not broadcast.problems(), 30, message="the log is followed")
        yield hub
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


async def test_others_have_their_turn_while_much_is_told(broker: Broker, hub: Hub) -> None:
    count, heard, seen = 400, list[int](), [0]
    video_id = f"video-{uuid4()}"
    subscription = Subscription(lambda update: heard.append(update.revision))
    hub.attach(of_video(video_id), subscription)
    subscription.open()

    def others() -> bool:
        seen.append(len(heard))
        return len(heard) == count

    # one batch: it is there all at once
    async with producing(broker.bootstrap_servers, linger_ms=500, max_batch_size=2**20) as producer:
        for revision in range(1, count + 1):
            event = update(video_id, revision)
            headers = headers_of(event, source="lectern/test", time=event.updated_at)
            await producer.send(UPDATES.name, value_of(event), partition=0, headers=headers)
        await eventually(others, 30, every=0, message="all are told")
    assert heard == list(range(1, count + 1))
    told = [after - before for before, after in pairwise(seen)]
    assert max(told) > TURN, "they came one by one: nothing is shown"
    assert max(told) <= count // SHARE


async def test_a_log_that_is_made_anew_or_grows_is_followed(
    kafka_node: KafkaNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same cluster: by its length alone it could be taken for the one that was read."""
    monkeypatch.setattr(broadcast_module, "LOOK_SECONDS", 0.5)
    servers, name = kafka_node.bootstrap_servers, UPDATES.name
    await create_topics(servers)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    hub, heard = Hub(), list[int]()
    video_id = f"video-{uuid4()}"
    subscription = Subscription(lambda update: heard.append(update.revision))
    hub.attach(of_video(video_id), subscription)
    subscription.open()

    async def send(*revisions: int, partition: int = 0) -> None:
        async with producing(servers) as producer:
            for revision in revisions:
                event = update(video_id, revision)
                headers = headers_of(event, source="lectern/test", time=event.updated_at)
                await producer.send_and_wait(name, value_of(event), partition=partition, headers=headers)
        await eventually(lambda: heard and heard[-1] == revisions[-1], 30, message=f"{revisions} are told")

    async def created() -> bool:
        [(_, code, *_)] = (await admin.create_topics([NewTopic(name, UPDATES.partitions, 1)])).topic_errors
        return bool(code == 0)

    settings = RuntimeSettings(kafka_bootstrap_servers=servers)
    async with opened_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger:
        broadcast = Broadcast(hub, ledger, settings, lambda: datetime.now(UTC))
        reading = asyncio.create_task(broadcast.run())
        await eventually(lambda: not broadcast.problems(), 30, message="the log is followed")
        await send(1, 2)
        before = hub.cursor
        await admin.delete_topics([name])
        await eventually(created, 20, every=0.1)
        await send(3, 4, 5, 6)  # longer than what was read
        await eventually(lambda: hub.cursor.epoch != before.epoch and not broadcast.problems(), 30)
        assert hub.since(before, [of_video(video_id)]) is None, "a cursor of the log before"
        assert len(before.epoch) <= 64
        await admin.create_partitions({name: NewPartitions(UPDATES.partitions + 2)})
        await eventually(lambda: len(hub.cursor.offsets) == UPDATES.partitions + 2, 30)
        await send(7, partition=UPDATES.partitions + 1)
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading
    await admin.close()
