"""Facts folded in any order, twice, with gaps."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.base import NAMESPACE, claim_check
from contracts.cloudevents import value_of
from contracts.event import Event
from contracts.ledger_events import (
    CallbackRecorded,
    CommandTaken,
    JobRecorded,
    RequestAnswered,
    ScriptRecorded,
)
from contracts.steps import Step
from services.gateway.rebuild.fold import Fold

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)
CLAIM = claim_check(b"{}", "application/json")


def name(text: str) -> UUID:
    return uuid5(NAMESPACE, text)


def job(number: int, state: str, attempt: int = 1, job_id: str = "j", **fields: Any) -> JobRecorded:
    given_: dict[str, Any] = {
        "event_id": name(f"{job_id}/{number}"), "job_id": job_id, "attempt": attempt, "number": number,
        "video_id": "v", "script_id": None, "script_version": None, "state": state, "language": "ko",
        "settings": None, "spec": None, "scenes": 0, "step": Step.VALIDATE_SCRIPT, "progress": 0,
        "error_code": None, "error_message": None, "assets": (), "duration_sec": None, "revision": number,
        "created_at": NOW, "updated_at": NOW + timedelta(seconds=number), "started_at": None,
        "finished_at": None,
    }  # fmt: skip
    return JobRecorded(**{**given_, **fields})


def script(version: int, state: str, **fields: Any) -> ScriptRecorded:
    text = {"body": CLAIM, "origin": "edited", "written_at": NOW} if version else {}
    given_: dict[str, Any] = {
        "event_id": name(f"s/{version}/{state}"), "job_id": "s", "attempt": 1, "video_id": "v",
        "version": version, "state": state, "language": "ko", "request": {}, "source": None, "body": None,
        "origin": None, "written_at": None, "error_code": None, "error_message": None, "created_at": NOW,
        "updated_at": NOW,
    }  # fmt: skip
    return ScriptRecorded(**{**given_, **text, **fields})


def callback(state: str, tries: int) -> CallbackRecorded:
    return CallbackRecorded(
        event_id=name(f"c/{state}/{tries}"), job_id="j", attempt=1, place=7, webhook_id="w",
        kind="job.complete", state=state, tries=tries, last_error=None, body="{}", created_at=NOW, due_at=NOW,
        settled_at=None,
    )  # fmt: skip


LIFE: list[Event] = [
    job(1, "QUEUED"), job(2, "PROCESSING"), job(3, "FAILED"), job(4, "PROCESSING", 2), job(5, "COMPLETED", 2),
    script(0, "GENERATING"), script(1, "DRAFT"), script(1, "APPROVED"), script(2, "DRAFT"),
    script(2, "APPROVED"),
    callback("PENDING", 0), callback("PENDING", 1), callback("PENDING", 2), callback("DELIVERED", 2),
]  # fmt: skip


def folded(events: list[Event]) -> Fold:
    fold = Fold(NOW)
    for event in events:
        fold.take(event, value_of(event), 0)
    return fold


@given(order=st.permutations(LIFE), again=st.lists(st.sampled_from(LIFE)))
@settings(max_examples=200)
def test_whatever_the_order_and_however_often_it_is_the_same(order: list[Event], again: list[Event]) -> None:
    fold = folded([*order, *again])
    standing = fold.jobs["j"]
    assert (standing.fact.number, standing.attempt, standing.state) == (5, 2, "COMPLETED")
    assert [standing.history[number].state for number in range(1, 6)] == [
        "QUEUED", "PROCESSING", "FAILED", "PROCESSING", "COMPLETED",
    ]  # fmt: skip
    assert (fold.scripts["s"].fact.version, fold.scripts["s"].fact.state) == (2, "APPROVED")
    assert set(fold.scripts["s"].texts) == {1, 2}
    assert fold.jobs["j"].gone == fold.scripts["s"].gone == 0
    told = CallbackRecorded.model_validate_json(fold.callbacks["w"].value)
    assert (told.state, told.tries) == ("DELIVERED", 2)


@pytest.mark.parametrize("lost", range(4))
def test_a_change_that_is_gone_is_noticed(lost: int) -> None:
    fold = folded([event for place, event in enumerate(LIFE) if place != lost])
    assert fold.jobs["j"].gone == 1


def test_a_text_that_is_gone_is_noticed() -> None:
    assert folded([script(0, "GENERATING"), script(2, "DRAFT")]).scripts["s"].gone == 1
    assert folded([script(0, "GENERATING"), script(0, "FAILED")]).scripts["s"].gone == 0


def test_what_the_ledger_would_have_forgotten_is_left_out() -> None:
    def taken(days: int) -> CommandTaken:
        return CommandTaken(
            event_id=name(f"t{days}"), job_id="j", attempt=1, command_key=name(f"k{days}"), command_type="t",
            code=None, message=None, at=NOW - timedelta(days=days),
        )  # fmt: skip

    def answered(days: int) -> RequestAnswered:
        return RequestAnswered(
            event_id=name(f"a{days}"), job_id=f"a{days}", attempt=1, fingerprint="f", status=200, headers={},
            body="", at=NOW - timedelta(days=days),
        )  # fmt: skip

    fold = folded([taken(1), taken(13), taken(15), answered(1), answered(3)])
    assert set(fold.commands) == {name("k1"), name("k13")}
    assert set(fold.answers) == {"a1"}


def test_under_way_is_an_attempt_that_is_alive_and_whole() -> None:
    fold = folded([job(1, "QUEUED"), job(1, "FAILED", job_id="k"), script(0, "GENERATING")])
    assert fold.active("j", 1)
    assert not fold.active("j", 2)
    assert not fold.active("k", 1)
    assert not fold.active("other", 1)
    assert fold.generating("s")
    fold.lost_jobs.add("j")
    fold.lost_scripts.add("s")
    assert not fold.active("j", 1)
    assert not fold.generating("s")
