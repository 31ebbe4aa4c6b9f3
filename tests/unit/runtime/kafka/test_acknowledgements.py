"""What is remembered of events whose acknowledgement is late, and for how long."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from services.runtime.kafka import acknowledgements
from services.runtime.kafka.acknowledgements import Acknowledgements
from services.runtime.kafka.topic_health import TopicHealth
from tests.support.eventually import eventually
from tests.support.records import planned

HERE = TopicPartition("topic", 0)


class Producer:
    """One whose broker answers, and does not acknowledge."""

    def __init__(self) -> None:
        self.client = self.cluster = cast("Any", self)
        self.unauthorized_topics: set[str] = set()
        self._partitions: Mapping[str, object] = {HERE.topic: {HERE.partition}}

    async def force_metadata_update(self) -> bool:
        return True

    def leader_for_partition(self, _: TopicPartition) -> int:
        return 1


class Room:
    def __init__(self) -> None:
        self.health = TopicHealth()
        self.acknowledgements = Acknowledgements(self.health, self.renew)
        self.event = planned()
        self.name = str(self.event.event_id)
        self.late: asyncio.Future[object] = asyncio.get_running_loop().create_future()

    async def renew(self, _: AIOKafkaProducer) -> None:
        return

    async def arrives_late(self) -> None:
        """Have the event acknowledged after nobody waits for that any more."""
        sent = (self.event, HERE, self.late)
        assert await self.acknowledgements.wait(cast("AIOKafkaProducer", Producer()), [sent], 0.01)
        assert self.acknowledgements.given_again(self.name) is self.late
        self.late.set_result(None)
        await eventually(lambda: not self.health)


async def test_an_event_that_arrived_late_is_not_sent_twice() -> None:
    room = Room()
    await room.arrives_late()
    assert room.acknowledgements.given_again(room.name) is room.late
    assert room.acknowledgements.given_again(room.name) is None


async def test_one_that_was_found_in_the_log_may_be_announced_again_when_its_topic_is_made_anew() -> None:
    room = Room()
    await room.arrives_late()
    room.acknowledgements.found([room.name])
    assert room.acknowledgements.given_again(room.name) is None


async def test_one_that_nobody_asked_for_again_is_not_remembered_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(acknowledgements, "KEPT_SECONDS", 0.01)
    room = Room()
    await room.arrives_late()
    await eventually(lambda: not room.acknowledgements)


async def test_one_that_is_still_under_way_is_joined_though_it_was_found() -> None:
    room = Room()
    sent = (room.event, HERE, room.late)
    await room.acknowledgements.wait(cast("AIOKafkaProducer", Producer()), [sent], 0.01)
    room.acknowledgements.found([room.name])
    assert room.acknowledgements.given_again(room.name) is room.late
