"""Works on one record from decode to publish; every way it can end is decided here."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from contracts.base import derived_id
from contracts.claimed import parse_claimed
from contracts.errors import CanceledError, ErrorCode, LecternError, PermanentError, TransientError
from contracts.events import Event, ProgressReported
from services.runtime.actor import Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine import dead_letters
from services.runtime.engine.context import RecordContext
from services.runtime.engine.failure_events import identified, obituaries_of
from services.runtime.engine.fence import Fence
from services.runtime.engine.offsets import InFlightRecord
from services.runtime.engine.retry import Category, Failure, RetryPolicy, classify
from services.runtime.fault_points import crash_point
from services.runtime.kafka.publisher import Publisher, scene_index_of
from services.runtime.kafka.record_names import Record, place_of, record_id
from services.runtime.observability import tracing
from services.runtime.observability.metrics import DEAD_LETTERS, RETRIES, SKIPPED, STAGE_SECONDS
from services.runtime.observability.redaction import redact

log = structlog.get_logger(__name__)
_BROKER_AWAY_DELAY = 5.0
"""Seconds between tries while Kafka itself takes nothing: giving up needs Kafka too, so this never ends."""

CONDEMNED_SECONDS = 5.0
"""How long the news that a job has failed may take to come back, before its next record is begun. Shorter:
where any of a job's records would kill (the last of its scenes, whichever that is), each kills as often as
the first. Longer: while no ledger is there to say so, this stage waits as long after each such record."""

CONDEMNED_LOOK_SECONDS = 0.05

WAITS_TOLD = 100
"""Every so many of a record's tries that met somebody's absence are logged. Fewer: in an outage of hours the
log says nothing else. More: it does not say that it goes on."""


class Processor:
    """Maps records of one subscription to their outcome.

    Args:
        stage: the actor's name.
        subscription: topic, decoder and handler.
        publisher, fence, artifacts: the process's.
        executor: threads for ``Context.run``.
        scratch_root: where scratch folders are made.
        policy: when to try again.
        random: uniform in [0, 1), for jitter.
    """

    def __init__(
        self,
        *,
        stage: str,
        subscription: Subscription,
        publisher: Publisher,
        fence: Fence,
        artifacts: Artifacts,
        executor: Executor,
        scratch_root: Path,
        policy: RetryPolicy,
        random: Callable[[], float],
    ) -> None:
        self._stage = stage
        self._place = f"{stage}/{subscription.topic.name}"
        self._subscription = subscription
        self._publisher = publisher
        self._fence = fence
        self._artifacts = artifacts
        self._executor = executor
        self._scratch_root = scratch_root
        self._policy = policy
        self._random = random
        self._awaiting: tuple[InFlightRecord, str] | None = None
        # finding a metric's child costs more than counting
        self._seconds = cache(partial(STAGE_SECONDS.labels, stage))

    @property
    def awaits(self) -> str | None:
        """What records wait for without end, in words; ``None`` if the last one got on or is gone."""
        if self._awaiting is None:
            return None
        slot, why = self._awaiting
        return why if slot.window.live and not slot.done else None

    async def __call__(self, slot: InFlightRecord) -> float | None:
        """Work on a slot; ``None`` when its record is finished, else how many seconds to park its lane."""
        slot.attempts += 1
        started = time.perf_counter()
        outcome = "done"
        event: Any = None
        try:
            try:
                event = self._decode(slot.record.value, slot.record.headers)
            except PermanentError as error:
                event = await self._claimed_event(slot.record, error)
            job_id, attempt = identity_of(event)
            carried = tracing.carried_by(slot.record.headers)
            with tracing.span_of(self._stage, event.type, job_id, attempt, carried) as span:
                try:
                    outcome = await self._handle(slot, event, job_id, attempt)
                except Exception as error:
                    tracing.failed(span, classify(error).code)
                    raise
        except CanceledError:
            outcome = "canceled"
        except Exception as error:  # noqa: BLE001  # the engine's last line: nothing may block a partition
            failure = classify(error)
            # whose memory was not enough is not known while others are in hand
            slot.suspect = slot.suspect or isinstance(error, MemoryError)
            delay = self._delay(slot, failure)
            if delay is None:
                outcome = "dead"
                delay = await self._give_up(slot, event, failure, error)
            else:
                outcome = "retry"
                RETRIES.labels(self._stage, failure.code).inc()
                if not self._waits_for(failure) or slot.waits % WAITS_TOLD == 1:
                    self._log_failure("will try again", slot, event, failure, error, delay=round(delay, 2))
            return delay
        finally:
            if outcome != "retry":
                self._awaiting = None
            self._seconds(outcome).observe(time.perf_counter() - started)
        return None

    def _delay(self, slot: InFlightRecord, failure: Failure) -> float | None:
        """Return the seconds to the next try, or ``None`` to give up."""
        if not self._waits_for(failure):
            return self._policy.delay(failure, slot.attempts, self._random)
        # somebody's absence is no failure of the record: afterwards it has all its tries
        slot.attempts -= 1
        slot.waits += 1
        if failure.code is ErrorCode.BROKER_UNAVAILABLE:
            return self._policy.delay(failure, slot.waits, self._random)
        why = f"{self._subscription.topic.name} waits: {failure.code}: {redact(failure.message)}"
        self._awaiting = (slot, why)
        return self._policy.wait(slot.waits, self._random)

    def _waits_for(self, failure: Failure) -> bool:
        awaited = failure.code is ErrorCode.BROKER_UNAVAILABLE or failure.code in self._subscription.waits_for
        return awaited and failure.category is Category.TRANSIENT

    async def _claimed_event(self, record: Record, refused: PermanentError) -> Any:
        """Return the event that a record refers to, which is larger than a record may be.

        Looked for only in what was refused: what refers to an event lacks nearly all of its fields.
        """
        claim = parse_claimed(record.value, record.headers)
        if claim is None:
            raise refused
        event = self._decode(await self._artifacts.get(claim.dataref), record.headers)
        if not claim.is_of(event):
            raise PermanentError(
                ErrorCode.EVENT_MALFORMED, f"{claim.type[:100]} of job {claim.job_id} refers to another event"
            )
        return event

    def _decode(self, value: bytes | None, headers: Iterable[tuple[str, bytes | None]]) -> Any:
        event = self._subscription.decode(value, headers)
        topic = self._subscription.topic
        if event.type not in topic.types:
            raise PermanentError(
                ErrorCode.EVENT_TYPE_UNKNOWN, f"{event.type} does not belong in {topic.name}"
            )
        return event

    async def _handle(self, slot: InFlightRecord, event: Any, job_id: str, attempt: int) -> str:
        if isinstance(event, Event) and not await self._fence.certain(job_id, attempt):
            SKIPPED.labels(self._stage, "before").inc()
            return "fenced"
        context = RecordContext(
            event=event,
            record=slot.record,
            cause=cause_of(event, slot.record),
            stage=self._stage,
            artifacts=self._artifacts,
            scratch_root=self._scratch_root,
            executor=self._executor,
            report=partial(self._report, event),
        )
        crash_point("engine.before_handler", self._place)
        try:
            outputs = await self._run_handler(slot, event, context, job_id, attempt)
            # the last look before anything leaves this process
            if isinstance(event, Event) and not await self._fence.certain(job_id, attempt):
                SKIPPED.labels(self._stage, "after").inc()
                return "fenced"
            crash_point("engine.before_publish", self._place)
            await self._publisher.publish([*outputs, *self._progress(event, 1.0)], tracing.trace_headers())
            crash_point("engine.after_publish", self._place)
        finally:
            context.close()
        return "done"

    async def _run_handler(
        self, slot: InFlightRecord, event: Any, context: RecordContext, job_id: str, attempt: int
    ) -> Sequence[Event]:
        if not isinstance(event, Event):
            return await self._subscription.handle(event, context)
        task = slot.task or asyncio.current_task()
        assert task is not None
        self._fence.enter(job_id, attempt, context.cancel, task.cancel)
        try:
            return await self._subscription.handle(event, context)
        except asyncio.CancelledError:
            if slot.window.live and not self._fence.alive(job_id, attempt):
                task.uncancel()  # the fence stopped this record, nobody is stopping the process
                raise CanceledError from None
            raise
        finally:
            self._fence.leave(job_id, context.cancel)

    def _progress(self, event: Any, share: float) -> list[Event]:
        step = self._subscription.step
        if step is None or not isinstance(event, Event):
            return []
        scene = scene_index_of(event)
        count = event.context.count if scene is not None else 1  # type: ignore[attr-defined]
        return [
            ProgressReported(
                event_id=derived_id(event.event_id, self._stage, f"progress/{share:.3f}"),
                job_id=event.job_id,
                attempt=event.attempt,
                step=step,
                part=scene or 0,
                parts=count,
                share=share,
            )
        ]

    async def _report(self, event: Any, share: float) -> None:
        try:
            # work that is being stopped may still report, from a thread that has not noticed yet
            if isinstance(event, Event) and not await self._fence.certain(event.job_id, event.attempt):
                return
            await self._publisher.publish(self._progress(event, min(max(share, 0.0), 0.99)))
        except LecternError as error:  # progress is a courtesy; the work goes on
            log.debug("progress not reported", error=str(error))

    # --- giving up ----------------------------------------------------------------------------------------

    async def convict(self, slot: InFlightRecord) -> float | None:
        """Give up a record that workers died of, undecoded: that may be what they died of."""
        record = slot.record
        known = identified(None, record.value)
        if known is not None and not await self._certain(*known[1:]):
            SKIPPED.labels(self._stage, "before").inc()
            return None
        whose = f"job {known[1]}" if known else "nobody that it names"
        error = PermanentError(
            ErrorCode.WORKER_DIED,
            f"{slot.deaths} workers of stage {self._stage} died, or were taken for dead, while they worked "
            f"on {place_of(record)} of {whose}, the last with nothing else in hand; it needs more memory "
            "than they have, or breaks what they run on: make it smaller or give them more, and try the job "
            "again",
        )
        slot.attempts = slot.deaths
        delay = await self._give_up(slot, None, classify(error), error)
        if delay is None and known is not None:
            await self._condemned(*known[1:])
        return delay

    async def _condemned(self, job_id: str, attempt: int) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONDEMNED_SECONDS):
                while await self._certain(job_id, attempt):  # noqa: ASYNC110 - rarely waits
                    await asyncio.sleep(CONDEMNED_LOOK_SECONDS)

    async def _certain(self, job_id: str, attempt: int) -> bool:
        with contextlib.suppress(TransientError):
            return await self._fence.certain(job_id, attempt)
        return self._fence.alive(job_id, attempt)

    async def _give_up(
        self, slot: InFlightRecord, event: Any, failure: Failure, error: Exception
    ) -> float | None:
        """Write the dead letter and tell the ledger; return a delay if Kafka does not even take that."""
        record = slot.record
        topic = self._subscription.topic
        try:
            if isinstance(event, Event) and not await self._fence.certain(event.job_id, event.attempt):
                SKIPPED.labels(self._stage, "after").inc()
                return None  # how a dead attempt failed is nobody's business any more
            crash_point("engine.before_dead_letter", self._place)
            if topic.dead_letters and not slot.buried:
                headers = dead_letters.headers_of(record, self._stage, failure, error, slot.attempts)
                await dead_letters.send(self._publisher, self._artifacts, topic.dlq, record, headers)
            slot.buried = True
            crash_point("engine.after_dead_letter", self._place)
            news = obituaries_of(self._stage, self._subscription, record, event, failure)
            await self._publisher.publish(news, tracing.trace_headers())
        except TransientError:
            return _BROKER_AWAY_DELAY
        except Exception:
            # out of here it would leave the lane with a record that is neither finished nor parked, and so
            # the partition's watermark where it is, for ever
            log.exception("cannot give up", stage=self._stage, record=place_of(record))
            return _BROKER_AWAY_DELAY
        DEAD_LETTERS.labels(self._stage, failure.code).inc()
        self._log_failure("gave up", slot, event, failure, error)
        return None

    def _log_failure(
        self,
        what: str,
        slot: InFlightRecord,
        event: Any,
        failure: Failure,
        error: Exception,
        **fields: object,
    ) -> None:
        record = slot.record
        job_id = getattr(event, "job_id", None)
        expected = isinstance(error, LecternError)
        log.warning(
            what,
            stage=self._stage,
            job_id=job_id,
            record=place_of(record),
            code=failure.code.value,
            reason=failure.message,
            attempts=slot.attempts,
            exc_info=None if expected else error,
            **fields,
        )


def identity_of(event: Any) -> tuple[str, int]:
    """Return job and attempt of an event; commands that name no job stand under their script or video."""
    for name in ("job_id", "script_id", "video_id"):
        value = getattr(event, name, None)
        if value:
            return str(value), int(getattr(event, "attempt", 0))
    return "-", 0


def cause_of(event: Any, record: Record) -> UUID | str:
    """Return what the ids of the outputs derive from: the event's id, else what its record is known by."""
    event_id = getattr(event, "event_id", None)
    return event_id if isinstance(event_id, UUID) else record_id(record)
