import asyncio
import json
import threading
import tracemalloc
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from contracts.commands import MAX_SOURCE_CHARACTERS, GenerateScript
from contracts.errors import ErrorCode
from contracts.events import ScriptRejected, ScriptRequested
from services.gateway.http.models import ScriptGenerateRequest
from services.gateway.http.routes.scripts import version_of
from services.gateway.ledger import scripts
from services.gateway.ledger.db.schema import script_versions
from services.gateway.ledger.models import content_hash
from services.gateway.service import scripts as service_scripts
from services.gateway.service.scripts import TEXTS_AT_ONCE
from services.gateway.web.prefer import wait_seconds
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import SCRIPT, Harness, failed

GENERATE = "/api/videos/v-1/scripts/generate"
TEXT = {"source_text": "# 비밀번호\n\n길게 만드세요.\n"}
LONG = "㈜" * 5_000
"""A narration that is read out as 20,000 syllables, 51 minutes."""


async def test_generate_waits_for_the_script_and_returns_it(harness: Harness) -> None:
    call = asyncio.create_task(harness.client.post(GENERATE, json=TEXT))
    [request] = await harness.publishes(ScriptRequested)
    assert not call.done()
    assert (await harness.artifacts.get(request.source)).decode() == TEXT["source_text"]
    assert (request.language, request.target_minutes, request.style) == (
        "ko",
        3,
        "friendly_security_training",
    )

    await harness.tell(await harness.generated(request))
    answer = await call
    assert answer.status_code == 200
    body = answer.json()
    assert body["status"] == "DRAFT"
    assert body["script_id"] == request.job_id
    assert body["raw_json"]["chapters"][0]["scenes"][0]["narration"] == "비밀번호는 길게 만드세요."
    assert set(body) == {"script_id", "status", "raw_json", "left_out", "warnings"}
    assert (body["left_out"], body["warnings"]) == (None, [])


async def test_what_a_script_leaves_out_and_warns_of_is_told_and_survives_an_edit(harness: Harness) -> None:
    script_id = await harness.script("v-1")
    place = f"/api/scripts/{script_id}"
    body = (await harness.client.get(place)).json()["raw_json"]
    missing = {"sentences": 1, "headings": ["보관"], "numbers": ["90일"], "prohibitions": ["적지 마세요."]}
    body["left_out"] = {**missing, "parts": [{"heading": "보관", "sentences": 1, "whole": True}]}
    body["warnings"] = ["장면 하나가 비었습니다."]
    body["chapters"][0]["scenes"][0]["duration_sec"] = 900
    assert (await harness.client.put(place, json=body)).status_code == 200
    told = (await harness.client.get(place)).json()
    assert told["left_out"] == told["raw_json"]["left_out"]
    assert {name: told["left_out"][name] for name in missing} == missing
    assert told["warnings"][0] == "장면 하나가 비었습니다."
    assert "duration_sec is 900 s, and the scene lasts about" in told["warnings"][1]


@pytest.mark.parametrize("field", [{"headings": ["a\0"]}, {"numbers": ["9" * 301]}, {"sentences": -1}])
async def test_an_account_of_what_is_left_out_is_bounded(harness: Harness, field: dict[str, object]) -> None:
    script_id = await harness.script("v-1")
    body = (await harness.client.get(f"/api/scripts/{script_id}")).json()["raw_json"]
    answer = await harness.client.put(f"/api/scripts/{script_id}", json={**body, "left_out": field})
    assert (answer.status_code, answer.json()["code"]) == (422, "COMMAND_INVALID")


async def test_generate_answers_202_when_it_may_not_wait(harness: Harness) -> None:
    answer = await harness.client.post(GENERATE, json=TEXT, headers={"Prefer": "respond-async"})
    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "respond-async"
    body = answer.json()
    assert (body["status"], body["raw_json"]) == ("GENERATING", None)
    read = (await harness.client.get(answer.headers["location"])).json()
    assert (read["status"], read["version"]) == ("GENERATING", 0)


async def test_a_rejected_script_is_a_problem_with_its_code(harness: Harness) -> None:
    call = asyncio.create_task(harness.client.post(GENERATE, json=TEXT))
    [request] = await harness.publishes(ScriptRequested)
    why = ScriptRejected.after(
        request, uuid4(), code=ErrorCode.SCRIPT_GENERATION_FAILED, message="three tries gave no script"
    )
    await harness.tell(why)
    answer = await call
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "SCRIPT_GENERATION_FAILED"
    read = (await harness.client.get(f"/api/scripts/{request.job_id}")).json()
    assert read["status"] == "FAILED"
    assert read["error"] == {"code": "SCRIPT_GENERATION_FAILED", "message": "three tries gave no script"}


