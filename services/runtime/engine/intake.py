"""One subscription's consumer: admits records into lanes, pauses full partitions, commits watermarks.

Facts behind the shape (measured, see the decision record on the engine): the subscriber admits its record
before any ``await`` and then drains the fetch buffer, because a handler that waits for room stalls the poll
loop; a commit sent while the group is rebalancing forces a second rebalance, so commits are held from
revoke to assignment; records may arrive as soon as the assignment callback suspends, so its state is made
first, synchronously.
"""

import asyncio
import contextlib
from collections.abc import Collection, Coroutine, Hashable, Iterable, Mapping
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaError, OffsetMetadataTooLargeError
from aiokafka.structs import OffsetAndMetadata
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER
from faststream.kafka.subscriber.usecase import LogicSubscriber

from contracts.cloudevents import SCENE_HEADER
from services.runtime.engine.deaths import Deaths
from services.runtime.engine.lanes import Lanes, Run
from services.runtime.engine.marks import Mark
from services.runtime.engine.offsets import InFlightRecord, OffsetTracker
from services.runtime.engine.quarantine import Quarantine
from services.runtime.fault_points import crash_point
from services.runtime.kafka.consumer_internals import close, committed_of, passed_by
from services.runtime.kafka.log_identity import LogId, TopicSeen, look
from services.runtime.kafka.open_transactions import OpenTransactions
from services.runtime.kafka.record_batches import COMMITTED, AIOKafkaConsumer
from services.runtime.kafka.record_names import Record
from services.runtime.observability.metrics import ADOPTED, COMMITS, LANE_DEPTH, LANES, REBALANCES
from services.runtime.settings import RuntimeSettings

CLOSE_SECONDS = 5.0
"""How long a consumer that stands still may take to close in order."""

log = structlog.get_logger(__name__)


def lane_of(record: Record) -> Hashable:
    """Return the record's lane: its key, and the scene where a header names one."""
    for name, value in record.headers:
        if name == SCENE_HEADER:
            return (record.key, value)
    return record.key


