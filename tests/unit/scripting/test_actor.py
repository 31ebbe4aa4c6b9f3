import json
from collections.abc import Callable
from typing import Any
from uuid import uuid5

import pytest
from pydantic import ValidationError

from contracts.base import NAMESPACE, ClaimCheck, claim_check
from contracts.cloudevents import value_of
from contracts.errors import ErrorCode, PermanentError
from contracts.events import RenderRequested, ScenePlanned, ScriptGenerated, ScriptRejected, ScriptRequested
from contracts.rendering import RenderSettings
from contracts.script import Script
from contracts.steps import Step
from contracts.topics import RENDER_REQUESTED, SCRIPT_REQUESTED
from services.runtime.actor import Actor
from services.runtime.artifacts import Blob
from services.scripting.actor import build
from services.scripting.settings import AiEnvironment, ScriptingSettings

SOURCE = (
    "# 안전 교육\n\n작업자는 반드시 안전모를 착용해야 합니다. "
    "위험하면 작업을 멈춥니다. 사고가 나면 바로 신고합니다."
)


def actor() -> Actor:
    return build(ScriptingSettings(AI_ENV=AiEnvironment.MOCK))


async def handle(actor_: Actor, topic: Any, event: Any, hands: Callable[[Any], Any]) -> list[Any]:
    (subscription,) = [each for each in actor_.subscriptions if each.topic is topic]
    return list(await subscription.handle(event, hands(event)))


def script_requested(claim: ClaimCheck, **changes: Any) -> ScriptRequested:
    fields: dict[str, Any] = {
        "event_id": uuid5(NAMESPACE, "request"),
        "job_id": "script-1",
        "attempt": 1,
        "video_id": "video-1",
        "source": claim,
        "language": "ko-KR",
        "target_minutes": 3,
        "max_chapters": 5,
        "max_scenes_per_chapter": 6,
        "style": "friendly_security_training",
    }
    return ScriptRequested(**{**fields, **changes})


def render_requested(claim: ClaimCheck) -> RenderRequested:
    return RenderRequested(
        event_id=uuid5(NAMESPACE, "render"),
        job_id="job-1",
        attempt=2,
        video_id="video-1",
        script_id="script-1",
        spec=claim,
        settings=RenderSettings(fps=30),
    )


async def stored(shelf: Any, value: object) -> ClaimCheck:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    claim: ClaimCheck = await shelf.put(Blob(data, "application/json"))
    return claim


async def planned(shelf: Any, hands: Any, spec: object) -> list[ScenePlanned]:
    return await handle(actor(), RENDER_REQUESTED, render_requested(await stored(shelf, spec)), hands)


# --- scripts ---------------------------------------------------------------------------------------------


async def test_a_request_becomes_a_stored_script(shelf: Any, hands: Any) -> None:
    event = script_requested(await stored(shelf, SOURCE.encode()))
    (generated,) = await handle(actor(), SCRIPT_REQUESTED, event, hands)
    assert isinstance(generated, ScriptGenerated)
    script = Script.model_validate_json(await shelf.get(generated.script))
    assert script.language == "ko"
    assert generated.chapters == len(script.chapters)
    assert generated.scenes == sum(len(chapter.scenes) for chapter in script.chapters)


async def test_a_second_request_for_the_same_is_the_same_and_costs_nothing(shelf: Any, hands: Any) -> None:
    event = script_requested(await stored(shelf, SOURCE.encode()))
    (first,) = await handle(actor(), SCRIPT_REQUESTED, event, hands)
    (again,) = await handle(actor(), SCRIPT_REQUESTED, event, hands)
    assert value_of(first) == value_of(again)
    (other,) = await handle(actor(), SCRIPT_REQUESTED, event.model_copy(update={"job_id": "script-2"}), hands)
    assert other.script == first.script
    assert shelf.made == 1
    await handle(actor(), SCRIPT_REQUESTED, event.model_copy(update={"style": "formal"}), hands)
    assert shelf.made == 2


@pytest.mark.parametrize(
    ("source", "language", "code"),
    [
        (b"", "ko", ErrorCode.SOURCE_TEXT_EMPTY),
        (b"*** !!! ---", "ko", ErrorCode.SOURCE_TEXT_EMPTY),
        (b"\xff\xfe\x80\x81", "ko", ErrorCode.SOURCE_TEXT_EMPTY),
        ("가".encode() * 20_001, "ko", ErrorCode.SOURCE_TEXT_TOO_LONG),
        (b"a" * 200_000, "ko", ErrorCode.SOURCE_TEXT_TOO_LONG),
        (SOURCE.encode(), "fr", ErrorCode.LANGUAGE_UNSUPPORTED),
    ],
)
async def test_what_is_wrong_with_the_text_is_an_answer(
    shelf: Any, hands: Any, source: bytes, language: str, code: ErrorCode
) -> None:
    event = script_requested(await stored(shelf, source), language=language)
    (rejected,) = await handle(actor(), SCRIPT_REQUESTED, event, hands)
    assert isinstance(rejected, ScriptRejected)
    assert rejected.code == code
    assert rejected.message
    assert rejected.job_id == "script-1"


async def test_a_lost_source_is_our_fault_and_not_an_answer(hands: Any) -> None:
    with pytest.raises(PermanentError) as caught:
        await handle(actor(), SCRIPT_REQUESTED, script_requested(claim_check(b"gone", "text/plain")), hands)
    assert caught.value.code is ErrorCode.ARTIFACT_MISSING


