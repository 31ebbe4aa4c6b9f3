"""How long a text takes to say is told at intake, and bounded."""

import re
import tracemalloc
import unicodedata
from typing import Any

import pytest

from contracts import speech
from contracts.errors import ErrorCode, PermanentError
from contracts.renderspec import normalise_render_spec
from contracts.script import MAX_SCENES
from contracts.speech import MAX_FILM_SECONDS, MAX_SCENE_SECONDS, estimated_seconds

HONEST = (
    "비밀번호는 열두 글자 이상으로 만들고, 같은 것을 여러 곳에 쓰지 않습니다. 모르는 메일은 열지 않습니다. "
)


def refused(*narrations: str, language: str = "ko") -> PermanentError:
    scenes = [{"scene_id": 10 + at, "narration": text} for at, text in enumerate(narrations)]
    with pytest.raises(PermanentError) as caught:
        normalise_render_spec({"language": language, "scenes": scenes})
    return caught.value


def taken(*narrations: str, language: str = "ko") -> None:
    scenes = [{"scene_id": at, "narration": text} for at, text in enumerate(narrations)]
    normalise_render_spec({"language": language, "scenes": scenes})


def test_5000_signs_that_take_51_minutes_to_say_are_refused_with_words_for_their_author() -> None:
    error = refused("안녕하세요.", "㈜" * 5_000)
    assert error.code is ErrorCode.NARRATION_TOO_LONG
    assert "scene 11 (number 2 of the film) takes about 51 minutes to say" in error.message
    assert "a scene may take 20 minutes" in error.message
    assert "split it into several scenes" in error.message
    assert len(error.message) < 400


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("㈜" * 5_000, "ko"), ("㈜㈜ " * 1_666, "ko"), ("㎯" * 5_000, "ko"), ("7" * 5_000, "ko"),
        ("% " * 2_500, "ko"), ("W " * 2_500, "ko"), ("www " * 1_250, "ko"), ("1kWh " * 1_000, "ko"),
        ("ㅃ" * 5_000, "ko"), ("％" * 5_000, "ko"), ("Ｗ" * 5_000, "ko"), ("777,777 " * 625, "en"),
        ("7" * 5_000, "en"), ("9mph " * 1_000, "en"), ("%" * 5_000, "en"), ("=" * 5_000, "en"),
    ],
)  # fmt: skip
def test_whatever_is_read_out_at_length_is_refused(text: str, language: str) -> None:
    assert refused(text, language=language).code is ErrorCode.NARRATION_TOO_LONG


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (HONEST * 90, "ko"), ("가" * 5_000, "ko"), ("네. " * 1_250, "ko"), ("가나다. " + "😀" * 4_990, "ko"),
        ("Lock your screen whenever you leave, and never write a password down. " * 70, "ko"),
        ("Lock your screen whenever you leave, and never write a password down. " * 70, "en"),
        ("ALWAYS LOCK YOUR SCREEN. " * 200, "en"), ("2026년 3월 2일 오전 9시에 시작합니다. " * 200, "ko"),
        ("https://intra.example.com/security 에서 신청합니다. " * 120, "ko"),
    ],
)  # fmt: skip
def test_what_people_write_is_taken_up_to_the_5000_characters_of_a_scene(text: str, language: str) -> None:
    taken(text[:5_000], text[:5_000], language=language)


def test_a_decomposed_text_takes_as_long_as_a_composed_one() -> None:
    assert estimated_seconds(unicodedata.normalize("NFD", HONEST), "ko") == estimated_seconds(HONEST, "ko")


def test_a_film_of_more_than_three_hours_is_refused_though_each_scene_is_short_enough() -> None:
    scene = (HONEST * 90)[:5_000]
    minutes = estimated_seconds(scene, "ko") / 60
    most = int(MAX_FILM_SECONDS / 60 / minutes)
    taken(*[scene] * most)
    error = refused(*[scene] * MAX_SCENES)
    assert error.code is ErrorCode.NARRATION_TOO_LONG
    told = re.search(rf"the first (\d+) of {MAX_SCENES} scenes take about (\d+) minutes", error.message)
    assert told is not None
    assert int(told[1]) == most + 1
    assert 180 < int(told[2]) <= 180 + minutes + 1
    assert "a film may take 180 minutes" in error.message


def test_a_hostile_film_of_500_scenes_is_refused_after_the_first_that_are_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: list[int] = []
    real = estimated_seconds

    def counted(text: str, language: str) -> float:
        looked.append(len(text))
        return real(text, language)

    monkeypatch.setattr(speech, "estimated_seconds", counted)
    refused(*["가" * 5_000] * MAX_SCENES)
    assert len(looked) <= MAX_FILM_SECONDS // 700
    looked.clear()
    taken(*["비밀번호는 길게 만드세요."] * 18)
    assert looked == [], "an ordinary script is not looked at character by character"


def test_what_is_kept_of_hostile_words_is_bounded() -> None:
    tracemalloc.start()
    try:
        for number in range(300):
            estimated_seconds(chr(ord("a") + number % 26) * (4_000 + number), "ko")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 200_000, f"{kept} bytes are kept of 1.2 MB of words"


def test_an_endless_id_is_not_repeated() -> None:
    spec: dict[str, Any] = {"scenes": [{"scene_id": int("9" * 4_000), "narration": "㈜" * 5_000}]}
    with pytest.raises(PermanentError, match="scene … ") as caught:
        normalise_render_spec(spec)
    assert len(caught.value.message) < 400


def test_the_limit_itself_is_let_in() -> None:
    letters = int(MAX_SCENE_SECONDS * 6.5) // 4
    taken("㈜" * letters)
    refused("㈜" * (letters + 1))
