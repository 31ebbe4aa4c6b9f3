"""Dead letters whose topic takes no records: they hold up nobody but what they are about."""

from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from contracts import topics
from contracts.cloudevents import value_of
from services.runtime import publisher
from services.runtime.provision import create_topics
from tests.support.brokers import Broker
from tests.support.engines import producing, working
from tests.support.eventually import eventually
from tests.support.records import planned

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka]


async def test_a_dead_letter_that_is_not_taken_held_up_a_whole_stage(
    broker: Broker, topic_prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "ACK_SECONDS", 1.0)
    topic = replace(topics.SCENE_PLANNED, name=f"{topic_prefix}scenes", partitions=1)
    servers, dead = broker.bootstrap_servers, TopicPartition(topic.dlq, 0)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers)
    await create_topics(servers)
    await admin.start()
    await consumer.start()
    try:
        replicas = {"min.insync.replicas": "2"}
        await admin.create_topics([NewTopic(topic.dlq, 1, 1, topic_configs=replicas)])
        await create_topics(servers, topics=[topic])
        async with producing(servers) as producer:
            await producer.send_and_wait(topic.name, b"no event", key=b"poison")
            await producer.send_and_wait(topic.name, value_of(planned()), key=b"job-1")
        async with working(servers, topic, tmp_path) as seen:
            await eventually(lambda: seen == ["job-1"], 30, message="the stage goes on")
            await admin.alter_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic.dlq, {"min.insync.replicas": "1"})]
            )

            async def finished() -> bool:
                offsets = await admin.list_consumer_group_offsets(f"lectern.{topic.name}.{topic.name}")
                found = offsets.get(TopicPartition(topic.name, 0))
                return found is not None and found.offset == 2

            await eventually(finished, 30, message="the letter is written, and its record finished")
        assert (await consumer.end_offsets([dead]))[dead] == 1
    finally:
        await consumer.stop()
        await admin.close()
