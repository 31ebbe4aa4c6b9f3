"""Notices transactions of others that stay open, and so keep everybody from what was written after them.

Consumers read up to the last stable offset: the first record of the oldest transaction that is still open.
Its producer may have died, or forgotten to end it; until the broker gives it up, after the producer's
``transaction.timeout.ms``, nothing of the partition moves, although nobody here is at fault.
"""

import structlog
from aiokafka import TopicPartition

from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.observability.metrics import OPEN_TRANSACTION

WARN_SECONDS = 60.0
"""What most clients let a transaction take by default. Shorter: an honest one is complained of. Longer: a
partition stands still that long before anybody is told which."""

log = structlog.get_logger(__name__)


class OpenTransactions:
    """Notes for how long a topic's partitions have been held up.

    Only answers of the broker count: while none comes, or a partition is paused, nothing is known.

    Args:
        topic: whose.
    """

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._since: dict[TopicPartition, tuple[int, int]] = {}
        self._told: set[TopicPartition] = set()

    def look(self, consumer: AIOKafkaConsumer) -> float:
        """Look at a consumer's newest answers; return for how many seconds the longest has been open."""
        since: dict[TopicPartition, tuple[int, int]] = {}
        longest = 0.0
        for partition in consumer.assignment():
            stable, end = consumer.last_stable_offset(partition), consumer.highwater(partition)
            answered = consumer.last_poll_timestamp(partition)
            if stable is None or answered is None or not 0 <= stable < end:
                continue
            before, first = self._since.get(partition, (stable, answered))
            since[partition] = (stable, first if before == stable else answered)
            seconds = (answered - since[partition][1]) / 1000
            longest = max(longest, seconds)
            if seconds >= WARN_SECONDS and partition not in self._told:
                self._told.add(partition)
                log.warning(
                    "an open transaction keeps a partition from being read",
                    topic=self._topic, partition=partition.partition, offset=stable, end=end, seconds=seconds,
                )  # fmt: skip
        self._since = since
        self._told &= since.keys()
        OPEN_TRANSACTION.labels(self._topic).set(longest)
        return longest
