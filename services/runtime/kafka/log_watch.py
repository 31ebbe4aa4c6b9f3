"""Sees that a topic is not the one any more that is being read, and has it read from its beginning.

A topic that was deleted and made again, or that another cluster has, counts its offsets from 0: whoever goes
on at the old ones skips what lies below them, if the new log is longer, and waits for ever, if it is shorter.
Neither raises, and neither looks like lag. So the id of each topic is asked for, with the ends.

It is also where records show that retention deleted before anybody had read them.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import structlog
from aiokafka import TopicPartition

from contracts.errors import LecternError
from services.runtime.kafka.consumer_internals import vitals_of
from services.runtime.kafka.log_identity import LogId, TopicSeen
from services.runtime.kafka.observer import Survey
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.observability.metrics import LOGS_REPLACED, TOPICS_MISSING, UNREAD_DELETED

TIMES: Final = 2
"""How often in a row a partition must end below what was finished of it. Once is no proof: the leader of a
partition may just have changed."""

MISSING_LOOKS: Final = 12
"""Looks, a minute, after which missing topics are created. Fewer: whoever deletes a topic to make it anew
finds it there already. More: another cluster, still empty, is not worked with as long."""

log = structlog.get_logger(__name__)

Surveys = Callable[[Collection[str], Collection[TopicPartition]], Awaitable[Survey | None]]
"""See :meth:`services.runtime.kafka.observer.Observer.survey`."""


class Consuming(Protocol):
    """What is seen of whoever consumes: an ``Intake`` or the ``ControlReader``."""

    @property
    def topic(self) -> str:
        """What it reads."""

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        """The aiokafka consumer, while there is one."""

    @property
    def partitions(self) -> Collection[TopicPartition]:
        """The assigned partitions."""

    @property
    def stopping(self) -> bool:
        """Whether it is being stopped, and nothing moves on purpose."""

    def behind(self, partition: TopicPartition, position: int) -> int:
        """Return the first offset that is not finished; ``position`` is what is consumed next."""


class Reader(Consuming, Protocol):
    """One that can read from the beginning what is another log by now."""

    def strays(self, seen: TopicSeen) -> Collection[TopicPartition]:
        """Return the partitions whose offsets count in another log than the one that is there now."""

    def unread(self, starts: Mapping[TopicPartition, int], positions: Mapping[TopicPartition, int]) -> int:
        """Return how many records were deleted, since it was asked last, that it was never given."""

    async def start_over(self, partitions: Collection[TopicPartition], found: LogId) -> None:
        """Read these partitions from their beginnings; their log is ``found`` now."""


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A reader whose offsets mean nothing any more, and where."""

    reader: Reader
    partitions: Collection[TopicPartition]
    log: LogId


class LogWatch:
    """Watches the logs that a process reads.

    Args:
        readers: its consumers.
        ask: see :data:`Surveys`.
        ends_are_right: whether a partition that ends below what was read of it was cut off; the ends that the
            embedded broker tells are not always right.
        create: creates the topics that are missing; without it somebody else must.
    """

    def __init__(
        self,
        readers: Sequence[Reader],
        ask: Surveys,
        *,
        ends_are_right: bool = True,
        create: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._create = create
        self._missed = 0
        self._readers = readers
        self._ask = ask
        self._ends_are_right = ends_are_right
        self._beyond: Counter[TopicPartition] = Counter()
        self._missing: list[str] = []
        for reader in readers:
            UNREAD_DELETED.labels(reader.topic)  # is there from the start, at 0: an alarm looks for a rise

    def problems(self) -> list[str]:
        """Return the topics that are not there."""
        return [f"{topic}: the topic is missing" for topic in self._missing]

    def positions(self) -> Mapping[TopicPartition, int]:
        """Return what is finished of each partition; to be asked before Kafka is."""
        found: dict[TopicPartition, int] = {}
        for reader in self._reading:
            consumer = reader.consumer
            for partition, at in (vitals_of(consumer).positions if consumer else {}).items():
                found[partition] = reader.behind(partition, at)
        return found

    async def survey(self) -> Survey | None:
        """Return how the topics stand, ``None`` when Kafka does not answer; mind those that are missing."""
        readers = self._reading
        asked = {partition for reader in readers for partition in reader.partitions}
        survey = await self._ask({reader.topic for reader in readers}, asked)
        if survey is not None:
            await self._mind_missing(sorted({each.topic for each in readers} - survey.topics.keys()))
        return survey

    @property
    def _reading(self) -> list[Reader]:
        return [each for each in self._readers if each.consumer is not None and not each.stopping]

    def misplaced(
        self,
        survey: Survey,
        positions: Mapping[TopicPartition, int],
        ends: Mapping[TopicPartition, int],
    ) -> list[Misplaced]:
        """Return whoever must start over, and count what was deleted unread of the others.

        Args:
            survey: from :meth:`survey`.
            positions: from :meth:`positions`, taken before the others.
            ends: the partitions' end offsets.
        """
        cut = self._cut_off(positions, ends)
        found = []
        for reader in self._reading:
            seen = survey.topics.get(reader.topic)
            if seen is None:
                continue
            strays = {*reader.strays(seen), *(each for each in reader.partitions if each in cut)}
            if strays:
                LOGS_REPLACED.labels(reader.topic).inc()
                log.error(
                    "a topic is not the one any more that was read: it is read from its beginning",
                    topic=reader.topic,
                    log=str(seen.log),
                    partitions=sorted(each.partition for each in strays),
                )
                found.append(Misplaced(reader, strays, seen.log))
            else:
                self._count_unread(reader, survey.starts, positions)
        return found

    async def _mind_missing(self, missing: list[str]) -> None:
        self._missing = missing
        TOPICS_MISSING.set(len(missing))
        self._missed = self._missed + 1 if missing else 0
        if self._create is None or self._missed < MISSING_LOOKS:
            return
        self._missed = 0
        log.error("topics are missing: they are created", topics=missing)
        try:
            await self._create()
        except LecternError as error:
            log.warning("topics cannot be created", error=error.message)

    def _cut_off(
        self, positions: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> Collection[TopicPartition]:
        if not self._ends_are_right:
            return ()
        beyond = {
            each
            for each, at in positions.items()
            if each in ends and ends[each] < at and not self._goes_on(each, at)
        }
        self._beyond = Counter({each: self._beyond[each] + 1 for each in beyond})
        return {each for each, times in self._beyond.items() if times >= TIMES}

    def _goes_on(self, partition: TopicPartition, at: int) -> bool:
        """Say whether records stand at ``at`` that an open transaction hides, and with them the end.

        Whoever read uncommitted records, or was put behind all of them, is ahead of what can be read now.
        """
        consumers = [each.consumer for each in self._reading if each.topic == partition.topic]
        return any(
            partition in consumer.assignment() and (consumer.highwater(partition) or 0) >= at
            for consumer in consumers
            if consumer is not None
        )

    def _count_unread(
        self, reader: Reader, starts: Mapping[TopicPartition, int], positions: Mapping[TopicPartition, int]
    ) -> None:
        unread = reader.unread(starts, positions)
        if unread:
            UNREAD_DELETED.labels(reader.topic).inc(unread)
            log.error("records were deleted before they were read", topic=reader.topic, records=unread)
