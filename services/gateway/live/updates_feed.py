"""Reads the log of updates into the hub: every gateway process all of it, without a group, from its end on.

It is never in anybody's way: viewers are given what stands in the ledger whether it runs or not, and it opens
a new consumer as often as it must. A consumer that goes on where it stood leaves no gap. Where that cannot be
(records expired, a log made anew, Kafka not heard for a while) the watched jobs are read from the ledger.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final
from uuid import uuid4

import structlog
from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from contracts.base import derived_id
from contracts.cloudevents import parse_event
from contracts.errors import ErrorCode, LecternError, TransientError
from contracts.events import JobUpdated
from contracts.topics import UPDATES
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.live import snapshots
from services.gateway.live.hub import Hub
from services.gateway.live.replay_buffer import RING
from services.gateway.live.updates import Update
from services.gateway.metrics import UPDATE_GAPS
from services.runtime.kafka.consumer_internals import close
from services.runtime.kafka.log_identity import LogId, TopicSeen, look
from services.runtime.kafka.open_transactions import OpenTransactions
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.settings import RuntimeSettings

RECONNECT_SECONDS: Final = 0.5
BREATH_SECONDS: Final = 0.005
"""From what came out of the log to the next look into it, unless telling it took longer. Shorter: a fetch for
each record when many change. Longer: late. With 15 ms, 100 updates a second of 50 viewers each took 0.26 of a
core instead of 0.32 and came 17 ms late instead of 10; 500 took the same and came 28 late instead of 17."""

TURN: Final = 2
"""Records told in a row before others may use the event loop: with 50 viewers each, two milliseconds. All
that had come stood in its way for 0.7 s, and whoever waited for the ledger or Kafka waited for them."""

SHARE: Final = 8
"""Of what has come, an eighth is told in a row if that is more. With a fixed number, reports were taken in
faster than they were told where both is too much, and the ends of jobs waited behind them for 6 s."""

PIECE: Final = 16
"""Records that are made ready in a row before the first of them is told. One by one each cost ten times as
much, 280 us: what that takes of the processor's memory has gone with the 50 writes of the one before."""

LOOK_SECONDS: Final = 1.0
"""Between two looks for transactions that hold the log up."""

CLOSE_SECONDS: Final = 5.0
OPEN_SECONDS: Final = 30.0
"""From the first request to the end of the log as it was then; a broker that starts takes some of it."""

SILENCE_SECONDS: Final = 5.0
"""The broker answers a waiting fetch twice a second. Who was not answered for so long reads the ledger once
it is again. Smaller: a broker's long collection costs reads. Larger: more may have been missed."""

STALL_SECONDS: Final = 15.0
"""After this another consumer is opened: the connection may have stalled for good."""

MEND_SECONDS: Final = 2.0
"""From one try to read a gap from a ledger that is away to the next. Shorter: what comes meanwhile is told
late. Longer: so is what was missed."""

TOPIC_SECONDS: Final = 5.0
"""Between two questions whether the topic is still the same. Larger: what is written to one that was made
anew, or to partitions that were added, is told as much later. Smaller: more requests, for nothing."""

MARGIN: Final = timedelta(seconds=60)
"""By so much the clocks of gateways may differ."""

log = structlog.get_logger(__name__)


