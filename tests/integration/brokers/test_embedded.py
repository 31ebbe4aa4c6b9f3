"""The embedded broker: answers at once, and ends with whoever started it, however that ends."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts.errors import ErrorCode, TransientError
from contracts.topics import Topic
from services.runtime.embedded_broker import EmbeddedBroker, embedded_broker
from services.runtime.kafka.probe import NoAnswerError, brokers_alive, free_port, is_apache_kafka
from services.runtime.kafka.topics_admin import create_topics
from tests.support.eventually import eventually, eventually_sync

pytestmark = pytest.mark.kafka

HOLDER = """
import sys, time
from services.runtime.embedded_broker import EmbeddedBroker
broker = EmbeddedBroker()
print(broker.start(), flush=True)
sys.stdin.read()
"""


def _gone(address: str) -> bool:
    try:
        brokers_alive(address, timeout=0.5)
    except NoAnswerError:
        return True
    return False


async def test_a_group_reads_what_was_sent() -> None:
    async with embedded_broker() as address:
        await create_topics(address, topics=[Topic("greetings", (), partitions=3, dead_letters=False)])
        producer = AIOKafkaProducer(bootstrap_servers=address)
        await producer.start()
        for number in range(9):
            await producer.send_and_wait("greetings", b"%d" % number, key=b"%d" % number)
        await producer.stop()
        consumer = AIOKafkaConsumer(
            "greetings", bootstrap_servers=address, group_id="g", auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            read = {(await consumer.getone()).value for _ in range(9)}
        finally:
            await consumer.stop()
    assert read == {b"%d" % number for number in range(9)}
    assert _gone(address)


async def test_is_told_apart_from_apache_kafka() -> None:
    async with embedded_broker() as address:
        assert not await asyncio.to_thread(is_apache_kafka, address)


async def test_ends_when_its_task_is_cancelled() -> None:
    opened: list[str] = []

    async def hold() -> None:
        async with embedded_broker() as address:
            opened.append(address)
            await asyncio.Event().wait()

    task = asyncio.create_task(hold())
    await eventually(lambda: bool(opened))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert _gone(opened[0])


@pytest.mark.skipif(sys.platform == "win32", reason="kills with SIGKILL")
def test_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        address = parent.stdout.readline().strip()
        assert not _gone(address)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    eventually_sync(lambda: _gone(address), message="the broker ends after its parent")


def test_a_taken_port_is_a_clear_error(tmp_path: Path) -> None:
    first = EmbeddedBroker()
    port = int(first.start().rpartition(":")[2])
    try:
        second = EmbeddedBroker(port=port, log=tmp_path / "log")
        # Somebody answers at the port, so only the process tells that it is not ours.
        with pytest.raises(TransientError, match=str(port)) as caught:
            second.start()
        assert caught.value.code is ErrorCode.BROKER_UNAVAILABLE
        assert not second.running
    finally:
        first.stop()


def test_starts_again_after_a_stop() -> None:
    broker = EmbeddedBroker(port=free_port())
    for _ in range(2):
        address = broker.start()
        assert brokers_alive(address) == 1
        broker.stop()
        assert _gone(address)
