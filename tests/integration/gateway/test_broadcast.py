"""The reader of the log of updates, within one event loop that others need, too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest

from contracts.cloudevents import headers_of, value_of
from contracts.events import JobUpdated
from contracts.steps import Step
from contracts.topics import UPDATES
from services.gateway.ledger.db.sqlite import opened_ledger
from services.gateway.live.hub import Hub, ViewerSubscription, of_video
from services.gateway.live.updates_feed import SHARE, TURN, Broadcast
from services.runtime.kafka.topics_admin import create_topics
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
    async with following(broker, tmp_path) as hub:
        yield hub


@asynccontextmanager
async def following(broker: Broker, folder: Path) -> AsyncIterator[Hub]:
    """A hub that is fed with the log, read up to its end."""
    hub = Hub()
    settings = RuntimeSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    async with opened_ledger(f"sqlite:///{folder / 'ledger.db'}") as ledger:
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
    subscription = ViewerSubscription(lambda update: heard.append(update.revision))
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


async def test_what_was_rolled_back_is_not_told_and_no_gateway_waits_for_it(
    broker: Broker, hub: Hub, tmp_path: Path, unique_name: str
) -> None:
    """One that started looked for a record at the end of the log, where there is none."""
    heard: list[int] = []
    subscription = ViewerSubscription(lambda update: heard.append(update.revision))
    hub.attach(of_video(unique_name), subscription)
    subscription.open()
    async with producing(broker.bootstrap_servers, transactional_id=unique_name) as producer:
        for revision, end in (
            (1, producer.commit_transaction),
            (2, producer.abort_transaction),
            (3, producer.commit_transaction),
            (4, producer.abort_transaction),
        ):
            event = update(unique_name, revision)
            headers = headers_of(event, source="lectern/test", time=event.updated_at)
            await producer.begin_transaction()
            for partition in range(UPDATES.partitions):
                await producer.send_and_wait(
                    UPDATES.name, value_of(event), partition=partition, headers=headers
                )
            await end()
    await eventually(lambda: heard == [1, 3])
    async with following(broker, tmp_path) as late:
        assert late.cursor.epoch == hub.cursor.epoch
