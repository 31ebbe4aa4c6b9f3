# ruff: noqa: E501 - tables of cases read best on few lines
"""What each layout holds: Korean characters, spaces included, at which random texts stand in full."""

import random

import pytest

from services.slides.drawing.sheet import Sheet
from services.slides.plan import Column, Plan, TimedPoint
from services.slides.slide import compose
from tests.support.slide_random import WORDS
from tests.support.slide_samples import context

KOREAN = [word for word in WORDS if not word.isascii() and len(word) < 7]
SEEDS = range(12)


def korean(length: int, seed: str) -> str:
    roll = random.Random(seed)
    text = ""
    while len(text) < length:
        text += roll.choice(KOREAN) + " "
    return text[:length].strip()


def listed(layout: str, headline: int, count: int, each: int, seed: int) -> Plan:
    texts = tuple(korean(each, f"{seed}/{index}") for index in range(count))
    return Plan.model_validate(
        {
            "layout": layout,
            "headline": korean(headline, f"{seed}"),
            "points": texts,
            "point_icons": ("email",) * count,
        }
    )


def whole(plan: Plan) -> Sheet:
    sheet = compose(plan, context(), "harbor-light")
    assert sheet.whole, [box for box in sheet.boxes if not box.whole]
    assert all(box.whole for box in sheet.boxes)
    return sheet


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("layout", "count", "each"),
    [
        ("bullets", 3, 30), ("bullets", 4, 44), ("bullets", 5, 36), ("bullets", 6, 30), ("bullets", 2, 60),
        ("steps", 3, 76), ("steps", 4, 60), ("steps", 5, 36),
        ("summary", 3, 60), ("summary", 4, 40), ("summary", 5, 26),
        ("flow", 4, 18), ("flow", 5, 14), ("flow", 3, 24),
    ],
)  # fmt: skip
def test_lists_hold_what_is_documented(layout: str, count: int, each: int, seed: int) -> None:
    whole(listed(layout, 24, count, each, seed))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("layout", "length", "more"),
    [
        ("statement", 60, {"sub": korean(50, "reason"), "hero": "window"}),
        ("statement", 120, {"hero": "window"}),
        ("text", 230, {}),
        ("quote", 120, {"speaker": "동료"}),
        ("question", 110, {}),
        ("chapter", 50, {"icons": ("fire",), "sub": "목표"}),
        ("number", 70, {"number": "91", "unit": "%", "fraction": 0.91, "sub": korean(50, "why"), "icons": ("email",)}),
        ("warning", 70, {"hero": "warn", "sub": korean(60, "why")}),
        ("warning", 40, {"hero": "warn", "points": (korean(40, "a"), korean(40, "b"), korean(40, "c")),
                         "point_icons": (None,) * 3}),
        ("term", 20, {"definition": korean(120, "what"), "alias": "Phishing", "hero": "sheet"}),
    ],
)  # fmt: skip
def test_texts_hold_what_is_documented(layout: str, length: int, more: dict[str, object], seed: int) -> None:
    whole(Plan.model_validate({"layout": layout, "headline": korean(length, f"{seed}"), **more}))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("count", "each"), [(3, 28), (2, 44), (1, 90)])
def test_a_comparison_holds_what_is_documented(seed: int, count: int, each: int) -> None:
    columns = tuple(
        Column(
            title=korean(10, f"{seed}{side}"),
            points=tuple(korean(each, f"{seed}{side}{index}") for index in range(count)),
        )
        for side in "ab"
    )
    whole(Plan(layout="comparison", headline=korean(22, f"{seed}"), columns=columns, do_dont=True))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("count", "each"), [(3, 48), (4, 26), (6, 26)])
def test_a_timeline_holds_what_is_documented(seed: int, count: int, each: int) -> None:
    events = tuple(TimedPoint(time="10분 이내", text=korean(each, f"{seed}{i}")) for i in range(count))
    whole(Plan(layout="timeline", headline=korean(22, f"{seed}"), events=events))


def test_a_title_beyond_its_limit_ends_in_an_ellipsis_without_degrading() -> None:
    plan = listed("bullets", 200, 3, 10, seed=1)
    sheet = compose(plan, context(), "harbor-light")
    assert sheet.whole
    titles = [box.text for box in sheet.boxes if box.excused]
    assert titles[-1].endswith("…")
    assert not titles[-1].rstrip("…").endswith((" ", ",", "."))
