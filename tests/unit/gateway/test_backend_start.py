import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr

from contracts.commands import StartRender
from contracts.errors import ErrorCode, TransientError
from contracts.events import CommandRejected, JobFailed, RenderRequested
from contracts.renderspec import RenderSpec
from services.gateway.backend.client import MAX_SPEC_BYTES
from services.gateway.backend.settings import BackendSettings, StartedBy
from services.gateway.settings import GatewaySettings
from tests.support.backend import Reply, StandInBackend, stand_in_backend
from tests.unit.gateway.conftest import SCRIPT, Harness, failed, running

TOKEN = "internal-token-0123456789"
AS_BACKEND = {"Authorization": f"Bearer {TOKEN}"}
FLAT: dict[str, Any] = {
    "title": "제목",
    "language": "ko",
    "scenes": [{"scene_id": 7, "chapter": None, "narration": "백엔드의 문장입니다.", "caption": "문장"}],
}


@pytest.fixture
async def backend() -> AsyncIterator[StandInBackend]:
    async with stand_in_backend() as started:
        yield started


@pytest.fixture
def with_backend(settings: GatewaySettings, backend: StandInBackend) -> GatewaySettings:
    return settings.model_copy(
        update={
            "backend": BackendSettings(
                base_url=backend.url,
                api_token=SecretStr("api-token-0123456789"),
                internal_token=SecretStr(TOKEN),
                timeout_sec=2,
            )
        }
    )


@pytest.fixture
async def harness(with_backend: GatewaySettings) -> AsyncIterator[Harness]:
    async with running(with_backend) as opened:
        yield opened


async def start(harness: Harness, job_id: str, body: object = None) -> Any:
    answer = await harness.client.post(f"/video/job/{job_id}/start", json=body, headers=AS_BACKEND)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def waiting_job(harness: Harness, video_id: str = "v-1") -> tuple[str, str]:
    """Return a job that a front end created, and its script."""
    script_id = await harness.script(video_id)
    answer = await harness.client.post(f"/api/videos/{video_id}/render-jobs", json={"script_id": script_id})
    assert (answer.status_code, answer.json()["status"]) == (201, "QUEUED")
    return str(answer.json()["job_id"]), script_id


async def test_a_created_job_waits_for_the_backends_start(harness: Harness, backend: StandInBackend) -> None:
    job_id, script_id = await waiting_job(harness)
    again = await harness.client.post("/api/videos/v-1/render-jobs", json={"script_id": script_id})
    assert again.json() == {"job_id": job_id, "status": "QUEUED", "created": False}
    assert harness.told(RenderRequested, job_id) == []
    assert (await harness.client.get(f"/api/render-jobs/{job_id}/render-spec")).status_code == 409

    backend.specs[script_id] = SCRIPT
    body = await start(harness, job_id)
    assert (body["started"], body["error_code"]) == (True, None)
    assert (body["job"]["job_id"], body["job"]["status"], body["job"]["scenes"]) == (job_id, "PROCESSING", 2)
    [call] = backend.of(f"/internal/scripts/{script_id}/render-spec")
    assert (call.method, call.headers["authorization"]) == ("GET", f"Bearer {TOKEN}")

    [request] = await harness.publishes(RenderRequested, job_id)
    spec = RenderSpec.model_validate_json(await harness.artifacts.get(request.spec))
    assert (spec.title, spec.scenes[0].chapter, spec.scenes[0].caption) == ("비밀번호", "시작", "길게")
    snapshot = await harness.client.get(f"/api/render-jobs/{job_id}/render-spec")
    assert snapshot.json() == spec.model_dump(mode="json")
    assert [e["status"] for e in (await harness.read(job_id))["history"]] == ["QUEUED", "PROCESSING"]

    repeated = await start(harness, job_id)
    assert (repeated["started"], repeated["error_code"]) == (False, None)
    assert len(backend.of(f"/internal/scripts/{script_id}/render-spec")) == 1


async def test_a_retry_renders_the_snapshot_whatever_the_backend_says_now(
    harness: Harness, backend: StandInBackend
) -> None:
    job_id, script_id = await waiting_job(harness)
    backend.specs[script_id] = FLAT
    await start(harness, job_id)
    await harness.tell(failed(job_id))
    backend.specs[script_id] = SCRIPT
    answer = await harness.client.post(f"/video/job/{job_id}/retry", headers=AS_BACKEND)
    assert set(answer.json()) == {"job", "started"}
    assert (answer.json()["started"], answer.json()["job"]["attempt"]) == (True, 2)
    first, second = await harness.publishes(RenderRequested, job_id, 2)
    assert first.spec == second.spec
    again = await harness.client.post(f"/video/job/{job_id}/retry", headers=AS_BACKEND)
    assert (again.status_code, again.json()["started"]) == (200, False)


