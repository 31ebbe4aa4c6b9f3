"""The publisher against a real broker: a producer that lost count is replaced."""

import asyncio
import uuid

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic

from contracts.errors import ErrorCode, TransientError
from contracts.events import Event, JobFailed
from contracts.topics import JOBS, TOPIC_OF_TYPE, Topic, partition_for
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.support.brokers import Broker
from tests.support.eventually import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka]


def ended(job_id: str) -> Event:
    return JobFailed(
        event_id=uuid.uuid4(), job_id=job_id, attempt=1, video_id="v", code=ErrorCode.CANCELED, message="why"
    )


def lose_count(publisher: Publisher, job_id: str) -> None:
    """Leave a gap in the sequence of a job's partition, as a batch that expires unsent does in aiokafka."""
    producer = publisher._producer
    assert producer is not None
    partition = TopicPartition(JOBS.name, partition_for(JOBS, job_id, None, JOBS.partitions))
    producer._txn_manager.increment_sequence_number(partition, 5)


async def test_a_gap_in_the_sequence_costs_one_try(broker: Broker, unique_name: str) -> None:
    await create_topics(broker.bootstrap_servers)
    publisher = Publisher(RuntimeSettings(kafka_bootstrap_servers=broker.bootstrap_servers), "lectern/test")
    await publisher.start()
    try:
        events = [ended(unique_name[-100:]) for _ in range(3)]
        await publisher.publish(events[:1])
        lose_count(publisher, events[0].job_id)
        tries = await asyncio.gather(
            *(publisher.publish([event]) for event in events[1:]), return_exceptions=True
        )
        assert [type(each) for each in tries] == [TransientError, TransientError]
        assert isinstance(tries[0], TransientError)
        assert tries[0].code is ErrorCode.BROKER_UNAVAILABLE
        await publisher.publish(events[1:])
        assert await publisher.already(events) == {event.event_id for event in events}
    finally:
        await publisher.stop()


async def test_partitions_that_were_added_are_written_to_soon(
    broker: Broker, unique_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = Topic(unique_name, (JobFailed.type,))
    monkeypatch.setitem(TOPIC_OF_TYPE, JobFailed.type, topic)
    event = ended("job-4")
    added = TopicPartition(topic.name, partition_for(topic, event.job_id, None, 4))
    assert added.partition != partition_for(topic, event.job_id, None, 1)
    servers = broker.bootstrap_servers
    admin, reader = (
        AIOKafkaAdminClient(bootstrap_servers=servers),
        AIOKafkaConsumer(bootstrap_servers=servers),
    )
    publisher = Publisher(RuntimeSettings(kafka_bootstrap_servers=servers), "lectern/test")
    await admin.start()
    await reader.start()
    await publisher.start()
    try:
        await admin.create_topics([NewTopic(topic.name, 1, 1)])
        await publisher.publish([event])
        await admin.create_partitions({topic.name: NewPartitions(4)})

        async def written() -> bool:
            assert publisher._producer is not None
            await publisher._producer.client.force_metadata_update()
            await publisher.publish([event])
            return bool((await reader.end_offsets([added]))[added])

        await eventually(written, 30, every=0.2)
    finally:
        await publisher.stop()
        await reader.stop()
        await admin.close()
