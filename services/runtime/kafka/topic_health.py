"""Which topics and partitions take no records, so that nobody waits for them who need not."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import InvalidTopicError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError

from contracts.errors import ErrorCode, TransientError
from services.runtime.observability.metrics import TOPIC_UNWRITABLE

TRY_SECONDS = 1.0
"""From one try of what takes nothing to the next. Shorter: errors by the dozen. Longer: events wait on when
it is mended."""

NAMED_SECONDS = 5.0
"""How long a partition takes nothing before it is named as a problem. Shorter: each election of a leader
makes processes unready. Longer: nobody is told."""

UNTRIED_SECONDS = 120.0
"""After this, what nobody offers anything to is not known any more. Shorter: it is forgotten between two
tries of a stage whose work is long. Longer: a process that has nothing more to write there (another one leads
the outbox by now, the job is over) is not ready for so long after it was mended."""

HOPELESS: Mapping[type[Exception], str] = {
    UnknownTopicOrPartitionError: "there is no such topic; run `lectern topics create`",
    TopicAuthorizationFailedError: "this client may not write to it; grant it WRITE and DESCRIBE",
    InvalidTopicError: "the broker does not accept its name",
}
"""What a broker says of a topic as a whole, and does not say in passing."""

log = structlog.get_logger(__name__)


class NotTakenError(TransientError):
    """A topic, or one partition of it, takes no records at present.

    Args:
        topic: its name.
        partition: the one that takes nothing; ``None`` for the whole topic.
        why: what is wrong and what to do.
        sent: whether the record is with a producer that goes on trying.
    """

    def __init__(self, topic: str, partition: int | None, why: str, *, sent: bool = False) -> None:
        where = topic if partition is None else f"partition {partition} of {topic}"
        super().__init__(ErrorCode.BROKER_UNAVAILABLE, f"{where} takes no records: {why}")
        self.topic = topic
        self.partition = partition
        self.why = why
        self.sent = sent

    def __reduce__(self) -> tuple[type["NotTakenError"], tuple[object, ...]]:
        """See the base: this one is made of other things."""
        return type(self), (self.topic, self.partition, self.why)


class UnreadError(TransientError):
    """Some of the events that were looked for could not be.

    Args:
        found: ids of those that stand in their topics.
        unread: why others could not be looked for, by id.
    """

    def __init__(self, found: set[UUID], unread: Mapping[UUID, TransientError]) -> None:
        why = next(iter(unread.values()))
        super().__init__(why.code, f"{len(unread)} events cannot be looked for: {why.message}")
        self.found = found
        self.unread = unread

    def __reduce__(self) -> tuple[type["UnreadError"], tuple[object, ...]]:
        """See the base: this one is made of other things."""
        return type(self), (self.found, self.unread)


@dataclass(slots=True)
class _Trouble:
    why: str
    since: float
    next_try: float
    offered: float
    pending: int = 0

    def untried(self, since: float) -> bool:
        """Say whether nobody has wanted to write there for so long, and nothing is on its way."""
        return not self.pending and self.offered <= since


@dataclass(slots=True)
class _Topic:
    hopeless: _Trouble | None = None
    partitions: dict[int, _Trouble] = field(default_factory=dict)
    taken: bool = False  # by another partition, since the first one took nothing


class TopicHealth:
    """What a publisher has learnt of the topics that take nothing; empty when all is well."""

    def __init__(self) -> None:
        self._topics: dict[str, _Topic] = {}

    def __bool__(self) -> bool:
        return bool(self._topics)

    def check(self, topic: str, partition: int | None, partitions: int = 0) -> None:
        """Refuse a record for what takes nothing, unless it is time to try.

        Args:
            topic: where it goes.
            partition: where in it; ``None`` if that is not known.
            partitions: how many the topic has.

        Raises:
            NotTakenError: do not send it now.
        """
        there = self._topics.get(topic)
        if there is None:
            return
        now = asyncio.get_running_loop().time()
        trouble = there.hopeless
        if trouble is None and partition is not None:
            trouble = there.partitions.get(partition)
        if trouble is None:
            return
        trouble.offered = now
        if trouble.pending or now < trouble.next_try:
            whole = there.hopeless is not None or self._whole(there, partitions)
            raise NotTakenError(topic, None if whole else partition, trouble.why)
        trouble.next_try = now + TRY_SECONDS

    def error(self, topic: str, partition: int, partitions: int, *, sent: bool) -> NotTakenError:
        """Return what is known of a place that has not acknowledged a record; ``sent``: but may do so yet."""
        there = self._topics.get(topic) or _Topic()
        trouble = there.hopeless or there.partitions.get(partition)
        whole = there.hopeless is not None or self._whole(there, partitions)
        why = trouble.why if trouble else "it has not acknowledged in time"
        return NotTakenError(topic, None if whole else partition, why, sent=sent)

    @staticmethod
    def _whole(there: _Topic, partitions: int) -> bool:
        """Say whether so many partitions take nothing that the topic is taken for one that does not."""
        late = len(there.partitions)
        return 0 < partitions <= 2 * late or (late > 1 and not there.taken)

    def known(self, place: TopicPartition) -> bool:
        """Say whether a place is known to take nothing, so that nobody waits for its acknowledgement."""
        there = self._topics.get(place.topic)
        return there is not None and (there.hopeless is not None or place.partition in there.partitions)

    def hopeless(self, topic: str) -> NotTakenError | None:
        """Return the refusal of a topic that is missing or forbidden."""
        there = self._topics.get(topic)
        if there is None or there.hopeless is None:
            return None
        there.hopeless.offered = asyncio.get_running_loop().time()
        return NotTakenError(topic, None, there.hopeless.why)

    def failed(self, topic: str, error: Exception) -> bool:
        """Take note of an error that a broker gave; says whether it is about the topic as a whole."""
        why = HOPELESS.get(type(error))
        if why is None:
            return False
        there = self._noted(topic)
        if there.hopeless is None:
            there.hopeless = self._trouble(why)
            self._tell(topic, why)
        return True

    def late(self, place: TopicPartition, why: str) -> None:
        """Take note of a partition that does not acknowledge although its broker answers."""
        there = self._noted(place.topic)
        if place.partition not in there.partitions:
            there.partitions[place.partition] = self._trouble(why)
            self._tell(place.topic, why, partition=place.partition)

    def pends(self, place: TopicPartition, more: int) -> None:
        """Count the records that a producer goes on offering to a place; more than one need not."""
        there = self._topics.get(place.topic)
        if there is None:
            return
        for trouble in (there.hopeless, there.partitions.get(place.partition)):
            if trouble is not None:
                trouble.pending = max(0, trouble.pending + more)

    def took(self, place: TopicPartition) -> None:
        """Take note of an acknowledgement."""
        there = self._topics.get(place.topic)
        if there is None:
            return
        there.hopeless = None
        there.taken = True
        there.partitions.pop(place.partition, None)
        if not there.partitions:
            self._forget(place.topic)
            log.info("topic takes records again", topic=place.topic)

    def problems(self) -> list[str]:
        """Return what takes no records and why, empty when everything does."""
        found: list[str] = []
        for name, topic in self._topics.items():
            if topic.hopeless is not None:
                found.append(f"{name} takes no records: {topic.hopeless.why}")
                continue
            now = asyncio.get_running_loop().time()
            late = sorted(n for n, each in topic.partitions.items() if now - each.since >= NAMED_SECONDS)
            if late:
                numbers = ", ".join(map(str, late))
                found.append(
                    f"{name} takes no records in partition {numbers}: {topic.partitions[late[0]].why}"
                )
        return found

    @staticmethod
    def _trouble(why: str) -> _Trouble:
        now = asyncio.get_running_loop().time()
        return _Trouble(why, since=now, next_try=now + TRY_SECONDS, offered=now)

    def _noted(self, topic: str) -> _Topic:
        there = self._topics.get(topic)
        if there is None:
            there = self._topics[topic] = _Topic()
            self._mind_later(topic, there)
        return there

    def _mind_later(self, topic: str, there: _Topic) -> None:
        asyncio.get_running_loop().call_later(UNTRIED_SECONDS, self._mind, topic, there)

    def _mind(self, topic: str, there: _Topic) -> None:
        """Forget what nobody offers anything to: only who writes there would notice that it was mended."""
        if self._topics.get(topic) is not there:
            return
        since = asyncio.get_running_loop().time() - UNTRIED_SECONDS
        if there.hopeless is not None and there.hopeless.untried(since):
            there.hopeless = None
        for number in [number for number, each in there.partitions.items() if each.untried(since)]:
            del there.partitions[number]
        if there.hopeless is not None or there.partitions:
            self._mind_later(topic, there)
        else:
            self._forget(topic)
            log.info("nobody writes to a topic any more that took no records", topic=topic)

    def _forget(self, topic: str) -> None:
        del self._topics[topic]
        TOPIC_UNWRITABLE.labels(topic).set(0)

    @staticmethod
    def _tell(topic: str, why: str, **fields: int) -> None:
        TOPIC_UNWRITABLE.labels(topic).set(1)
        log.warning("topic takes no records", topic=topic, why=why, **fields)