async def test_a_script_whose_stage_gave_up_has_failed(harness: Harness) -> None:
    call = asyncio.create_task(harness.client.post(GENERATE, json=TEXT))
    [request] = await harness.publishes(ScriptRequested)
    await harness.tell(failed(request.job_id, code="INTERNAL_ERROR"))
    answer = await call
    assert (answer.status_code, answer.json()["code"]) == (422, "INTERNAL_ERROR")


@pytest.mark.parametrize(("narration", "code"), [("   ", "SCRIPT_INVALID"), (LONG, "NARRATION_TOO_LONG")])
async def test_a_script_that_cannot_be_rendered_is_not_taken(
    harness: Harness, narration: str, code: str
) -> None:
    await harness.client.post(GENERATE, json=TEXT, headers={"Prefer": "wait=0"})
    [request] = await harness.publishes(ScriptRequested)
    hopeless = json.loads(json.dumps(SCRIPT))
    hopeless["chapters"][0]["scenes"][0]["narration"] = narration
    await harness.tell(await harness.generated(request, hopeless))
    read = (await harness.client.get(f"/api/scripts/{request.job_id}")).json()
    assert (read["status"], read["error"]["code"]) == ("FAILED", code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"source_text": ""}, 422, "SOURCE_TEXT_EMPTY"),
        ({"source_text": " \n\t"}, 422, "SOURCE_TEXT_EMPTY"),
        ({"source_text": "가" * (MAX_SOURCE_CHARACTERS + 1)}, 413, "SOURCE_TEXT_TOO_LONG"),
        ({"source_text": "x", "language": "tlh"}, 422, "LANGUAGE_UNSUPPORTED"),
        ({"source_text": "Не сообщайте пароль никому."}, 422, "LANGUAGE_UNSUPPORTED"),
        ({"source_text": "Ne communiquez jamais votre mot de passe."}, 422, "LANGUAGE_UNSUPPORTED"),
        ({"source_text": "x", "target_minutes": 0}, 422, "COMMAND_INVALID"),
        ({"source_text": "x", "max_chapters": "many"}, 422, "COMMAND_INVALID"),
        ({"source_text": None}, 422, "COMMAND_INVALID"),
        ({"source_text": "\ud800"}, 400, "REQUEST_INVALID"),
        ({}, 422, "COMMAND_INVALID"),
        ([], 422, "COMMAND_INVALID"),
    ],
)
async def test_bad_wishes_are_refused(harness: Harness, body: object, status: int, code: str) -> None:
    headers = {"Prefer": "wait=0", "Content-Type": "application/json"}
    answer = await harness.client.post(GENERATE, content=json.dumps(body), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert harness.told(ScriptRequested) == []


async def test_the_longest_text_is_taken(harness: Harness) -> None:
    body = {"source_text": "가" * MAX_SOURCE_CHARACTERS, "language": "ko-KR"}
    assert (await harness.client.post(GENERATE, json=body, headers={"Prefer": "wait=0"})).status_code == 202
    assert (await harness.publishes(ScriptRequested))[0].language == "ko"


async def test_the_same_idempotency_key_is_the_same_script(harness: Harness) -> None:
    headers = {"Prefer": "wait=0", "Idempotency-Key": "k-1"}
    ids = {
        (await harness.client.post(GENERATE, json=TEXT, headers=headers)).json()["script_id"] for _ in "ab"
    }
    other = (await harness.client.post(GENERATE, json=TEXT, headers={"Prefer": "wait=0"})).json()["script_id"]
    assert len(ids) == 1
    assert other not in ids
    await harness.publishes(ScriptRequested, other)
    assert len(harness.told(ScriptRequested)) == 2


async def test_the_same_idempotency_key_with_another_wish_is_refused(harness: Harness) -> None:
    headers = {"Prefer": "wait=0", "Idempotency-Key": "k-1"}
    first = await harness.client.post(GENERATE, json=TEXT, headers=headers)
    other = await harness.client.post(GENERATE, json={"source_text": "another text"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    [request] = await harness.publishes(ScriptRequested)
    await harness.tell(await harness.generated(request))
    again = await harness.client.post(GENERATE, json=TEXT, headers=headers)
    assert again.json()["script_id"] == first.json()["script_id"]
    assert again.json()["status"] == "DRAFT"  # as it stands by now, not as it stood


async def test_an_edit_is_a_new_version_and_takes_the_approval_back(harness: Harness) -> None:
    script_id = await harness.script("v-1")
    first = await harness.client.get(f"/api/scripts/{script_id}")
    assert (first.json()["status"], first.json()["version"], first.headers["etag"]) == ("APPROVED", 1, '"1"')

    same = await harness.client.put(f"/api/scripts/{script_id}", json=first.json()["raw_json"])
    assert (same.json()["status"], same.json()["version"]) == ("APPROVED", 1)

    changed = first.json()["raw_json"] | {"title": "다른 제목"}
    edited = await harness.client.put(f"/api/scripts/{script_id}", json=changed)
    assert edited.status_code == 200
    assert (edited.json()["status"], edited.json()["version"]) == ("DRAFT", 2)
    assert (await harness.client.get(f"/api/scripts/{script_id}")).json()["raw_json"]["title"] == "다른 제목"
    refused = await harness.client.post("/api/videos/v-1/render-jobs", json={"script_id": script_id})
    assert (refused.status_code, refused.json()["code"]) == (409, "SCRIPT_NOT_APPROVED")


async def test_an_editor_who_saw_an_older_version_is_told(harness: Harness) -> None:
    script_id = await harness.script("v-1", approved=False)
    path = f"/api/scripts/{script_id}"
    assert (
        await harness.client.put(path, json=SCRIPT | {"title": "A"}, headers={"If-Match": '"1"'})
    ).is_success
    late = await harness.client.put(path, json=SCRIPT | {"title": "B"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"]) == (412, "PRECONDITION_FAILED")
    blind = await harness.client.post(f"{path}/approve", headers={"If-Match": '"1"'})
    assert blind.status_code == 412
    assert (await harness.client.post(f"{path}/approve", headers={"If-Match": '"2"'})).json()["version"] == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"chapters": []}, "COMMAND_INVALID"),
        ({"language": "tlh"}, "LANGUAGE_UNSUPPORTED"),
        (
            {"chapters": [{"chapter_id": 1, "title": "x", "scenes": [{"scene_id": 1, "narration": " "}]}]},
            "SCRIPT_INVALID",
        ),
        (
            {"chapters": [{"chapter_id": 1, "title": "x", "scenes": [{"scene_id": 1, "narration": LONG}]}]},
            "NARRATION_TOO_LONG",
        ),
    ],
)
async def test_an_edit_that_could_not_be_rendered_is_refused(
    harness: Harness, change: dict[str, object], code: str
) -> None:
    script_id = await harness.script("v-1", approved=False)
    answer = await harness.client.put(f"/api/scripts/{script_id}", json=SCRIPT | change)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await harness.client.get(f"/api/scripts/{script_id}")).json()["version"] == 1


