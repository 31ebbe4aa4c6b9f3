"""Films made wrong on purpose: the self-check says what a viewer would notice, and of which scene."""

import json
from pathlib import Path

import pytest

from contracts.events import Cue, SceneDrawn
from contracts.timeline import time_scene
from services.composition.actor import build
from services.composition.check.viewer import viewer_warnings
from services.composition.film.plan import FilmPlan, ScenePlace
from services.composition.settings import CompositionSettings
from tests.support.composition import Scene, Studio

WORDS = "비밀번호는 열두 글자 이상으로 만들고 여러 곳에 같은 것을 쓰지 않습니다."
ENGLISH = "Never use the same password twice, and never tell anybody what it is."


async def warned(tmp_path: Path, *scenes: Scene, language: str = "ko", **changes: object) -> tuple[str, ...]:
    """Return the warnings of a film; ``changes`` are the last scene's."""
    events = await Studio(tmp_path).drawn(scenes)
    events = [
        event.model_copy(update={"context": event.context.model_copy(update={"language": language})})
        for event in events
    ]
    events[-1] = events[-1].model_copy(update=changes)
    frame, places = 0, []
    for event in events:
        places.append(ScenePlace(event, frame))  # type: ignore[arg-type]
        frame += event.timing.frames
    return viewer_warnings(FilmPlan(tuple(places)))


async def test_a_film_as_it_should_be_has_no_warnings(tmp_path: Path) -> None:
    good = Scene(6.0, lines=(WORDS,))
    assert await warned(tmp_path, good, Scene(1.4, lines=("네.",))) == ()
    assert await warned(tmp_path / "en", Scene(4.5, lines=(ENGLISH,)), language="en") == ()


@pytest.mark.parametrize(("frames", "told"), [(5, "0.21 s"), (19, "0.79 s")])
async def test_a_subtitle_that_flashes_is_named(tmp_path: Path, frames: int, told: str) -> None:
    cues = (Cue(start=12, end=60, lines=("비밀번호는 길게",)), Cue(start=62, end=62 + frames, lines=("네.",)))
    (warning,) = await warned(tmp_path, Scene(6.0, lines=(WORDS,)), Scene(6.0, lines=(WORDS,)), cues=cues)
    assert warning.startswith(f"scene 2: subtitle 2 flashes: it is shown for {told}")


async def test_a_subtitle_that_nobody_reads_in_time_is_named(tmp_path: Path) -> None:
    cues = (Cue(start=12, end=36, lines=("비밀번호는 열두 글자 이상", "여러 곳에 쓰지 않습니다")),)
    (warning,) = await warned(tmp_path, Scene(6.0, lines=(WORDS,)), cues=cues)
    assert "scene 1: subtitle 1 cannot be read in time" in warning


@pytest.mark.parametrize(
    ("seconds", "language", "text", "told"),
    [
        (1.0, "ko", WORDS, "too short"),
        (1.2, "en", ENGLISH, "too short"),
        (30.0, "ko", WORDS, "too long"),
        (30.0, "en", ENGLISH, "too long"),
    ],
)
async def test_speech_that_cannot_be_that_of_its_text_is_named(
    tmp_path: Path, seconds: float, language: str, text: str, told: str
) -> None:
    found = await warned(tmp_path, Scene(seconds, lines=(text,)), language=language)
    (warning,) = [each for each in found if "subtitle" not in each]
    assert warning.startswith(f"scene 1: its speech takes {seconds:.1f} s, {told} for its text of ")
    assert "letters a second" in warning


@pytest.mark.parametrize(
    ("language", "text", "alphabet"),
    [
        ("ko", ENGLISH, "Latin"),
        ("en", WORDS, "Hangul"),
        ("ko", "Никогда не сообщайте пароль никому.", "Cyrillic"),
        ("en", "パスワードを誰にも教えないでください。", "Hiragana"),
        ("ko", "不要把密码告诉任何人，也不要写在纸上。", "Cjk"),
    ],
)
async def test_a_narration_in_another_alphabet_is_named(
    tmp_path: Path, language: str, text: str, alphabet: str
) -> None:
    found = await warned(tmp_path, Scene(4.0, lines=(text,)), language=language)
    (warning,) = [each for each in found if "letters are" in each]
    assert warning.startswith("scene 1: ")
    assert f"letters are {alphabet}" in warning


async def test_a_korean_scene_full_of_terms_is_korean(tmp_path: Path) -> None:
    mixed = "GitHub Actions에서 pull request를 merge하기 전에 CI를 확인합니다."
    assert await warned(tmp_path, Scene(9.0, lines=(mixed,))) == ()


@pytest.mark.parametrize(("wished", "told"), [(600.0, "at most 2 times"), (1.0, "as long as what it says")])
async def test_a_duration_that_was_not_kept_is_named(tmp_path: Path, wished: float, told: str) -> None:
    (event,) = await Studio(tmp_path).drawn([Scene(6.0, lines=(WORDS,))])
    wish = event.context.scene.model_copy(update={"duration_sec": wished})
    timing = time_scene(event.timing.speech_samples, 24, wished_seconds=wished)
    context = event.context.model_copy(update={"scene": wish})
    (warning,) = await warned(tmp_path, Scene(6.0, lines=(WORDS,)), context=context, timing=timing)
    assert f"duration_sec is {wished:g} s, and the scene lasts {timing.seconds:.1f} s: {told}" in warning


async def test_of_many_warnings_of_a_kind_the_first_are_named(tmp_path: Path) -> None:
    found = await warned(tmp_path, *[Scene(4.5, lines=(ENGLISH,))] * 13)
    assert len(found) == 11
    assert found[-1] == "and 3 more warnings of this kind"


async def test_the_report_of_a_finished_film_holds_the_warnings_and_the_film_passes(tmp_path: Path) -> None:
    studio = Studio(tmp_path)
    compose, fold = build(CompositionSettings()).subscriptions
    (drawn,) = await studio.drawn([Scene(2.0, lines=(ENGLISH,))])
    assert isinstance(drawn, SceneDrawn)
    (composed,) = await compose.handle(drawn, studio.context(drawn))
    (film,) = await fold.handle(composed, studio.context(composed))
    report = json.loads(await studio.artifacts.get(film.files.report))  # type: ignore[attr-defined]
    assert report["passed"]
    assert report["problems"] == []
    assert any("letters are Latin" in warning for warning in report["warnings"])