def test_real_needs_an_address_and_hides_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_ENV", "real")
    with pytest.raises(ValidationError, match="LLM_BASE_URL"):
        ScriptingSettings()
    monkeypatch.setenv("LLM_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LLM_API_KEY", "sk-secret")
    settings = ScriptingSettings()
    assert settings.llm_model_name == "meta-llama/Meta-Llama-3-8B-Instruct"
    assert "sk-secret" not in repr(settings)


# --- films -----------------------------------------------------------------------------------------------


HOSTILE = " 둘째\u202e \x01장면\u200b\n입니다. "
FLAT = {
    "title": "교육",
    "language": "ko-KR",
    "scenes": [
        {"scene_id": 4, "chapter": "하나", "narration": "첫 장면입니다.", "caption": "첫째\n둘째"},
        {"scene_id": 5, "chapter": "하나", "narration": HOSTILE},
        {"scene_id": 9, "chapter": "둘", "narration": "셋째 장면입니다.", "duration_sec": 12.5},
        {"scene_id": 10, "chapter": "하나", "narration": "넷째 장면입니다."},
    ],
}


async def test_each_scene_becomes_an_event_with_its_place_and_the_one_before(shelf: Any, hands: Any) -> None:
    events = await planned(shelf, hands, FLAT)
    assert [event.context.index for event in events] == [0, 1, 2, 3]
    assert [event.context.chapter_number for event in events] == [1, 1, 2, 3]
    assert [event.context.index_in_chapter for event in events] == [0, 1, 0, 0]
    assert [event.context.scenes_in_chapter for event in events] == [2, 2, 1, 1]
    assert {event.context.chapter_count for event in events} == {3}
    assert {event.context.count for event in events} == {4}
    assert events[0].previous is None
    assert [event.previous.scene.scene_id for event in events[1:] if event.previous] == [4, 5, 9]
    assert all(event.settings.fps == 30 and event.attempt == 2 for event in events)
    assert len({event.event_id for event in events}) == 4
    assert events[2].context.scene.duration_sec == 12.5
    assert events[0].context.scene.caption == "첫째\n둘째"


async def test_texts_are_normalised(shelf: Any, hands: Any) -> None:
    spec = {
        "scenes": [
            {"scene_id": 1, "narration": HOSTILE},
            {"scene_id": 2, "narration": "가나"},
        ]
    }
    first, second = await planned(shelf, hands, spec)
    assert first.context.scene.narration == "둘째 장면 입니다."
    assert second.context.scene.narration == "가나"
    assert first.context.chapter_count == first.context.chapter_number == 1


async def test_a_script_is_a_render_spec_too(shelf: Any, hands: Any) -> None:
    request = script_requested(await stored(shelf, SOURCE.encode()))
    (generated,) = await handle(actor(), SCRIPT_REQUESTED, request, hands)
    events = await handle(actor(), RENDER_REQUESTED, render_requested(generated.script), hands)
    assert len(events) == generated.scenes
    assert events[0].context.title == "안전 교육"


async def test_a_redelivered_record_gives_the_same_bytes(shelf: Any, hands: Any) -> None:
    first, again = [list(map(value_of, await planned(shelf, hands, FLAT))) for _ in range(2)]
    assert first == again


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (b"", ErrorCode.NO_RENDER_SPEC),
        (b"null", ErrorCode.NO_RENDER_SPEC),
        ({}, ErrorCode.NO_RENDER_SPEC),
        ({"scenes": []}, ErrorCode.NO_RENDER_SPEC),
        (b"{", ErrorCode.RENDER_SPEC_INVALID),
        (b"\xff\xff", ErrorCode.RENDER_SPEC_INVALID),
        (b"[" * 100_000, ErrorCode.RENDER_SPEC_INVALID),
        ({"scenes": [{"scene_id": 1}]}, ErrorCode.RENDER_SPEC_INVALID),
        ({"scenes": [{"scene_id": 1, "narration": "\u202e\x00"}]}, ErrorCode.RENDER_SPEC_INVALID),
        ({"scenes": [{"scene_id": 1, "narration": "㈜" * 5_000}]}, ErrorCode.NARRATION_TOO_LONG),
        (b'{"scenes": [{"scene_id": 1, "narration": "\\ud800"}]}', ErrorCode.RENDER_SPEC_INVALID),
        ({"language": "xx", "scenes": [{"scene_id": 1, "narration": "a"}]}, ErrorCode.LANGUAGE_UNSUPPORTED),
    ],
)
async def test_a_bad_spec_is_a_typed_failure(shelf: Any, hands: Any, spec: object, code: ErrorCode) -> None:
    with pytest.raises(PermanentError) as caught:
        await planned(shelf, hands, spec)
    assert caught.value.code is code


async def test_the_longest_scenes_are_planned(shelf: Any, hands: Any) -> None:
    longest = {"scene_id": 1, "narration": "가" * 5_000, "caption": "나" * 2_000}
    events = await planned(shelf, hands, {"scenes": [longest, {**longest, "scene_id": 2}]})
    assert [event.context.scene.narration for event in events] == ["가" * 5_000] * 2


def test_the_step_of_planning_is_reported() -> None:
    steps = {each.topic.name: each.step for each in actor().subscriptions}
    assert steps == {SCRIPT_REQUESTED.name: None, RENDER_REQUESTED.name: Step.VALIDATE_SCRIPT}
