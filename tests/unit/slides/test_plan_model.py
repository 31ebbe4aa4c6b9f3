from typing import Any

import pytest
from pydantic import ValidationError

from services.slides.plan import Plan


def test_a_language_model_may_fill_it() -> None:
    answer = '{"layout":"bullets","headline":"둘","points":["하나","둘"],"point_icons":["email",null]}'
    assert Plan.model_validate_json(answer).point_icons == ("email", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"layout": "poem"},
        {"headline": ""},
        {"headline": "가" * 481},
        {"points": ["가"] * 7, "point_icons": [None] * 7},
        {"points": ["가"], "point_icons": []},
        {"icons": ["Shield-Check"]},
        {"icons": ["a"] * 4},
        {"fraction": 1.5},
        {"fraction": float("nan")},
        {"people": [5, 3]},
        {"emphasis": [{"text": "가"}] * 3},
        {"emphasis": [{"text": "가", "kind": "blink"}]},
        {"colour": "red"},
        {"layout": "bullets"},
        {"layout": "timeline"},
        {"layout": "number"},
        {"layout": "term"},
        {"layout": "comparison", "columns": [{"title": "하나", "points": ["가"]}]},
    ],
)
def test_what_no_layout_can_draw_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Plan.model_validate({"layout": "statement", "headline": "제목", **fields})


def test_a_plan_is_frozen() -> None:
    plan = Plan(layout="statement", headline="제목")
    with pytest.raises(ValidationError):
        plan.headline = "다른 제목"  # type: ignore[misc]
