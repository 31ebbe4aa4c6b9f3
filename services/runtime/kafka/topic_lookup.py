"""Asks a producer's broker where topics are, quicker than aiokafka does."""

import asyncio

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from services.runtime.kafka.topic_health import NotTakenError, TopicHealth

ASK_SECONDS = 2.0
"""How long a broker may take to say where a topic is. Shorter: a busy one is taken for one that is away.
Longer: whoever writes to a missing topic for the first time waits, and the outbox with him."""


def partitions_of(producer: AIOKafkaProducer, topic: str) -> int:
    """Return how many partitions of a topic the producer knows of; 0 if it knows none."""
    return len(producer.client.cluster._partitions.get(topic, ()))  # noqa: SLF001 - else a set for each event


async def answers(producer: AIOKafkaProducer) -> bool:
    """Say whether a broker tells where topics are now."""
    try:
        async with asyncio.timeout(ASK_SECONDS):
            return bool(await producer.client.force_metadata_update())
    except TimeoutError:
        return False


def require_leader(producer: AIOKafkaProducer, place: TopicPartition) -> None:
    """Refuse to read from a partition that nobody leads: the client would wait for a leader.

    Raises:
        NotTakenError: nobody does, as far as is known; it is asked again.
    """
    if producer.client.cluster.leader_for_partition(place) in {None, -1}:
        producer.client.force_metadata_update()
        raise NotTakenError(place.topic, place.partition, "no broker leads it")


def look_at(producer: AIOKafkaProducer, place: TopicPartition, health: TopicHealth) -> None:
    """Take note of why a place has not acknowledged, as far as the broker tells."""
    cluster = producer.client.cluster
    if place.topic in cluster.unauthorized_topics:
        health.failed(place.topic, TopicAuthorizationFailedError(place.topic))
    elif not partitions_of(producer, place.topic):
        health.failed(place.topic, UnknownTopicOrPartitionError())
    elif cluster.leader_for_partition(place) in {None, -1}:
        health.late(place, "no broker leads it; bring one back that has its data")
    else:
        health.late(
            place, "its leader does not acknowledge; look at its in-sync replicas and min.insync.replicas"
        )


class TopicLookup:
    """Asks for topics that a producer does not know.

    Args:
        health: told of topics that are missing or forbidden.
    """

    def __init__(self, health: TopicHealth) -> None:
        self._health = health
        self._seen: set[str] = set()

    async def ask(self, producer: AIOKafkaProducer, topic: str) -> int:
        """Ask the broker where a topic is: aiokafka asks for 40 s before it says that there is none.

        Raises:
            NotTakenError: there is none, or it is not for us.
            KafkaError: the broker does not answer.
        """
        producer.client.add_topic(topic)
        if refusal := self._health.hopeless(topic):
            producer.client.force_metadata_update()  # whoever comes next finds the answer
            raise refusal
        try:
            async with asyncio.timeout(2 * ASK_SECONDS):
                partitions = await self._told(producer, topic)
        except TimeoutError:
            raise KafkaTimeoutError from None
        except KafkaError as error:
            self._health.failed(topic, error)
            raise self._health.hopeless(topic) or error from None
        self._seen.add(topic)
        return partitions

    async def _told(self, producer: AIOKafkaProducer, topic: str) -> int:
        """Return how many partitions a topic has, as soon as the broker says so."""
        loop = asyncio.get_running_loop()
        # one that was never seen may have been made this moment, and the broker has not heard of it yet
        until = loop.time() + (0 if topic in self._seen else ASK_SECONDS)
        if not await producer.client.force_metadata_update():  # asked for before the topic was added, perhaps
            raise KafkaConnectionError("no broker tells where topics are")
        while not (partitions := partitions_of(producer, topic)):
            if topic in producer.client.cluster.unauthorized_topics:
                raise TopicAuthorizationFailedError(topic)
            late = loop.time() >= until
            if not await producer.client.force_metadata_update():
                raise KafkaConnectionError("no broker tells where topics are")
            if late and not partitions_of(producer, topic):
                raise UnknownTopicOrPartitionError
            await asyncio.sleep(0.1)
        return partitions
