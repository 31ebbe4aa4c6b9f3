"""Sees a consumer that has stopped for good, and starts it again; where that does not help, the process ends.

aiokafka can stand still in ways that neither raise nor end: it leaves a group and does not rejoin (#625,
#847, #1154), a background task ends (#983), a connection stalls and nothing is fetched although the broker
answers everybody else (#712, #1037). What all have in common is visible from outside: records lie behind the
consumer, there is room for them, and its position does not move. The end of each partition is therefore
asked for over a connection of the watchdog's own.

Time is counted in looks, so that a process that was suspended, or whose event loop was blocked, does not
wake up to find itself stuck.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from contracts.errors import LecternError
from services.runtime.kafka.consumer_internals import vitals_of
from services.runtime.kafka.log_watch import Consuming, LogWatch, Misplaced
from services.runtime.observability.metrics import CONSUMER_RESTARTS, LAG, STUCK
from services.runtime.settings import RuntimeSettings

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
"""Between two looks at the consumers; costs a few microseconds each."""

ENDS_SECONDS = 5.0
"""Between two questions for the partitions' ends: one small request of each process."""

RESTARTS = 2
"""Restarts of one consumer within :data:`RESTARTS_SECONDS` before the process gives up: what two fresh
consumers in a row cannot do, a third one cannot either, but a fresh process may."""

RESTARTS_SECONDS = 600.0
RESTART_SECONDS = 60.0
"""How long a restart may take: closing what does not want to close, and joining the group again."""


class Fault(StrEnum):
    """What is wrong with a consumer."""

    TASK_ENDED = "task_ended"
    REJOIN_PENDING = "rejoin_pending"
    FETCH_STALLED = "fetch_stalled"
    LANES_STUCK = "lanes_stuck"


class Watched(Consuming, Protocol):
    """One that can be restarted."""

    @property
    def full(self) -> Collection[TopicPartition]:
        """Those that may stand still, because there is no room for more of their records."""

    @property
    def rebalancing(self) -> bool:
        """Whether the group is between revoke and assignment."""

    @property
    def consuming_ended(self) -> bool:
        """Whether the task that polls has ended."""

    @property
    def lanes_stuck(self) -> bool:
        """Whether records wait although nothing keeps them."""

    async def restart(self) -> None:
        """Close the consumer, in whatever state it is, and open another one."""


Ends = Callable[[Collection[TopicPartition]], Awaitable[Mapping[TopicPartition, int] | None]]
"""Returns the partitions' end offsets, or ``None`` when Kafka does not answer."""


@dataclass
class _ConsumerHealth:
    """What is remembered of one consumer between two looks."""

    watched: Watched
    symptom: Fault | None = None
    seconds: float = 0.0
    reason: str = ""
    stands: dict[TopicPartition, tuple[int, float]] = field(default_factory=dict)
    restarts: deque[float] = field(default_factory=deque)


