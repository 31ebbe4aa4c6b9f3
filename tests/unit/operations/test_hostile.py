"""The benchmark of attacks fails where an attack shows, and knows what it would have seen without one."""

from typing import Any

import pytest

from ops.bench.hostile_attacks import ATTACKS
from ops.bench.hostile_line import frame
from ops.bench.hostile_row import BACK_DESCRIPTORS, BACK_MB, Honest, Row, judge
from ops.bench.hostile_watch import Seen

QUIET = Seen(memory_mb=100, descriptors=1_000)
WELL = Honest(lost=0, answers={"201": 800}, missing=0)


def row(**changes: Any) -> Row:
    told = {
        "name": "endless-url", "viewers_before_ms": 10.0, "viewers_during_ms": 15.0,
        "creates_before_ms": 20.0, "creates_during_ms": 30.0, "lag_p99_ms": 5.0, "livez_max_ms": 9.0,
        "memory_mb": 100.0, "memory_peak_mb": 110.0, "memory_after_mb": 101.0, "descriptors": 1_000,
        "descriptors_peak": 1_100, "descriptors_after": 1_000, "sent_mb": 1.0, "seen": {"431": 80},
    }  # fmt: skip
    return Row(**{**told, **changes})


def test_an_attack_that_nobody_notices_is_held() -> None:
    judged = row()
    judge(judged, WELL, QUIET, QUIET, Seen(100 + BACK_MB, 1_000 + BACK_DESCRIPTORS))
    assert judged.problems == []


@pytest.mark.parametrize(
    ("changes", "honest", "held", "after", "problem"),
    [
        ({"viewers_during_ms": 15.1}, WELL, QUIET, QUIET, "viewers 1.5 × as late"),
        ({"creates_during_ms": 60.0}, WELL, QUIET, QUIET, "creates 3.0 × as slow"),
        ({}, Honest(3, {"201": 800}, 0), QUIET, QUIET, "3 honest viewers cut off"),
        ({}, Honest(0, {"201": 799, "429": 1}, 0), QUIET, QUIET, "honest creates: {'201': 799, '429': 1}"),
        ({}, Honest(0, {"201": 790}, 10), QUIET, QUIET, "10 without an answer"),
        ({}, Honest(0, {}, 0), QUIET, QUIET, "honest creates: {}"),
        ({"seen": {"unanswered": 2}}, WELL, QUIET, QUIET, "2 without an answer"),
        ({"seen": {"taken whole": 8}}, WELL, QUIET, QUIET, "8 endless messages taken"),
        (
            {"name": "many-sockets", "seen": {"held at the end": 201}},
            WELL,
            QUIET,
            QUIET,
            "201 held by one token",
        ),
        ({}, WELL, Seen(100, 2_000), QUIET, "1000 connections held for 45 s"),
        ({}, WELL, QUIET, Seen(100, 1_500), "500 descriptors left behind"),
        ({}, WELL, QUIET, Seen(519, 1_000), "419 MB left behind"),
    ],
)
def test_an_attack_that_shows_fails_its_row(
    changes: dict[str, Any], honest: Honest, held: Seen, after: Seen, problem: str
) -> None:
    judged = row(**changes)
    judge(judged, honest, QUIET, held, after)
    assert len(judged.problems) == 1
    assert problem in judged.problems[0]
    assert judged.only_slow == ("×" in problem)


def test_an_attack_that_wants_no_answers_is_not_blamed_for_none() -> None:
    judged = row(name="pipelined-unread", seen={"unanswered": 5})
    judge(judged, WELL, QUIET, QUIET, QUIET)
    assert judged.problems == []


def test_every_kind_of_the_attacks_has_its_row() -> None:
    kinds = {
        "endless": 4,
        "many": 3,
        "upgrade": 2,
        "half": 2,
        "silent": 1,
        "pipelined": 1,
        "flood": 3,
        "empty": 3,
    }
    for kind, count in kinds.items():
        assert sum(kind in name for name in ATTACKS) == count, kind
    assert next(iter(ATTACKS)) == "nothing", "what the machine does by itself comes first"


def test_frames_are_as_the_protocol_has_them() -> None:
    assert frame(0x9, b"x") == b"\x89\x81\0\0\0\0x"
    assert frame(0x1, last=False) == b"\x01\x80\0\0\0\0"
    assert frame(0x1, bytes(126))[:8] == b"\x81\xfe\x00\x7e\0\0\0\0"
