"""An engine that notes what it is given, and both ends of Kafka around it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from contracts.events import Event
from contracts.topics import Topic
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.engine.engine import Engine
from services.runtime.settings import RuntimeSettings


@asynccontextmanager
async def producing(servers: str, **more: Any) -> AsyncIterator[AIOKafkaProducer]:
    """A producer; ``more`` are its settings."""
    producer = AIOKafkaProducer(bootstrap_servers=servers, **more)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def working(servers: str, topic: Topic, home: Path) -> AsyncIterator[list[str]]:
    """An engine, its artifacts in ``home``; yields the jobs of the events that it is given, in order."""
    seen: list[str] = []

    async def handle(event: Any, context: Context) -> Sequence[Event]:
        seen.append(event.job_id)
        return []

    settings = RuntimeSettings(kafka_bootstrap_servers=servers, lectern_home=home)
    async with open_artifacts(ArtifactSettings(lectern_home=home)) as artifacts:
        engine = Engine("test", [Actor(topic.name, (Subscription(topic, handle),))], settings, artifacts)
        try:
            await engine.start()
            yield seen
        finally:
            await engine.stop()


async def letters(servers: str, topic: str, count: int) -> list[Any]:
    """Return the first ``count`` records of a topic."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest", group_id=None)
    await consumer.start()
    try:
        return [await asyncio.wait_for(consumer.getone(), 20) for _ in range(count)]
    finally:
        await consumer.stop()
