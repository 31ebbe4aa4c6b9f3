"""What Kafka says of the topics, asked over a connection of the watchdog's own."""

import contextlib
from asyncio import timeout
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from services.runtime.kafka.log_identity import TopicSeen, look
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.settings import RuntimeSettings

ANSWER_SECONDS: Final = 5.0
"""How long Kafka may take to answer; after that the connection is given up."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What Kafka has at one moment.

    Attributes:
        topics: those that are there.
        starts: the first offset of each partition that was asked about, is there, and has a leader.
    """

    topics: Mapping[str, TopicSeen]
    starts: Mapping[TopicPartition, int]


class Observer:
    """Asks Kafka, one connection for all questions.

    Args:
        settings: where Kafka is.
    """

    def __init__(self, settings: RuntimeSettings) -> None:
        self._servers = settings.kafka_bootstrap_servers
        self._consumer: AIOKafkaConsumer | None = None

    async def ends(self, partitions: Collection[TopicPartition]) -> Mapping[TopicPartition, int] | None:
        """Return the partitions' end offsets, ``None`` when Kafka does not answer.

        Without partitions: whether Kafka answers at all.
        """
        try:
            async with timeout(ANSWER_SECONDS):
                consumer = self._consumer or await self._connect()
                if not partitions:
                    await consumer.topics()
                    return {}
                found: Mapping[TopicPartition, int] = await consumer.end_offsets(list(partitions))
                return found
        except (KafkaError, TimeoutError, OSError):
            await self.stop()  # the next question goes over a new connection
            return None

    async def survey(self, topics: Collection[str], partitions: Collection[TopicPartition]) -> Survey | None:
        """Return how topics stand; ``None`` when Kafka does not answer.

        Args:
            topics: whose identity is asked for.
            partitions: whose first offsets are asked for, as far as somebody can tell.
        """
        try:
            async with timeout(ANSWER_SECONDS):
                consumer = self._consumer or await self._connect()
                seen = await look(consumer._client, topics)  # noqa: SLF001
                led = [each for each in partitions if _is_led(each, seen)]
                return Survey(seen, await consumer.beginning_offsets(led) if led else {})
        except (KafkaError, TimeoutError, OSError):
            await self.stop()
            return None

    async def stop(self) -> None:
        """Disconnect."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            with contextlib.suppress(KafkaError, TimeoutError, OSError):
                async with timeout(ANSWER_SECONDS):
                    await consumer.stop()

    async def _connect(self) -> AIOKafkaConsumer:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            group_id=None,
            enable_auto_commit=False,
            request_timeout_ms=int(ANSWER_SECONDS * 1000),
        )
        await self._consumer.start()
        return self._consumer


def _is_led(partition: TopicPartition, seen: Mapping[str, TopicSeen]) -> bool:
    """Say whether offsets can be asked for: of one partition that nobody leads, aiokafka waits with all."""
    topic, number = seen.get(partition.topic), partition.partition
    return topic is not None and number < topic.partitions and number not in topic.leaderless
