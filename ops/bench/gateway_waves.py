"""Waves of running jobs: each job tells one per cent after the other at planned moments, then ends."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from aiokafka import AIOKafkaProducer

from contracts.base import claim_check, derived_id
from contracts.cloudevents import headers_of, value_of
from contracts.errors import ErrorCode
from contracts.events import Event, ProgressReported, StageFailed
from contracts.rendering import RenderSettings
from contracts.steps import PROGRESS_RANGE
from contracts.topics import TOPIC_OF_TYPE, partition_for
from services.gateway.ledger import creates
from services.gateway.ledger.database import Ledger
from services.gateway.ledger.jobs import NewJob
from services.gateway.ledger.records import JobState
from services.gateway.ledger.schema import jobs

REPORTS = 95
"""Reports of a job, one per cent each; the last five are the ledger's own."""

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
            creates.create_all, wanted[start : start + 200], now=datetime.now(UTC)
        )
        bad = [each for each in made if isinstance(each, Exception)]
        if bad:
            raise bad[0]


def report(wave: int, video: int, number: int) -> ProgressReported:
    """Return a job's report ``number``, after which it stands at ``number + 1`` per cent."""
    wanted = number + 1
    step, (low, high) = next(
        (step, bounds) for step, bounds in PROGRESS_RANGE.items() if bounds[0] < wanted <= bounds[1]
    )
    return ProgressReported(
        event_id=derived_id(job_of(wave, video), "bench", number),
        job_id=job_of(wave, video),
        attempt=1,
        step=step,
        part=0,
        parts=1,
        share=(wanted - low) / (high - low),
    )


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


async def send(producer: AIOKafkaProducer, event: Event) -> None:
    """Leave an event to the producer."""
    topic = TOPIC_OF_TYPE[event.type]
    await producer.send(
        topic.name,
        value=value_of(event),
        key=event.job_id.encode(),
        partition=partition_for(topic, event.job_id, None, topic.partitions),
        headers=headers_of(event, source="lectern/bench", time=datetime.now(UTC)),
    )


async def publish(bootstrap: str, wave: int, videos: int, reports: int, start: float, rate: float) -> float:
    """Publish a wave's reports at their moments, then the ends; returns how late the latest was, seconds."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks=1, linger_ms=1)
    await producer.start()
    worst, number, total = 0.0, 0, videos * reports
    try:
        while number < total:
            now = time.monotonic()
            due = start + number / rate
            if due > now:
                await asyncio.sleep(due - now)
                continue
            worst = max(worst, now - due)
            await send(producer, report(wave, number % videos, number // videos))
            number += 1
        await producer.flush()
        await asyncio.sleep(1.0)  # what is under way is not overtaken by the ends, which stand elsewhere
        for video in range(videos):
            await send(producer, failure(wave, video))
        await producer.flush()
    finally:
        await producer.stop()
    return worst


def failed(conn: sa.Connection) -> int:
    """Return how many jobs have ended."""
    query = sa.select(sa.func.count()).where(jobs.c.state == JobState.FAILED)
    return conn.execute(query).scalar_one()
