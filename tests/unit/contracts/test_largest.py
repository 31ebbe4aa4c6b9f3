"""The largest of everything that intake takes: each event of the flow and of the ledger fits a record."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from contracts.base import MAX_RECORD_BYTES, NAMESPACE, ClaimCheck, claim_check
from contracts.claimed import MAX_EVENT_BYTES, claimed_value
from contracts.cloudevents import value_of
from contracts.commands import MAX_COMMAND_BYTES, MAX_SOURCE_CHARACTERS, parse_command
from contracts.errors import ErrorCode, PermanentError
from contracts.event import Asset, Event
from contracts.events import (
    Cue,
    Loudness,
    SceneComposed,
    SceneDrawn,
    ScenePlanned,
    SceneSpoken,
    SceneSubtitled,
    SentenceTime,
    Shot,
    StageFailed,
)
from contracts.languages import normalise_language
from contracts.ledger_events import (
    CallbackRecorded,
    CommandTaken,
    JobRecorded,
    RequestAnswered,
    ScriptRecorded,
)
from contracts.rendering import RenderSettings
from contracts.renderspec import RenderSpec, normalise_render_spec, spec_bytes
from contracts.script import MAX_SCENES
from contracts.timeline import SceneTiming
from services.gateway.ledger.idempotency import RECORDED_BYTES
from services.scripting.actor import MAX_SPEC_BYTES
from services.scripting.render_plan import plan_scenes
from services.subtitling.cues import make_cues
from services.tts.sentences import split_sentences

ID = "i" * 128
CLAIM = claim_check(b"", "a" * 100)
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
WIDEST = ("😀", "가", "\x01", '"', "\\", "é", "<", "\u2028")
"""Four bytes, three, an escape of six, escapes of two, two bytes, one, and what some encoders escape."""

SETTINGS = RenderSettings(voice="\x01" * 100, width=160, height=90, fps=60)
fills = st.sampled_from(WIDEST)


def _scene(number: int, fill: str, said: str = "네. ") -> dict[str, Any]:
    return {
        "scene_id": 10**15 + number,
        "chapter": (fill * 300),
        "narration": (said * 5_000)[: 5_000 - 2_500] + fill * 2_500,
        "caption": fill * 2_000,
        "image": fill * 2_000,
        "duration_sec": 3_599.123456789,
    }


def _flow(spec: RenderSpec, index: int) -> Iterator[Event]:
    """Yield a scene's events as its stages make them, with as many sentences, captions and cuts as can be."""
    contexts = plan_scenes(spec)
    planned = ScenePlanned(
        event_id=uuid5(NAMESPACE, "scene"),
        job_id=ID,
        attempt=2**31 - 1,
        video_id=ID,
        script_id=ID,
        settings=SETTINGS,
        context=contexts[index],
        previous=contexts[index - 1] if index else None,
    )
    yield planned
    texts = split_sentences(planned.context.scene.narration, "en")
    sentences = tuple(
        SentenceTime(text=text, start=10**9 + 20_000 * at, end=10**9 + 20_000 * (at + 1))
        for at, text in enumerate(texts)
    )
    timing = SceneTiming(
        fps=60,
        lead_in_samples=24_000,
        speech_samples=sentences[-1].end,
        frames=sentences[-1].end // 800 + 60,
    )
    spoken = SceneSpoken.after(
        planned,
        UUID(int=1),
        speech=CLAIM,
        sentences=sentences,
        timing=timing,
        loudness=Loudness(integrated_lufs=-20.123456, true_peak_dbtp=-3.123456),
    )
    yield spoken
    cues = make_cues(sentences, timing, "ko")
    yield (subtitled := SceneSubtitled.after(spoken, UUID(int=2), cues=cues))
    yield from _pictured(subtitled)


