"""Reads the control topic, all of it and from the start, into the fence; every process does so by itself."""

import asyncio
import contextlib
import time
from collections.abc import Collection, Mapping
from typing import Final

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError

from contracts.cloudevents import parse_event
from contracts.errors import ErrorCode, LecternError, TransientError
from contracts.events import ControlChanged
from contracts.topics import CONTROL
from services.runtime.engine.fence import Fence
from services.runtime.kafka.consumer_internals import close
from services.runtime.kafka.log_identity import LogId, TopicSeen, look
from services.runtime.kafka.open_transactions import OpenTransactions
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.kafka.record_names import Record
from services.runtime.settings import METADATA_MAX_AGE_MS, RuntimeSettings

log = structlog.get_logger(__name__)
_RECONNECT_DELAY = 1.0

BREATH_SECONDS = 0.01
"""From one look into the topic to the next. Shorter: a fetch for each record when many jobs begin, which
costs more than the record. Longer: a cancel is heard late."""

BEAT_SECONDS = 0.25

FREEZE_SECONDS = 1.0
"""A loop that stood still so long may have slept through a cancel. Smaller: a busy machine asks the broker
for nothing. Larger: with the round trip it must stay below the two seconds in which a cancel takes effect."""

SILENCE_SECONDS = 1.5
"""The broker answers a waiting fetch twice a second; after this the connection is not to be trusted. The same
limits."""

SETTLE_SECONDS = 10.0

MISSING_SECONDS = 0.1
"""From one question for a topic that was made this moment, and that a broker has not heard of, to the next.
Shorter: a busy broker is asked in vain. Longer: starts take so long."""

CLOSE_SECONDS = 5.0
"""How long a consumer that stands still may take to close."""


