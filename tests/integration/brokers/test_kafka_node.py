"""The Kafka that tests break: it survives kill -9 with its data, and leaves nothing behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from contracts.topics import Topic
from ops.kafka.distribution import KafkaUnavailableError
from ops.kafka.node import KafkaNode
from services.runtime.kafka.probe import brokers_alive, is_apache_kafka
from services.runtime.kafka.topics_admin import create_topics
from tests.support.eventually import eventually_sync

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka]

RECORDS = 500


async def test_every_acknowledged_record_survives_kill_and_restart(
    kafka_node: KafkaNode, topic_prefix: str
) -> None:
    topic = f"{topic_prefix}survivors"
    address = kafka_node.bootstrap_servers
    await create_topics(address, topics=[Topic(topic, (), partitions=1, dead_letters=False)])
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", enable_idempotence=True)
    await producer.start()
    sent = [await producer.send(topic, b"%d" % number) for number in range(RECORDS)]
    for acknowledgement in sent:
        await acknowledgement
    await producer.stop()
    first = kafka_node.pid

    kafka_node.kill()
    assert not _alive(first)
    assert kafka_node.restart() == address

    assert kafka_node.pid != first
    assert await _read(address, topic) == [b"%d" % number for number in range(RECORDS)]


def test_is_apache_kafka_and_its_process_ends_with_stop(kafka_node: KafkaNode) -> None:
    pid = kafka_node.pid
    assert is_apache_kafka(kafka_node.bootstrap_servers)
    assert brokers_alive(kafka_node.bootstrap_servers) == 1
    kafka_node.stop()
    assert not _alive(pid)
    assert not kafka_node.running


def test_says_why_it_does_not_start(tmp_path: Path) -> None:
    node = KafkaNode(tmp_path, overrides={"offsets.topic.num.partitions": "none"})
    with pytest.raises(KafkaUnavailableError, match=r"(?s)offsets\.topic\.num\.partitions"):
        node.start()
    assert not node.running


def test_the_command_line_starts_and_stops_it_in_the_background(tmp_path: Path) -> None:
    def kafka(command: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-m", "ops.kafka", command, "--port", "0", "--data", str(tmp_path)]
        return subprocess.run(arguments, capture_output=True, text=True, check=False)

    assert kafka("status").returncode == 3
    started = kafka("start")
    try:
        assert started.returncode == 0, started.stderr
        assert is_apache_kafka(started.stdout.strip())
        assert kafka("status").stdout == started.stdout
    finally:
        stopped = kafka("stop")
    assert stopped.returncode == 0, stopped.stderr
    assert kafka("status").returncode == 3
    eventually_sync(lambda: str(tmp_path) not in _processes(), message="the broker's process is gone")


async def _read(address: str, topic: str) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, 0)])
    await consumer.start()
    try:
        read: list[bytes] = []
        while len(read) < RECORDS:
            for records in (await consumer.getmany(timeout_ms=5000)).values():
                read += [record.value for record in records]
        return read
    finally:
        await consumer.stop()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _processes() -> str:
    return subprocess.run(["ps", "-ww", "-eo", "args="], capture_output=True, text=True, check=True).stdout
