"""A job of 300 scenes in flight delays a job of one scene by two scene times at each stage, at most."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from contracts import events, topics
from contracts.events import Event, SceneComposed, ScenePlanned
from contracts.topics import partition_for
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.artifacts import Artifacts
from services.runtime.engine.engine import Engine, window_of
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.support.brokers import Broker
from tests.support.eventually import eventually
from tests.support.records import planned

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.timeout(120)]

SCENE_SECONDS = 0.2
SCENES = 300
HOP_SECONDS = 0.25
"""What one hop over Kafka may take on a machine whose cores are busy; 2 ms on an idle one."""


class Line:
    """Stages one after the other, each with a topic of its own; each works ``SCENE_SECONDS`` on a scene."""

    def __init__(
        self,
        broker: Broker,
        folder: Path,
        prefix: str,
        monkeypatch: pytest.MonkeyPatch,
        stages: int,
        partitioning: topics.Partitioning,
        concurrency: int,
    ) -> None:
        self.done: dict[tuple[str, int], float] = {}
        self.settings = RuntimeSettings(
            kafka_bootstrap_servers=broker.bootstrap_servers,
            embedded=broker.embedded,
            lectern_home=folder,
            drain_deadline=0.1,
        )
        self.kinds: list[type[ScenePlanned]] = []
        self.topics: list[topics.Topic] = []
        for number in range(stages):
            name = f"lectern.scene.{prefix}{number}"
            kind = cast("type[ScenePlanned]", type(f"Stage{number}", (ScenePlanned,), {"type": name}))
            topic = replace(topics.SCENE_PLANNED, name=name, types=(name,), partitioning=partitioning)
            monkeypatch.setitem(cast("MutableMapping[str, Any]", events.EVENTS), name, kind)
            monkeypatch.setitem(cast("MutableMapping[str, Any]", topics.TOPIC_OF_TYPE), name, topic)
            self.kinds.append(kind)
            self.topics.append(topic)
        actors = [
            Actor(f"{prefix}{n}", (Subscription(topic, self._stage(n), concurrency),))
            for n, topic in enumerate(self.topics)
        ]
        self.engine = Engine("line", actors, self.settings, cast("Artifacts", None))
        self.publisher = Publisher(self.settings, "test")

    def _stage(self, number: int) -> Any:
        async def work(event: ScenePlanned, context: Context) -> Sequence[Event]:
            await asyncio.sleep(SCENE_SECONDS)
            if number + 1 < len(self.kinds):
                return [self.kinds[number + 1].after(event, context.output_id())]
            self.done[event.job_id, event.context.index] = time.monotonic()
            return []

        return work

    async def send(self, job_id: str, scenes: int) -> None:
        """Publish all scenes of a job at once, as the scripting stage does."""
        await self.publisher.publish(
            [
                self.kinds[0].model_validate(planned(job_id, scene, scenes).model_dump(mode="json"))
                for scene in range(scenes)
            ]
        )

    async def delay(self, large: str, small: str) -> float:
        """Return the seconds that a one-scene job takes with a job of 300 scenes in flight."""
        await self.send(large, SCENES)
        await eventually(lambda: self.of(large) >= 4, 60)
        started = time.monotonic()
        await self.send(small, 1)
        await eventually(lambda: (small, 0) in self.done, 60)
        assert self.of(large) < SCENES * 0.9, "the large job is still in flight"
        return self.done[small, 0] - started

    def of(self, job_id: str) -> int:
        return sum(1 for job, _ in self.done if job == job_id)


@pytest.fixture
async def line(
    request: pytest.FixtureRequest,
    broker: Broker,
    tmp_path: Path,
    unique_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Line]:
    settings: Mapping[str, Any] = request.param
    made = Line(broker, tmp_path, f"x{unique_name[-8:]}-", monkeypatch, **settings)
    await create_topics(broker.bootstrap_servers)
    await create_topics(broker.bootstrap_servers, topics=made.topics)
    await made.publisher.start()
    await made.engine.start()
    yield made
    await made.engine.stop()
    await made.publisher.stop()


SPREAD, KEY = topics.Partitioning.SPREAD, topics.Partitioning.KEY


def neighbour(job_id: str) -> str:
    """Return a job whose records lie on the same partition as another's."""
    wanted = partition_for(topics.SCENE_COMPOSED, job_id, None, topics.SCENE_COMPOSED.partitions)
    names = (f"small-{number}" for number in range(1000))
    return next(n for n in names if partition_for(topics.SCENE_COMPOSED, n, None, 12) == wanted)


@pytest.mark.parametrize(
    "line",
    [
        {"stages": 1, "partitioning": SPREAD, "concurrency": 1},
        {"stages": 1, "partitioning": SPREAD, "concurrency": 4},
        {"stages": 1, "partitioning": KEY, "concurrency": 4},
    ],
    indirect=True,
    ids=["one at a time", "four at a time", "all on one partition"],
)
async def test_a_small_job_is_delayed_by_two_scene_times_at_a_stage(line: Line) -> None:
    took = await line.delay("large", neighbour("large"))
    assert took <= SCENE_SECONDS + 2 * SCENE_SECONDS + HOP_SECONDS


@pytest.mark.parametrize(
    "line", [{"stages": 5, "partitioning": SPREAD, "concurrency": 2}], indirect=True, ids=["five stages"]
)
async def test_a_small_job_is_delayed_by_two_scene_times_at_each_of_five_stages(line: Line) -> None:
    took = await line.delay("large", "small")
    assert took <= 5 * (SCENE_SECONDS + 2 * SCENE_SECONDS + HOP_SECONDS)


def test_where_a_jobs_scenes_lie_on_one_partition_the_window_holds_the_largest_job() -> None:
    settings = RuntimeSettings(window=256)

    async def nothing(*_: Any) -> Sequence[Event]:
        return []

    assert window_of(Subscription(topics.SCENE_PLANNED, nothing), settings) == 256
    assert window_of(Subscription(topics.VIDEO_COMPOSED, nothing), settings) == 256
    assert topics.TOPIC_OF_TYPE[SceneComposed.type].partitioning is KEY
    assert window_of(Subscription(topics.SCENE_COMPOSED, nothing), settings) > 500
