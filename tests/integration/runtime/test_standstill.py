"""A process that stood still, as a suspended one does, and slept through a cancel."""

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

import pytest

from contracts import topics
from contracts.cloudevents import value_of
from contracts.events import ControlChanged, Event
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine.control import FREEZE_SECONDS
from services.runtime.engine.engine import Engine
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.observability.metrics import SKIPPED
from services.runtime.settings import RuntimeSettings
from tests.support.brokers import Broker
from tests.support.eventually import eventually
from tests.support.records import planned, spoken

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.real_kafka]


def cancel_from_elsewhere(settings: RuntimeSettings, job_id: str) -> None:
    """Another process cancels the job; it has the broker's acknowledgement when this returns."""

    async def cancel() -> None:
        elsewhere = Publisher(settings, "elsewhere")
        await elsewhere.start()
        control = ControlChanged(
            event_id=uuid5(NAMESPACE_URL, job_id), job_id=job_id, attempt=1, canceled=True
        )
        await elsewhere.publish([control])
        await elsewhere.stop()

    thread = threading.Thread(target=asyncio.run, args=(cancel(),))
    thread.start()
    thread.join()


async def test_a_process_that_woke_up_published_for_a_job_cancelled_while_it_slept(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    topic = replace(topics.SCENE_PLANNED, name=f"{topic_prefix}scenes", partitions=1)
    settings = RuntimeSettings(kafka_bootstrap_servers=broker.bootstrap_servers, lectern_home=tmp_path)
    await create_topics(broker.bootstrap_servers)
    await create_topics(broker.bootstrap_servers, topics=[topic])
    job_id = f"job.{topic_prefix[-9:-1]}"
    finished: list[str] = []

    async def handle(event: Any, context: Context) -> Sequence[Event]:
        started = time.monotonic()
        cancel_from_elsewhere(settings, event.job_id)
        time.sleep(max(0.0, FREEZE_SECONDS + 0.2 - (time.monotonic() - started)))  # noqa: ASYNC251 - a standstill
        finished.append(event.job_id)
        return [spoken(event, context)]

    actor = Actor(topic.name, (Subscription(topic, handle),))
    engine = Engine("test", [actor], settings, cast("Artifacts", None))
    published: list[Event] = []
    publish = engine.publisher.publish

    async def noted(events: Sequence[Event], extra_headers: Mapping[str, str] | None = None) -> None:
        published.extend(events)
        await publish(events, extra_headers)

    engine.publisher.publish = noted  # type: ignore[method-assign]
    await engine.start()
    try:
        await engine.publisher.send_raw(
            topic.name, job_id.encode(), value_of(planned(job_id, 0, count=1)), []
        )
        skipped = SKIPPED.labels(topic.name, "after")
        before = skipped._value.get()
        await eventually(lambda: finished, 30)
        await eventually(lambda: skipped._value.get() > before, 10)
    finally:
        await engine.stop()
    assert published == []
