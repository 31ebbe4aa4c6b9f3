"""Every way a record can end, with the broker replaced by a list: the decisions are tested here."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

import pytest

from contracts import topics
from contracts.cloudevents import value_of
from contracts.errors import CanceledError, ErrorCode, LecternError, PermanentError, TransientError
from contracts.events import (
    CommandRejected,
    ControlChanged,
    Event,
    ProgressReported,
    SceneSpoken,
    StageFailed,
)
from contracts.steps import Step
from services.runtime.actor import Context, Handler, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine.fence import Fence
from services.runtime.engine.offsets import InFlightRecord, OffsetTracker
from services.runtime.engine.processor import Processor
from services.runtime.engine.retry import RetryPolicy
from services.runtime.kafka.publisher import Publisher, RawHeaders
from tests.support.eventually import eventually
from tests.support.records import PARTITION, FakeRecord, planned, spoken


class Log:
    """A publisher that remembers; ``away`` makes it refuse."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.raw: list[tuple[str, bytes | None, bytes | None, RawHeaders]] = []
        self.away = False

    async def publish(self, events: Sequence[Event], extra_headers: Mapping[str, str] | None = None) -> None:
        self._check()
        self.events.extend(events)

    async def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, headers: RawHeaders, _name: str
    ) -> None:
        self._check()
        self.raw.append((topic, key, value, headers))

    def _check(self) -> None:
        if self.away:
            raise TransientError(ErrorCode.BROKER_UNAVAILABLE, "away")

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if type(event) is kind]


class Bench:
    def __init__(self, scratch: Path, executor: ThreadPoolExecutor) -> None:
        self.log = Log()
        self.fence = Fence()
        self.scratch = scratch
        self.executor = executor
        self.window = OffsetTracker(PARTITION, 100)

    def processor(
        self, handle: Handler, rejection: Any = None, waits_for: frozenset[ErrorCode] = frozenset()
    ) -> Processor:
        return Processor(
            stage="tts",
            subscription=Subscription(
                topics.SCENE_PLANNED,
                handle,
                step=Step.GENERATE_TTS,
                rejection=rejection,
                waits_for=waits_for,
            ),
            publisher=cast("Publisher", self.log),
            fence=self.fence,
            artifacts=cast("Artifacts", None),
            executor=self.executor,
            scratch_root=self.scratch,
            policy=RetryPolicy(first=1, cap=10, tries=3, unexpected_tries=2),
            random=lambda: 0.0,
        )

    def slot(self, value: bytes | None, offset: int = 0) -> InFlightRecord:
        slot = self.window.admit(FakeRecord(offset, value=value))
        assert slot is not None
        return slot

    def control(self, *, attempt: int = 1, canceled: bool = True) -> None:
        event_id = uuid5(NAMESPACE_URL, f"{attempt}{canceled}")
        self.fence.apply(
            ControlChanged(event_id=event_id, job_id="job-1", attempt=attempt, canceled=canceled)
        )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ThreadPoolExecutor(2) as executor:
        yield Bench(tmp_path / "scratch", executor)


async def speak(event: Any, context: Context) -> Sequence[Event]:
    return [spoken(event, context)]


async def test_a_record_yields_its_event_and_its_progress(bench: Bench) -> None:
    assert await bench.processor(speak)(bench.slot(value_of(planned(index=1)))) is None
    (event,) = bench.log.of(SceneSpoken)
    (progress,) = bench.log.of(ProgressReported)
    assert event.context.index == 1
    assert (progress.step, progress.part, progress.parts, progress.share) == (Step.GENERATE_TTS, 1, 3, 1.0)


async def test_a_redelivered_record_yields_byte_identical_events(bench: Bench) -> None:
    value = value_of(planned())
    await bench.processor(speak)(bench.slot(value, 0))
    await bench.processor(speak)(bench.slot(value, 1))
    first, second = bench.log.of(SceneSpoken)
    assert value_of(first) == value_of(second)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"\xff\xfe", "EVENT_MALFORMED"),
        (b"not json", "EVENT_MALFORMED"),
        (b"[1]", "EVENT_MALFORMED"),
        (None, "EVENT_MALFORMED"),
        (b"{}", "EVENT_TYPE_UNKNOWN"),
        (b'{"type": "lectern.unknown.v1"}', "EVENT_TYPE_UNKNOWN"),
        (b'{"type": "lectern.scene.planned.v1"}', "EVENT_MALFORMED"),
        (b"[" * 100_000, "EVENT_MALFORMED"),
    ],
)
async def test_poison_goes_to_the_dead_letters_at_once_unchanged(
    bench: Bench, value: bytes | None, code: str
) -> None:
    assert await bench.processor(speak)(bench.slot(value)) is None
    ((topic, key, kept, headers),) = bench.log.raw
    assert (topic, key, kept) == ("lectern.scene.planned.v1.dlq", b"job-1", value)
    assert dict(headers)["dlq.code"] == code.encode()
    assert bench.log.events == []  # nobody's job: a stranger's record fails none