async def test_what_is_not_written_yet_can_be_neither_edited_nor_approved(harness: Harness) -> None:
    answer = await harness.client.post(GENERATE, json=TEXT, headers={"Prefer": "wait=0"})
    path = answer.headers["location"]
    for refused in (
        await harness.client.put(path, json=SCRIPT),
        await harness.client.post(f"{path}/approve"),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "SCRIPT_STATE_CONFLICT")


async def test_unknown_scripts_are_not_found(harness: Harness) -> None:
    for answer in (
        await harness.client.get("/api/scripts/none"),
        await harness.client.put("/api/scripts/none", json=SCRIPT),
        await harness.client.post("/api/scripts/none/approve"),
        await harness.client.post("/api/videos/v-1/render-jobs", json={"script_id": "none"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "SCRIPT_NOT_FOUND")


async def test_a_late_or_repeated_script_changes_nothing(harness: Harness) -> None:
    script_id = await harness.script("v-1")
    [request] = harness.told(ScriptRequested, script_id)
    await harness.tell(await harness.generated(request, SCRIPT | {"title": "late"}))
    await harness.tell(
        ScriptRejected.after(request, uuid4(), code=ErrorCode.SCRIPT_GENERATION_FAILED, message="late")
    )
    await harness.tell(failed(script_id))
    read = (await harness.client.get(f"/api/scripts/{script_id}")).json()
    assert (read["status"], read["version"], read["raw_json"]["title"]) == ("APPROVED", 1, "비밀번호")


async def test_a_videos_scripts_are_listed_newest_first(harness: Harness) -> None:
    ids = [await harness.script("v-1", approved=False) for _ in range(2)]
    await harness.script("v-2")
    listed = (await harness.client.get("/api/videos/v-1/scripts")).json()
    assert [item["script_id"] for item in listed] == ids[::-1]


def test_the_http_body_has_the_commands_fields_and_defaults() -> None:
    command = GenerateScript.model_fields
    for name, field in ScriptGenerateRequest.model_fields.items():
        assert (field.annotation, field.default, field.metadata) == (
            command[name].annotation,
            command[name].default,
            command[name].metadata,
        )
    own = {"command_id", "type", "video_id", "script_id"}
    assert set(command) - set(ScriptGenerateRequest.model_fields) == own


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 30),
        ("wait=2", 2),
        ("respond-async, wait=7", 7),
        ("Wait = 5", 5),
        ("respond-async", 0),
        ("wait=99999", 120),
        ("wait=-1", 30),
        ("wait=soon", 30),
        ("wait=\u00b2", 30),
        ('wait="4"', 4),
        ("wait=4; because=slow, return=minimal", 4),
        ("", 30),
    ],
)
def test_the_prefer_header_says_how_long_to_wait(header: str | None, seconds: float) -> None:
    assert wait_seconds(header, 30) == seconds


