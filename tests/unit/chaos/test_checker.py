"""The checker on histories made by hand: a good one passes, and each way to break it is found."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.checker import judge
from tests.chaos.evidence import Accepted, Connection, Evidence, Poison, Raw, Stored, Told, Viewing
from tests.chaos.records import MARK
from tests.chaos.reference import Reference

FILM, SPEC = "a" * 64, "5" * 64
KEY = "videos/v/inline/j/video.mp4"
BLOB = f"artifacts/blobs/{FILM[:2]}/{FILM[2:]}"
PARTITION = 0


def record(topic: str, offset: int, at: float, headers: Any = (), **body: Any) -> Raw:
    value = json.dumps({"job_id": "j", "attempt": 1, "video_id": "v", "event_id": f"{topic}/{offset}"} | body)
    return Raw(topic, PARTITION, offset, int(at * 1000), b"j", value.encode(), tuple(headers))


def event(type_: str, offset: int, at: float, topic: str | None = None, **body: Any) -> Raw:
    return record(topic or type_, offset, at, type=type_, **body)


def completed(offset: int = 0, at: float = 109, **body: Any) -> Raw:
    assets = [{"kind": "video", "key": KEY, "sha256": FILM}]
    return event("lectern.job.completed.v1", offset, at, "lectern.jobs.v1", assets=assets, **body)


def failed(code: str, offset: int = 0, at: float = 103, **body: Any) -> Raw:
    return event("lectern.job.failed.v1", offset, at, "lectern.jobs.v1", code=code, message="why", **body)


def control(offset: int, at: float, *, canceled: bool = False, attempt: int = 1) -> Raw:
    type_ = "lectern.control.changed.v1"
    return event(type_, offset, at, "lectern.control.v1", canceled=canceled, attempt=attempt)


def callback(offset: int, status: str, attempt: int = 1, state: str = "PENDING") -> Raw:
    body = json.dumps({"jobId": "j", "videoUrl": None, "duration": None, "status": status})
    type_ = "lectern.callback.recorded.v1"
    more = {"attempt": attempt, "kind": "job.complete", "state": state, "body": body}
    return event(type_, offset, 110, "lectern.ledger.v1", **more)


def request(offset: int = 0, at: float = 100, attempt: int = 1) -> Raw:
    return event(
        "lectern.render.requested.v1", offset, at, attempt=attempt, spec={"sha256": SPEC}, settings={}
    )


def progress(offset: int, at: float, attempt: int = 1) -> Raw:
    return event("lectern.progress.reported.v1", offset, at, "lectern.progress.v1", attempt=attempt)


def said(at: float, status: str, progress: int) -> Told:
    return Told(at, {"job_id": "j", "video_id": "v", "status": status, "progress": progress})


POISON = Poison("tombstone", ("lectern.scene.planned.v1", 3, 7), b"k", None, (("x", b"\xff"),))


def letter(**changes: Any) -> Raw:
    why = {
        "dlq.original.topic": "lectern.scene.planned.v1", "dlq.original.partition": "3",
        "dlq.original.offset": "7", "dlq.stage": "tts", "dlq.attempts": "1", "dlq.category": "permanent",
        "dlq.exception.class": "E", "dlq.exception.message": "m", "dlq.fingerprint": "f",
    }  # fmt: skip
    headers = (*POISON.headers, *((name, text.encode()) for name, text in why.items()))
    return replace(Raw("lectern.scene.planned.v1.dlq", 0, 0, 105_000, b"k", None, headers), **changes)


@pytest.fixture
def evidence() -> Evidence:
    """A job that was watched and completed, and a tombstone in its dead letters."""
    return Evidence(
        records=[
            event("lectern.render.start.v1", 0, 99, "lectern.commands.v1"),
            control(0, 100),
            request(),
            event("lectern.scene.planned.v1", 0, 101, context={"index": 0}),
            progress(0, 102),
            callback(0, "COMPLETED"),
            completed(),
            letter(),
        ],
        poison=[POISON],
        accepted=[Accepted("j", may_be_canceled=False)],
        histories={"j": [(1, "QUEUED"), (1, "PROCESSING"), (1, "COMPLETED")]},
        specs={"j": SPEC},
        references={"j": Reference({"video": FILM}, frozenset({FILM}))},
        stored={KEY: Stored(FILM, 108), BLOB: Stored(None, 107)},
        lags={("g", "t", 0): 0},
        viewings=[
            Viewing(
                "v",
                (
                    Connection(99, 104, [said(100, "QUEUED", 0), said(102, "PROCESSING", 40)]),
                    Connection(104, 120, [said(104, "PROCESSING", 40), said(109, "COMPLETED", 100)]),
                ),
            )
        ],
    )


def canceled(evidence: Evidence) -> Evidence:
    """The same job, cancelled after 102 s and never retried."""
    evidence.records[-3:-1] = [
        control(1, 102, canceled=True),
        callback(0, "FAILED"),
        failed("CANCELED", at=102),
    ]
    evidence.accepted = [Accepted("j", may_be_canceled=True)]
    evidence.histories = {"j": [(1, "QUEUED"), (1, "PROCESSING"), (1, "FAILED")]}
    evidence.stored, evidence.viewings = {}, []
    return evidence


def retried(evidence: Evidence) -> Evidence:
    """The same job, cancelled and retried."""
    canceled(evidence)
    evidence.accepted = [Accepted("j", may_be_canceled=False)]
    evidence.records += [
        callback(1, "FAILED", state="SUPERSEDED"),
        control(2, 104, attempt=2),
        request(1, 104, attempt=2),
        callback(2, "COMPLETED", attempt=2),
        completed(1, 109, attempt=2),
    ]
    evidence.histories["j"] += [(2, "PROCESSING"), (2, "COMPLETED")]
    evidence.stored = {KEY: Stored(FILM, 108), BLOB: Stored(None, 107)}
    return evidence


def test_a_good_history_passes(evidence: Evidence) -> None:
    assert vars(judge(evidence)) == {name: [] for name in vars(judge(evidence))}


def test_a_cancelled_and_a_retried_one_pass(evidence: Evidence) -> None:
    assert judge(canceled(evidence)).clean
    assert judge(retried(evidence)).clean


def without_end(evidence: Evidence) -> None:
    evidence.records = [each for each in evidence.records if each.topic != "lectern.jobs.v1"]


def retry_forgotten(evidence: Evidence) -> None:
    retried(evidence)
    evidence.records = [each for each in evidence.records if each.attempt != ("j", 2)]


def failed_for_nothing(evidence: Evidence) -> None:
    evidence.records[-2] = failed("STORAGE_UNAVAILABLE", at=109)


def damage_without_damage(evidence: Evidence) -> None:
    evidence.records[-2] = failed("ARTIFACT_MISSING", at=109)


def command_swallowed(evidence: Evidence) -> None:
    evidence.records.append(event("lectern.render.start.v1", 1, 99, "lectern.commands.v1", job_id="other"))


def script_never_written(evidence: Evidence) -> None:
    evidence.records.append(event("lectern.script.requested.v1", 0, 99, job_id="script"))


def test_a_script_that_was_answered_is_not_lost(evidence: Evidence) -> None:
    script_never_written(evidence)
    evidence.records.append(event("lectern.script.generated.v1", 0, 100, job_id="script"))
    assert judge(evidence).clean


@pytest.mark.parametrize(
    "breaking",
    [
        script_never_written,
        without_end,
        retry_forgotten,
        failed_for_nothing,
        damage_without_damage,
        command_swallowed,
    ],
)
def test_a_job_that_is_lost_is_found(evidence: Evidence, breaking: Callable[[Evidence], None]) -> None:
    breaking(evidence)
    assert judge(evidence).lost


def test_an_end_told_twice_is_found(evidence: Evidence) -> None:
    evidence.records.append(completed(1, 110))
    assert judge(evidence).duplicate_terminals


def test_an_end_told_to_two_clusters_is_one_as_long_as_it_is_the_same(evidence: Evidence) -> None:
    evidence.records.append(replace(completed(7), cluster=2, value=evidence.records[-2].value))
    assert judge(evidence).clean
    evidence.records.append(replace(completed(8), cluster=3))
    assert judge(evidence).duplicate_terminals


def test_what_a_transaction_took_back_has_no_effect(evidence: Evidence) -> None:
    evidence.records.append(event("lectern.render.start.v1", 8, 99, "lectern.commands.v1", job_id="never"))
    assert judge(evidence).lost
    evidence.unsure = {"never"}
    assert judge(evidence).clean
    evidence.unsure, evidence.rolled_back = set(), {"never"}
    assert judge(evidence).clean
    evidence.histories["never"] = [(1, "QUEUED")]
    assert judge(evidence).rollbacks == ["never was never asked for, and the ledger knows it"]
    del evidence.histories["never"]
    evidence.records.append(event("lectern.command.taken.v1", 1, 99, "lectern.ledger.v1", job_id="never"))
    assert len(judge(evidence).rollbacks) == 1


def test_the_scenes_of_events_larger_than_a_record_are_told_apart(evidence: Evidence) -> None:
    for scene in (1, 2):
        headers = (("ce_sceneindex", str(scene).encode()),)
        claim = {"sha256": str(scene)}
        drawn = event("lectern.scene.drawn.v1", scene, 103, dataref=claim)
        evidence.records.append(replace(drawn, headers=headers))
    assert judge(evidence).clean
    evidence.records.append(replace(evidence.records[-1], offset=9, value=evidence.records[-2].value))
    assert judge(evidence).distinct_outputs


def test_poison_at_a_place_that_was_there_twice_is_found_in_either_letter(evidence: Evidence) -> None:
    evidence.records.append(letter(value=b"of the topic before", offset=5))
    assert judge(evidence).clean
    evidence.records.remove(letter())
    assert judge(evidence).poison


def test_a_viewer_is_told_nothing_while_the_ledger_is_away(evidence: Evidence) -> None:
    silent = Connection(130, 190)
    evidence.viewings = [Viewing("v", (*evidence.viewings[0].connections, silent))]
    assert judge(evidence).viewers
    evidence.ledger_outages = [(125, 200)]
    assert judge(evidence).clean
    evidence.ledger_outages = [(100, 131)]
    assert judge(evidence).viewers


def test_two_different_ends_are_found(evidence: Evidence) -> None:
    evidence.records.append(failed("CANCELED", 1, 110))
    assert judge(evidence).duplicate_terminals


def test_an_output_that_differs_is_found_and_a_repeated_one_is_not(evidence: Evidence) -> None:
    again = event("lectern.scene.planned.v1", 0, 101, context={"index": 0})
    evidence.records.append(replace(again, offset=1, at=106_000))
    assert judge(evidence).clean
    evidence.records.append(event("lectern.scene.planned.v1", 2, 101, context={"index": 0}, extra=1))
    assert judge(evidence).distinct_outputs


def test_an_event_id_used_for_two_bodies_is_found(evidence: Evidence) -> None:
    evidence.records += [
        event("lectern.progress.reported.v1", 8, 103, "lectern.progress.v1", event_id="e", share=share)
        for share in (0.1, 0.2)
    ]
    assert judge(evidence).distinct_outputs


@pytest.mark.parametrize(
    "states",
    [
        [(1, "PROCESSING"), (1, "COMPLETED")],
        [(1, "QUEUED"), (1, "COMPLETED")],
        [(1, "QUEUED"), (1, "PROCESSING"), (1, "COMPLETED"), (1, "FAILED")],
        [(1, "QUEUED"), (1, "PROCESSING"), (1, "FAILED"), (1, "PROCESSING"), (1, "COMPLETED")],
        [(1, "QUEUED"), (1, "FAILED"), (3, "PROCESSING"), (3, "COMPLETED")],
        [(1, "QUEUED"), (1, "PROCESSING"), (1, "FAILED")],
    ],
)
def test_a_history_outside_the_state_machine_is_found(
    evidence: Evidence, states: list[tuple[int, str]]
) -> None:
    evidence.histories["j"] = states
    assert judge(evidence).broken_histories


def test_an_attempt_that_began_before_the_last_one_ended_is_found(evidence: Evidence) -> None:
    retried(evidence)
    evidence.records = [
        request(1, 101, 2) if each == request(1, 104, 2) else each for each in evidence.records
    ]
    assert judge(evidence).broken_histories


def test_an_attempt_after_a_completed_one_is_found(evidence: Evidence) -> None:
    evidence.records += [request(1, 111, 2), completed(1, 112, attempt=2)]
    assert judge(evidence).broken_histories


def other_film_in_the_log(evidence: Evidence) -> None:
    evidence.references = {"j": Reference({"video": "b" * 64}, frozenset())}


def other_film_in_the_store(evidence: Evidence) -> None:
    evidence.stored[KEY] = Stored("b" * 64, 108)


def film_gone(evidence: Evidence) -> None:
    del evidence.stored[KEY]


def other_spec(evidence: Evidence) -> None:
    evidence.specs["j"] = "6" * 64


@pytest.mark.parametrize("breaking", [other_film_in_the_log, other_film_in_the_store, film_gone, other_spec])
def test_another_film_is_found(evidence: Evidence, breaking: Callable[[Evidence], None]) -> None:
    breaking(evidence)
    assert judge(evidence).hash_differences


def test_what_happens_after_a_cancel_is_found_from_the_deadline_on(evidence: Evidence) -> None:
    canceled(evidence)
    evidence.records.append(progress(5, 103.9))
    evidence.stored = {KEY: Stored(FILM, 104), BLOB: Stored(None, 104)}
    assert judge(evidence).clean
    evidence.records.append(progress(6, 104.1))
    assert len(judge(evidence).late_effects) == 1
    evidence.injected = {("lectern.progress.v1", 0, 6)}
    assert judge(evidence).clean
    evidence.records.append(replace(progress(7, 104.1), headers=(("ce_type", b"t"), MARK)))
    assert judge(evidence).clean
    evidence.stored = {KEY: Stored(FILM, 106), BLOB: Stored(None, 107)}
    assert len(judge(evidence).late_effects) == 2
    evidence.damaged = frozenset({BLOB})
    assert len(judge(evidence).late_effects) == 1


def test_a_deadline_waits_for_kafka_and_no_longer(evidence: Evidence) -> None:
    canceled(evidence)
    evidence.records.append(progress(5, 117))
    assert judge(evidence).late_effects
    evidence.outages = [(103, 111)]
    assert judge(evidence).clean
    evidence.records.append(progress(6, 119))
    assert judge(evidence).late_effects
    evidence.outages = [(90, 101), (105, 120)]  # before it, and after it had taken effect
    assert len(judge(evidence).late_effects) == 2


def test_a_cancelled_attempt_is_late_even_when_another_lives(evidence: Evidence) -> None:
    retried(evidence)
    evidence.records.append(progress(5, 106, attempt=2))
    assert judge(evidence).clean
    evidence.records.append(progress(6, 106, attempt=1))
    assert judge(evidence).late_effects


def test_a_callback_told_again_is_one_and_an_end_without_a_callback_is_found(evidence: Evidence) -> None:
    evidence.records.append(callback(7, "COMPLETED", state="DELIVERED"))
    assert judge(evidence).clean
    evidence.records = [each for each in evidence.records if each.topic != "lectern.ledger.v1"]
    assert judge(evidence).late_effects == ["('j', 1) ended ['COMPLETED'], its callbacks say nothing"]


def test_a_callback_that_tells_of_another_end_is_found(evidence: Evidence) -> None:
    canceled(evidence)
    evidence.records.append(callback(7, "COMPLETED"))
    assert len(judge(evidence).late_effects) == 1


def test_a_callback_of_an_attempt_that_goes_on_is_found(evidence: Evidence) -> None:
    evidence.records.append(callback(7, "FAILED", attempt=2))
    assert len(judge(evidence).late_effects) == 1


def test_a_partition_that_stands_still_is_found(evidence: Evidence) -> None:
    evidence.lags["g", "t", 1] = 3
    assert judge(evidence).stuck_partitions == ["('g', 't', 1): 3 records behind"]


@pytest.mark.parametrize(
    "changes",
    [
        {"value": b"{}"},
        {"key": b"other"},
        {"headers": letter().headers[1:]},
        {"headers": tuple(each for each in letter().headers if each[0] != "dlq.stage")},
        {"headers": tuple((n, b" " if n == "dlq.exception.message" else v) for n, v in letter().headers)},
        {"topic": "lectern.jobs.v1"},
    ],
)
def test_poison_that_is_lost_or_changed_is_found(evidence: Evidence, changes: dict[str, Any]) -> None:
    evidence.records[-1] = letter(**changes)
    assert judge(evidence).poison


def fell(connections: list[Connection]) -> None:
    connections[1].told.insert(1, said(105, "PROCESSING", 30))


def fell_while_away(connections: list[Connection]) -> None:
    connections[1].told[0] = said(104, "PROCESSING", 30)


def never_told(connections: list[Connection]) -> None:
    connections[1].told.pop()


def went_on_after_its_end(connections: list[Connection]) -> None:
    connections[1].told.append(said(111, "PROCESSING", 100))


def no_snapshot(connections: list[Connection]) -> None:
    connections.append(Connection(130, 140))


@pytest.mark.parametrize("breaking", [fell, fell_while_away, never_told, went_on_after_its_end, no_snapshot])
def test_a_viewer_who_was_misled_is_found(
    evidence: Evidence, breaking: Callable[[list[Connection]], None]
) -> None:
    connections = list(evidence.viewings[0].connections)
    breaking(connections)
    evidence.viewings = [Viewing("v", tuple(connections))]
    assert judge(evidence).viewers


def test_leaks_are_passed_on(evidence: Evidence) -> None:
    evidence.leaks = ["tts-0 holds 900 MB"]
    assert judge(evidence).leaks
