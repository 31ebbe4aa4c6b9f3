import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from contracts.commands import RetryRender
from contracts.events import ControlChanged, JobCompleted, JobFailed, JobUpdated, RenderRequested
from contracts.ledger_events import JobRecorded
from contracts.renderspec import RenderSpec
from contracts.steps import Step
from services.gateway.http.middleware.fast_create import job_id_of
from services.gateway.http.models import RenderJobRequest
from services.gateway.ledger.jobs import create_approved
from services.gateway.settings import GatewaySettings
from tests.unit.gateway.conftest import Harness, failed, progress, uploaded

JOBS = "/api/videos/v-1/render-jobs"
NEWER_FAILURES = {"state": "FAILED", "code": "other"}


async def test_an_approved_script_becomes_a_job_with_a_snapshot(harness: Harness) -> None:
    script_id = await harness.script("v-1")
    body = {"script_id": script_id, "options": {"visual_style": "animated", "fps": 30}}
    answer = await harness.client.post(JOBS, json=body)
    assert answer.status_code == 201
    job_id = answer.json()["job_id"]
    assert answer.json() == {"job_id": job_id, "status": "QUEUED", "created": True}
    assert answer.headers["location"] == f"/api/render-jobs/{job_id}"

    [request] = await harness.publishes(RenderRequested, job_id)
    assert (request.video_id, request.script_id, request.attempt) == ("v-1", script_id, 1)
    assert (request.settings.visual_style, request.settings.fps, request.settings.width) == (
        "animated",
        30,
        1280,
    )
    of_job = [event for event in harness.published if event.job_id == job_id]
    assert [type(event) for event in of_job] == [JobRecorded, JobUpdated, RenderRequested]

    stored = await harness.artifacts.get(request.spec)
    spec = RenderSpec.model_validate_json(stored)
    assert [scene.narration for scene in spec.scenes] == [
        "비밀번호는 길게 만드세요.",
        "다른 곳에 다시 쓰지 마세요.",
    ]
    assert spec.scenes[0].chapter == "시작"
    snapshot = await harness.client.get(f"/api/render-jobs/{job_id}/render-spec")
    assert snapshot.json() == json.loads(stored)

    read = await harness.read(job_id)
    assert (read["status"], read["progress"], read["scenes"], read["attempt"]) == ("QUEUED", 0, 2, 1)
    assert (read["message"], read["error"], read["assets"]) == ("대기 중...", None, [])
    assert (read["script_version"], read["language"]) == (1, "ko")


async def test_the_quick_way_and_the_route_answer_alike(harness: Harness) -> None:
    """The route takes whatever the quick way does not know, such as a charset."""
    answers = []
    for number, kind in enumerate(("application/json", "application/json; charset=utf-8")):
        script_id = await harness.script(f"v-{number}")
        body = json.dumps({"script_id": script_id, "options": {"fps": 30}})
        path = f"/api/v2/videos/v-{number}/render-jobs"
        answer = await harness.client.post(path, content=body, headers={"Content-Type": kind})
        job_id = answer.json()["job_id"]
        read = await harness.read(job_id)
        gone = {name: read[name] for name in ("status", "scenes", "language", "script_version", "progress")}
        headers = {**answer.headers, "location": answer.headers["location"].replace(job_id, "J")}
        answers.append((answer.status_code, answer.text.replace(job_id, "J"), headers, gone))
        [request] = await harness.publishes(RenderRequested, job_id)
        assert request.settings.fps == 30
    assert answers[0] == answers[1]


def test_a_strangers_idempotency_key_named_somebodys_job() -> None:
    wanted = RenderJobRequest(script_id="s-1")
    other = RenderJobRequest(script_id="s-2")
    asked = [
        ("a", "v", wanted, "k"),
        ("b", "v", wanted, "k"),
        ("a", "w", wanted, "k"),
        ("a", "v", other, "k"),
    ]
    ids = [job_id_of(*each, lambda: "new") for each in asked]
    assert len(set(ids)) == 4
    assert job_id_of(*asked[0], lambda: "new") == ids[0]
    assert job_id_of("a", "v", wanted, None, lambda: "new") == "new"


async def test_a_preference_that_is_not_ours_changes_nothing(harness: Harness) -> None:
    script_id = await harness.script("v-1")
    answer = await harness.client.post(
        JOBS, json={"script_id": script_id}, headers={"Prefer": "return=minimal"}
    )
    assert (answer.status_code, answer.headers.get("preference-applied")) == (201, None)
    read = await harness.client.get(answer.headers["location"], headers={"Prefer": "handling=lenient"})
    assert (read.status_code, read.headers.get("preference-applied")) == (200, None)


