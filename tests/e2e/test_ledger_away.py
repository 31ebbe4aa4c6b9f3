"""The ledger's database is away in the middle of jobs: everything waits, nothing is given up.

The gateway is a real process on a real Kafka; PostgreSQL is stopped and started, SQLite has no room at all.
The stages are played by their events, many of which come while there is nothing to record them in.
``LECTERN_AWAY_SECONDS=600`` for ten minutes (``make outage``).
"""

import json
import os
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from contracts import topics
from contracts.cloudevents import value_of
from contracts.events import Event, ProgressReported, StageFailed
from contracts.steps import Step
from tests.integration.gateway.gateways import SPEC, uploaded
from tests.support.brokers import Broker
from tests.support.eventually import eventually_sync
from tests.support.impatient import TRIES, ImpatientGateway
from tests.support.postgres import postgres_server
from tests.support.tap import Tap, tapping

AWAY_SECONDS = float(os.environ.get("LECTERN_AWAY_SECONDS") or 4)

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.real_kafka,
    pytest.mark.kafka,
    pytest.mark.timeout(300 + AWAY_SECONDS),
]


@dataclass
class Rig:
    """A gateway, what becomes of its database, and a tap on Kafka."""

    gateway: ImpatientGateway
    tap: Tap
    goes_away: Callable[[], None]
    comes_back: Callable[[], None]
    readable: bool

    def command(self, kind: str, job_id: str, **fields: Any) -> None:
        body = {"type": f"lectern.render.{kind}.v1", "job_id": job_id, **fields}
        self.tap.send(topics.COMMANDS_TOPIC, job_id, body)

    def start(self, *job_ids: str) -> None:
        for job_id in job_ids:
            self.command("start", job_id, video_id=f"video-{job_id}", render_spec=SPEC)

    def tell(self, event: Event) -> None:
        self.tap.send(topics.TOPIC_OF_TYPE[event.type], event.job_id, value_of(event))

    def requested(self, *job_ids: str) -> None:
        eventually_sync(
            lambda: all(self.tap.of(job_id, topics.RENDER_REQUESTED) for job_id in job_ids),
            60,
            message="the jobs' work is asked for",
        )

    def announced(self, job_id: str) -> list[str]:
        return [str(seen.body["type"]).split(".")[2] for seen in self.tap.of(job_id, topics.JOBS)]

    def call(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        request = urllib.request.Request(  # noqa: S310
            f"{self.gateway.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read()), answer.headers
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read()), error.headers


@pytest.fixture(params=["sqlite", "postgresql"])
def rig(request: pytest.FixtureRequest, broker: Broker, tmp_path: Path) -> Iterator[Rig]:
    environment = {
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "LECTERN_HOME": str(tmp_path / "home"),
        "LECTERN_COMMIT_INTERVAL": "0.2",
        "LECTERN_SESSION_TIMEOUT_MS": "6000",
        "LECTERN_MAX_POLL_INTERVAL_MS": "10000",  # the least there is: a minute away is long against it
        "LECTERN_WINDOW": "4",  # so that partitions are full and paused meanwhile
    }
    with postgres_server() as postgres:
        if request.param == "postgresql":
            environment["DATABASE_URL"] = postgres.new_database()
        gateway = ImpatientGateway("gateway", environment, tmp_path)
        try:
            gateway.start()
            gateway.wait_until_ready()
            with tapping(broker.bootstrap_servers) as tap:
                if request.param == "postgresql":
                    yield Rig(gateway, tap, postgres.stop, postgres.start, readable=False)
                else:
                    yield Rig(
                        gateway, tap, lambda: gateway.limit_files(1), lambda: gateway.limit_files(None),
                        readable=True,
                    )  # fmt: skip
        finally:
            gateway.stop()


def test_everything_waits_for_a_ledger_that_is_away(rig: Rig) -> None:
    run = uuid4().hex[:6]
    jobs = [f"{run}-{number}" for number in range(20)]
    failing = [f"{run}-fails-{number}" for number in range(4)]
    canceled, meanwhile = f"{run}-canceled", [f"{run}-new-{number}" for number in range(4)]
    rig.start(*jobs, *failing, canceled)
    rig.requested(*jobs, *failing, canceled)

    rig.goes_away()
    began = time.monotonic()
    for job_id in jobs[:12]:
        rig.tell(uploaded(job_id))
    for job_id in failing:
        rig.tell(
            StageFailed(
                event_id=uuid4(), job_id=job_id, attempt=1, stage="tts", code="TTS_FAILED", message="no voice"
            )
        )
    for job_id in jobs[12:]:
        rig.tell(
            ProgressReported(
                event_id=uuid4(), job_id=job_id, attempt=1, step=Step.GENERATE_TTS, part=0, parts=1, share=1
            )
        )
    rig.start(*meanwhile)
    rig.command("cancel", canceled)
    assert_it_says_so(rig, jobs[0])
    eventually_sync(
        lambda: (
            time.monotonic() - began > AWAY_SECONDS
            and rig.gateway.metric("lectern_retries_total") > 2 * TRIES * 12
        ),
        AWAY_SECONDS + 60,
        every=0.5,
        message="it is away long enough",
    )
    everybody = [*jobs, *failing, canceled, *meanwhile]
    assert [rig.announced(job_id) for job_id in everybody] == [[]] * len(everybody)
    rig.comes_back()

    back = time.monotonic()
    rig.requested(*meanwhile)
    for job_id in (*jobs[12:], *meanwhile):
        rig.tell(uploaded(job_id))
    eventually_sync(lambda: all(map(rig.announced, everybody)), 60, every=0.2, message="all jobs have ended")
    print(f"away {back - began:.0f} s, all ended {time.monotonic() - back:.1f} s after")  # noqa: T201
    eventually_sync(
        lambda: not [group for group in rig.tap.lag() if group.startswith("lectern.gateway.")],
        60,
        every=0.5,
        message="nothing is left for the gateway to do",
    )
    assert {job_id: rig.announced(job_id) for job_id in everybody} == {
        **{job_id: ["completed"] for job_id in (*jobs, *meanwhile)},
        **{job_id: ["failed"] for job_id in (*failing, canceled)},
    }
    assert_nothing_was_given_up(rig, everybody)
    for job_id in failing:
        assert rig.call(f"/api/render-jobs/{job_id}")[1]["error"]["code"] == "TTS_FAILED"
    assert rig.call(f"/api/render-jobs/{canceled}")[1]["error"]["code"] == "CANCELED"
    eventually_sync(lambda: rig.gateway.ready, 30, message="it is ready again")
    eventually_sync(lambda: rig.gateway.metric("lectern_ledger_away_seconds") == 0, 10)


def assert_it_says_so(rig: Rig, job_id: str) -> None:
    """While it is away: readiness is red with words, liveness green, and requests are told to come again."""

    def red() -> bool:
        status, body, _ = rig.call("/readyz")
        return status == 503 and any(problem.startswith("ledger: ") for problem in body["problems"])

    eventually_sync(red, 30, message="readiness turns red")
    assert rig.call("/livez")[0] == 200
    assert rig.gateway.metric("lectern_ledger_away_seconds") > 0
    create = (f"/api/videos/video-{job_id}/render-jobs", "POST", {"script_id": "s-1"})
    answers = [
        rig.call(f"/api/render-jobs/{job_id}/cancel", "POST"),
        rig.call(*create, **{"Idempotency-Key": "twice"}),
    ]
    if not rig.readable:
        answers += [
            rig.call(f"/api/render-jobs/{job_id}"),
            rig.call(*create),
            rig.call(f"/api/v2/render-jobs/{job_id}/events"),
            rig.call(f"/api/videos/{job_id}/scripts/generate", "POST", {"source_text": "안녕하세요."}),
        ]
    for status, body, headers in answers:
        assert (status, body["code"]) == (503, "LEDGER_UNAVAILABLE")
        assert headers["Retry-After"]


def assert_nothing_was_given_up(rig: Rig, job_ids: list[str]) -> None:
    seen = [record for job_id in job_ids for record in rig.tap.of(job_id)]
    given_up = Counter(record.topic for record in seen if record.topic.endswith(".dlq"))
    assert given_up == Counter()
    kinds = Counter(str(record.body.get("type")) for record in seen)
    assert kinds["lectern.command.rejected.v1"] == 0
    assert kinds["lectern.stage.failed.v1"] == 4  # ours
    assert rig.gateway.metric("lectern_dead_letters_total") == 0
