"""The self-check asks for nothing that a frame grid cannot give: the shortest scenes at every frame rate."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.events import SceneComposed, SentenceTime
from contracts.rendering import RenderSettings
from contracts.subtitles import SubtitleRule, conformance
from contracts.timeline import CHAPTER_LEAD_IN_SECONDS, LEAD_IN_SECONDS, SAMPLE_RATE, time_scene
from services.composition.check.subtitles import inspect_subtitles
from services.composition.film.plan import FilmPlan, ScenePlace
from services.subtitling.cues import make_cues
from tests.chaos.reference import reference_of


def _allowed(fps: int) -> bool:
    try:
        RenderSettings(fps=fps)
    except ValidationError:
        return False
    return True


RATES = [fps for fps in range(5, 61) if _allowed(fps)]
WORDS = {
    "ko": ("네.", "1", "a", "아!", "안녕하세요.", "피싱은 개인 정보를 노리는 사기입니다."),
    "en": ("a", "7.", "Yes.", "Lock it.", "Never share a password, not even with the people beside you."),
}


def test_the_rates_are_those_with_whole_samples_in_a_frame() -> None:
    assert RATES == [5, 6, 8, 10, 12, 15, 16, 20, 24, 25, 30, 32, 40, 48, 50, 60]


Said = tuple[str, float, float]
"""A sentence, how many seconds it takes to say, and the silence behind it."""


@st.composite
def _speeches(draw: st.DrawFn) -> tuple[str, list[Said]]:
    """Sentences as voices say them: a syllable in a fifth of a second, some with no breath in between."""
    language = draw(st.sampled_from(["ko", "en"]))
    said = st.tuples(
        st.sampled_from(WORDS[language]),
        st.floats(0.02, 0.6),
        st.sampled_from([0.0, 0.1, 0.35, 0.8, 2.0]),
    )
    return language, draw(st.lists(said, min_size=1, max_size=8))


@settings(max_examples=200, deadline=None)
@given(_speeches(), st.sampled_from(RATES), st.sampled_from([LEAD_IN_SECONDS, CHAPTER_LEAD_IN_SECONDS]))
def test_every_caption_is_in_step_or_was_moved_for_one_that_is(
    speech: tuple[str, list[Said]], fps: int, lead_in: float
) -> None:
    language, said = speech
    sentences = _timed(said)
    samples, last = sentences[-1].end, sentences[-1].start
    timing = time_scene(samples, fps, lead_in_seconds=lead_in, last_sentence=last)
    cues = make_cues(sentences, timing, language)
    scene = SimpleNamespace(
        sentences=sentences,
        timing=timing,
        cues=cues,
        job_id="job-1",
        settings=SimpleNamespace(fps=fps),
        context=SimpleNamespace(index=0, language=language),
    )
    facts = inspect_subtitles(FilmPlan((ScenePlace(cast("SceneComposed", scene), 0),)), "", "", ())
    assert not facts.out_of_step
    assert not facts.outside
    assert SubtitleRule.ORDER not in facts.violations
    if len(said) == 1 and len(said[0][0]) <= len("안녕하세요."):
        assert conformance(cues, fps, language) == []


def _timed(said: Sequence[Said]) -> list[SentenceTime]:
    times, at = [], 0
    for text, seconds, silence in said:
        end = at + round(seconds * SAMPLE_RATE)
        times.append(SentenceTime(text=text, start=at, end=end))
        at = end + round(silence * SAMPLE_RATE)
    return times


FILMS: dict[str, tuple[str, Sequence[str]]] = {
    "a syllable": ("ko", ["네."]),
    "a digit": ("ko", ["1"]),
    "a letter": ("en", ["a"]),
    "several in a row": ("ko", ["네.", "아", "7", "b", "네. 네. 네."]),
}


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("film", FILMS)
def test_the_shortest_films_pass_their_self_check(film: str, fps: int) -> None:
    language, narrations = FILMS[film]
    styles = [("basic", 0.5), ("animated", 2.0)]
    if len(narrations) == 1:  # each style with every other rate: the next film has the others
        styles = [styles[(RATES.index(fps) + list(FILMS).index(film)) % 2]]
    for style, fade in styles:
        options = {"fps": fps, "visual_style": style, "fade_duration": fade}
        assert _rendered(language, narrations, options) == ""


def _rendered(language: str, narrations: Sequence[str], options: dict[str, Any]) -> str:
    """Render a film, a chapter to each scene, and return the code of what went wrong."""
    scenes = [
        {"scene_id": number, "narration": text, "caption": text, "chapter": f"{number}. {text}"}
        for number, text in enumerate(narrations)
    ]
    spec = json.dumps({"title": "가", "language": language, "scenes": scenes}).encode()
    small = {"width": 160, "height": 90, "tts_provider": "mock", **options}
    return reference_of(spec, small).code
