import asyncio
import io
import wave
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid5

import pytest
from prometheus_client import REGISTRY

from contracts.base import NAMESPACE
from contracts.cloudevents import parse_event, value_of
from contracts.errors import CanceledError, ErrorCode, PermanentError
from contracts.events import SceneContext, ScenePlanned, SceneSpoken
from contracts.rendering import RenderSettings, TtsProvider, VisualStyle
from contracts.renderspec import SpecScene
from contracts.steps import Step
from contracts.topics import SCENE_PLANNED
from services.runtime.artifacts import Artifacts
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.engine.context import RecordContext
from services.tts.actor import build
from services.tts.settings import TtsSettings

NARRATION = "비밀번호는 12자리 이상입니다. 매월 바꾸세요!"


@pytest.fixture
async def artifacts(tmp_path: Path) -> AsyncIterator[Artifacts]:
    async with open_artifacts(ArtifactSettings(lectern_home=tmp_path, artifact_store="local")) as store:
        yield store


def planned(narration: str = NARRATION, *, job: str = "job-1", **changes: Any) -> ScenePlanned:
    settings = {"tts_provider": TtsProvider.MOCK, **changes.pop("settings", {})}
    duration = changes.pop("duration_sec", None)
    context = {
        "index": 2,
        "count": 5,
        "language": "ko",
        "chapter": "암호",
        "chapter_number": 1,
        "chapter_count": 1,
        "index_in_chapter": 0,
        "scenes_in_chapter": 5,
        "scene": SpecScene(scene_id=7, narration=narration, duration_sec=duration),
        **changes,
    }
    return ScenePlanned(
        event_id=uuid5(NAMESPACE, f"{job}/planned"),
        job_id=job,
        attempt=1,
        video_id="video-1",
        settings=RenderSettings(**settings),
        context=SceneContext(**context),
        previous=None,
    )


class Desk:
    """Runs the stage's handler on the engine's own context, over a real artifact store."""

    def __init__(self, artifacts: Artifacts, scratch: Path) -> None:
        self.artifacts, self.scratch = artifacts, scratch
        self.shares: list[float] = []
        self.cancel_at_once = False

    async def report(self, share: float) -> None:
        self.shares.append(share)

    async def speak(self, event: ScenePlanned) -> SceneSpoken:
        (subscription,) = build(TtsSettings(lectern_home=self.scratch)).subscriptions
        with ThreadPoolExecutor(1) as executor:
            ctx = RecordContext(
                event=event,
                cause=event.event_id,
                stage="tts",
                artifacts=self.artifacts,
                scratch_root=self.scratch,
                executor=executor,
                report=self.report,
            )
            if self.cancel_at_once:
                ctx.cancel.cancel()
            (spoken,) = await subscription.handle(event, ctx)
        assert isinstance(spoken, SceneSpoken)
        return spoken


@pytest.fixture
def desk(artifacts: Artifacts, tmp_path: Path) -> Desk:
    return Desk(artifacts, tmp_path)


def synthesised() -> float:
    return REGISTRY.get_sample_value("lectern_scenes_synthesised_total") or 0.0


def test_the_stage_takes_planned_scenes() -> None:
    actor = build(TtsSettings(tts_concurrency=3))
    (subscription,) = actor.subscriptions
    assert (actor.name, subscription.topic, subscription.step) == ("tts", SCENE_PLANNED, Step.GENERATE_TTS)
    assert subscription.concurrency == 3


