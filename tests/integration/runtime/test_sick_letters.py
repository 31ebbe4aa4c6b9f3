"""Dead letters whose topic takes no records: they hold up nobody but what they are about."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts import topics
from contracts.cloudevents import value_of
from services.runtime.engine import processor
from services.runtime.kafka import publisher
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.observability.metrics import TOPIC_UNWRITABLE
from tests.support.brokers import Broker
from tests.support.engines import producing, working
from tests.support.eventually import eventually
from tests.support.records import planned

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka]


async def test_a_dead_letter_that_is_not_acknowledged_held_up_a_whole_stage(
    broker: Broker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = replace(topics.SCENE_PLANNED, name=f"{topic_prefix}scenes", partitions=1)
    servers, acknowledged = broker.bootstrap_servers, asyncio.get_running_loop().create_future()
    sent: list[str] = []
    send = AIOKafkaProducer.send

    async def send_unacknowledged(self: AIOKafkaProducer, to: str, *args: Any, **more: Any) -> Any:
        if to != topic.dlq:
            return await send(self, to, *args, **more)
        sent.append(to)
        return acknowledged

    monkeypatch.setattr(AIOKafkaProducer, "send", send_unacknowledged)
    monkeypatch.setattr(publisher, "ACK_SECONDS", 1.0)
    monkeypatch.setattr(processor, "_BROKER_AWAY_DELAY", 0.5)
    await create_topics(servers)
    await create_topics(servers, topics=[topic])
    async with producing(servers) as producer:
        await producer.send_and_wait(topic.name, b"no event", key=b"poison")
        await producer.send_and_wait(topic.name, value_of(planned()), key=b"job-1")
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()

    async def finished() -> bool:
        offsets = await admin.list_consumer_group_offsets(f"lectern.{topic.name}.{topic.name}")
        found = offsets.get(TopicPartition(topic.name, 0))
        return found is not None and found.offset == 2

    try:
        async with working(servers, topic, tmp_path) as seen:
            await eventually(lambda: seen == ["job-1"], 30, message="the stage goes on")
            assert TOPIC_UNWRITABLE.labels(topic.dlq)._value.get() == 1
            assert not await finished()
            acknowledged.set_result(None)
            await eventually(finished, 30, message="the poison is finished when its letter is taken")
            assert TOPIC_UNWRITABLE.labels(topic.dlq)._value.get() == 0
    finally:
        await admin.close()
    assert sent == [topic.dlq]