async def test_a_preference_that_was_ignored_is_not_said_to_be_applied(harness: Harness) -> None:
    call = asyncio.create_task(harness.client.post(GENERATE, json=TEXT, headers={"Prefer": "return=minimal"}))
    [request] = await harness.publishes(ScriptRequested)
    await harness.tell(await harness.generated(request))
    answer = await call
    assert answer.status_code == 200
    assert "preference-applied" not in answer.headers


@pytest.mark.parametrize(
    ("header", "version"), [(None, None), ("*", None), ('"3"', 3), ('W/"3"', 3), ("3", -1), ('"abc"', -1)]
)
def test_if_match_names_a_version(header: str | None, version: int | None) -> None:
    assert version_of(header) == version


async def test_of_120_versions_the_newest_100_are_listed_and_one_text_of_100_kb_at_a_time_is_in_memory(
    harness: Harness,
) -> None:
    script_id = await harness.script("v-1")
    rows = [
        {"script_id": script_id, "version": at, "body": f"{at:>100000}", "origin": "edited"}
        for at in range(2, 121)
    ]
    moment = (await harness.gateway.ledger.read(scripts.require, script_id)).created_at
    await harness.gateway.ledger.write(
        lambda conn: conn.execute(sa.insert(script_versions), [row | {"created_at": moment} for row in rows])
    )
    tracemalloc.start()
    try:
        listed = (await harness.client.get(f"/api/scripts/{script_id}/versions")).json()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [item["version"] for item in listed] == list(range(21, 121))
    assert listed[-1]["content_hash"] == content_hash(f"{120:>100000}")
    assert peak < 2_000_000, f"{peak} bytes for texts of 10 MB"


async def test_a_list_of_scripts_ends_where_4_mib_of_text_are_full(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await harness.script("v-1") for _ in range(3)]
    size = len((await harness.gateway.ledger.read(scripts.require, ids[0])).body or "")
    rows = {0: 1, 2 * size: 2, 3 * size - 1: 2, 3 * size: 3}
    shown = {}
    for most in rows:
        monkeypatch.setattr(scripts, "LISTED_CHARACTERS", most)
        answer = (await harness.client.get("/api/videos/v-1/scripts")).json()
        assert [item["script_id"] for item in answer] == ids[::-1][: len(answer)]
        assert all(item["raw_json"] for item in answer)
        shown[most] = len(answer)
    assert shown == rows


@pytest.mark.parametrize(
    ("work", "read", "texts", "call"),
    [
        ("scene_changed", "require", 1, ("PATCH", "/chapters/1/scenes/1", {"narration": "네."})),
        ("diff", "version", 2, ("GET", "/diff?before=1&after=1", None)),
        ("_spec_of", "approve", 1, ("POST", "/approve", {})),
        ("script_json", "edit", 0, ("PUT", "", SCRIPT)),
    ],
)
async def test_of_eight_calls_two_work_on_texts_and_the_others_hold_none(
    harness: Harness,
    monkeypatch: pytest.MonkeyPatch,
    work: str,
    read: str,
    texts: int,
    call: tuple[str, str, dict[str, Any] | None],
) -> None:
    script_id = await harness.script("v-1", approved=False)
    inside, reads, gate = [0], [0], threading.Event()
    real, real_read = getattr(service_scripts, work), getattr(scripts, read)

    def at_work(*args: Any) -> Any:
        inside[0] += 1
        gate.wait(20)
        return real(*args)

    def counted(*args: Any, **more: Any) -> Any:
        reads[0] += 1
        return real_read(*args, **more)

    monkeypatch.setattr(service_scripts, work, at_work)
    monkeypatch.setattr(scripts, read, counted)
    method, path, body = call
    calls = [
        asyncio.create_task(harness.client.request(method, f"/api/scripts/{script_id}{path}", json=body))
        for _ in range(8)
    ]
    await eventually(lambda: inside[0] == TEXTS_AT_ONCE)
    assert (await harness.client.get("/livez")).status_code == 200
    await asyncio.sleep(0.2)  # the others have come as far as they can
    assert (inside[0], reads[0]) == (TEXTS_AT_ONCE, TEXTS_AT_ONCE * texts)
    gate.set()
    assert [(await each).status_code for each in calls] == [200] * 8
