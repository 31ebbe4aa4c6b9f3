"""How long a topic is known for one that takes no records."""

import asyncio

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from services.runtime.kafka import topic_health
from services.runtime.kafka.topic_health import NotTakenError, TopicHealth
from services.runtime.observability.metrics import TOPIC_UNWRITABLE
from tests.support.eventually import eventually

HERE = TopicPartition("topic", 0)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_health, "UNTRIED_SECONDS", 0.1)


def unwritable() -> float:
    return float(TOPIC_UNWRITABLE.labels(HERE.topic)._value.get())


async def test_a_process_that_has_nothing_more_to_write_is_ready_again() -> None:
    health = TopicHealth()
    health.failed(HERE.topic, UnknownTopicOrPartitionError())
    health.late(HERE, "nobody leads it")
    assert health.problems()
    assert unwritable() == 1
    await eventually(lambda: not health)
    assert health.problems() == []
    assert unwritable() == 0


async def test_what_somebody_wants_to_write_to_stays_known() -> None:
    health = TopicHealth()
    health.failed(HERE.topic, UnknownTopicOrPartitionError())
    until = asyncio.get_running_loop().time() + 0.5
    while asyncio.get_running_loop().time() < until:
        with pytest.raises(NotTakenError):
            health.check(HERE.topic, HERE.partition, 1)
        await asyncio.sleep(0.01)
    assert health.problems()


async def test_what_a_record_is_on_its_way_to_stays_known_until_that_is_decided() -> None:
    health = TopicHealth()
    health.late(HERE, "nobody leads it")
    health.pends(HERE, 1)
    another = TopicPartition("another", 0)
    health.late(another, "nobody leads it")
    await eventually(lambda: not health.known(another))
    assert health.known(HERE)
    health.pends(HERE, -1)
    await eventually(lambda: not health)