async def test_a_job_unknown_here_is_created_by_its_start(harness: Harness, backend: StandInBackend) -> None:
    backend.specs["s-far"] = FLAT
    body = await start(harness, "j-far", {"video_id": "v-1", "script_id": "s-far", "options": {"fps": 30}})
    assert body["started"]
    assert (body["job"]["script_id"], body["job"]["settings"]["fps"]) == ("s-far", 30)
    assert (await start(harness, "j-far"))["started"] is False
    other = await harness.client.post(
        "/video/job/j-2/start", json={"video_id": "v-1", "script_id": "s-far"}, headers=AS_BACKEND
    )
    assert (other.status_code, other.json()["code"]) == (409, "JOB_STATE_CONFLICT")
    stranger = await harness.client.post(
        "/video/job/j-far/start", json={"video_id": "v-2"}, headers=AS_BACKEND
    )
    assert stranger.status_code == 409


async def test_an_inline_spec_needs_no_fetch(harness: Harness, backend: StandInBackend) -> None:
    body = await start(harness, "j-1", {"video_id": "v-1", "render_spec": FLAT})
    assert body["started"]
    assert backend.calls == []


@pytest.mark.parametrize(
    "reply",
    [Reply(404), Reply(204, b""), Reply(200, b""), Reply(200, b"null"), Reply(200, b"{}"),
     Reply(200, b'{"scenes": []}'), Reply(200, b'{"chapters": []}')],
)  # fmt: skip
async def test_no_spec_fails_the_job_and_a_later_start_finds_it(
    harness: Harness, backend: StandInBackend, reply: Reply
) -> None:
    job_id, script_id = await waiting_job(harness)
    backend.will(f"/internal/scripts/{script_id}/render-spec", reply)
    body = await start(harness, job_id)
    assert (body["started"], body["error_code"], body["job"]["status"]) == (False, "NO_RENDER_SPEC", "FAILED")
    [end] = await harness.publishes(JobFailed, job_id)
    assert end.code == "NO_RENDER_SPEC"
    refused = await harness.client.post(f"/video/job/{job_id}/retry", headers=AS_BACKEND)
    assert (refused.status_code, refused.json()["code"]) == (409, "NO_RENDER_SPEC")

    backend.specs[script_id] = FLAT
    later = await start(harness, job_id)
    assert (later["started"], later["job"]["attempt"], later["job"]["error"]) == (True, 2, None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[1]", "RENDER_SPEC_INVALID"),
        (b'{"scenes": [{"scene_id": 1, "narration": " "}]}', "RENDER_SPEC_INVALID"),
        (json.dumps({"scenes": [{"scene_id": 1, "narration": "㈜" * 5_000}]}).encode(), "NARRATION_TOO_LONG"),
        (b'{"scenes": [{"scene_id": 1, "narration": "x"}], "language": "tlh"}', "LANGUAGE_UNSUPPORTED"),
        (b" " * (MAX_SPEC_BYTES + 1), "RENDER_SPEC_INVALID"),
    ],
    ids=["list", "blank", "too long to say", "language", "huge"],
)
async def test_a_spec_that_cannot_be_rendered_fails_the_job(
    harness: Harness, backend: StandInBackend, body: bytes, code: str
) -> None:
    job_id, script_id = await waiting_job(harness)
    backend.will(f"/internal/scripts/{script_id}/render-spec", Reply(200, body))
    done = await start(harness, job_id)
    assert (done["error_code"], done["job"]["status"], done["job"]["error"]["code"]) == (code, "FAILED", code)


async def test_faults_that_pass_are_tried_again(harness: Harness, backend: StandInBackend) -> None:
    job_id, script_id = await waiting_job(harness)
    backend.specs[script_id] = FLAT
    path = f"/internal/scripts/{script_id}/render-spec"
    backend.will(path, Reply(503), Reply(200, json.dumps(FLAT).encode(), cut=60))
    assert (await start(harness, job_id))["started"]
    assert len(backend.of(path)) == 3


@pytest.mark.parametrize(
    ("replies", "calls"),
    [
        ([Reply(500)] * 3, 3),
        ([Reply(silent=True)], 1),
        ([Reply(302, headers={"Location": "/base/internal/scripts/elsewhere/render-spec"})], 1),
        ([Reply(401)], 1),
    ],
    ids=["500", "slow", "redirect", "refused"],
)
async def test_a_backend_in_trouble_leaves_the_job_as_it_is(
    harness: Harness, backend: StandInBackend, replies: list[Reply], calls: int
) -> None:
    job_id, script_id = await waiting_job(harness)
    backend.specs |= {script_id: FLAT, "elsewhere": FLAT}
    path = f"/internal/scripts/{script_id}/render-spec"
    backend.will(path, *replies)
    answer = await harness.client.post(f"/video/job/{job_id}/start", headers=AS_BACKEND)
    assert (answer.status_code, answer.json()["code"]) == (503, "BACKEND_UNAVAILABLE")
    assert TOKEN not in answer.text
    assert len(backend.of(path)) == calls
    assert backend.of("/internal/scripts/elsewhere/render-spec") == []
    assert (await harness.read(job_id))["status"] == "QUEUED"
    assert (await start(harness, job_id))["started"]