def _pictured(event: SceneSubtitled) -> Iterator[Event]:
    shots = tuple(Shot(picture=CLAIM, first_frame=10**6 + at) for at in range(len(event.sentences)))
    drawn = SceneDrawn.after(event, UUID(int=3), layout="l" * 40, shots=shots[:200], previous_picture=CLAIM)
    yield drawn
    yield SceneComposed.after(drawn, UUID(int=4), segment=CLAIM)


def _travels(event: Event) -> None:
    value = value_of(event)
    if len(value) > MAX_RECORD_BYTES:
        assert isinstance(event, ScenePlanned), f"{event.type}: {len(value)} bytes"
        assert len(value) <= MAX_EVENT_BYTES // 2  # and half of it is spare
        claim = claim_check(value, "application/json")
        assert len(claimed_value(event, claim)) < MAX_RECORD_BYTES // 10


@settings(max_examples=16, deadline=None)
@given(fills, fills, st.sampled_from(["네. ", "a. ", "1. ", "가나다 라마. "]))
def test_every_event_of_the_longest_scenes_travels(first: str, second: str, said: str) -> None:
    scenes = [_scene(0, first, said), _scene(1, second, said)]
    try:
        spec = normalise_render_spec({"title": second * 300, "language": "ko", "scenes": scenes})
    except PermanentError as refused:
        if refused.code is not ErrorCode.NARRATION_TOO_LONG:
            raise
        reject()
    for event in _flow(spec, 1):
        _travels(event)


def test_a_scene_whose_every_character_is_a_sentence_and_a_caption_travels() -> None:
    spec = normalise_render_spec({"scenes": [_scene(0, "😀"), _scene(1, "😀")]})
    subtitled = next(event for event in _flow(spec, 1) if isinstance(event, SceneSubtitled))
    each = range(5_000)
    sentences = tuple(SentenceTime(text="😀", start=10**9 + at, end=10**9 + at + 1) for at in each)
    cues = tuple(Cue(start=10**6 + at, end=10**6 + at + 1, lines=("😀",)) for at in each)
    for event in _pictured(subtitled.model_copy(update={"sentences": sentences, "cues": cues})):
        _travels(event)


def test_the_longest_spec_that_the_contract_allows_is_read_by_the_stage_that_plans_it() -> None:
    spec = RenderSpec.model_validate(
        {"title": "\x01" * 300, "scenes": [{**_scene(0, "\x01"), "narration": "\x01" * 5_000}] * MAX_SCENES}
    )
    assert len(spec_bytes(spec)) <= MAX_SPEC_BYTES


def test_a_text_that_composition_lengthens_is_refused_at_intake_with_its_scene() -> None:
    scenes = [{"scene_id": 7, "narration": "a", "caption": "\u0958" * 1_001}]
    with pytest.raises(PermanentError, match=r"scene 7 .*caption: String should have at most 2000") as caught:
        normalise_render_spec({"scenes": scenes})
    assert caught.value.code is ErrorCode.RENDER_SPEC_INVALID
    scenes[0]["caption"] = "\u0958" * 1_000
    (context,) = plan_scenes(normalise_render_spec({"scenes": scenes}))
    assert ScenePlanned.model_fields["context"].annotation is type(context)
    assert type(context).model_validate_json(context.model_dump_json()) == context


def test_a_tag_of_any_length_is_no_language() -> None:
    assert normalise_language("ko-Kore-KR") == "ko"
    for tag in ("en-" + "x" * 60_000, "ko\0", "ko-" * 40 + "KR"):
        with pytest.raises(PermanentError) as caught:
            normalise_language(tag)
        assert caught.value.code is ErrorCode.LANGUAGE_UNSUPPORTED
        assert len(caught.value.message) < 200


