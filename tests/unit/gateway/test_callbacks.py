import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from contracts.errors import ErrorCode
from contracts.events import ScriptRequested
from services.gateway.backend import courier
from services.gateway.backend.client import Answer
from services.gateway.backend.courier import Courier
from services.gateway.backend.settings import BackendSettings
from services.gateway.backend.webhooks import webhook_headers
from services.gateway.ledger import callbacks, jobs
from services.gateway.ledger.callbacks import Callback, CallbackKind
from services.gateway.ledger.database import SqliteLedger
from services.gateway.settings import GatewaySettings
from tests.support.backend import Call, Reply, StandInBackend, stand_in_backend
from tests.support.eventually import eventually

from .conftest import Harness, failed, running, uploaded

KEY, OLD_KEY = b"k" * 32, b"o" * 24
SECRETS = [f"whsec_{base64.b64encode(key).decode()}" for key in (KEY, OLD_KEY)]
API_TOKEN, INTERNAL = "api-token-0123456789", "internal-token-0123456789"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def backend() -> AsyncIterator[StandInBackend]:
    async with stand_in_backend() as started:
        yield started


@pytest.fixture
async def harness(
    settings: GatewaySettings, backend: StandInBackend, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Harness]:
    monkeypatch.setattr(courier, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(courier, "POLL_SECONDS", 0.05)
    own = BackendSettings(
        base_url=backend.url,
        api_token=SecretStr(API_TOKEN),
        internal_token=SecretStr(INTERNAL),
        webhook_secrets=SecretStr(",".join(SECRETS)),
        timeout_sec=0.5,
        job_start="create",
    )
    async with running(settings.model_copy(update={"backend": own})) as opened:
        yield opened


async def log(harness: Harness, after: int = 0) -> list[dict[str, Any]]:
    answer = await harness.client.get(
        f"/api/v2/callbacks?after={after}", headers={"Authorization": f"Bearer {INTERNAL}"}
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def settled(harness: Harness) -> list[dict[str, Any]]:
    async def done() -> bool:
        return all(item["status"] != "PENDING" for item in await log(harness))

    await eventually(done, message="every callback is settled")
    return await log(harness)


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


class TestSignature:
    async def _call(self, harness: Harness, backend: StandInBackend) -> Call:
        await harness.script("v-1", approved=False)
        await settled(harness)
        return backend.calls[0]

    async def test_a_tampered_callback_fails(self, harness: Harness, backend: StandInBackend) -> None:
        call = await self._call(harness, backend)
        hook = Webhook(SECRETS[0])
        for name, value in (
            ("webhook-id", "another"),
            ("webhook-timestamp", str(int(call.headers["webhook-timestamp"]) + 1)),
            ("webhook-signature", "v1," + base64.b64encode(b"x" * 32).decode()),
        ):
            with pytest.raises(WebhookVerificationError):
                hook.verify(call.body, {**call.headers, name: value})
        with pytest.raises(WebhookVerificationError):
            hook.verify(call.body.replace(b"v-1", b"v-2"), call.headers)
        with pytest.raises(WebhookVerificationError):
            Webhook("whsec_" + base64.b64encode(b"z" * 32).decode()).verify(call.body, call.headers)

    @pytest.mark.parametrize("late", [timedelta(minutes=-6), timedelta(minutes=6)])
    def test_a_replayed_or_postdated_callback_fails(self, late: timedelta) -> None:
        headers = webhook_headers((KEY,), "id", datetime.now(UTC) + late, b"{}")
        with pytest.raises(WebhookVerificationError, match="too"):
            Webhook(SECRETS[0]).verify(b"{}", dict(headers))

    async def test_a_repeat_has_the_same_id_and_body_but_a_stamp_of_its_own(
        self, harness: Harness, backend: StandInBackend
    ) -> None:
        backend.will("/video/script/complete", Reply(500))
        script_id = await harness.script("v-1", approved=False)
        await settled(harness)
        first, second = backend.of("/video/script/complete")
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
        assert second.json()["script_id"] == script_id
        Webhook(SECRETS[1]).verify(second.body, second.headers)

    def test_without_keys_nothing_is_signed(self) -> None:
        assert set(webhook_headers((), "id", NOW, b"")) == {"webhook-id", "webhook-timestamp"}


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


# --- the courier alone -------------------------------------------------------------------------------------


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def ledger_of(path: Path) -> AsyncIterator[SqliteLedger]:
    ledger = SqliteLedger(f"sqlite:///{path / 'ledger.db'}")
    await ledger.open()
    yield ledger
    await ledger.close()


async def add(ledger: SqliteLedger, subject: str, attempt: int = 1) -> None:
    await ledger.write(callbacks.add, CallbackKind.JOB, subject, attempt, "{}", now=NOW)


async def test_pauses_double_up_to_ten_minutes_and_give_up_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(days=3) == callbacks.MAX_AGE
    monkeypatch.setattr(callbacks, "MAX_AGE", timedelta(hours=5))
    clock, moments = Clock(), []

    async def refuse(_: Callback, moment: datetime) -> Answer:
        moments.append(moment)
        return Answer("HTTP 500")

    async with ledger_of(tmp_path) as ledger:
        await add(ledger, "j")
        carrier = Courier(ledger, refuse, timeout=1, now=clock, random=lambda: 1.0)
        while (due := await ledger.read(callbacks.next_due)) is not None:
            clock.now = max(clock.now, due)
            await carrier.once()
            if (await ledger.read(callbacks.since, 0, 1))[0].state != "PENDING":
                break
            await asyncio.gather(*carrier._under_way)
        [end] = await ledger.read(callbacks.since, 0, 1)
    pauses = [(b - a).total_seconds() for a, b in pairwise(moments)]
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert set(pauses[12:]) == {600}
    assert end.state == "EXPIRED"
    assert moments[-1] <= NOW + timedelta(hours=5) < moments[-1] + timedelta(seconds=601)


async def test_two_couriers_never_send_the_same_callback(tmp_path: Path) -> None:
    sent: list[str] = []

    async def take(callback: Callback, _: datetime) -> Answer:
        sent.append(callback.subject)
        await asyncio.sleep(0)
        return Answer(None)

    async with ledger_of(tmp_path) as one, ledger_of(tmp_path) as two:
        for number in range(60):
            await add(one, f"j-{number}")
        carriers = [Courier(each, take, timeout=1, now=Clock(), random=lambda: 0.0) for each in (one, two)]
        tasks = [asyncio.create_task(carrier.run()) for carrier in carriers]

        async def empty() -> bool:
            return await one.read(callbacks.next_due) is None

        await eventually(empty)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(sent) == sorted(f"j-{number}" for number in range(60))


CRASH = """
import asyncio, os, sys
from datetime import UTC, datetime
from services.gateway.backend.client import Answer
from services.gateway.backend.courier import Courier
from services.gateway.ledger.database import SqliteLedger

async def main():
    ledger = SqliteLedger(sys.argv[1])
    await ledger.open()
    async def deliver(callback, moment):
        print(callback.webhook_id, flush=True)
        os._exit(9)  # taken by the backend, not yet noted here
    now = lambda: datetime(2026, 1, 1, tzinfo=UTC)
    await Courier(ledger, deliver, timeout=1, now=now, random=lambda: 0.0).run()

asyncio.run(main())
"""


async def test_a_crash_after_the_delivery_sends_the_same_id_again_once_the_lease_is_over(
    tmp_path: Path,
) -> None:
    async with ledger_of(tmp_path) as ledger:
        await add(ledger, "j")
    command = [sys.executable, "-c", CRASH, f"sqlite:///{tmp_path / 'ledger.db'}"]
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    crashed = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True)
    assert crashed.returncode == 9, crashed.stderr
    clock, sent = Clock(), []

    async def take(callback: Callback, _: datetime) -> Answer:
        sent.append(callback.webhook_id)
        return Answer(None)

    async with ledger_of(tmp_path) as ledger:
        carrier = Courier(ledger, take, timeout=1, now=clock, random=lambda: 0.0)
        await carrier.once()
        assert sent == []
        clock.now += timedelta(seconds=1 + courier.LEASE_MARGIN)
        await carrier.once()
        await eventually(lambda: len(sent) == 1)
        await eventually(lambda: not carrier._under_way)
        [end] = await ledger.read(callbacks.since, 0, 10)
    assert crashed.stdout.split() == sent
    assert (end.state, end.tries) == ("DELIVERED", 2)


async def test_a_state_change_that_is_rolled_back_tells_nobody(tmp_path: Path) -> None:
    def refuse(conn: Any) -> None:
        jobs.create_failed(
            conn, job_id="j", video_id="v", script_id=None, language="ko",
            code=ErrorCode.NO_RENDER_SPEC, message="none", now=NOW,
        )  # fmt: skip
        raise ZeroDivisionError

    async with ledger_of(tmp_path) as ledger:
        with pytest.raises(ZeroDivisionError):
            await ledger.write(refuse)
        assert await ledger.read(callbacks.since, 0, 10) == []


async def test_a_courier_that_is_stopped_while_it_is_woken_stops(tmp_path: Path) -> None:
    async def take(_: Callback, __: datetime) -> Answer:
        return Answer(None)

    async with ledger_of(tmp_path) as ledger:
        for _ in range(20):
            carrier = Courier(ledger, take, timeout=1, now=Clock(), random=lambda: 0.0)
            task = asyncio.create_task(carrier.run())
            await eventually(lambda c=carrier: c._woken._waiters)  # type: ignore[misc]
            carrier.wake()
            await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=5)
            assert done


def test_bodies_are_json_in_utf8() -> None:
    assert callbacks._json({"a": "가"}) == '{"a":"가"}'
    assert json.loads(callbacks._json({"a": None})) == {"a": None}
