import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ErrorCode, TransientError
from contracts.events import RenderRequested
from contracts.steps import Step
from services.gateway.http.routes.job_lists import CURSOR, EPOCH, place_of
from services.gateway.service.script_diff import diff
from tests.unit.gateway.conftest import SCRIPT, Harness, failed, progress, uploaded

V2 = "/api/v2"


async def test_v2_and_its_alias_are_the_same_and_link_to_themselves(harness: Harness) -> None:
    script_id = await harness.script("v-1")
    for base in (V2, "/api"):
        made = await harness.client.post(f"{base}/videos/v-1/render-jobs", json={"script_id": script_id})
        job_id = made.json()["job_id"]
        assert made.headers["location"] == f"{base}/render-jobs/{job_id}"
        wish = await harness.client.post(
            f"{base}/videos/v-1/scripts/generate", json={"source_text": "x"}, headers={"Prefer": "wait=0"}
        )
        assert wish.headers["location"].startswith(f"{base}/scripts/")
    for path in (f"render-jobs/{job_id}", f"scripts/{script_id}", "videos/v-1/scripts", "render-jobs"):
        one, other = [await harness.client.get(f"{base}/{path}") for base in (V2, "/api")]
        assert one.json() == other.json()


class TestListing:
    async def test_pages_join_without_gap_or_overlap(self, harness: Harness) -> None:
        ids = [await harness.job(f"v-{number}") for number in range(7)]
        seen: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            page = (await harness.client.get(f"{V2}/render-jobs", params={"limit": "3", **cursor})).json()
            seen += [item["job_id"] for item in page["items"]]
            if page["next"] is None:
                break
            assert len(page["items"]) == 3
            cursor = {"after": page["next"]}
            if len(seen) == 3:
                await harness.job("v-new")  # what comes in between is on no later page
        assert seen == ids[::-1]

    async def test_filters(self, harness: Harness) -> None:
        a, b = await harness.job("v-1"), await harness.job("v-2")
        await harness.tell(failed(a))
        script_id = (await harness.read(b))["script_id"]
        for query, wanted in (
            ({"status": "FAILED"}, [a]), ({"video_id": "v-2"}, [b]), ({"script_id": script_id}, [b]),
            ({"status": "FAILED", "video_id": "v-2"}, []), ({}, [b, a]),
        ):  # fmt: skip
            page = (await harness.client.get(f"{V2}/render-jobs", params=query)).json()
            assert [item["job_id"] for item in page["items"]] == wanted

    @pytest.mark.parametrize(
        "query",
        [
            "after=x",
            "after=%00",
            "after=",
            "after=1-",
            "after=12345678901234567-x",
            "limit=0",
            "limit=201",
            "status=LOST",
        ],
    )
    async def test_nonsense_is_refused(self, harness: Harness, query: str) -> None:
        answer = await harness.client.get(f"{V2}/render-jobs?{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")

    @given(st.from_regex(CURSOR, fullmatch=True))
    def test_whatever_has_the_form_of_a_cursor_names_a_place(self, cursor: str) -> None:
        moment, job_id = place_of(cursor)
        number, _, name = cursor.partition("-")
        assert ((moment - EPOCH) // timedelta(microseconds=1), job_id) == (int(number), name)

    async def test_a_place_that_no_job_has_is_a_place_all_the_same(self, harness: Harness) -> None:
        job_id = await harness.job("v-1")
        for cursor, expected in (("9999999999999999-x", [job_id]), ("0-x", [])):
            page = (await harness.client.get(f"{V2}/render-jobs", params={"after": cursor})).json()
            assert [item["job_id"] for item in page["items"]] == expected


class TestVersions:
    async def test_every_version_can_be_read_and_compared(self, harness: Harness) -> None:
        script_id = await harness.script("v-1")
        path = f"{V2}/scripts/{script_id}"
        first = (await harness.client.get(path)).json()
        changed = json.loads(json.dumps(first["raw_json"]))
        changed["title"] = "새 제목"
        changed["chapters"][0]["scenes"][0]["narration"] = "더 길게 만드세요."
        changed["chapters"][0]["scenes"][1]["scene_id"] = 9
        second = (await harness.client.put(path, json=changed)).json()
        listed = (await harness.client.get(f"{path}/versions")).json()
        assert [(item["version"], item["origin"]) for item in listed] == [(1, "generated"), (2, "edited")]
        assert [item["content_hash"] for item in listed] == [first["content_hash"], second["content_hash"]]
        old = (await harness.client.get(f"{path}/versions/1")).json()
        assert old["raw_json"] == first["raw_json"]
        found = (await harness.client.get(f"{path}/diff?before=1&after=2")).json()
        assert [(item["kind"], item["path"]) for item in found["changes"]] == [
            ("changed", "title"),
            ("changed", "chapters/1/scenes/1/narration"),
            ("removed", "chapters/1/scenes/2/narration"),
            ("added", "chapters/1/scenes/9/narration"),
        ]
        assert found["changes"][1]["after"] == "더 길게 만드세요."
        assert (await harness.client.get(f"{path}/diff?before=1&after=1")).json()["changes"] == []
        for missing in (f"{path}/versions/3", f"{path}/diff?before=1&after=3", f"{V2}/scripts/x/versions"):
            answer = await harness.client.get(missing)
            assert (answer.status_code, answer.json()["code"]) == (404, "SCRIPT_NOT_FOUND")

    def test_ids_that_repeat_are_told_apart(self) -> None:
        scenes = [{"scene_id": 1, "narration": "a"}, {"scene_id": 1, "narration": "b"}]
        one = json.dumps({"chapters": [{"chapter_id": 1, "title": "t", "scenes": scenes}]})
        other = one.replace('"b"', '"c"')
        [change] = diff(one, other)
        assert (change.path, change.before, change.after) == ("chapters/1/scenes/1#2/narration", "b", "c")


class TestApproval:
    async def test_it_is_bound_to_the_content_that_was_read(self, harness: Harness) -> None:
        script_id = await harness.script("v-1", approved=False)
        path = f"{V2}/scripts/{script_id}"
        seen = (await harness.client.get(path)).json()["content_hash"]
        await harness.client.put(path, json=SCRIPT | {"title": "anders"})
        late = await harness.client.post(f"{path}/approve", json={"content_hash": seen})
        assert (late.status_code, late.json()["code"]) == (409, "SCRIPT_STATE_CONFLICT")
        now = (await harness.client.get(path)).json()
        assert now["status"] == "DRAFT"
        good = await harness.client.post(f"{path}/approve", json={"content_hash": now["content_hash"]})
        assert (good.status_code, good.json()["status"]) == (200, "APPROVED")
        bad = await harness.client.post(f"{path}/approve", json={"content_hash": "x"})
        assert bad.status_code == 422

    async def test_a_scene_edited_by_itself_takes_it_back(self, harness: Harness) -> None:
        script_id = await harness.script("v-1")
        path = f"{V2}/scripts/{script_id}/chapters/1/scenes/2"
        answer = await harness.client.patch(
            path, json={"narration": "한 번만 쓰세요."}, headers={"If-Match": '"1"'}
        )
        body = answer.json()
        assert (answer.status_code, body["status"], body["version"]) == (200, "DRAFT", 2)
        scenes = body["raw_json"]["chapters"][0]["scenes"]
        assert (scenes[0]["narration"], scenes[1]["narration"]) == (
            SCRIPT["chapters"][0]["scenes"][0]["narration"],
            "한 번만 쓰세요.",
        )
        stale = await harness.client.patch(path, json={"narration": "x"}, headers={"If-Match": '"1"'})
        assert stale.status_code == 412
        cleared = await harness.client.patch(
            f"{V2}/scripts/{script_id}/chapters/1/scenes/1",
            json={"on_screen_text": None, "duration_sec": 4.5},
        )
        scene = cleared.json()["raw_json"]["chapters"][0]["scenes"][0]
        assert (scene["on_screen_text"], scene["duration_sec"]) == (None, 4.5)

    @pytest.mark.parametrize(
        ("place", "body", "status", "code"),
        [
            ("1/scenes/9", {"narration": "x"}, 404, "SCRIPT_NOT_FOUND"),
            ("2/scenes/1", {"narration": "x"}, 404, "SCRIPT_NOT_FOUND"),
            ("1/scenes/1", {"narration": ""}, 422, "COMMAND_INVALID"),
            ("1/scenes/1", {"narration": None}, 422, "COMMAND_INVALID"),
            ("1/scenes/1", {"narration": " "}, 422, "SCRIPT_INVALID"),
            ("1/scenes/1", {"narration": "㈜" * 5_000}, 422, "NARRATION_TOO_LONG"),
            ("1/scenes/x", {"narration": "x"}, 422, "COMMAND_INVALID"),
        ],
    )
    async def test_impossible_scene_edits_are_refused(
        self, harness: Harness, place: str, body: dict[str, Any], status: int, code: str
    ) -> None:
        script_id = await harness.script("v-1")
        answer = await harness.client.patch(f"{V2}/scripts/{script_id}/chapters/{place}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await harness.client.get(f"{V2}/scripts/{script_id}")).json()["status"] == "APPROVED"


class TestRepeats:
    async def test_the_same_key_gets_the_same_answer(self, harness: Harness) -> None:
        script_id = await harness.script("v-1")
        path, body = f"{V2}/videos/v-1/render-jobs", {"script_id": script_id}
        key = {"Idempotency-Key": "k-1"}
        first = await harness.client.post(path, json=body, headers=key)
        await harness.tell(failed(first.json()["job_id"]))
        again = await harness.client.post(path, json=body, headers=key)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["idempotency-replayed"] == "true"
        other = await harness.client.post(path, json=body, headers={"Idempotency-Key": "k-2"})
        assert other.json()["job_id"] != first.json()["job_id"]
        await harness.publishes(RenderRequested, other.json()["job_id"])
        assert len(harness.told(RenderRequested)) == 2

    async def test_the_same_key_for_another_request_is_an_error(self, harness: Harness) -> None:
        script_id = await harness.script("v-1")
        path, key = f"{V2}/videos/v-1/render-jobs", {"Idempotency-Key": "k-1"}
        await harness.client.post(path, json={"script_id": script_id}, headers=key)
        answer = await harness.client.post(path, json={"script_id": "s-2"}, headers=key)
        assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
        elsewhere = await harness.client.post(f"{V2}/scripts/{script_id}/approve", headers=key)
        assert elsewhere.status_code == 200

    async def test_a_repeat_beside_the_first_is_told_to_wait(self, harness: Harness) -> None:
        script_id = await harness.script("v-1")
        path, body = f"{V2}/videos/v-1/render-jobs", {"script_id": script_id}
        headers = {"Idempotency-Key": "k-1", "Prefer": "wait=20"}
        first = asyncio.create_task(harness.client.post(path, json=body, headers=headers))
        [request] = await harness.publishes(RenderRequested)
        beside = await harness.client.post(path, json=body, headers=headers)
        assert (beside.status_code, beside.json()["code"]) == (409, "REQUEST_RUNNING")
        await harness.tell(uploaded(request.job_id, "v-1"))
        assert (await first).json()["status"] == "COMPLETED"
        assert (await harness.client.post(path, json=body, headers=headers)).json() == (await first).json()

    async def test_refusals_are_kept_and_failures_of_ours_are_not(
        self, harness: Harness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = {"Idempotency-Key": "k-1"}
        refused = await harness.client.post(f"{V2}/render-jobs/none/cancel", headers=key)
        assert refused.status_code == 404
        again = await harness.client.post(f"{V2}/render-jobs/none/cancel", headers=key)
        assert (again.json(), again.headers["content-type"]) == (refused.json(), "application/problem+json")

        async def away(_: str) -> None:
            raise TransientError(ErrorCode.LEDGER_UNAVAILABLE, "away")

        with monkeypatch.context() as broken:
            broken.setattr(harness.gateway.service, "cancel", away)
            lost = await harness.client.post(f"{V2}/render-jobs/j/cancel", headers=key)
            assert lost.status_code == 503
        assert (await harness.client.post(f"{V2}/render-jobs/j/cancel", headers=key)).status_code == 404

    @pytest.mark.parametrize("key", ["", "x" * 201])
    async def test_an_impossible_key_is_refused(self, harness: Harness, key: str) -> None:
        answer = await harness.client.post(f"{V2}/render-jobs/j/cancel", headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["code"]) == (422, "IDEMPOTENCY_KEY_INVALID")


class TestWaiting:
    async def test_a_create_may_wait_for_the_end(self, harness: Harness) -> None:
        script_id = await harness.script("v-1")
        path = f"{V2}/videos/v-1/render-jobs"
        call = asyncio.create_task(
            harness.client.post(path, json={"script_id": script_id}, headers={"Prefer": "wait=30"})
        )
        [request] = await harness.publishes(RenderRequested)
        await harness.tell(uploaded(request.job_id, "v-1"))
        answer = await asyncio.wait_for(call, 10)
        assert (answer.status_code, answer.json()["status"]) == (201, "COMPLETED")
        assert answer.headers["preference-applied"] == "wait=30"

    @pytest.mark.parametrize("prefer", ["respond-async", "wait=0"])
    async def test_who_does_not_wait_gets_202_and_where_to_look(self, harness: Harness, prefer: str) -> None:
        script_id = await harness.script("v-1")
        answer = await harness.client.post(
            f"{V2}/videos/v-1/render-jobs", json={"script_id": script_id}, headers={"Prefer": prefer}
        )
        assert (answer.status_code, answer.json()["created"]) == (202, True)
        assert (await harness.client.get(answer.headers["location"])).json()["status"] == "QUEUED"

    async def test_a_read_may_wait_for_the_end(self, harness: Harness) -> None:
        job_id = await harness.job("v-1")
        call = asyncio.create_task(
            harness.client.get(f"{V2}/render-jobs/{job_id}", headers={"Prefer": "wait=30"})
        )
        await harness.tell(progress(job_id, Step.VALIDATE_SCRIPT))
        await harness.client.post(f"{V2}/render-jobs/{job_id}/cancel")
        assert (await asyncio.wait_for(call, 10)).json()["error"]["code"] == "CANCELED"
        assert len(harness.gateway.service.hub) == 0


async def test_a_job_is_read_with_its_steps_and_scenes(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    await harness.tell(progress(job_id, Step.VALIDATE_SCRIPT))
    await harness.tell(progress(job_id, Step.GENERATE_TTS, part=1, parts=2))
    body = await harness.read(job_id)
    assert [(step["step"], step["done"]) for step in body["steps"][:3]] == [
        ("VALIDATE_SCRIPT", 1.0),
        ("GENERATE_TTS", 0.5),
        ("GENERATE_SUBTITLE", 0.0),
    ]
    assert (body["steps"][1]["starts_at"], body["steps"][1]["ends_at"]) == (15, 40)
    assert [scene["done"] for scene in body["scene_list"]] == [[], ["GENERATE_TTS"]]
    assert (body["scene_list"][0]["chapter"], body["scene_list"][0]["caption"]) == ("시작", "길게")
    await harness.tell(uploaded(job_id, "v-1"))
    body = await harness.read(job_id)
    assert {step["done"] for step in body["steps"]} == {1.0}
    assert all(len(scene["done"]) == 4 for scene in body["scene_list"])
