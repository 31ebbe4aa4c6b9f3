"""Records and events for tests of the engine."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from aiokafka import TopicPartition

from contracts.base import claim_check
from contracts.events import Loudness, SceneContext, ScenePlanned, SceneSpoken, SentenceTime
from contracts.rendering import RenderSettings, TtsProvider
from contracts.renderspec import SpecScene
from contracts.timeline import time_scene
from services.runtime.actor import Context

PARTITION = TopicPartition("lectern.scene.planned.v1", 0)
WRITTEN_MS = 1_700_000_000_000


@dataclass
class FakeRecord:
    """The part of aiokafka's record that the engine reads."""

    offset: int
    key: bytes | None = b"job-1"
    value: bytes | None = b"{}"
    topic: str = PARTITION.topic
    partition: int = PARTITION.partition
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp: int = WRITTEN_MS


def planned(job_id: str = "job-1", index: int = 0, count: int = 3, attempt: int = 1) -> ScenePlanned:
    """A scene of a job, ready to be spoken."""
    return ScenePlanned(
        event_id=uuid5(NAMESPACE_URL, f"{job_id}/{attempt}/{index}"),
        job_id=job_id,
        attempt=attempt,
        video_id="video-1",
        settings=RenderSettings(tts_provider=TtsProvider.MOCK),
        previous=None,
        context=SceneContext(
            index=index,
            count=count,
            language="ko",
            chapter_number=1,
            chapter_count=1,
            index_in_chapter=index,
            scenes_in_chapter=count,
            scene=SpecScene(scene_id=index, narration="안녕하세요. 반갑습니다."),
        ),
    )


def spoken(event: ScenePlanned, context: Context) -> SceneSpoken:
    """The event that a voice would answer with."""
    return SceneSpoken.after(
        event,
        context.output_id(),
        speech=claim_check(b"speech", "audio/wav"),
        sentences=(SentenceTime(text="안녕하세요.", start=0, end=48_000),),
        timing=time_scene(48_000, 24),
        loudness=Loudness(integrated_lufs=-20.0, true_peak_dbtp=-3.0),
    )
