"""Commits of who is no member of its group any more, against a real broker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import replace

import pytest
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError

from contracts import topics
from services.runtime.kafka.consumer_internals import committed_of
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.kafka.topics_admin import create_topics
from tests.support.brokers import Broker
from tests.support.engines import producing
from tests.support.eventually import eventually

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka, pytest.mark.timeout(60)]


class Member(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """The only member of a group; ``revoked`` is called while it joins anew."""

    def __init__(self, servers: str, name: str) -> None:
        self.place = TopicPartition(name, 0)
        self.joins = 0
        self.revoked: Callable[[], Awaitable[None]] | None = None
        self.consumer = AIOKafkaConsumer(bootstrap_servers=servers, group_id=name, enable_auto_commit=False)

    async def on_partitions_revoked(self, _: Collection[TopicPartition]) -> None:
        if self.revoked is not None:
            await self.revoked()

    async def on_partitions_assigned(self, _: Collection[TopicPartition]) -> None:
        self.joins += 1

    async def commit(self, offset: int) -> None:
        await self.consumer.commit({self.place: (offset, "")})

    async def committed(self) -> int | None:
        found = (await committed_of(self.consumer, [self.place])).get(self.place)
        return found.offset if found else None

    async def is_forgotten(self) -> None:
        """Have the group be empty, as it is in another cluster, and the member join it anew."""
        await self.consumer._coordinator._maybe_leave_group()

    async def joins_again(self) -> None:
        await eventually(lambda: self.joins == 2, 30, message="it joins anew")


@pytest.fixture
async def member(broker: Broker, unique_name: str) -> AsyncIterator[Member]:
    topic = replace(topics.SCENE_PLANNED, name=unique_name, partitions=1)
    await create_topics(broker.bootstrap_servers, topics=[topic])
    made = Member(broker.bootstrap_servers, unique_name)
    made.consumer.subscribe([unique_name], listener=made)
    await made.consumer.start()
    yield made
    await made.consumer.stop()


async def test_who_was_forgotten_commits_nothing_before_it_is_a_member_again(member: Member) -> None:
    raised: list[Exception] = []

    async def commit() -> None:
        try:
            await member.commit(1)
        except KafkaError as error:
            raised.append(error)

    member.revoked = commit
    await member.is_forgotten()
    await member.joins_again()
    assert [type(error) for error in raised] == [CommitFailedError]
    assert await member.committed() is None
    await member.commit(1)
    assert await member.committed() == 1


async def test_what_was_asked_for_as_the_member_that_it_was_is_not_committed_as_another(
    member: Member,
) -> None:
    async with member.consumer._coordinator._commit_lock:  # as a commit waits that looks for its coordinator
        late = asyncio.create_task(member.commit(1))
        await asyncio.sleep(0)
        await member.is_forgotten()
        await member.joins_again()
    with pytest.raises(CommitFailedError):
        await late
    assert await member.committed() is None


async def test_who_was_assigned_partitions_by_hand_commits_from_outside(
    member: Member, broker: Broker
) -> None:
    outside = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap_servers,
        group_id=f"{member.place.topic}-2",
        enable_auto_commit=False,
    )
    await outside.start()
    outside.assign([member.place])
    await outside.commit({member.place: (1, "")})
    assert (await committed_of(outside, [member.place]))[member.place].offset == 1
    await outside.stop()


async def test_who_has_the_client_commit_by_itself_is_committed_for(broker: Broker, unique_name: str) -> None:
    topic = replace(topics.SCENE_PLANNED, name=unique_name, partitions=1)
    await create_topics(broker.bootstrap_servers, topics=[topic])
    async with producing(broker.bootstrap_servers) as producer:
        await producer.send_and_wait(unique_name, b"{}", partition=0)
    by_itself = AIOKafkaConsumer(
        unique_name, bootstrap_servers=broker.bootstrap_servers, group_id=unique_name,
        auto_offset_reset="earliest", auto_commit_interval_ms=100,
    )  # fmt: skip
    await by_itself.start()
    await by_itself.getone()
    place = TopicPartition(unique_name, 0)

    async def stands() -> bool:
        return place in (known := await committed_of(by_itself, [place])) and known[place].offset == 1

    await eventually(stands, 10)
    await by_itself.stop()