class Broadcast:
    """See the module.

    Args:
        hub: what is fed.
        ledger: read after a gap.
        settings: where Kafka is.
        now: the clock of the ledger's moments.
    """

    def __init__(
        self, hub: Hub, ledger: Ledger, settings: RuntimeSettings, now: Callable[[], datetime]
    ) -> None:
        self._hub = hub
        self._ledger = ledger
        self._servers = settings.kafka_bootstrap_servers
        self._now = now
        self._epoch = ""
        self._seen: TopicSeen | None = None
        self._moved = False
        self._following = False
        self._gap_since: datetime | None = now()  # viewers may be there before the log is
        self._mend_at = 0.0
        self._heard: dict[TopicPartition, tuple[int | None, float]] = {}
        self._open_transactions = OpenTransactions(UPDATES.name)
        self._look_at = 0.0

    def problems(self) -> list[str]:
        """Return why viewers may be told late, empty when they are not."""
        if not self._following:
            return ["updates: not read"]
        silent = self._silent
        return [f"updates: Kafka not heard for {silent:.0f} s"] if silent > 2 * SILENCE_SECONDS else []

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                async with self._consumer() as consumer, contextlib.AsyncExitStack() as stack:
                    await self._start(consumer)
                    stack.enter_context(self._watching(consumer))
                    self._following = True
                    log.info("updates.followed", epoch=self._epoch)
                    await self._follow(consumer)
            except Exception as error:  # noqa: BLE001 - whatever it was: viewers wait for the next consumer
                level = log.warning if self._following else log.debug  # told once, not at every try
                level("updates.lost", error=repr(error))
            finally:
                self._following = False
            await asyncio.sleep(RECONNECT_SECONDS)

    @contextlib.asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers,
            client_id="lectern-gateway-updates",
            enable_auto_commit=False,
            auto_offset_reset="none",  # what has expired is a gap, and a gap is not passed over in silence
        )
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                await consumer.start()
            yield consumer
        finally:
            await close(consumer, consumer.stop(), CLOSE_SECONDS)

    async def _start(self, consumer: AIOKafkaConsumer) -> None:
        """Go on where the last consumer stood; where that cannot be, begin anew with the newest records."""
        async with asyncio.timeout(OPEN_SECONDS):
            seen, before = await log_of(self._servers or ""), self._seen
            count = seen.partitions
            partitions = [TopicPartition(UPDATES.name, number) for number in range(count)]
            consumer.assign(partitions)
            begins = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            positions = self._hub.cursor.offsets
            same = before is not None and before.same_as(seen)
            continued = same and all(
                begins[each] <= positions[each.partition] <= ends[each] for each in partitions
            )
            if not continued:
                # the same log, shorter than it was, is another one: its offsets mean something else now
                self._epoch = f"{epoch_of(seen.log)}.{uuid4().hex[:16]}" if same else epoch_of(seen.log)
                positions = tuple(max(begins[each], ends[each] - RING // count) for each in partitions)
                self._hub.begin(self._epoch, positions)
                self._doubt()
            self._seen, self._moved = seen, False
            for each in partitions:
                consumer.seek(each, positions[each.partition])
            self._heard = {each: (None, time.monotonic()) for each in partitions}
            # the position, not the cursor: no record may come that has the offset before the end
            while not continued and any([await consumer.position(each) < ends[each] for each in partitions]):
                await self._take(consumer, ends)

    async def _follow(self, consumer: AIOKafkaConsumer) -> None:
        while True:
            if self._moved:
                raise TransientError(ErrorCode.BROKER_UNAVAILABLE, f"{UPDATES.name} is another log now")
            now = time.monotonic()
            if self._gap_since is not None and self._silent < SILENCE_SECONDS and now >= self._mend_at:
                await self._mend()
            came_at = await self._take(consumer, {})
            self._listen(consumer)
            await asyncio.sleep(max(0.0, came_at + BREATH_SECONDS - time.monotonic()))

    @contextlib.contextmanager
    def _watching(self, consumer: AIOKafkaConsumer) -> Iterator[None]:
        task = asyncio.create_task(self._watch(consumer))
        try:
            yield
        finally:
            task.cancel()

    async def _watch(self, consumer: AIOKafkaConsumer) -> None:
        """Notice that the topic was made anew, or has got more partitions."""
        while not self._moved:
            await asyncio.sleep(TOPIC_SECONDS)
            with contextlib.suppress(KafkaError):
                seen = (await look(consumer._client, [UPDATES.name])).get(UPDATES.name)  # noqa: SLF001
                self._moved = seen is not None and self._seen is not None and not self._seen.same_as(seen)

    async def _take(self, consumer: AIOKafkaConsumer, quiet: dict[TopicPartition, int]) -> float:
        """Take what has come; records before ``quiet`` are only kept, for viewers who come back.

        Returns:
            When it came, by the monotonic clock; telling it takes a while.
        """
        partitions = consumer.assignment()
        consumer.resume(*partitions)
        came = await consumer.getmany(timeout_ms=500, max_records=500)
        # What the client fetched ahead now would lie here until this is told, and what comes after it would
        # lie in Kafka as long again.
        consumer.pause(*partitions)
        came_at = time.monotonic()
        records = list(chain.from_iterable(came.values()))
        turn, told = max(TURN, len(records) // SHARE), 0
        for start in range(0, len(records), PIECE):
            piece = records[start : start + PIECE]
            for record, update in [(record, update_of(record)) for record in piece]:
                aloud = record.offset >= quiet.get(TopicPartition(record.topic, record.partition), 0)
                self._hub.take(record.partition, record.offset, update, aloud=aloud)
                told += 1
                if told % turn == 0:
                    await asyncio.sleep(0)
        return came_at

    def _listen(self, consumer: AIOKafkaConsumer) -> None:
        """Notice that the broker is not heard; a consumer that is not answered neither raises nor ends."""
        now = time.monotonic()
        for partition, (told, _) in self._heard.items():
            newest = consumer.last_poll_timestamp(partition)
            if newest != told:
                self._heard[partition] = (newest, now)
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._open_transactions.look(consumer)
        if self._silent > SILENCE_SECONDS:
            self._doubt()
        if self._silent > STALL_SECONDS:
            raise TransientError(ErrorCode.BROKER_UNAVAILABLE, f"Kafka not heard for {self._silent:.0f} s")

    @property
    def _silent(self) -> float:
        oldest = min((at for _, at in self._heard.values()), default=time.monotonic())
        return time.monotonic() - oldest

    def _doubt(self) -> None:
        if self._gap_since is None:
            self._gap_since = self._now() - timedelta(seconds=self._silent)

    async def _mend(self) -> None:
        """Tell viewers what the ledger says of jobs that changed since the gap began."""
        assert self._gap_since is not None
        since = self._gap_since - MARGIN
        watched = self._hub.watched
        try:
            for start in range(0, len(watched), snapshots.CHUNK):
                chunk = watched[start : start + snapshots.CHUNK]
                for job in await self._ledger.read(snapshots.changed, chunk, since):
                    self._hub.refresh(job, new=job.created_at >= self._gap_since)
        except LecternError as error:
            log.warning("updates.unmended", error=str(error))
            self._mend_at = time.monotonic() + MEND_SECONDS
            return
        self._gap_since = None
        UPDATE_GAPS.inc()


def update_of(record: Any) -> Update | None:
    """Return what a record says, ready to be told; ``None``, with a warning, if that is nothing."""
    try:
        event = parse_event(record.value, record.headers)
    except LecternError as error:
        log.warning("not an update", offset=record.offset, reason=error.message)
        return None
    return Update(event).made_ready() if isinstance(event, JobUpdated) else None


def epoch_of(log: LogId) -> str:
    """Return what cursors call a log: the same in every gateway, and another one for every other log."""
    return derived_id(str(log), "gateway", "epoch").hex


async def log_of(servers: str) -> TopicSeen:
    """Return which log the topic is now, and how many partitions it has.

    Raises:
        TransientError: ``BROKER_UNAVAILABLE``; it may not be there yet.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=servers, client_id="lectern-gateway-updates")
    try:
        await admin.start()
        seen = (await look(admin._client, [UPDATES.name])).get(UPDATES.name)  # noqa: SLF001
    finally:
        await admin.close()
    if seen is None:
        raise TransientError(ErrorCode.BROKER_UNAVAILABLE, f"{UPDATES.name} is not there yet")
    return seen
