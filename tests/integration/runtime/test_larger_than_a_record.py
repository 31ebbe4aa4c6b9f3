"""An event that is larger than a record may be travels as a claim check, and arrives as what it was."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts import topics
from contracts.base import MAX_RECORD_BYTES
from contracts.claimed import HEADER, ClaimedEvent
from contracts.cloudevents import SCENE_HEADER
from contracts.events import Event, ScenePlanned, StageFailed
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts.local import LocalBlobs
from services.runtime.artifacts.store import ArtifactStore
from services.runtime.engine.engine import Engine
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.support.brokers import Broker
from tests.support.eventually import eventually
from tests.support.records import planned

pytestmark = pytest.mark.kafka


def large(job_id: str) -> ScenePlanned:
    """The longest scene there may be, behind another, with what its fields hold at most."""
    scene = planned(job_id, 1)
    texts = {
        "narration": "😀" * 5_000,
        "caption": "😀" * 2_000,
        "image": "가" * 2_000,
        "chapter": "\\" * 300,
    }
    context = scene.context.model_copy(update={"scene": scene.context.scene.model_copy(update=texts)})
    return scene.model_copy(update={"context": context, "previous": context})


class Rig:
    """A topic of the test's own and what reads and writes it."""

    def __init__(self, broker: Broker, topic: topics.Topic, home: Path) -> None:
        self.topic = topic
        self.settings = RuntimeSettings(
            kafka_bootstrap_servers=broker.bootstrap_servers, embedded=broker.embedded, lectern_home=home
        )
        self.blobs = LocalBlobs(home / "artifacts")
        self.artifacts = ArtifactStore(self.blobs)
        self.publisher = Publisher(self.settings, "test", artifacts=self.artifacts)
        self.handled: list[Event] = []

    async def handle(self, event: Event, _: Context) -> Sequence[Event]:
        self.handled.append(event)
        return ()

    @asynccontextmanager
    async def engine(self) -> AsyncIterator[Engine]:
        actor = Actor("reader", (Subscription(self.topic, self.handle),))
        engine = Engine("test", [actor], self.settings, self.artifacts)
        try:
            await engine.start()
            yield engine
        finally:
            await engine.stop()

    async def published(self, job_id: str, topic: str = topics.SCENE_PLANNED.name) -> Any:
        """Return the first record of a job in a topic."""
        consumer = AIOKafkaConsumer(
            topic,
            bootstrap_servers=self.settings.kafka_bootstrap_servers,
            group_id=None,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            async with asyncio.timeout(20):
                async for record in consumer:
                    if record.key == job_id.encode():
                        return record
        finally:
            await consumer.stop()

    async def send(self, record: Any, **changes: Any) -> None:
        """Publish a record again, in the test's topic."""
        value = record.value
        if changes:
            value = (
                ClaimedEvent.model_validate_json(value).model_copy(update=changes).model_dump_json().encode()
            )
        await self.publisher.send_raw(self.topic.name, record.key, value, record.headers)


@pytest.fixture
async def rig(broker: Broker, topic_prefix: str, tmp_path: Path) -> AsyncIterator[Rig]:
    topic = replace(topics.SCENE_PLANNED, name=f"{topic_prefix}scenes", partitions=1)
    await create_topics(broker.bootstrap_servers)
    await create_topics(broker.bootstrap_servers, topics=[topic])
    made = Rig(broker, topic, tmp_path)
    await made.blobs.open()
    await made.publisher.start()
    yield made
    await made.publisher.stop()


async def test_it_arrives_whole_and_an_artifact_that_is_gone_or_anothers_is_told(
    rig: Rig, unique_name: str
) -> None:
    whole, gone, foreign = (large(f"{unique_name}.{name}") for name in ("whole", "gone", "foreign"))
    await rig.publisher.publish([whole, gone, foreign])
    record = await rig.published(whole.job_id)
    assert len(record.value) < MAX_RECORD_BYTES
    assert dict(record.headers)[SCENE_HEADER] == b"1"
    assert dict(record.headers)[HEADER].startswith(b"cas:")

    lost = await rig.published(gone.job_id)
    rig.blobs.blob_path(ClaimedEvent.model_validate_json(lost.value).dataref).unlink()
    await rig.send(lost)
    await rig.send(
        await rig.published(foreign.job_id), dataref=ClaimedEvent.model_validate_json(record.value).dataref
    )
    await rig.send(record)
    async with rig.engine():
        await eventually(lambda: rig.handled or None, 30)
        assert rig.handled == [whole]
        codes = {}
        for job in (gone, foreign):
            told = await rig.published(job.job_id, topics.STAGE_FAILED.name)
            codes[job.job_id] = StageFailed.model_validate_json(told.value).code
    assert codes == {gone.job_id: "ARTIFACT_MISSING", foreign.job_id: "EVENT_MALFORMED"}
