"""What the backend is told, how often, and what stands in the log of callbacks."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from contracts.errors import ErrorCode
from contracts.events import ScriptRequested
from contracts.ledger_events import CallbackRecorded
from services.gateway.ledger import callbacks
from services.gateway.ledger.jobs import queries
from services.gateway.settings import GatewaySettings
from tests.support.backend import Reply, StandInBackend
from tests.support.eventually import eventually
from tests.unit.gateway.backend.conftest import API_TOKEN, INTERNAL, NOW, SECRETS, ledger_of, log, settled
from tests.unit.gateway.conftest import Harness, failed, running, uploaded


async def test_the_backend_is_told_of_scripts_and_films_in_the_specified_words(
    harness: Harness, backend: StandInBackend
) -> None:
    job_id = await harness.job("v-1")
    await harness.tell(uploaded(job_id, "v-1"))
    await harness.tell(uploaded(job_id, "v-1"))
    await settled(harness)
    script_id = (await harness.read(job_id))["script_id"]
    script = (await harness.client.get(f"/api/scripts/{script_id}")).json()["raw_json"]
    first, second = backend.calls
    assert (first.method, first.path) == ("POST", "/base/video/script/complete")
    assert first.json() == {"material_id": "v-1", "script_id": script_id, "script": script, "version": 1}
    assert second.path == f"/base/video/job/{job_id}/complete"
    assert second.json() == {
        "jobId": job_id,
        "videoUrl": f"/assets/videos/v-1/s/{job_id}/video.mp4",
        "duration": 10.0,
        "status": "COMPLETED",
    }
    for call in backend.calls:
        assert call.headers["authorization"] == f"Bearer {API_TOKEN}"
        assert call.headers["content-type"] == "application/json"
        for secret in SECRETS:  # either key alone is enough for the receiver
            assert Webhook(secret).verify(call.body, call.headers) == call.json()


async def test_a_failed_or_cancelled_job_is_told_too(harness: Harness, backend: StandInBackend) -> None:
    broken, stopped = await harness.job("v-1"), await harness.job("v-2")
    await harness.tell(failed(broken))
    await harness.client.post(f"/api/render-jobs/{stopped}/cancel")
    await settled(harness)
    for job_id in (broken, stopped):
        [call] = backend.of(f"/video/job/{job_id}/complete")
        assert call.json() == {"jobId": job_id, "videoUrl": None, "duration": None, "status": "FAILED"}


async def test_a_script_that_failed_is_no_news_for_the_backend(
    harness: Harness, backend: StandInBackend
) -> None:
    await harness.client.post(
        "/api/videos/v-1/scripts/generate", json={"source_text": "x"}, headers={"Prefer": "wait=0"}
    )
    [request] = await harness.publishes(ScriptRequested)
    await harness.tell(failed(request.job_id, code="INTERNAL_ERROR"))
    assert await log(harness) == []
    assert backend.calls == []


async def test_a_backend_that_was_down_for_a_while_ends_with_exactly_the_log(
    harness: Harness, backend: StandInBackend
) -> None:
    await backend.stop()
    ids = [await harness.job(f"v-{n}") for n in range(5)]
    for number, job_id in enumerate(ids):
        await harness.tell(failed(job_id) if number % 2 else uploaded(job_id, f"v-{number}"))

    async def tried() -> bool:
        return all(item["tries"] > 1 for item in await log(harness))

    await eventually(tried, message="every callback was tried more than once")
    assert backend.calls == []
    backend.default = Reply(503, headers={"Retry-After": "0"})
    await backend.start()
    await eventually(lambda: len(backend.calls) > 10)
    backend.default, refused = Reply(), len(backend.calls)
    entries = await settled(harness)
    taken = backend.calls[refused:]
    assert sorted(call.headers["webhook-id"] for call in taken) == sorted(e["webhook_id"] for e in entries)
    assert len(entries) == 10
    payloads = {entry["webhook_id"]: entry["payload"] for entry in entries}
    assert all(call.json() == payloads[call.headers["webhook-id"]] for call in taken)
    assert all(entry["status"] == "DELIVERED" for entry in entries)
    assert await log(harness, after=entries[6]["id"]) == entries[7:]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500),
        Reply(400),
        Reply(silent=True),
        Reply(cut=20),
        Reply(302, headers={"Location": "/base/stolen"}),
        Reply(307, headers={"Location": "/base/stolen"}),
    ],
    ids=["500", "400", "slow", "cut", "302", "307"],
)
async def test_whatever_is_no_success_is_tried_again(
    harness: Harness, backend: StandInBackend, reply: Reply
) -> None:
    backend.will("/video/script/complete", reply, reply)
    await harness.script("v-1", approved=False)
    [entry] = await settled(harness)
    assert (entry["status"], entry["tries"], entry["last_error"]) == ("DELIVERED", 3, None)
    assert len(backend.of("/video/script/complete")) == 3
    assert backend.of("/stolen") == []


async def test_a_dead_attempt_is_never_told(harness: Harness, backend: StandInBackend) -> None:
    job_id = await harness.job("v-1")
    await settled(harness)
    await backend.stop()
    await harness.tell(failed(job_id))
    await harness.gateway.service.retry(job_id)
    await backend.start()
    await harness.tell(uploaded(job_id, "v-1", attempt=2))
    entries = await settled(harness)
    assert [entry["status"] for entry in entries[1:]] == ["SUPERSEDED", "DELIVERED"]
    [call] = backend.of(f"/video/job/{job_id}/complete")
    assert call.json()["status"] == "COMPLETED"


@pytest.mark.parametrize(("reply", "told"), [(Reply(), "DELIVERED"), (Reply(500), "SUPERSEDED")])
async def test_the_new_attempt_was_told_while_the_old_ones_callback_was_under_way(
    harness: Harness, backend: StandInBackend, reply: Reply, told: str
) -> None:
    job_id = await harness.job("v-1")
    await settled(harness)
    path, answered = f"/video/job/{job_id}/complete", asyncio.Event()
    backend.will(path, replace(reply, after=answered))
    await harness.tell(failed(job_id))
    await eventually(lambda: len(backend.of(path)) == 1)
    await harness.gateway.service.retry(job_id)
    await harness.tell(uploaded(job_id, "v-1", attempt=2))
    assert [entry["status"] for entry in (await log(harness))[1:]] == ["PENDING", "PENDING"]
    answered.set()
    entries = await settled(harness)
    assert [entry["status"] for entry in entries[1:]] == [told, "DELIVERED"]
    assert [call.json()["status"] for call in backend.of(path)] == ["FAILED", "COMPLETED"]


async def test_a_dead_attempts_callback_that_a_crash_left_in_hand_is_not_sent_again(
    settings: GatewaySettings,
) -> None:
    async with running(settings) as harness:
        job_id = await harness.job("v-1")
        await harness.tell(failed(job_id))
        ledger, now, lease = harness.gateway.ledger, harness.gateway.service.now(), timedelta(seconds=40)
        in_hand = await ledger.write(callbacks.claim, 10, now=now, lease=lease)
        await harness.gateway.service.retry(job_id)
        await harness.tell(uploaded(job_id, "v-1", attempt=2))
        assert await ledger.write(callbacks.claim, 10, now=now, lease=lease) == []
        later = now + lease + timedelta(seconds=1)
        again = await ledger.write(callbacks.claim, 10, now=later, lease=lease)
    assert [(each.kind, each.attempt) for each in in_hand] == [("script.complete", 1), ("job.complete", 1)]
    assert [(each.kind, each.attempt) for each in again] == [("script.complete", 1), ("job.complete", 2)]


async def test_one_jobs_callbacks_stay_in_order_and_hold_no_other_up(
    harness: Harness, backend: StandInBackend
) -> None:
    a, b = await harness.job("v-1"), await harness.job("v-2")
    backend.will(f"/video/job/{a}/complete", *[Reply(500)] * 5)
    await harness.tell(failed(a))
    await harness.tell(failed(b))
    await eventually(lambda: len(backend.of(f"/video/job/{b}/complete")) == 1)
    await settled(harness)
    assert len(backend.of(f"/video/job/{a}/complete")) == 6


async def test_the_log_is_the_backends_alone(harness: Harness) -> None:
    for headers in ({}, {"Authorization": f"Bearer {API_TOKEN}"}):
        answer = await harness.client.get("/api/v2/callbacks", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")


async def test_without_a_backend_the_log_is_kept_for_three_days(settings: GatewaySettings) -> None:
    async with running(settings) as harness:
        await harness.script("v-1", approved=False)
        [entry] = await harness.gateway.ledger.read(callbacks.since, 0, 10)
        assert (entry.state, entry.tries) == ("PENDING", 0)


async def test_a_state_change_that_is_rolled_back_tells_nobody(tmp_path: Path) -> None:
    def refuse(conn: Any) -> None:
        queries.create_failed(
            conn, job_id="j", video_id="v", script_id=None, language="ko",
            code=ErrorCode.NO_RENDER_SPEC, message="none", now=NOW,
        )  # fmt: skip
        raise ZeroDivisionError

    async with ledger_of(tmp_path) as ledger:
        with pytest.raises(ZeroDivisionError):
            await ledger.write(refuse)
        assert await ledger.read(callbacks.since, 0, 10) == []


def test_bodies_are_json_in_utf8() -> None:
    assert callbacks._json({"a": "가"}) == '{"a":"가"}'
    assert json.loads(callbacks._json({"a": None})) == {"a": None}


async def test_a_receiver_that_is_gone_is_told_nothing_more_of_that_and_the_log_says_so(
    harness: Harness, backend: StandInBackend
) -> None:
    job_id = await harness.job("v-1")
    await settled(harness)
    path = f"/video/job/{job_id}/complete"
    backend.will(path, Reply(503), Reply(410))
    await harness.tell(failed(job_id))
    entry = (await settled(harness))[-1]
    assert (entry["status"], entry["last_error"], entry["tries"]) == ("GONE", "HTTP 410", 2)
    assert entry["settled_at"] is not None

    def recorded() -> bool:
        return [event.state for event in harness.told(CallbackRecorded, job_id)][-1:] == ["GONE"]

    await eventually(recorded, message="the ledger's log says so too")

    retried = {"Authorization": f"Bearer {INTERNAL}"}
    answer = await harness.client.post(f"/video/job/{job_id}/retry", headers=retried)
    assert answer.json()["started"]
    await harness.tell(failed(job_id, attempt=2))  # the subject's next news is sent all the same
    assert [item["status"] for item in (await settled(harness))[-2:]] == ["GONE", "DELIVERED"]
    assert len(backend.of(path)) == 3