async def test_an_event_of_another_topic_is_poison(bench: Bench) -> None:
    other = ProgressReported(
        event_id=uuid5(NAMESPACE_URL, "x"),
        job_id="job-1",
        attempt=1,
        step=Step.FINALIZE,
        part=0,
        parts=1,
        share=1,
    )
    await bench.processor(speak)(bench.slot(value_of(other)))
    assert dict(bench.log.raw[0][3])["dlq.code"] == b"EVENT_TYPE_UNKNOWN"


async def test_an_invalid_event_of_a_known_job_fails_that_job(bench: Bench) -> None:
    body = {**json.loads(value_of(planned())), "context": None}
    await bench.processor(speak)(bench.slot(json.dumps(body).encode()))
    (failed,) = bench.log.of(StageFailed)
    assert (failed.job_id, failed.attempt, failed.code) == ("job-1", 1, ErrorCode.EVENT_MALFORMED)


async def test_a_permanent_failure_is_dead_lettered_and_told_to_the_ledger(bench: Bench) -> None:
    async def refuse(event: Any, context: Context) -> Sequence[Event]:
        raise PermanentError(ErrorCode.NARRATION_UNSPEAKABLE, "scene 2 has only symbols")

    assert await bench.processor(refuse)(bench.slot(value_of(planned(index=2)), 9)) is None
    (failed,) = bench.log.of(StageFailed)
    assert (failed.code, failed.stage, failed.scene_index) == (ErrorCode.NARRATION_UNSPEAKABLE, "tts", 2)
    assert failed.dead_letter == "lectern.scene.planned.v1/0/9"
    assert bench.log.of(ProgressReported) == []


async def test_a_transient_failure_parks_with_backoff_then_gives_up(bench: Bench) -> None:
    async def away(event: Any, context: Context) -> Sequence[Event]:
        raise TransientError(ErrorCode.STORAGE_UNAVAILABLE, "store is away")

    processor, slot = bench.processor(away), bench.slot(value_of(planned()))
    assert [await processor(slot), await processor(slot)] == [0.5, 1.0]
    assert bench.log.raw == []
    assert await processor(slot) is None
    assert dict(bench.log.raw[0][3])["dlq.attempts"] == b"3"


async def test_a_record_outlives_a_broker_that_takes_nothing(bench: Bench) -> None:
    bench.log.away = True
    processor, slot = bench.processor(speak), bench.slot(value_of(planned()))
    for _ in range(20):
        assert await processor(slot) is not None
    bench.log.away = False
    assert await processor(slot) is None
    assert len(bench.log.of(SceneSpoken)) == 1
    assert bench.log.raw == []


async def test_poison_waits_for_the_broker_too(bench: Bench) -> None:
    bench.log.away = True
    processor, slot = bench.processor(speak), bench.slot(b"poison")
    assert await processor(slot) is not None
    bench.log.away = False
    assert await processor(slot) is None
    assert len(bench.log.raw) == 1


async def test_an_unexpected_error_is_tried_again_and_its_text_stays_inside(bench: Bench) -> None:
    async def buggy(event: Any, context: Context) -> Sequence[Event]:
        raise ValueError(f"secret hunter{1 + 1}")

    processor, slot = bench.processor(buggy), bench.slot(value_of(planned()))
    assert await processor(slot) is not None
    assert await processor(slot) is None
    (failed,) = bench.log.of(StageFailed)
    assert failed.code == ErrorCode.INTERNAL_ERROR
    everything = repr(bench.log.raw) + repr(bench.log.events)
    assert "hunter2" not in everything


async def test_a_dead_attempt_is_skipped_without_work(bench: Bench) -> None:
    async def never(event: Any, context: Context) -> Sequence[Event]:
        raise AssertionError("worked for a dead attempt")

    bench.control()
    assert await bench.processor(never)(bench.slot(value_of(planned()))) is None
    assert (bench.log.events, bench.log.raw) == ([], [])


async def test_results_of_an_attempt_that_died_meanwhile_are_not_published(bench: Bench) -> None:
    async def superseded(event: Any, context: Context) -> Sequence[Event]:
        output = spoken(event, context)
        bench.fence._jobs["job-1"] = (2, False)  # as if control arrived between the handler and the publish
        return [output]

    await bench.processor(superseded)(bench.slot(value_of(planned())))
    assert bench.log.events == []


