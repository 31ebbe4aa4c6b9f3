"""Both shapes of a render spec become the flat one; what cannot be rendered is named."""

import json
from typing import Any

import pytest

from contracts.errors import ErrorCode, PermanentError
from contracts.renderspec import RenderSpec, normalise_render_spec, spec_bytes

FLAT: dict[str, Any] = {
    "title": "화재 대피", "language": "ko",
    "scenes": [
        {"scene_id": 1, "chapter": "알리기", "narration": "크게 외칩니다.", "caption": "불이야!",
         "duration_sec": 4.0, "image": None},
        {"scene_id": 2, "chapter": "대피", "narration": "계단으로 내려갑니다.", "caption": None,
         "duration_sec": None, "image": None},
    ],
}  # fmt: skip
CHAPTERS: dict[str, Any] = {
    "title": "화재 대피", "language": "ko",
    "chapters": [
        {"chapter_id": 1, "title": "알리기", "scenes": [
            {"scene_id": 1, "narration": "크게 외칩니다.", "on_screen_text": "불이야!",
             "duration_sec": 4.0}]},
        {"chapter_id": 2, "title": "대피", "scenes": [
            {"scene_id": 2, "narration": "계단으로 내려갑니다.", "on_screen_text": None}]},
    ],
}  # fmt: skip


def refused(raw: object) -> PermanentError:
    with pytest.raises(PermanentError) as caught:
        normalise_render_spec(raw)
    return caught.value


def test_both_shapes_become_the_same_flat_spec() -> None:
    assert normalise_render_spec(CHAPTERS) == normalise_render_spec(FLAT)


def test_a_flat_spec_stays_and_its_stored_form_comes_back() -> None:
    spec = normalise_render_spec(FLAT)
    assert json.loads(spec_bytes(spec)) == FLAT
    assert normalise_render_spec(json.loads(spec_bytes(spec))) == spec
    assert spec_bytes(spec) == spec_bytes(spec.model_copy())


def test_empty_chapters_are_left_out() -> None:
    empty = {"chapter_id": 9, "title": "빈 장", "scenes": []}
    assert normalise_render_spec({**CHAPTERS, "chapters": [empty, *CHAPTERS["chapters"]]}) == (
        normalise_render_spec(CHAPTERS)
    )


@pytest.mark.parametrize(
    "raw",
    [
        None, {}, [], "", {"title": "제목"}, {"scenes": []}, {"chapters": []}, {"scenes": None},
        {"chapters": None, "scenes": FLAT["scenes"]},
        {"chapters": [{"chapter_id": 1, "title": "장", "scenes": []}]},
    ],
)  # fmt: skip
def test_no_spec_or_an_empty_one_is_no_spec(raw: object) -> None:
    assert refused(raw).code is ErrorCode.NO_RENDER_SPEC


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ("text", "JSON object"),
        ([1], "JSON object"),
        ({"scenes": "text"}, "scenes"),
        ({"scenes": [None]}, "scenes.0"),
        ({"scenes": [{"scene_id": 1}]}, "scenes.0.narration"),
        ({"scenes": [{"scene_id": 1, "narration": ""}]}, "scenes.0.narration"),
        ({"scenes": [{"scene_id": -1, "narration": "글"}]}, "scenes.0.scene_id"),
        ({"scenes": [{"scene_id": 1, "narration": "글", "duration_sec": -1}]}, "scenes.0.duration_sec"),
        ({"scenes": [{"scene_id": 1, "narration": "글", "duration_sec": float("nan")}]}, "duration_sec"),
        ({"scenes": [{"scene_id": 1, "narration": "글" * 5001}]}, "scenes.0.narration"),
        ({"scenes": [{"scene_id": i, "narration": "글"} for i in range(501)]}, "scenes"),
        ({"chapters": "text"}, "chapters"),
        (
            {"chapters": [{"chapter_id": 1, "scenes": [{"scene_id": 1, "narration": "글"}]}]},
            "chapters.0.title",
        ),
        ({"chapters": [{"chapter_id": 1, "title": "장", "scenes": [{"scene_id": 1}]}]}, "scenes.0.narration"),
    ],
)
def test_an_invalid_spec_says_which_field(raw: object, field: str) -> None:
    error = refused(raw)
    assert error.code is ErrorCode.RENDER_SPEC_INVALID
    assert field in error.message


@pytest.mark.parametrize("blank", [" ", "\n\t", "\u3000", "\u00a0"])
@pytest.mark.parametrize("shape", ["scenes", "chapters"])
def test_a_blank_narration_is_named_by_its_scene(shape: str, blank: str) -> None:
    scene = {"scene_id": 7, "narration": blank}
    raw = {
        "scenes": {"scenes": [scene]},
        "chapters": {"chapters": [{"chapter_id": 1, "title": "장", "scenes": [scene]}]},
    }
    error = refused(raw[shape])
    assert error.code is ErrorCode.RENDER_SPEC_INVALID
    assert "scene 7" in error.message


@pytest.mark.parametrize("shape", [FLAT, CHAPTERS])
@pytest.mark.parametrize(("code", "short"), [("ko-KR", "ko"), ("EN_us", "en"), (" ko ", "ko"), ("en", "en")])
def test_languages_are_understood_in_their_long_forms(shape: dict[str, Any], code: str, short: str) -> None:
    assert normalise_render_spec({**shape, "language": code}).language == short


@pytest.mark.parametrize("shape", [FLAT, CHAPTERS])
@pytest.mark.parametrize("code", ["fr", "kor", "한국어", "x" * 30])
def test_an_unknown_language_is_unsupported(shape: dict[str, Any], code: str) -> None:
    assert refused({**shape, "language": code}).code is ErrorCode.LANGUAGE_UNSUPPORTED


@pytest.mark.parametrize("shape", [FLAT, CHAPTERS])
@pytest.mark.parametrize("unnamed", [None, ""])
def test_where_the_spec_names_no_language_the_callers_counts_then_korean(
    shape: dict[str, Any], unnamed: str | None
) -> None:
    raw = {**shape, "language": unnamed}
    assert normalise_render_spec(raw, language="en").language == "en"
    assert normalise_render_spec(raw).language == "ko"


def test_a_spec_never_changes() -> None:
    spec = normalise_render_spec(FLAT)
    assert isinstance(spec, RenderSpec)
    with pytest.raises(ValueError, match="frozen"):
        spec.title = "다른 제목"  # type: ignore[misc]
