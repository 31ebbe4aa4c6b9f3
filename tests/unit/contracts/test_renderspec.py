"""Both shapes of a render spec become the flat one; what cannot be rendered is named."""

import json
import time
from typing import Any

import pytest

from contracts.errors import ErrorCode, PermanentError
from contracts.markup import without_entities, without_tags
from contracts.renderspec import RenderSpec, normalise_render_spec, spec_bytes
from contracts.unmet_requests import duration_warnings
from services.scripting.render_plan import plan_scenes

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
        {"chapters": None, "scenes": []}, {"chapters": [], "scenes": None},
        {"chapters": [{"chapter_id": 1, "title": "장", "scenes": []}]},
    ],
)  # fmt: skip
def test_no_spec_or_an_empty_one_is_no_spec(raw: object) -> None:
    assert refused(raw).code is ErrorCode.NO_RENDER_SPEC


@pytest.mark.parametrize(
    "unused",
    [None, [], {}, "", [{"chapter_id": 1, "title": "장", "scenes": []}, {"title": "장", "scenes": None}]],
)
def test_the_shape_that_is_not_used_may_be_there_and_empty(unused: object) -> None:
    """Backends write an empty list, or null, for each field of theirs that holds nothing."""
    assert normalise_render_spec({**FLAT, "chapters": unused}) == normalise_render_spec(FLAT)
    if not isinstance(unused, list):
        assert normalise_render_spec({**CHAPTERS, "scenes": unused}) == normalise_render_spec(CHAPTERS)


def test_two_shapes_that_both_say_something_are_refused_in_words() -> None:
    error = refused({**FLAT, **CHAPTERS})
    assert error.code is ErrorCode.RENDER_SPEC_INVALID
    assert "both chapters (a list of 2) and scenes (a list of 2)" in error.message


@pytest.mark.parametrize(
    ("scene", "told"),
    [
        ({"scene_id": 1, "narration": 119}, "scenes.0.narration: Input should be a valid string (it is 119)"),
        ({"scene_id": 1, "narration": ["a", "b"]}, "(it is a list of 2)"),
        ({"scene_id": 1, "narration": "글", "caption": {"text": "비밀"}}, "(it is an object)"),
        ({"scene_id": "secret-token", "narration": "글"}, "(it is a text of 12 characters)"),
        ({"scene_id": 10**400, "narration": "글", "duration_sec": 1e9}, "(it is 1e+09)"),
        ({"scene_id": 1, "narration": None}, "(it is null)"),
    ],
)
def test_an_invalid_spec_says_what_was_there_and_repeats_no_text(scene: dict[str, Any], told: str) -> None:
    error = refused({"scenes": [scene]})
    assert told in error.message
    assert not any(secret in error.message for secret in ("secret", "비밀", "0000000000"))


def test_markup_of_the_web_is_no_text() -> None:
    raw = {
        "title": "<h1>안전</h1>",
        "scenes": [
            {
                "scene_id": 1,
                "narration": "<p>a &lt; b 이면 <b>멈춥니다.</b></p>",
                "caption": "하나<br>둘<br/>셋 &amp; 넷<!-- 뺌 --> &lt;br&gt; <산업안전보건법> List<String>",
                "chapter": "<i>1장</i>",
            }
        ],
    }
    spec = normalise_render_spec(raw)
    assert normalise_render_spec(json.loads(spec_bytes(spec))) == spec
    (planned,) = plan_scenes(spec)
    assert planned.title == "안전"
    assert planned.chapter == "1장"
    assert planned.scene.narration == "a < b 이면 멈춥니다."
    assert planned.scene.caption == "하나\n둘\n셋 & 넷 <br> <산업안전보건법> List<String>"


@pytest.mark.parametrize("part", ["<", "<a ", "<a <", "<br>", "</", "<!--", "&", "&lt", "&#", "<b>&lt;"])
def test_markup_without_an_end_is_walked_over_once(part: str) -> None:
    text = part * (200_000 // len(part))
    began = time.process_time()
    without_entities(without_tags(text))
    assert time.process_time() - began < 2


def test_a_narration_of_markup_alone_is_blank() -> None:
    error = refused({"scenes": [{"scene_id": 4, "narration": "<br><p></p>"}]})
    assert error.code is ErrorCode.RENDER_SPEC_INVALID
    assert "scene 4" in error.message


def wished(scenes: list[dict[str, Any]]) -> tuple[str, ...]:
    return duration_warnings(((s["scene_id"], s["narration"], s["duration_sec"]) for s in scenes), "ko")


def test_durations_that_will_not_be_kept_are_told_and_others_are_not() -> None:
    said = "출입문을 잠그고 불을 끈 다음 창문이 닫혀 있는지 확인합니다."
    wishes = {1: None, 2: 0.0, 3: 8.0, 4: 600.0, 5: 0.5}
    scenes = [{"scene_id": n, "narration": said, "duration_sec": wish} for n, wish in wishes.items()]
    capped, stretched = wished(scenes)
    assert capped.startswith("scene 4: duration_sec is 600 s, and the scene lasts about ")
    assert stretched.startswith("scene 5: duration_sec is 0.5 s")


def test_of_many_durations_the_first_are_named_and_the_rest_counted() -> None:
    scenes = [{"scene_id": n, "narration": "네.", "duration_sec": 3600} for n in range(100)]
    assert wished(scenes)[-1] == "and 80 more warnings of this kind"


def test_of_the_longest_film_only_the_beginning_is_estimated() -> None:
    """An answer over HTTP holds these warnings, and the event loop waits for them."""
    scenes = [{"scene_id": n, "narration": "㈜" * 5_000, "duration_sec": 1} for n in range(500)]
    began = time.process_time()
    assert len(wished(scenes)) == 20
    assert time.process_time() - began < 0.5


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