async def test_a_cancel_stops_a_thread_within_moments_and_removes_its_files(bench: Bench) -> None:
    started, ended = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    async def long(event: Any, context: Context) -> Sequence[Event]:
        (context.scratch / "half.mp4").write_bytes(b"x")

        def work() -> None:
            loop.call_soon_threadsafe(started.set)
            give_up = time.monotonic() + 30
            while time.monotonic() < give_up:
                try:
                    context.cancel.check()
                except CanceledError:
                    ended.append(context.scratch.exists())
                    raise
                time.sleep(0.001)  # the thread's frame, not a wait of the test

        await context.run(work)
        return [spoken(event, context)]

    task = asyncio.create_task(_call(bench.processor(long), bench.slot(value_of(planned()))))
    await started.wait()
    bench.control()
    assert await asyncio.wait_for(task, 2) is None
    assert ended == [True]  # the folder outlived the thread ...
    assert list(bench.scratch.iterdir()) == []  # ... and not the record
    assert (bench.log.events, bench.log.raw) == ([], [])


async def test_stopping_the_process_finishes_nothing(bench: Bench) -> None:
    waiting = asyncio.Event()

    async def forever(event: Any, context: Context) -> Sequence[Event]:
        (context.scratch / "half").write_bytes(b"x")
        waiting.set()
        await asyncio.Event().wait()
        return []

    task = asyncio.create_task(_call(bench.processor(forever), bench.slot(value_of(planned()))))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (bench.log.events, bench.log.raw) == ([], [])
    await eventually(lambda: list(bench.scratch.iterdir()) == [])


async def test_a_rejection_is_published_beside_the_dead_letter(bench: Bench) -> None:
    def reject(
        error: LecternError, value: bytes | None, key: bytes | None, headers: RawHeaders
    ) -> Sequence[Event]:
        return [
            CommandRejected(
                event_id=uuid5(NAMESPACE_URL, "r"),
                job_id=(key or b"").decode(),
                attempt=1,
                command_type="?",
                code=error.code,
                message=error.message,
            )
        ]

    await bench.processor(speak, reject)(bench.slot(b"nonsense"))
    (rejected,) = bench.log.of(CommandRejected)
    assert rejected.code == ErrorCode.EVENT_MALFORMED
    assert len(bench.log.raw) == 1


async def test_a_refusal_that_cannot_be_written_down_held_its_partition_for_ever(bench: Bench) -> None:
    def reject(
        error: LecternError, value: bytes | None, key: bytes | None, headers: RawHeaders
    ) -> Sequence[Event]:
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")

    assert await bench.processor(speak, reject)(bench.slot(b"nonsense")) is None
    assert len(bench.log.raw) == 1


@pytest.mark.parametrize("attempt", [b"1e999", b"1" + b"0" * 30, b"2147483648", b"0", b"null", b"[]"])
async def test_an_attempt_that_is_no_number_of_one_fails_no_job(bench: Bench, attempt: bytes) -> None:
    body = b'{"event_id": "5a6f1c1e-6d0b-5b0e-9f4e-1e57e4c0de00", "job_id": "job-1", "attempt": %s}' % attempt
    assert await bench.processor(speak)(bench.slot(body)) is None
    assert (len(bench.log.raw), bench.log.events) == (1, [])