class Intake(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Feeds one topic's records to ``run`` through lanes; see the module's docstring.

    Args:
        topic: what to consume.
        group: consumer group.
        run: works on a slot, see :data:`services.runtime.engine.lanes.Run`.
        concurrency: how many records are worked on at once.
        settings: window size, limits and intervals.
        breath: see :class:`services.runtime.actor.Subscription`.
        quarantine: the process's; one of its own by default.
        convict: gives up a slot that workers died of; ``run`` by default.
    """

    def __init__(
        self,
        topic: str,
        group: str,
        run: Run,
        concurrency: int,
        settings: RuntimeSettings,
        *,
        poll_interval: float = 0.0,
        quarantine: Quarantine | None = None,
        convict: Run | None = None,
    ) -> None:
        self.topic = topic
        self.group = group
        self._settings = settings
        self._poll_interval = poll_interval
        self._quarantine = quarantine or Quarantine()
        self.lanes = Lanes(run, concurrency, self._finished)
        self.deaths = Deaths(
            topic,
            self.lanes,
            concurrency,
            self._quarantine,
            convict or run,
            self.commit,
            self._committable,
            settings.commit_interval,
        )
        self._windows: dict[TopicPartition, OffsetTracker] = {}
        self._left: frozenset[TopicPartition] = frozenset()  # by a consumer that is about to be closed
        self._subscriber: LogicSubscriber[Record] | None = None
        self._admitting = True
        self._joined = False
        self._hold_commits = False
        self._commit_lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open_transactions = OpenTransactions(topic)
        LANE_DEPTH.labels(topic).set_function(lambda: self.lanes.depth)
        LANES.labels(topic).set_function(lambda: self.lanes.lanes)

    def mount(self, broker: KafkaBroker) -> None:
        """Declare the subscriber on ``broker``."""
        settings = self._settings

        async def parse(record: Record) -> KafkaMessage:
            # decodes nothing: a bad header or body must reach its lane, not break the poll loop
            return KafkaMessage(
                body=record, raw_message=record, headers={}, message_id="", consumer=FAKE_CONSUMER
            )

        async def decode(message: KafkaMessage) -> object:
            return message.raw_message

        subscriber = broker.subscriber(
            self.topic,
            group_id=self.group,
            group_instance_id=f"{self.group}.{settings.replica}" if settings.replica else None,
            ack_policy=AckPolicy.MANUAL,
            no_reply=True,
            auto_offset_reset="earliest",
            isolation_level=COMMITTED,
            listener=self,
            parser=parse,
            decoder=decode,
            partition_assignment_strategy=[StickyPartitionAssignor],
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.session_timeout_ms // 5,
            max_poll_interval_ms=settings.max_poll_interval_ms,
            fetch_max_wait_ms=20 if settings.embedded else 500,
        )
        subscriber(self._admit)
        self._subscriber = subscriber

    @property
    def subscriber(self) -> "LogicSubscriber[Record]":
        """The FastStream subscriber; mounted first."""
        assert self._subscriber is not None
        return self._subscriber

    @property
    def consumer(self) -> AIOKafkaConsumer | None:
        """The aiokafka consumer while the subscriber runs."""
        return self._subscriber.consumer if self._subscriber else None

    @property
    def windows(self) -> tuple[OffsetTracker, ...]:
        """The assigned partitions' windows."""
        return tuple(self._windows.values())

    @property
    def rebalancing(self) -> bool:
        """Whether the group is between revoke and assignment."""
        return self._hold_commits

    @property
    def joined(self) -> bool:
        """Whether the group has ever given it partitions, or said that there are none to give."""
        return self._joined

    @property
    def partitions(self) -> Collection[TopicPartition]:
        """The assigned partitions."""
        return self._windows.keys()

    @property
    def full(self) -> Collection[TopicPartition]:
        """The assigned partitions that there is no room for more records of."""
        return {partition for partition, window in self._windows.items() if window.room <= 0}

    @property
    def lanes_stuck(self) -> bool:
        """See :attr:`services.runtime.engine.lanes.Lanes.stuck`."""
        return self.lanes.stuck

    def behind(self, partition: TopicPartition, position: int) -> int:
        """Return the first offset that is not finished; ``position`` is what is consumed next."""
        window = self._windows.get(partition)
        return position if window is None or window.watermark is None else window.watermark

    @property
    def stopping(self) -> bool:
        """Whether nothing more is admitted."""
        return not self._admitting

    @property
    def consuming_ended(self) -> bool:
        """Whether the task that polls has ended; FastStream starts it again after errors, not always."""
        tasks = self._subscriber.tasks if self._subscriber else []
        return bool(tasks) and all(task.done() for task in tasks)

    # --- admission ----------------------------------------------------------------------------------------

    async def _admit(self, record: Any) -> None:
        self._take((record,))  # before any await: see the module's docstring
        for partition, window in list(self._windows.items()):
            consumer = self.consumer
            if not self._admitting or consumer is None:
                return
            while window.room > 0 and not window.full and self._windows.get(partition) is window:
                most = window.room
                fetched = await consumer.getmany(partition, timeout_ms=0, max_records=most)
                self._take(records := fetched.get(partition, ()))
                if not self._admitting or len(records) < most:
                    break
        if self._poll_interval:
            # aiokafka fetches no more while something waits to be taken
            await asyncio.sleep(self._poll_interval)

    def _take(self, records: Iterable[Record]) -> None:
        for record in records:
            if not self._admitting:
                return
            partition = TopicPartition(record.topic, record.partition)
            window = self._windows.get(partition)
            if window is None:  # not assigned: whoever owns it gets it; without a window nothing is committed
                if partition not in self._left:
                    log.warning(
                        "record of an unassigned partition", topic=record.topic, partition=record.partition
                    )
                continue
            slot = window.admit(record)
            if slot is None:
                ADOPTED.labels(self.topic).inc()
                continue
            if window.wary:
                self._take_warily(window, slot)
            else:
                self.lanes.submit(lane_of(record), record.key, slot)
            if window.room <= 0 and not window.full:
                window.full = True
                self._pause(partition)

    def _take_warily(self, window: OffsetTracker, slot: InFlightRecord) -> None:
        if window.early is not None:
            window.early.append(slot)
            if window.settled and len(window.early) == 1:  # it begins here
                self._in_background(self._open([window]))
            return
        if window.suspects is not None and slot.record.offset in window.suspects:
            slot.suspect = True
            self._quarantine.seal()
        self.lanes.submit(lane_of(slot.record), slot.record.key, slot)

    def _pause(self, *partitions: TopicPartition) -> None:
        if self.consumer and partitions:
            self.consumer.pause(*partitions)

    def _finished(self, slot: InFlightRecord) -> None:
        window = slot.window
        window.since += 1
        if window.since > window.enough:
            self.deaths.outrun(window)
        if not window.full or not window.half_empty:
            return
        if window.live and self._windows.get(window.partition) is window:
            window.full = False
            if self.consumer and window.partition in self.consumer.assignment():
                self.consumer.resume(window.partition)

    # --- commits ------------------------------------------------------------------------------------------

    async def commit_forever(self) -> None:
        """Commit the watermarks every ``commit_interval`` seconds."""
        while True:
            await asyncio.sleep(self._settings.commit_interval)
            if self.consumer is not None:
                self._open_transactions.look(self.consumer)
            await self.commit()

    async def commit(self, noting: Collection[OffsetTracker] = ()) -> bool:
        """Commit every watermark that moved; a failure is logged and made good by a later commit.

        While the group is between revoke and assignment nothing is committed.

        Args:
            noting: windows of which something is to be noted beside the offset, moved or not.

        Returns:
            Whether everything stands.
        """
        async with self._commit_lock:
            if self._hold_commits:
                return False
            self._pass_by()
            windows = {
                w.partition: (w, offset, self.deaths.mark(w, offset), w.since)
                for w in self._windows.values()
                if (offset := w.to_commit) is not None
                or (w in noting and w.live and w.settled and (offset := w.stands) is not None)
            }
            consumer = self.consumer
            wanted = [each for each in noting if self._windows.get(each.partition) is each]
            if not windows or consumer is None:
                return not wanted
            crash_point("engine.before_commit", self.group)
            try:
                async with asyncio.timeout(self._settings.commit_timeout):
                    # which log the offset counts in stands beside it: the topic may have been made anew since
                    await consumer.commit(
                        {place: (offset, str(mark)) for place, (_, offset, mark, _) in windows.items()}
                    )
            except (KafkaError, TimeoutError) as error:
                self.deaths.terse |= isinstance(error, OffsetMetadataTooLargeError)
                COMMITS.labels(self.topic, "failed").inc()
                log.info("commit failed", topic=self.topic, error=type(error).__name__)
                return False
            crash_point("engine.after_commit", self.group)
            COMMITS.labels(self.topic, "done").inc()
            for window, offset, mark, since in windows.values():
                window.committed = offset
                self.deaths.stands(window, mark, since)
            return all(each.partition in windows for each in wanted)

    def _pass_by(self) -> None:
        """Let the watermarks pass what is no record; not from when on records handed out are dropped."""
        if self.consumer is None or not self._admitting:
            return
        for partition, offset in passed_by(self.consumer).items():
            if partition in self._windows:
                self._windows[partition].pass_by(offset)

    # --- rebalances ---------------------------------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Freeze: start nothing, let what runs finish for a moment, commit, and hold commits from here on."""
        REBALANCES.labels(self.topic).inc()
        self.lanes.freeze()
        if any(revoked):
            await self.lanes.calm(self._settings.revoke_grace)
            crash_point("engine.revoke_frozen", self.group)
            self.deaths.leaving = True
            await self.commit(self._committable())
            crash_point("engine.revoke_committed", self.group)
        self._hold_commits = True

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Keep what stays ours, drop what was lost, start what is new; no ``await`` before that is done."""
        partitions = set(assigned) - self._left
        kept = [window for partition, window in self._windows.items() if partition in partitions]
        for partition in [partition for partition in self._windows if partition not in partitions]:
            window = self._windows.pop(partition)
            # of a topic that was deleted nobody gets the records again: what was given is finished here
            for slot in window.lose() if self._is_there(partition) else ():
                if slot.task:
                    slot.task.cancel()
        for partition in partitions:
            window = self._windows.setdefault(partition, OffsetTracker(partition, self._settings.window))
            window.settled = window.marked = False
        self._pause(*(window.partition for window in kept if window.full))  # an assignment forgets pauses
        self._hold_commits = False
        self._joined = True
        if self._admitting:  # a stopping process starts nothing more, whatever it is given
            self.deaths.leaving = False
            if any(window.suspects is not None for window in self._windows.values()):
                self._quarantine.seal()
            self.lanes.thaw()
        if partitions:
            self._in_background(self._settle(list(self._windows.values())))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _leave(self) -> None:
        await self.commit(self._committable())

    def _committable(self) -> list[OffsetTracker]:
        """Return the windows that may be committed now, if there is an offset."""
        return [each for each in self._windows.values() if each.settled and each.stands is not None]

    async def _settle(self, windows: list[OffsetTracker]) -> None:
        """Ask the broker which log this is, and what is committed in it by now.

        Another member may have owned a partition in between.
        """
        told: type[Exception] | None = None
        while self.consumer is not None:
            windows = [each for each in windows if self._windows.get(each.partition) is each]
            if not windows:
                return
            try:
                async with asyncio.timeout(self._settings.commit_timeout):
                    seen = (await look(self.consumer._client, [self.topic])).get(self.topic)  # noqa: SLF001
                    committed = await committed_of(self.consumer, [each.partition for each in windows])
                    marks = {partition: Mark.parse(each.metadata) for partition, each in committed.items()}
                    ends = await self._ends_after_deaths(marks)
            except Exception as error:  # noqa: BLE001 - whatever it was: unsettled, they would never be committed
                COMMITS.labels(self.topic, "failed").inc()  # meanwhile nothing of them is committed
                if error.__class__ is not told:
                    log.info("not settled yet", topic=self.topic, error=repr(error))
                    told = error.__class__
                seen = None
            if seen is not None:
                for window in windows:
                    known = committed.get(window.partition)
                    mark = marks.get(window.partition, Mark())
                    self._settle_one(window, seen.log, known, mark.log)
                    ours = window.log is not None and mark.log is not None and mark.log.same_as(window.log)
                    if window.settled and known is not None and ours:
                        self.deaths.look_back(window, known.offset, mark, ends.get(window.partition, 0))
                await self._open(windows)
                return
            await asyncio.sleep(self._settings.commit_interval)

    def _settle_one(
        self, window: OffsetTracker, found: LogId, committed: OffsetAndMetadata | None, by: LogId | None
    ) -> None:
        if by is not None and by.cluster == found.cluster and not by.same_as(found):
            window.log = by  # an offset of what this topic was before, committed by whoever had not noticed
        elif window.log is None:
            # an offset noted in another cluster was carried over by whoever moved the group, for this log
            window.log = found
        if not window.log.same_as(found):
            return  # it commits nothing, and starts over when the watchdog looks next
        for slot in window.settle(committed.offset if committed else None):
            if slot.task:
                slot.task.cancel()

    # --- deaths -------------------------------------------------------------------------------------------

    async def _ends_after_deaths(self, marks: Mapping[TopicPartition, Mark]) -> Mapping[TopicPartition, int]:
        lost = [partition for partition, mark in marks.items() if self.deaths.died(mark)]
        if not lost or self.consumer is None:
            return {}
        ends: Mapping[TopicPartition, int] = await self.consumer.end_offsets(lost)
        return ends

    async def _open(self, windows: list[OffsetTracker]) -> None:
        """Note that this process is at work on partitions, and only then begin with their records."""
        while self._admitting and not self._hold_commits:
            windows = [each for each in windows if self._windows.get(each.partition) is each and each.settled]
            for window in windows:
                if window.marked and window.early is not None:
                    self._begin_with(window)
            known = [each for each in windows if not each.marked and each.stands is not None]
            if not known:
                return  # the others are opened when their first record is there
            if not await self.commit(known):
                await asyncio.sleep(self._settings.commit_interval)

    def _begin_with(self, window: OffsetTracker) -> None:
        waited = window.open()
        if any(slot.suspect for slot in waited):
            self._quarantine.seal()
        for slot in waited:
            self.lanes.submit(lane_of(slot.record), slot.record.key, slot)

    # --- which log ----------------------------------------------------------------------------------------

    def _is_there(self, partition: TopicPartition) -> bool:
        there = self.consumer.partitions_for_topic(self.topic) if self.consumer else None
        return partition.partition in (there or ())

    # --- other logs ---------------------------------------------------------------------------------------

    def strays(self, seen: TopicSeen) -> Collection[TopicPartition]:
        """Return the partitions whose offsets count in another log than the one that is there now."""
        consumer = self.consumer
        if consumer is not None and len(consumer.partitions_for_topic(self.topic) or ()) != seen.partitions:
            consumer._client.force_metadata_update()  # noqa: SLF001 - the group joins anew with all of them
        return [
            partition
            for partition, window in self._windows.items()
            if window.log is not None and not window.log.same_as(seen.log)
        ]

    def unread(self, starts: Mapping[TopicPartition, int], positions: Mapping[TopicPartition, int]) -> int:
        """Return how many records were deleted, since it was asked last, that were never given to this."""
        return sum(
            window.unread.below(starts[partition], positions.get(partition))
            for partition, window in self._windows.items()
            if window.settled and partition in starts
        )

    async def start_over(self, partitions: Collection[TopicPartition], found: LogId) -> None:
        """Read partitions from their beginnings.

        What is in flight is finished, and never committed: nobody gets it again. In another cluster the group
        goes on where it was committed to be, if whoever moved it did that.

        Raises:
            KafkaError: the consumer cannot be started.
        """
        # no window counts from where the present consumer stands, not even if a rebalance ends meanwhile
        self._left = frozenset(partitions)
        gone = [window for each in partitions if (window := self._windows.pop(each, None)) is not None]
        consumer = self.consumer
        back = {
            window.partition: (0, str(found))
            for window in gone
            if window.log is None or window.log.cluster == found.cluster
        }
        if consumer is not None and back:
            async with self._commit_lock:
                # else the next owner would do the same once more
                with contextlib.suppress(KafkaError, TimeoutError):
                    async with asyncio.timeout(self._settings.commit_timeout):
                        await consumer.commit(back)
        await self.restart()

    async def restart(self) -> None:
        """Close the consumer, in whatever state it is, and open another one.

        What runs goes on: its records are adopted when they come again, as after a rebalance.

        Raises:
            KafkaError: the new one cannot be started.
        """
        self.lanes.freeze()
        self._hold_commits = True
        subscriber = self.subscriber
        await close(self.consumer, subscriber.stop(), CLOSE_SECONDS)
        subscriber.consumer = None
        self._left = frozenset()
        await subscriber.start()

    # --- stop ---------------------------------------------------------------------------------------------

    async def stop(self, deadline: float) -> int:
        """Start nothing more, let what runs finish for ``deadline`` seconds, commit; return what was left.

        What waits in the lanes is left to whoever gets the partitions next: to begin it would make a restart
        take as long as the queue is. Call it before the broker stops: the consumer must still be open.
        """
        self._pass_by()
        self._admitting = False
        self.deaths.leaving = True
        if self.consumer and self.consumer.assignment():
            self._pause(*self.consumer.assignment())
        self.lanes.freeze()
        if not self._hold_commits:
            # who is killed while it stops is not taken to have died of what it had in hand
            self._in_background(self._leave())
        await self.lanes.calm(deadline)
        left = self.lanes.depth
        await self.lanes.close()
        for task in tuple(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if not self._hold_commits:
            await self.commit([each for each in self._committable() if each.marked])
        return left
