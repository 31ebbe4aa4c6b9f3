from datetime import UTC, datetime
from uuid import UUID, uuid5

from contracts.base import NAMESPACE, claim_check
from contracts.cloudevents import headers_of, parse_event, value_of
from contracts.events import Loudness, SceneContext, SceneSpoken, SceneSubtitled, SentenceTime
from contracts.rendering import RenderSettings
from contracts.renderspec import SpecScene
from contracts.timeline import time_scene
from contracts.topics import SCENE_SPOKEN
from services.runtime.artifacts import Artifacts
from services.runtime.cancel import CancelToken
from services.subtitling.actor import build


class Hands:
    """The part of the engine's context that the stage uses."""

    def __init__(self, event: SceneSpoken) -> None:
        self.event = event
        self.cancel = CancelToken()
        self.artifacts: Artifacts

    def output_id(self, index: int | str = 0) -> UUID:
        return uuid5(NAMESPACE, f"{self.event.event_id}/{index}")

    async def run(self, work, /, *args):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN002, ANN201
        return work(*args)


def spoken_scene() -> SceneSpoken:
    text = "보낸 사람의 주소를 끝까지 읽습니다."
    context = SceneContext(
        index=0,
        count=1,
        language="ko",
        chapter_number=1,
        chapter_count=1,
        index_in_chapter=0,
        scenes_in_chapter=1,
        scene=SpecScene(scene_id=1, narration=text),
    )
    return SceneSpoken(
        event_id=uuid5(NAMESPACE, "spoken"),
        job_id="job-1",
        attempt=1,
        video_id="video-1",
        settings=RenderSettings(),
        context=context,
        previous=None,
        speech=claim_check(b"speech", "audio/wav"),
        sentences=(SentenceTime(text=text, start=0, end=4 * 48_000),),
        timing=time_scene(4 * 48_000, 24),
        loudness=Loudness(integrated_lufs=-20, true_peak_dbtp=-3),
    )


async def test_a_spoken_scene_becomes_the_same_scene_with_cues() -> None:
    event = spoken_scene()
    (subscription,) = build().subscriptions
    assert subscription.topic is SCENE_SPOKEN
    (subtitled,) = await subscription.handle(event, Hands(event))  # type: ignore[arg-type]
    assert isinstance(subtitled, SceneSubtitled)
    assert subtitled.cues[0].start == 12
    assert " ".join(line for cue in subtitled.cues for line in cue.lines) == event.context.scene.narration
    assert subtitled.speech == event.speech
    (again,) = await subscription.handle(event, Hands(event))  # type: ignore[arg-type]
    assert value_of(again) == value_of(subtitled)


async def test_its_output_survives_the_wire() -> None:

    event = spoken_scene()
    (subscription,) = build().subscriptions
    (subtitled,) = await subscription.handle(event, Hands(event))  # type: ignore[arg-type]
    headers = headers_of(subtitled, source="/subtitling", time=datetime(2026, 1, 1, tzinfo=UTC))
    assert parse_event(value_of(subtitled), headers) == subtitled