async def test_what_goes_wrong_while_giving_up_parks_the_record(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    processor, slot = bench.processor(speak), bench.slot(b"poison")
    with monkeypatch.context() as broken:
        broken.setattr(bench.log, "publish", None)
        assert await processor(slot) is not None
    assert await processor(slot) is None


async def test_a_letter_was_written_again_for_each_try_to_tell_of_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the topic of failures the dead letters of one record grew for as long as it was missing."""
    processor, slot = bench.processor(speak), bench.slot(b"poison")

    async def missing(*_: object) -> None:
        raise TransientError(ErrorCode.BROKER_UNAVAILABLE, "there is no such topic")

    with monkeypatch.context() as broken:
        broken.setattr(bench.log, "publish", missing)
        for _ in range(3):
            assert await processor(slot) is not None
    assert await processor(slot) is None
    assert len(bench.log.raw) == 1


async def test_work_of_a_cancelled_job_reported_progress_until_its_thread_noticed(bench: Bench) -> None:
    async def reporting(event: Any, context: Context) -> Sequence[Event]:
        bench.control()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(30)
        await context.report(0.5)
        raise asyncio.CancelledError

    await bench.processor(reporting)(bench.slot(value_of(planned())))
    assert bench.log.events == []


async def test_work_in_hand_may_report_progress_that_is_never_complete(bench: Bench) -> None:
    async def reporting(event: Any, context: Context) -> Sequence[Event]:
        await context.report(0.5)
        await context.report(7)
        return [spoken(event, context)]

    await bench.processor(reporting)(bench.slot(value_of(planned())))
    assert [progress.share for progress in bench.log.of(ProgressReported)] == [0.5, 0.99, 1.0]


async def _call(processor: Processor, slot: InFlightRecord) -> float | None:
    return await processor(slot)


async def test_a_record_waits_for_what_it_needs_however_long_and_then_has_all_its_tries(bench: Bench) -> None:
    failure = TransientError(ErrorCode.LEDGER_UNAVAILABLE, "the ledger cannot be used: 57P03")

    async def handle(_: Any, __: Context) -> Sequence[Event]:
        raise failure

    processor = bench.processor(handle, waits_for=frozenset({ErrorCode.LEDGER_UNAVAILABLE}))
    slot = bench.slot(value_of(planned()))
    delays = [await processor(slot) for _ in range(500)]
    assert None not in delays
    assert max(delay for delay in delays if delay is not None) <= 5
    assert processor.awaits is not None
    assert "57P03" in processor.awaits
    failure = TransientError(ErrorCode.STORAGE_UNAVAILABLE, "store is away")  # this one is not waited for
    assert [delay is None for delay in [await processor(slot) for _ in range(3)]] == [False, False, True]
    assert len(bench.log.raw) == 1
    assert processor.awaits is None


@pytest.mark.parametrize("gone", ["lost", "overtaken"])
async def test_a_record_that_another_process_has_by_now_is_not_waited_for(bench: Bench, gone: str) -> None:
    async def handle(_: Any, __: Context) -> Sequence[Event]:
        raise TransientError(ErrorCode.LEDGER_UNAVAILABLE, "away")

    processor = bench.processor(handle, waits_for=frozenset({ErrorCode.LEDGER_UNAVAILABLE}))
    await processor(bench.slot(value_of(planned())))
    assert processor.awaits is not None
    if gone == "lost":
        bench.window.lose()
    else:
        bench.window.settle(1)
    assert processor.awaits is None


async def test_what_one_stage_waits_for_another_gives_up_on(bench: Bench) -> None:
    async def handle(_: Any, __: Context) -> Sequence[Event]:
        raise TransientError(ErrorCode.LEDGER_UNAVAILABLE, "away")

    slot = bench.slot(value_of(planned()))
    assert [await bench.processor(handle)(slot) is None for _ in range(3)] == [False, False, True]


async def test_a_convicted_record_is_buried_undecoded_and_its_job_told(bench: Bench) -> None:
    async def never(event: Any, context: Context) -> Sequence[Event]:
        raise AssertionError("it was begun")

    processor = bench.processor(never)
    processor._decode = never  # type: ignore[assignment,method-assign]
    slot = bench.slot(value_of(planned(index=1)))
    slot.record.headers = (("ce_sceneindex", b"1"),)
    slot.deaths = 3
    burying = asyncio.create_task(processor.convict(slot))
    await eventually(lambda: bench.log.of(StageFailed))
    await asyncio.sleep(0)
    assert not burying.done(), "the job's next record is begun before its end is known"
    bench.control()
    assert await burying is None
    (failed,) = bench.log.of(StageFailed)
    assert (failed.code, failed.scene_index, failed.job_id) == (ErrorCode.WORKER_DIED, 1, "job-1")
    assert "lectern.scene.planned.v1/0/0 of job job-1" in failed.message
    ((topic, _, value, headers),) = bench.log.raw
    assert (topic, value) == (topics.SCENE_PLANNED.dlq, slot.record.value)
    assert dict(headers)["dlq.attempts"] == b"3"


async def test_a_convicted_record_of_a_dead_attempt_is_nobodys_business(bench: Bench) -> None:
    bench.control()
    slot = bench.slot(value_of(planned()))
    slot.deaths = 3
    assert await bench.processor(speak).convict(slot) is None
    assert not bench.log.raw
    assert not bench.log.events


async def test_a_convicted_record_waits_for_kafka_to_take_its_letter(bench: Bench) -> None:
    slot = bench.slot(b"whatever")
    slot.deaths = 3
    bench.log.away = True
    assert await bench.processor(speak).convict(slot)
    bench.log.away = False
    assert await bench.processor(speak).convict(slot) is None
    assert len(bench.log.raw) == 1


async def test_a_record_without_memory_is_tried_again_alone_and_given_up_as_what_workers_die_of(
    bench: Bench,
) -> None:
    async def fill(event: Any, context: Context) -> Sequence[Event]:
        raise MemoryError

    slot = bench.slot(value_of(planned()))
    processor = bench.processor(fill)
    assert await processor(slot)
    assert slot.suspect
    assert await processor(slot) is None
    (failed,) = bench.log.of(StageFailed)
    assert failed.code == ErrorCode.WORKER_DIED