async def test_a_backend_that_is_away_is_503(harness: Harness, backend: StandInBackend) -> None:
    job_id, script_id = await waiting_job(harness)
    backend.specs[script_id] = FLAT
    await backend.stop()
    answer = await harness.client.post(f"/video/job/{job_id}/start", headers=AS_BACKEND)
    assert (answer.status_code, answer.json()["code"]) == (503, "BACKEND_UNAVAILABLE")
    await backend.start()
    assert (await start(harness, job_id))["started"]


@pytest.mark.parametrize("action", ["start", "retry", "cancel"])
@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", f"Basic {TOKEN}", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}"]
)
async def test_only_the_backend_may_start_and_retry(
    harness: Harness, action: str, header: str | None
) -> None:
    job_id, _ = await waiting_job(harness)
    headers = {"Authorization": header} if header else {}
    answer = await harness.client.post(f"/video/job/{job_id}/{action}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (await harness.read(job_id))["status"] == "QUEUED"


async def test_unknown_jobs_are_not_found(harness: Harness) -> None:
    for action in ("start", "retry", "cancel"):
        answer = await harness.client.post(f"/video/job/none/{action}", headers=AS_BACKEND)
        assert (answer.status_code, answer.json()["code"]) == (404, "JOB_NOT_FOUND")


async def test_a_cancelled_job_is_not_started(harness: Harness, backend: StandInBackend) -> None:
    job_id, script_id = await waiting_job(harness)
    backend.specs[script_id] = FLAT
    await harness.client.post(f"/video/job/{job_id}/cancel", headers=AS_BACKEND)
    body = await start(harness, job_id)
    assert (body["started"], body["error_code"]) == (False, "CANCELED")


async def test_twenty_simultaneous_starts_are_one(harness: Harness, backend: StandInBackend) -> None:
    job_id, script_id = await waiting_job(harness)
    backend.specs[script_id] = FLAT
    bodies = await asyncio.gather(*(start(harness, job_id) for _ in range(20)))
    assert sum(body["started"] for body in bodies) == 1
    assert len(await harness.publishes(RenderRequested, job_id)) == 1


async def test_the_start_command_on_kafka_does_the_same(harness: Harness, backend: StandInBackend) -> None:
    job_id, script_id = await waiting_job(harness)
    backend.specs[script_id] = FLAT
    command = StartRender(command_id=uuid4(), job_id=job_id, video_id="v-1", script_id=script_id)
    await harness.tell(command)
    await harness.tell(command)
    assert len(await harness.publishes(RenderRequested, job_id)) == 1
    assert (await harness.read(job_id))["status"] == "PROCESSING"

    lost, lost_script = await waiting_job(harness, "v-2")
    await harness.tell(StartRender(job_id=lost, video_id="v-2", script_id=lost_script))
    [why] = await harness.publishes(CommandRejected, lost)
    assert why.code == "NO_RENDER_SPEC"
    assert (await harness.read(lost))["error"]["code"] == "NO_RENDER_SPEC"

    backend.will("/internal/scripts/s-away/render-spec", *[Reply(500)] * 3)
    with pytest.raises(TransientError) as caught:  # the engine parks the key and comes again
        await harness.tell(StartRender(job_id="j-3", video_id="v-3", script_id="s-away"))
    assert caught.value.code is ErrorCode.BACKEND_UNAVAILABLE


async def test_jobs_start_by_themselves_where_that_is_asked_for(
    with_backend: GatewaySettings, backend: StandInBackend
) -> None:
    own = with_backend.backend.model_copy(update={"job_start": StartedBy.CREATE})
    async with running(with_backend.model_copy(update={"backend": own})) as harness:
        job_id = await harness.job("v-1")
        assert backend.of("/internal") == []
        assert (await start(harness, job_id))["started"] is False


class TestSettings:
    @pytest.mark.parametrize(
        "url", ["ftp://x", "backend", "http://", "http://u:p@x", "http://x?token=1", "http://x#y"]
    )
    def test_an_impossible_url_is_refused_without_its_secrets(self, url: str) -> None:
        with pytest.raises(ValueError, match="base_url") as caught:
            BackendSettings(base_url=url)
        assert "must be" in str(caught.value)
        assert "u:p" not in str(caught.value)

    @pytest.mark.parametrize("secret", ["whsec_x", "whsec_AAAA", "AAAA", "whsec_" + "A" * 100])
    def test_a_weak_or_malformed_webhook_secret_is_refused(self, secret: str) -> None:
        with pytest.raises(ValueError, match="webhook secret 1"):
            BackendSettings(webhook_secrets=SecretStr(secret))

    def test_who_starts_jobs(self) -> None:
        token = SecretStr(TOKEN)
        assert not BackendSettings(base_url="http://b").starts_jobs
        assert BackendSettings(base_url="http://b", internal_token=token).starts_jobs
        with pytest.raises(ValueError, match="RENDER_START"):
            BackendSettings(job_start=StartedBy.BACKEND)

    def test_secrets_do_not_show(self) -> None:
        shown = repr(BackendSettings(base_url="http://b", internal_token=SecretStr(TOKEN)))
        assert TOKEN not in shown
