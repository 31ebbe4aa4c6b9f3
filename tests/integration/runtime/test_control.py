"""The control topic on a real broker: what a process may be certain of while its reader is opened anew."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.client import AIOKafkaClient

from contracts.events import ControlChanged
from services.runtime.engine import control
from services.runtime.engine.control import ControlReader
from services.runtime.engine.fence import Fence
from services.runtime.kafka.log_identity import LogId, TopicSeen, look
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.support.brokers import Broker

pytestmark = [pytest.mark.kafka]


@asynccontextmanager
async def reading(broker: Broker, fence: Fence) -> AsyncIterator[tuple[ControlReader, Publisher]]:
    await create_topics(broker.bootstrap_servers)
    settings = RuntimeSettings(kafka_bootstrap_servers=broker.bootstrap_servers, embedded=broker.embedded)
    reader, publisher = ControlReader(settings, fence), Publisher(settings, "test")
    await publisher.start()
    try:
        await reader.start()
        yield reader, publisher
    finally:
        await reader.stop()
        await publisher.stop()


async def test_nobody_is_certain_before_a_reader_that_was_opened_anew_has_read(
    broker: Broker, unique_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence, assigned, go_on = Fence(), asyncio.Event(), asyncio.Event()
    async with reading(broker, fence) as (reader, publisher):
        fence.guard(lambda: reader.doubtful, reader.settle)
        catch_up = reader._catch_up

        async def catch_up_late(consumer: Any) -> None:
            assigned.set()
            await go_on.wait()
            await catch_up(consumer)

        monkeypatch.setattr(reader, "_catch_up", catch_up_late)
        restarting = asyncio.create_task(reader.restart())
        await assigned.wait()
        canceled = ControlChanged(event_id=uuid4(), job_id=unique_name, attempt=1, canceled=True)
        await publisher.publish([canceled])
        reader._doubt = True
        asyncio.get_running_loop().call_later(0.3, go_on.set)
        assert not await fence.certain(unique_name, 1)
        await restarting


async def test_a_topic_that_a_broker_had_not_heard_of_at_the_start_is_watched_all_the_same(
    broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    unheard = iter(range(2))

    async def look_early(client: AIOKafkaClient, topics: Collection[str]) -> Mapping[str, TopicSeen]:
        return await look(client, topics) if next(unheard, None) is None else {}

    monkeypatch.setattr(control, "look", look_early)
    async with reading(broker, Fence()) as (reader, _):
        another = TopicSeen(LogId("another cluster", ""), len(reader.partitions))
        assert set(reader.strays(another)) == set(reader.partitions)