def _command(size: int) -> bytes:
    body = {"type": "lectern.render.start.v1", "job_id": "j", "video_id": "v", "render_spec": {"x": ""}}
    body["render_spec"] = {"x": "가" * ((size - len(json.dumps(body))) // 3)}
    return json.dumps(body, ensure_ascii=False).encode()


def test_a_command_is_taken_up_to_its_limit_and_refused_with_words_beyond() -> None:
    assert parse_command(_command(MAX_COMMAND_BYTES - 10)).type == "lectern.render.start.v1"
    with pytest.raises(PermanentError, match="at most 4,194,304") as caught:
        parse_command(_command(MAX_COMMAND_BYTES + 100))
    assert caught.value.code is ErrorCode.EVENT_TOO_LARGE
    longest = json.dumps({"type": "lectern.script.generate.v1", "source_text": "😀" * MAX_SOURCE_CHARACTERS})
    assert len(longest) < 1 << 20  # a broker's limit, and that of a body over HTTP


@pytest.mark.parametrize("fill", WIDEST)
def test_what_the_ledger_records_and_tells_fits_a_record(fill: str) -> None:
    for event in _ledger_events(fill):
        assert len(value_of(event)) <= MAX_RECORD_BYTES, event.type


def _ledger_events(fill: str) -> Iterator[Event]:
    # the longest message: what a stage says, or a refusal that names five scenes by the longest numbers
    message = max(fill * 2_000, f"scene {', '.join(['9' * 4_300] * 5)} has a blank narration", key=len)
    head: dict[str, Any] = {"event_id": UUID(int=1), "job_id": ID, "attempt": 2**31 - 1}
    told: dict[str, Any] = {"error_code": "RENDER_SPEC_INVALID", "error_message": message}
    moments = dict.fromkeys(("created_at", "updated_at", "started_at", "finished_at"), MOMENT)
    yield StageFailed(**head, stage="s" * 40, code=ErrorCode.TTS_FAILED, message=fill * 2_000)
    yield CommandTaken(
        **head, command_key=UUID(int=2), command_type="c" * 100, code="X" * 40, message=message, at=MOMENT
    )
    yield JobRecorded(
        **head, **told, **moments, number=1, video_id=ID, script_id=ID, script_version=1, state="FAILED",
        language="ko", settings=SETTINGS, spec=CLAIM, scenes=500, step="FINALIZE", progress=100,
        assets=tuple(_assets()), duration_sec=0.1, revision=1,
    )  # fmt: skip
    del moments["started_at"], moments["finished_at"]
    request = {"style": fill * 100, "language": "k" * 71, "script_id": ID, "video_id": ID}
    yield ScriptRecorded(
        **head, **told, **moments, video_id=ID, version=1, state="FAILED", language="ko", request=request,
        source=CLAIM, body=CLAIM, origin="edited", written_at=MOMENT,
    )  # fmt: skip
    body = json.dumps({"jobId": ID, "videoUrl": "u" * 2_048, "message": message}, ensure_ascii=False)
    yield CallbackRecorded(
        **head, place=1, webhook_id="w" * 36, kind="job.complete", state="PENDING", tries=1,
        last_error=fill * 200, body=body, created_at=MOMENT, due_at=MOMENT, settled_at=None,
    )  # fmt: skip
    kept = json.dumps({"x": ""}, ensure_ascii=False)
    room = RECORDED_BYTES - len(kept)
    escaped = json.dumps(fill, ensure_ascii=False)[1:-1]
    answer = kept[:-2] + escaped * (room // len(escaped.encode())) + kept[-2:]
    yield RequestAnswered(
        **head, fingerprint="f" * 64, status=200, headers={"location": "l" * 2_000}, body=answer, at=MOMENT
    )


def _assets() -> Iterator[Asset]:
    claim: ClaimCheck = CLAIM
    for kind in ("video", "srt", "vtt", "thumbnail", "report"):
        yield Asset.model_validate(
            {
                "kind": kind,
                "key": "k" * 512,
                "url": "u" * 2_048,
                "size_bytes": 10**12,
                "content_type": "t" * 100,
                "sha256": claim.sha256,
            }
        )
