"""Waves of running jobs: each job tells one per cent after the other at planned moments, then ends.

It is told to the gateway as a stage's report, which it folds, writes down and announces; or straight as an
update in the log, as the viewers of one gateway hear of a job that another one keeps.
"""

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa
from aiokafka import AIOKafkaProducer

from contracts.base import claim_check, derived_id
from contracts.cloudevents import Headers, headers_of, value_of
from contracts.errors import ErrorCode
from contracts.events import Event, JobUpdated, ProgressReported, StageFailed
from contracts.rendering import RenderSettings
from contracts.states import JobState
from contracts.steps import PROGRESS_RANGE, Step
from contracts.topics import TOPIC_OF_TYPE, partition_for
from services.gateway.ledger.db.schema import jobs
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.ledger.jobs import create as jobs_create
from services.gateway.ledger.jobs.queries import NewJob

REPORTS = 95
"""Reports of a job, one per cent each; the last five are the ledger's own."""

WARM_REPORTS = 5
"""Those of each job that come before what is measured, at half the rate: the first makes the job run, which
is written down and told on; by the last the broker's compiler has seen enough."""

TICK_SECONDS = 0.01
"""Reports that become due in this time are sent together, up to so much late: one request for each of them
would cost the broker and the publisher more than all else, on cores that are not theirs alone."""

Source = Literal["reports", "updates"]
"""What a wave is told by."""

SPEC = claim_check(b"{}", "application/json")


def video_of(number: int) -> str:
    """Return a video's id."""
    return f"video-{number:05}"


def job_of(wave: int, number: int) -> str:
    """Return the id of a video's job in a wave."""
    return f"job-{wave}-{number:05}"


async def create(ledger: Ledger, wave: int, videos: int) -> None:
    """Create a wave's jobs."""
    wanted = [
        NewJob(job_of(wave, n), video_of(n), None, None, "ko", RenderSettings(), SPEC, "{}", 1)
        for n in range(videos)
    ]
    for start in range(0, videos, 200):
        made: Sequence[object] = await ledger.write(
            jobs_create.create_all, wanted[start : start + 200], now=datetime.now(UTC)
        )
        bad = [each for each in made if isinstance(each, Exception)]
        if bad:
            raise bad[0]


def report(wave: int, video: int, number: int) -> ProgressReported:
    """Return a job's report ``number``, after which it stands at ``number + 1`` per cent."""
    wanted = number + 1
    step = _step(wanted)
    low, high = PROGRESS_RANGE[step]
    return ProgressReported(
        event_id=derived_id(job_of(wave, video), "bench", number),
        job_id=job_of(wave, video),
        attempt=1,
        step=step,
        part=0,
        parts=1,
        share=(wanted - low) / (high - low),
    )


def update(wave: int, video: int, number: int, *, ended: bool = False) -> JobUpdated:
    """Return the update that report ``number`` of a job causes, or its end does."""
    now = datetime.now(UTC)
    return JobUpdated(
        event_id=derived_id(job_of(wave, video), "bench-update", number),
        job_id=job_of(wave, video),
        attempt=1,
        video_id=video_of(video),
        revision=number + 2,
        status="FAILED" if ended else "PROCESSING",
        step=_step(number + 1),
        progress=number + 1,
        language="ko",
        scenes=1,
        created_at=now,
        updated_at=now,
        started_at=now,
        finished_at=now if ended else None,
    )


def _step(percentage: int) -> Step:
    return next(step for step, (low, high) in PROGRESS_RANGE.items() if low < percentage <= high)


def failure(wave: int, video: int) -> StageFailed:
    """Return the end of a job."""
    return StageFailed(
        event_id=derived_id(job_of(wave, video), "bench", "end"),
        job_id=job_of(wave, video),
        attempt=1,
        stage="tts",
        code=ErrorCode.TTS_FAILED,
        message="the end of the measurement",
    )


@dataclass(frozen=True, slots=True)
class Record:
    """An event as it is sent."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Headers

    @classmethod
    def of(cls, event: Event) -> "Record":
        """Return an event's record."""
        topic = TOPIC_OF_TYPE[event.type]
        return cls(
            topic.name,
            partition_for(topic, event.job_id, None, topic.partitions),
            event.job_id.encode(),
            value_of(event),
            headers_of(event, source="lectern/bench", time=datetime.now(UTC)),
        )

    async def send(self, producer: AIOKafkaProducer) -> None:
        """Leave it to the producer."""
        await producer.send(
            self.topic, value=self.value, key=self.key, partition=self.partition, headers=self.headers
        )


class Publisher:
    """Publishes one wave. What it sends is built before: it shares the machine with what is measured.

    Args:
        bootstrap: where Kafka is.
        wave: its number.
        videos: one job each.
        reports: of each job, those that warm up included.
        source: what the gateway is told. Told of updates it still has to end the jobs of its own ledger, and
            viewers, who have heard of the end, must not hear of it again.
    """

    def __init__(self, bootstrap: str, wave: int, videos: int, reports: int, source: Source) -> None:
        self._bootstrap = bootstrap
        event: Callable[[int, int, int], Event] = report if source == "reports" else update
        self._reports = [
            Record.of(event(wave, video, number)) for number in range(reports) for video in range(videos)
        ]
        self._warm = self._reports[: WARM_REPORTS * videos]
        self._ends = [Record.of(failure(wave, video)) for video in range(videos)]
        if source == "updates":
            told = [Record.of(update(wave, video, reports, ended=True)) for video in range(videos)]
            self._ends = [*told, *self._ends]

    async def run(self, warm: float, start: float, rate: float) -> float:
        """Publish reports at their moments, then the ends; returns how late the latest was, seconds.

        Args:
            warm: when the first report is due, by the monotonic clock; the first ones at half the rate.
            start: when the first report that counts is due.
            rate: reports a second.
        """
        gc.collect()
        gc.freeze()  # a full collection of all that is to be sent would be counted as the gateway's delay
        producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap, acks=1)
        await producer.start()
        try:
            await self._send(producer, self._warm, warm, rate / 2)
            late = await self._send(producer, self._reports[len(self._warm) :], start, rate)
            await producer.flush()
            await asyncio.sleep(1.0)  # what is under way is not overtaken by the ends, which stand elsewhere
            for record in self._ends:
                await record.send(producer)
            await producer.flush()
        finally:
            await producer.stop()
        return late

    @staticmethod
    async def _send(
        producer: AIOKafkaProducer, records: Sequence["Record"], start: float, rate: float
    ) -> float:
        worst, number, tick = 0.0, 0, start
        while number < len(records):
            await asyncio.sleep(max(0.0, tick - time.monotonic()))
            now = time.monotonic()
            worst = max(worst, now - start - number / rate)
            while number < len(records) and start + number / rate <= now:
                await records[number].send(producer)
                number += 1
            tick = max(tick + TICK_SECONDS, now)
        return worst


def failed(conn: sa.Connection) -> int:
    """Return how many jobs have ended."""
    query = sa.select(sa.func.count()).where(jobs.c.state == JobState.FAILED)
    return conn.execute(query).scalar_one()