class Watchdog:
    """Watches the consumers of a process.

    Args:
        watched: the consumers.
        settings: how long a symptom may last.
        ends: see :data:`Ends`.
        give_up: called once, with the reason, when restarting a consumer does not help.
        clock: monotonic seconds.
        logs: looked at with the ends.
    """

    def __init__(
        self,
        watched: Sequence[Watched],
        settings: RuntimeSettings,
        ends: Ends,
        give_up: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        logs: LogWatch | None = None,
    ) -> None:
        self._logs = logs
        self._patients = [_ConsumerHealth(each) for each in watched]
        self._limits = {
            Fault.TASK_ENDED: 0.0,
            Fault.REJOIN_PENDING: settings.rejoin_seconds,
            Fault.FETCH_STALLED: settings.stall_seconds,
            Fault.LANES_STUCK: settings.stall_seconds,
        }
        self._stall_seconds = settings.stall_seconds
        self._ask = ends
        self._give_up = give_up
        self._clock = clock
        self._looked = clock()
        self._asked = float("-inf")
        self._ends: Mapping[TopicPartition, int] = {}
        self._silent = 0.0
        self._gave_up = False
        self._stopping = asyncio.Event()

    def problems(self) -> list[str]:
        """Return what is wrong for so long that the process is not ready, or is about to be put right."""
        found = [
            f"{patient.watched.topic}: {patient.reason} for {patient.seconds:.0f} s"
            for patient in self._patients
            if patient.symptom is not None and patient.seconds >= self._limits[patient.symptom] / 2
        ]
        if self._silent >= self._stall_seconds:
            found.append(f"Kafka has not answered for {self._silent:.0f} s")
        return [*found, *(self._logs.problems() if self._logs else ())]

    async def run(self) -> None:
        """Watch until :meth:`stop`, or until cancelled."""
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._stopping.wait()
                return
            await self.look()

    def stop(self) -> None:
        """Let :meth:`run` end after the present look: a client that is cancelled while it connects leaks."""
        self._stopping.set()

    async def look(self) -> None:
        """Look at every consumer once, and treat the one that has suffered too long."""
        now = self._clock()
        # a suspended process, or a blocked loop, has not watched: that time does not count
        elapsed = min(now - self._looked, 2 * LOOK_SECONDS)
        self._looked = now
        if now - self._asked >= ENDS_SECONDS:
            await self._ask_ends(now, elapsed)
        for patient in self._patients:
            self._examine(patient, elapsed)
            if patient.symptom is not None and patient.seconds >= self._limits[patient.symptom]:
                await self._recover(patient)

    async def _ask_ends(self, now: float, elapsed: float) -> None:
        self._asked = now
        positions = self._logs.positions() if self._logs else {}
        survey = await self._logs.survey() if self._logs else None
        partitions = {
            partition
            for patient in self._patients
            for partition in patient.watched.partitions
            # one that is not there, or that nobody leads, would be asked for until the time is over, and all
            # others with it
            if survey is None or partition in survey.starts
        }
        ends = await self._ask(partitions) if partitions else {}
        if ends is None:
            self._ends = {}  # nothing is known to lie behind anybody
            self._silent += max(elapsed, ENDS_SECONDS)
        else:
            self._ends = ends
            self._silent = 0.0
            if self._logs and survey is not None:
                misplaced = self._logs.misplaced(survey, positions, ends)
                # side by side: each joins its own group, and another cluster has them all start over
                await asyncio.gather(*(self._start_over(each) for each in misplaced))

    async def _start_over(self, misplaced: Misplaced) -> None:
        reader = misplaced.reader
        try:
            async with asyncio.timeout(RESTART_SECONDS):
                await reader.start_over(misplaced.partitions, misplaced.log)
        except (TimeoutError, KafkaError, LecternError, OSError) as error:
            self._end(reader.topic, f"its log was replaced, and cannot be read ({type(error).__name__})")

    def _examine(self, patient: _ConsumerHealth, elapsed: float) -> None:
        symptom, reason = self._diagnose(patient, elapsed)
        patient.seconds = patient.seconds + elapsed if symptom == patient.symptom else 0.0
        patient.symptom, patient.reason = symptom, reason
        if symptom is Fault.FETCH_STALLED:
            patient.seconds = max(seconds for _, seconds in patient.stands.values())
        for each in Fault:
            STUCK.labels(patient.watched.topic, each).set(patient.seconds if each is symptom else 0.0)

    def _diagnose(self, patient: _ConsumerHealth, elapsed: float) -> tuple[Fault | None, str]:
        watched = patient.watched
        consumer = watched.consumer
        if consumer is None or watched.stopping:
            patient.stands.clear()
            return None, ""
        vitals = vitals_of(consumer)
        ended = "consume" if watched.consuming_ended else vitals.ended
        if ended:
            return Fault.TASK_ENDED, f"the consumer's {ended} task has ended"
        if vitals.rejoining or watched.rebalancing:
            patient.stands.clear()
            return Fault.REJOIN_PENDING, "the group is not joined again"
        if watched.lanes_stuck:
            return Fault.LANES_STUCK, "records are in hand, but nobody works on them"
        stalled = self._stalled(patient, vitals.positions, elapsed)
        if stalled:
            return Fault.FETCH_STALLED, stalled
        return None, ""

    def _stalled(
        self, patient: _ConsumerHealth, positions: Mapping[TopicPartition, int], elapsed: float
    ) -> str | None:
        """Note for each partition how long it has stood still with records ahead; name one that has."""
        watched, full = patient.watched, patient.watched.full
        lags = [self._ends.get(p, 0) - watched.behind(p, max(at, 0)) for p, at in positions.items()]
        LAG.labels(watched.topic).set(sum(max(0, lag) for lag in lags))
        stands: dict[TopicPartition, tuple[int, float]] = {}
        for partition, position in positions.items():
            if partition in full or self._ends.get(partition, 0) <= max(position, 0):
                continue
            before, seconds = patient.stands.get(partition, (position, -elapsed))
            stands[partition] = (position, seconds + elapsed if before == position else 0.0)
        patient.stands = stands
        worst = max(stands, key=lambda partition: stands[partition][1], default=None)
        if worst is None or stands[worst][1] < self._stall_seconds / 2:
            return None
        return f"partition {worst.partition} stands at {stands[worst][0]}, its end is {self._ends[worst]}"

    async def _recover(self, patient: _ConsumerHealth) -> None:
        if self._gave_up:
            return
        watched, symptom = patient.watched, patient.symptom
        assert symptom is not None
        if symptom is Fault.REJOIN_PENDING and await self._ask([]) is None:
            log.warning(
                "consumer stands still, but so does Kafka", topic=watched.topic, reason=patient.reason
            )
            patient.seconds = 0.0
            return
        now = self._clock()
        while patient.restarts and now - patient.restarts[0] > RESTARTS_SECONDS:
            patient.restarts.popleft()
        if symptom is Fault.LANES_STUCK or len(patient.restarts) >= RESTARTS:
            self._end(watched.topic, patient.reason)
            return
        patient.restarts.append(now)
        CONSUMER_RESTARTS.labels(watched.topic, symptom).inc()
        log.error("restarting a consumer", topic=watched.topic, symptom=symptom.value, reason=patient.reason)
        try:
            async with asyncio.timeout(RESTART_SECONDS):
                await watched.restart()
        except (TimeoutError, KafkaError, LecternError, OSError) as error:
            self._end(watched.topic, f"{patient.reason}; its restart failed ({type(error).__name__})")
        patient.symptom, patient.seconds, patient.stands = None, 0.0, {}

    def _end(self, topic: str, reason: str) -> None:
        self._gave_up = True
        log.critical("giving up: this process must be started again", topic=topic, reason=reason)
        self._give_up(f"{topic}: {reason}")