async def test_what_was_lost_after_the_approval_is_there_before_the_job_is(
    harness: Harness, settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_id = await harness.script("v-1")
    blobs = settings.home / "artifacts" / "blobs"
    for blob in blobs.rglob("*"):
        if blob.is_file():
            blob.unlink()
    there: list[bool] = []
    create_all = create_approved.create_all

    def looking(*of: Any, now: Any) -> Any:
        there.append(any(path.is_file() for path in blobs.rglob("*")))
        return create_all(*of, now=now)

    monkeypatch.setattr(create_approved, "create_all", looking)
    answer = await harness.client.post(JOBS, json={"script_id": script_id})
    assert (answer.status_code, there) == (201, [True])
    [request] = await harness.publishes(RenderRequested, answer.json()["job_id"])
    assert len(RenderSpec.model_validate_json(await harness.artifacts.get(request.spec)).scenes) == 2


async def test_a_video_has_one_active_job(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    script_id = (await harness.read(job_id))["script_id"]
    again = await harness.client.post(JOBS, json={"script_id": script_id})
    assert (again.status_code, again.json()) == (
        200,
        {"job_id": job_id, "status": "QUEUED", "created": False},
    )

    await harness.tell(progress(job_id, Step.VALIDATE_SCRIPT))
    running = (await harness.client.post(JOBS, json={"script_id": script_id})).json()
    assert running == {"job_id": job_id, "status": "PROCESSING", "created": False}

    await harness.tell(uploaded(job_id, "v-1"))
    next_one = (await harness.client.post(JOBS, json={"script_id": script_id})).json()
    assert next_one["created"]
    assert next_one["job_id"] != job_id
    listed = (await harness.client.get(JOBS)).json()
    assert [item["job_id"] for item in listed] == [next_one["job_id"], job_id]


async def test_200_simultaneous_creates_make_one_job(served: Harness) -> None:
    script_id = await served.script("v-1")
    answers = await asyncio.gather(
        *(served.client.post(JOBS, json={"script_id": script_id}) for _ in range(200))
    )
    assert {answer.status_code for answer in answers} == {200, 201}
    assert sum(answer.json()["created"] for answer in answers) == 1
    [job_id] = {answer.json()["job_id"] for answer in answers}
    assert len((await served.client.get(JOBS)).json()) == 1
    await served.publishes(RenderRequested, job_id)
    await served.client.post(f"/api/render-jobs/{job_id}/cancel")  # the last thing the outbox would hold
    await served.publishes(JobFailed, job_id)
    assert len(served.told(RenderRequested)) == 1


async def test_jobs_of_different_videos_do_not_wait_for_each_other(harness: Harness) -> None:
    videos = [f"v-{n}" for n in range(20)]
    ids = await asyncio.gather(*(harness.job(video) for video in videos))
    assert len(set(ids)) == 20


async def test_a_draft_is_not_rendered(harness: Harness) -> None:
    script_id = await harness.script("v-1", approved=False)
    answer = await harness.client.post(JOBS, json={"script_id": script_id})
    assert (answer.status_code, answer.json()["code"]) == (409, "SCRIPT_NOT_APPROVED")
    assert (await harness.client.get(JOBS)).json() == []


async def test_another_videos_script_is_not_rendered(harness: Harness) -> None:
    script_id = await harness.script("v-2")
    answer = await harness.client.post(JOBS, json={"script_id": script_id})
    assert (answer.status_code, answer.json()["code"]) == (404, "SCRIPT_NOT_FOUND")


@pytest.mark.parametrize(
    "options",
    [
        {"fps": 7},
        {"width": 1},
        {"tts_provider": "nobody"},
        {"theme": "neon"},
        {"kenburns_zoom": 9},
        {"visual_style": "origami"},
        {"tts_provider": "Big Name " * 9},
        {"theme": ""},
    ],
)
async def test_impossible_options_are_refused(harness: Harness, options: dict[str, object]) -> None:
    script_id = await harness.script("v-1")
    answer = await harness.client.post(JOBS, json={"script_id": script_id, "options": options})
    assert (answer.status_code, answer.json()["code"]) == (422, "SETTINGS_INVALID")
    assert next(iter(options)) in answer.json()["detail"]


@pytest.mark.parametrize(
    ("options", "there_are"),
    [
        ({"visual_style": "origami"}, "basic, animated"),
        ({"tts_provider": "nobody"}, "mock, kokoro"),
        ({"theme": "neon"}, "auto, harbor-light"),
    ],
)
async def test_whoever_asks_for_what_nobody_knows_is_told_what_there_is(
    harness: Harness, options: dict[str, str], there_are: str
) -> None:
    script_id = await harness.script("v-1")
    answer = await harness.client.post(JOBS, json={"script_id": script_id, "options": options})
    assert (answer.status_code, answer.json()["code"]) == (422, "SETTINGS_INVALID")
    assert there_are in answer.json()["detail"]


@pytest.mark.parametrize("size", [(1080, 1920), (720, 1280), (640, None), (None, 2000)])
async def test_a_film_that_is_taller_than_wide_is_refused_in_words(
    harness: Harness, size: tuple[int | None, int | None]
) -> None:
    script_id = await harness.script("v-1")
    options = {"width": size[0], "height": size[1]}
    answer = await harness.client.post(JOBS, json={"script_id": script_id, "options": options})
    assert (answer.status_code, answer.json()["code"]) == (422, "SETTINGS_INVALID")
    told = answer.json()["detail"]
    assert f"{size[0] or 1280}x{size[1] or 720} would be taller than wide" in told
    assert "1280x720 or 1920x1080" in told


async def test_a_square_film_is_made(harness: Harness) -> None:
    script_id = await harness.script("v-1")
    options = {"width": 1080, "height": 1080}
    answer = await harness.client.post(JOBS, json={"script_id": script_id, "options": options})
    assert answer.status_code == 201


@pytest.mark.parametrize("body", [{}, {"script_id": "a b"}, {"script_id": "../x"}, {"script_id": 7}])
async def test_malformed_bodies_are_refused(harness: Harness, body: dict[str, object]) -> None:
    answer = await harness.client.post(JOBS, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "COMMAND_INVALID")


async def test_a_cancelled_job_stops_at_once_and_everybody_is_told(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    await harness.tell(progress(job_id, Step.VALIDATE_SCRIPT))
    answer = await harness.client.post(f"/api/render-jobs/{job_id}/cancel")
    assert answer.status_code == 200
    assert answer.json()["status"] == "FAILED"
    assert answer.json()["error"]["code"] == "CANCELED"
    assert answer.json()["message"] == "작업이 취소되었습니다."

    [over] = await harness.publishes(JobFailed, job_id)
    assert over.code == "CANCELED"
    assert [control.canceled for control in harness.told(ControlChanged, job_id)] == [True]

    assert (await harness.client.post(f"/api/render-jobs/{job_id}/cancel")).status_code == 200
    await harness.tell(progress(job_id, Step.GENERATE_TTS))
    await harness.tell(uploaded(job_id, "v-1"))
    await harness.tell(failed(job_id))
    read = await harness.read(job_id)
    assert (read["status"], read["error"]["code"], read["progress"]) == ("FAILED", "CANCELED", 15)
    assert [entry["status"] for entry in read["history"]] == ["QUEUED", "PROCESSING", "FAILED"]
    assert len(harness.told(JobFailed, job_id)) == 1


async def test_a_finished_job_cannot_be_cancelled(harness: Harness) -> None:
    done, bad = await harness.job("v-1"), await harness.job("v-2")
    await harness.tell(uploaded(done, "v-1"))
    await harness.tell(failed(bad))
    for job_id in (done, bad):
        answer = await harness.client.post(f"/api/render-jobs/{job_id}/cancel")
        assert (answer.status_code, answer.json()["code"]) == (409, "JOB_STATE_CONFLICT")


async def test_a_failed_job_is_retried_from_its_snapshot_as_a_new_attempt(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    await harness.tell(progress(job_id, Step.VALIDATE_SCRIPT))
    await harness.tell(failed(job_id))
    before = await harness.read(job_id)
    assert (before["status"], before["error"]["code"]) == ("FAILED", "TTS_FAILED")

    await harness.client.put(f"/api/scripts/{before['script_id']}", json={"chapters": [
        {"chapter_id": 1, "title": "x", "scenes": [{"scene_id": 1, "narration": "changed"}]}]})  # fmt: skip
    await harness.tell(RetryRender(job_id=job_id))
    [first, second] = await harness.publishes(RenderRequested, job_id, 2)
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.spec == second.spec
    assert first.event_id != second.event_id
    read = await harness.read(job_id)
    assert (read["status"], read["attempt"], read["progress"], read["error"]) == ("PROCESSING", 2, 0, None)

    await harness.tell(uploaded(job_id, "v-1", attempt=1))  # from the dead attempt
    await harness.tell(progress(job_id, Step.UPLOAD_ASSETS, attempt=1))
    assert (await harness.read(job_id))["progress"] == 0
    await harness.tell(uploaded(job_id, "v-1", attempt=2))
    [end] = await harness.publishes(JobCompleted, job_id)
    assert end.attempt == 2
    states = [(entry["attempt"], entry["status"]) for entry in (await harness.read(job_id))["history"]]
    assert states == [(1, "QUEUED"), (1, "PROCESSING"), (1, "FAILED"), (2, "PROCESSING"), (2, "COMPLETED")]


async def test_a_job_is_completed_with_its_assets(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    for step in list(Step)[:-1]:
        await harness.tell(progress(job_id, step))
    assert (await harness.read(job_id))["progress"] == 95
    for _ in range(3):
        await harness.tell(uploaded(job_id, "v-1"))
    read = await harness.read(job_id)
    assert (read["status"], read["step"], read["progress"]) == ("COMPLETED", "FINALIZE", 100)
    assert read["assets"][0]["url"] == f"/assets/videos/v-1/s/{job_id}/video.mp4"
    assert (read["duration_sec"], read["message"]) == (10.0, "영상이 완성되었습니다.")
    assert read["started_at"] <= read["finished_at"]
    [end] = await harness.publishes(JobCompleted, job_id)
    assert end.assets[0].kind == "video"


async def test_a_job_whose_reports_were_lost_is_completed_all_the_same(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    await harness.tell(uploaded(job_id, "v-1"))
    read = await harness.read(job_id)
    assert (read["status"], read["progress"]) == ("COMPLETED", 100)
    assert [entry["status"] for entry in read["history"]] == ["QUEUED", "PROCESSING", "COMPLETED"]


async def test_a_failure_of_a_stage_fails_the_job_once(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    for code in ("SLIDE_FAILED", "TTS_FAILED"):
        await harness.tell(failed(job_id, code=code))
    [end] = await harness.publishes(JobFailed, job_id)
    assert (end.code, end.message) == ("SLIDE_FAILED", "scene 3 cannot be spoken")
    assert harness.told(ControlChanged, job_id)[-1].canceled
    await harness.tell(uploaded(job_id, "v-1"))
    assert (await harness.read(job_id))["status"] == "FAILED"


async def test_a_failure_with_a_code_of_a_newer_worker_fails_the_job_with_that_code(harness: Harness) -> None:
    job_id = await harness.job("v-1")
    before = REGISTRY.get_sample_value("lectern_jobs_ended_total", NEWER_FAILURES) or 0
    await harness.tell(failed(job_id, code="GPU_LOST"))
    [end] = await harness.publishes(JobFailed, job_id)
    assert end.code == "GPU_LOST"
    read = await harness.read(job_id)
    assert (read["status"], read["error"]["code"]) == ("FAILED", "GPU_LOST")
    assert REGISTRY.get_sample_value("lectern_jobs_ended_total", NEWER_FAILURES) == before + 1
    made_up = {"state": "FAILED", "code": "GPU_LOST"}
    assert REGISTRY.get_sample_value("lectern_jobs_ended_total", made_up) is None


async def test_unknown_jobs_are_not_found(harness: Harness) -> None:
    for answer in (
        await harness.client.get("/api/render-jobs/none"),
        await harness.client.get("/api/render-jobs/none/render-spec"),
        await harness.client.post("/api/render-jobs/none/cancel"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "JOB_NOT_FOUND")


async def test_news_of_unknown_jobs_is_ignored(harness: Harness) -> None:
    stranger = str(uuid4())
    await harness.tell(progress(stranger, Step.GENERATE_TTS))
    await harness.tell(failed(stranger))
    await harness.tell(uploaded(stranger, "v-1"))
    assert (await harness.client.get(f"/api/render-jobs/{stranger}")).status_code == 404


async def test_a_second_click_reads_no_script_and_is_refused_as_the_first_would_be(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_id, draft = await harness.script("v-1"), await harness.script("v-1", approved=False)
    first = await harness.client.post("/api/videos/v-1/render-jobs", json={"script_id": script_id})

    def read(*_: object, **__: object) -> None:
        raise AssertionError("a script of a megabyte is read in 40 ms, which the loop has not")

    monkeypatch.setattr("services.gateway.service.creates.normalise_render_spec", read)
    again = await harness.client.post("/api/videos/v-1/render-jobs", json={"script_id": script_id})
    assert (again.status_code, again.json()) == (200, first.json() | {"created": False})
    rows = {
        (draft, None): (409, "SCRIPT_NOT_APPROVED"),
        ("s-none", None): (404, "SCRIPT_NOT_FOUND"),
        (script_id, 7): (422, "SETTINGS_INVALID"),
    }
    for (named, width), expected in rows.items():
        body = {"script_id": named, "options": {"width": width}}
        answer = await harness.client.post("/api/videos/v-1/render-jobs", json=body)
        assert (answer.status_code, answer.json()["code"]) == expected