async def test_a_planned_scene_is_spoken_timed_and_measured(desk: Desk) -> None:
    event = planned()
    spoken = await desk.speak(event)
    with wave.open(io.BytesIO(await desk.artifacts.get(spoken.speech))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
        assert file.getnframes() == spoken.timing.speech_samples
    assert [sentence.text for sentence in spoken.sentences] == [
        "비밀번호는 12자리 이상입니다.",
        "매월 바꾸세요!",
    ]
    assert spoken.sentences[-1].end <= spoken.timing.speech_samples
    assert spoken.timing.lead_in_samples == 24_000
    assert spoken.loudness.integrated_lufs is None
    assert spoken.context == event.context
    assert spoken.speech.media_type == "audio/wav"
    assert desk.shares == [0.5, 1.0]


async def test_running_twice_gives_the_same_bytes_and_speaks_once(desk: Desk) -> None:
    before = synthesised()
    first = await desk.speak(planned())
    second = await desk.speak(planned())
    assert value_of(first) == value_of(second)
    assert synthesised() == before + 1


async def test_another_job_with_the_same_words_shares_the_speech(desk: Desk) -> None:
    before = synthesised()
    first = await desk.speak(planned(job="job-1"))
    second = await desk.speak(planned(job="job-2", index=0))
    assert first.speech == second.speech
    assert first.event_id != second.event_id
    assert synthesised() == before + 1
    await desk.speak(planned("다른 말입니다."))
    assert synthesised() == before + 2


@pytest.mark.parametrize(
    ("style", "index_in_chapter", "lead_in"),
    [(VisualStyle.ANIMATED, 0, 120_000), (VisualStyle.ANIMATED, 1, 24_000), (VisualStyle.BASIC, 0, 24_000)],
)
async def test_a_chapter_card_gets_time_to_be_read(
    desk: Desk, style: VisualStyle, index_in_chapter: int, lead_in: int
) -> None:
    event = planned(settings={"visual_style": style}, index_in_chapter=index_in_chapter)
    assert (await desk.speak(event)).timing.lead_in_samples == lead_in


async def test_a_wished_length_lengthens_the_scene(desk: Desk) -> None:
    assert (await desk.speak(planned(duration_sec=8.0))).timing.seconds == 8.0


async def test_an_unknown_voice_is_refused(desk: Desk) -> None:
    with pytest.raises(PermanentError) as caught:
        await desk.speak(planned(settings={"voice": "Seoyeon"}))
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


@pytest.mark.parametrize("narration", ["😀😀", "...", "→ ※"])
async def test_a_scene_without_words_is_refused_by_name(desk: Desk, narration: str) -> None:
    before = synthesised()
    with pytest.raises(PermanentError, match="scene 7") as caught:
        await desk.speak(planned(narration))
    assert caught.value.code is ErrorCode.NARRATION_UNSPEAKABLE
    assert synthesised() == before


async def test_a_record_with_51_minutes_of_narration_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(PermanentError, match=r"scene 7 \(number 3 of the film\): .*split it") as caught:
        await desk.speak(planned("㈜" * 5_000))
    assert caught.value.code is ErrorCode.NARRATION_TOO_LONG


async def test_an_unsupported_language_is_refused(desk: Desk) -> None:
    with pytest.raises(PermanentError) as caught:
        await desk.speak(planned(language="ja"))
    assert caught.value.code is ErrorCode.LANGUAGE_UNSUPPORTED


async def test_english_is_spoken_too(desk: Desk) -> None:
    spoken = await desk.speak(planned("Lock your screen. Always.", language="en-US"))
    assert [sentence.text for sentence in spoken.sentences] == ["Lock your screen.", "Always."]


async def test_a_dead_job_is_not_spoken(desk: Desk) -> None:
    desk.cancel_at_once = True
    before = synthesised()
    with pytest.raises(CanceledError):
        await desk.speak(planned())
    assert synthesised() == before


async def test_progress_that_cannot_be_published_does_not_stop_the_voice(desk: Desk) -> None:
    async def broken(share: float) -> None:
        await asyncio.sleep(0)
        raise ConnectionError(f"broker gone at {share}")

    desk.report = broken  # type: ignore[method-assign]
    assert (await desk.speak(planned())).sentences


@pytest.mark.parametrize(
    ("settings", "there_are"),
    [({"tts_provider": "studio-9"}, "kokoro, mock"), ({"visual_style": "origami"}, "basic, animated")],
)
async def test_a_name_that_this_release_does_not_know_is_refused_by_the_stage_and_not_by_the_schema(
    desk: Desk, settings: dict[str, str], there_are: str
) -> None:
    event = parse_event(value_of(planned(settings=settings)))
    assert isinstance(event, ScenePlanned)
    with pytest.raises(PermanentError, match=there_are) as caught:
        await desk.speak(event)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


async def test_a_theme_is_nothing_to_the_voice(desk: Desk) -> None:
    assert (await desk.speak(planned(settings={"theme": "dusk"}))).settings.theme == "dusk"
