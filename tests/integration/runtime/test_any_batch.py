"""Batches as clients of other languages write them: any header name and compression, read by each reader."""

from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from contracts import topics
from contracts.cloudevents import value_of
from contracts.topics import CONTROL, Topic
from services.runtime.engine.control import ControlReader
from services.runtime.engine.fence import Fence
from services.runtime.kafka import record_batches
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.support.brokers import Broker
from tests.support.engines import letters, producing, working
from tests.support.eventually import eventually
from tests.support.raw_batches import RAW, READ_AS, send_packed, send_raw_name
from tests.support.records import planned

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka]


@pytest.fixture
async def scenes(broker: Broker, topic_prefix: str) -> Topic:
    topic = replace(topics.SCENE_PLANNED, name=f"{topic_prefix}scenes", partitions=1)
    await create_topics(broker.bootstrap_servers)
    await create_topics(broker.bootstrap_servers, topics=[topic])
    return topic


@pytest.mark.parametrize("codec", [0, 1, 2, 3, 4], ids=["plain", "gzip", "snappy", "lz4", "zstd"])
async def test_a_header_name_that_is_not_utf8_held_its_partition_for_ever(
    broker: Broker, scenes: Topic, tmp_path: Path, codec: int
) -> None:
    servers = broker.bootstrap_servers
    before = [value_of(planned("job-1")), value_of(planned("job-2"))]
    async with producing(servers) as producer:
        await send_raw_name(
            producer,
            scenes.name,
            0,
            key=b"k",
            value=value_of(planned("job-3")),
            headers=[(READ_AS, b"1")],
            before=before,
            codec=codec,
        )
        await send_raw_name(
            producer, scenes.name, 0, key=b"k", value=b"{", headers=[(READ_AS, None)], codec=codec
        )
        await producer.send_and_wait(scenes.name, value_of(planned("job-4")), key=b"k")
    async with working(servers, scenes, tmp_path) as seen:
        await eventually(lambda: seen == ["job-1", "job-2", "job-3", "job-4"], 30)
        [letter] = await letters(servers, scenes.dlq, 1)
    assert (letter.key, letter.value, letter.headers[0]) == (b"k", b"{", (READ_AS, None))


@pytest.mark.parametrize("compression", ["gzip", "snappy", "lz4", "zstd"])
async def test_records_are_read_however_they_are_compressed(
    broker: Broker, scenes: Topic, tmp_path: Path, compression: str
) -> None:
    async with producing(broker.bootstrap_servers, compression_type=compression) as producer:
        await producer.send_and_wait(scenes.name, value_of(planned()), key=b"k")
    async with working(broker.bootstrap_servers, scenes, tmp_path) as seen:
        await eventually(lambda: seen == ["job-1"], 30)


@pytest.mark.parametrize("codec", [1, 2, 3, 4], ids=["gzip", "snappy", "lz4", "zstd"])
async def test_a_small_batch_that_unpacks_to_more_than_there_is_memory_is_a_dead_letter(
    broker: Broker, scenes: Topic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: int
) -> None:
    """A megabyte of zstd unpacks to thirty thousand: whoever read it was killed, and so was the next."""
    monkeypatch.setattr(record_batches, "LARGEST", 1_000_000)
    servers = broker.bootstrap_servers
    async with producing(servers) as producer:
        bomb = await send_packed(producer, scenes.name, 0, [bytes(500_000)] * 3, codec)
        await producer.send_and_wait(scenes.name, value_of(planned()), key=b"k")
    async with working(servers, scenes, tmp_path) as seen:
        await eventually(lambda: seen == ["job-1"], 30)
        [letter] = await letters(servers, scenes.dlq, 1)
    headers = dict(letter.headers)
    assert (letter.key, letter.value[61:]) == (
        None,
        bomb[61:],
    )  # the rest is the broker's
    assert (headers["dlq.original.offset"], record_batches.UNREAD in headers) == (b"2", True)


async def test_the_control_topic_is_followed_past_such_a_name(broker: Broker, tmp_path: Path) -> None:
    await create_topics(broker.bootstrap_servers)
    async with producing(broker.bootstrap_servers) as producer:
        sent = [
            await send_raw_name(
                producer, CONTROL.name, number, key=b"raw-name", value=b"{", headers=[(READ_AS, RAW)]
            )
            for number in range(CONTROL.partitions)
        ]
    reader = ControlReader(
        RuntimeSettings(kafka_bootstrap_servers=broker.bootstrap_servers, lectern_home=tmp_path), Fence()
    )
    await reader.start()
    try:
        consumer = reader.consumer
        assert consumer is not None
        for each in sent:
            assert await consumer.position(TopicPartition(each.topic, each.partition)) > each.offset
    finally:
        await reader.stop()