class ControlReader:
    """Broadcast consumer of the control topic: no group, no commits, from offset 0.

    The watchdog looks after it as after the others (:class:`services.runtime.engine.watchdog.Watched`): a
    process that does not hear of cancellations works on for nobody.
    """

    topic: Final = CONTROL.name
    rebalancing: Final = False
    lanes_stuck: Final = False
    full: Final[Collection[TopicPartition]] = ()

    def __init__(self, settings: RuntimeSettings, fence: Fence) -> None:
        self._settings = settings
        self._fence = fence
        self._consumer: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._pulse: asyncio.Task[None] | None = None
        self.stopping = False
        self._reached: dict[TopicPartition, int] = {}
        self._doubt = False
        self._beaten_at = time.monotonic()
        self._settling = asyncio.Lock()
        self._seen: TopicSeen | None = None
        self._open_transactions = OpenTransactions(self.topic)

    @property
    def doubtful(self) -> bool:
        """Whether a cancel may have been missed: this process stood still, or the broker was not heard."""
        return self._doubt or time.monotonic() - self._beaten_at > FREEZE_SECONDS

    async def settle(self) -> None:
        """Read the control topic up to the end it has now.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        async with self._settling:
            try:
                async with asyncio.timeout(SETTLE_SECONDS):
                    while self.doubtful:
                        await self._read_to_the_end()
            except (KafkaError, TimeoutError) as error:
                raise TransientError(
                    ErrorCode.BROKER_UNAVAILABLE, f"the control topic is behind ({type(error).__name__})"
                ) from error

    async def _read_to_the_end(self) -> None:
        if self._consumer is None:
            raise KafkaConnectionError
        asked = time.monotonic()
        ends = await self._consumer.end_offsets(list(self.partitions))
        # a consumer that has just been opened has reached nothing, not even the beginning
        while any(self._reached.get(each, -1) < end for each, end in ends.items()):  # noqa: ASYNC110 - rarely waits
            await asyncio.sleep(0.01)
        if time.monotonic() - asked < FREEZE_SECONDS:  # else it may have stood still in here
            self._doubt = False
            self._beaten_at = time.monotonic()

    async def start(self, deadline: float = 30.0) -> None:
        """Read up to the present end of the topic, then go on in the background.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka_bootstrap_servers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=20 if self._settings.embedded else 500,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
        )
        self._consumer = consumer
        self._reached.clear()  # whoever settles meanwhile waits for this consumer
        try:
            await consumer.start()
            async with asyncio.timeout(deadline):
                self._seen = await _seen_by(consumer)
                consumer.assign(self.partitions)
                await self._catch_up(consumer)
        except (KafkaError, TimeoutError) as error:
            await consumer.stop()
            self._consumer = None
            raise TransientError(
                ErrorCode.BROKER_UNAVAILABLE, f"the control topic cannot be read ({type(error).__name__})"
            ) from error
        self._beaten_at = time.monotonic()
        self._task = asyncio.create_task(self._follow(consumer))
        self._pulse = asyncio.create_task(self._beat(consumer))

    async def stop(self) -> None:
        """Stop reading."""
        self.stopping = True
        await self._halt()
        if self._consumer is not None:
            await close(self._consumer, self._consumer.stop(), CLOSE_SECONDS)

    async def restart(self) -> None:
        """Close the consumer, in whatever state it is, and read the topic again with another one.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        await self._halt()
        if self._consumer is not None:
            await close(self._consumer, self._consumer.stop(), CLOSE_SECONDS)
        await self.start()

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        """The aiokafka consumer while the topic is followed."""
        return self._consumer if self._task is not None else None

    @property
    def partitions(self) -> Collection[TopicPartition]:
        """The topic's partitions."""
        count = self._seen.partitions if self._seen else CONTROL.partitions
        return tuple(TopicPartition(CONTROL.name, number) for number in range(count))

    @property
    def consuming_ended(self) -> bool:
        """Whether the task that polls has ended."""
        return self._task is not None and self._task.done()

    def behind(self, partition: TopicPartition, position: int) -> int:
        """Return the first offset that is not known: what is read is known at once."""
        del partition
        return position

    def strays(self, seen: TopicSeen) -> Collection[TopicPartition]:
        """Return all partitions if the topic is another one, or has got more of them."""
        return () if self._seen is None or self._seen.same_as(seen) else self.partitions

    def unread(self, starts: Mapping[TopicPartition, int], positions: Mapping[TopicPartition, int]) -> int:
        """Return 0: what compaction takes away is not missed."""
        del starts, positions
        return 0

    async def start_over(self, partitions: Collection[TopicPartition], found: LogId) -> None:
        """Read the topic from its beginning.

        Raises:
            TransientError: ``BROKER_UNAVAILABLE``.
        """
        del partitions, found
        await self.restart()

    async def _halt(self) -> None:
        tasks = [task for task in (self._task, self._pulse) if task is not None]
        self._task = self._pulse = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _catch_up(self, consumer: AIOKafkaConsumer) -> None:
        # end_offsets is wrong on the embedded broker after a batch; what a fetch says is right
        while True:
            await self._take(consumer, 100)
            behind = [
                partition
                for partition in self.partitions
                if (end := consumer.last_stable_offset(partition)) is None
                or await consumer.position(partition) < end
            ]
            if not behind:
                return

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            try:
                await self._take(consumer, 1000)
                await asyncio.sleep(BREATH_SECONDS)
            except KafkaError as error:
                log.warning("control topic", error=type(error).__name__)
                await asyncio.sleep(_RECONNECT_DELAY)

    async def _take(self, consumer: AIOKafkaConsumer, timeout_ms: int) -> None:
        for records in (await consumer.getmany(timeout_ms=timeout_ms)).values():
            self._apply(records)
        for partition in consumer.assignment():
            self._reached[partition] = await consumer.position(partition)

    async def _beat(self, consumer: AIOKafkaConsumer) -> None:
        """Notice that the loop stood still, or that the broker is not heard."""
        heard, heard_at = None, time.monotonic()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now = time.monotonic()
            last = [consumer.last_poll_timestamp(partition) for partition in self.partitions]
            if last != heard:
                heard, heard_at = last, now
            self._doubt = (
                self._doubt or now - self._beaten_at > FREEZE_SECONDS or now - heard_at > SILENCE_SECONDS
            )
            self._beaten_at = now
            self._open_transactions.look(consumer)

    def _apply(self, records: list[Record]) -> None:
        for record in records:
            if record.value is None:
                with contextlib.suppress(UnicodeDecodeError):
                    self._fence.forget((record.key or b"").decode())
                continue
            try:
                event = parse_event(record.value, record.headers)
            except LecternError as error:
                log.warning("not a control event", offset=record.offset, reason=error.message)
                continue
            if isinstance(event, ControlChanged):
                self._fence.apply(event)


async def _seen_by(consumer: AIOKafkaConsumer) -> TopicSeen:
    """Return the topic as it is now: of one that was never seen, nobody would know that it was made anew."""
    while True:
        seen = (await look(consumer._client, [CONTROL.name])).get(CONTROL.name)  # noqa: SLF001
        if seen is not None:
            return seen
        await asyncio.sleep(MISSING_SECONDS)
