import json
from pathlib import Path
from typing import Any

import pytest

from contracts.events import SceneContext
from contracts.renderspec import SpecScene
from services.slides.fallbacks import degrade
from services.slides.plan import Column, Plan, TimedPoint
from services.slides.planner import plan_slides

LONG = "이 문장은 어떤 자리에도 들어가지 않을 만큼 긴 문장입니다. " * 12
SENTENCE = LONG.strip()[:110]


def texts(plan: Plan) -> int:
    return len(
        plan.model_dump_json(exclude={"layout", "first_number", "point_icons", "icons", "hero", "emphasis"})
    )


POINTS = {"points": (SENTENCE,) * 6, "point_icons": ("email", None) * 3}
EVENTS = tuple(TimedPoint(time=f"{i}분", text=SENTENCE[:90]) for i in range(6))
COLUMNS = (Column(title="가", points=(SENTENCE,) * 3), Column(title="나", points=(SENTENCE,)))
FIELDS: dict[str, dict[str, Any]] = {
    "statement": {"sub": "이유"},
    "chapter": {"sub": "목표"},
    "question": {},
    "text": {},
    "bullets": POINTS,
    "steps": POINTS,
    "flow": POINTS,
    "summary": POINTS,
    "timeline": {"events": EVENTS},
    "comparison": {"columns": COLUMNS},
    "number": {"number": "3", "sub": "이유"},
    "warning": {**POINTS, "sub": "이유"},
    "quote": {"speaker": SENTENCE[:80], "sub": "제목"},
    "term": {"definition": LONG[:240], "alias": "Term"},
}


@pytest.mark.parametrize("layout", FIELDS)
def test_every_chain_ends_in_something_small(layout: str) -> None:
    waiting = [Plan.model_validate({"layout": layout, "headline": LONG[:480], **FIELDS[layout]})]
    ends: list[Plan] = []
    for _ in range(2000):
        if not waiting:
            break
        plan = waiting.pop()
        simpler = degrade(plan)
        if simpler is None:
            ends.append(plan)
        else:
            assert all(one != plan for one in simpler)
            waiting += simpler
    assert not waiting
    assert all(len(end.headline) <= 30 for end in ends)


def test_halves_keep_all_points_and_go_on_counting() -> None:
    plan = Plan.model_validate({"layout": "steps", "headline": "순서", **FIELDS["steps"], "first_number": 4})
    halves = degrade(plan)
    assert halves is not None
    assert tuple(p for half in halves for p in half.points) == plan.points
    assert tuple(i for half in halves for i in half.point_icons) == plan.point_icons
    assert [half.first_number for half in halves] == [4, 7]


def test_a_timeline_becomes_steps_with_its_times() -> None:
    plan = Plan.model_validate(
        {"layout": "timeline", "headline": "대응", "events": [{"time": "즉시", "text": "신고"}]}
    )
    steps = degrade(plan)
    assert steps is not None
    assert (steps[0].layout, steps[0].points) == ("steps", ("즉시: 신고",))


def test_text_breaks_at_a_sentence() -> None:
    parts = degrade(Plan(layout="text", headline="하나입니다. 둘입니다. 셋입니다. 넷입니다."))
    assert parts is not None
    assert [part.headline for part in parts] == ["하나입니다. 둘입니다.", "셋입니다. 넷입니다."]


def test_a_comparison_drops_from_its_longer_side() -> None:
    plan = Plan.model_validate({"layout": "comparison", "headline": "둘", **FIELDS["comparison"]})
    less = degrade(plan)
    assert less is not None
    assert [len(column.points) for column in less[0].columns] == [2, 1]


def test_planned_scenes_lose_text_at_each_step() -> None:
    data = Path(__file__).parent / "data" / "scenes.json"
    for scene in json.loads(data.read_text("utf-8")):
        context = SceneContext(
            index=0, count=2, language=scene["language"], chapter_number=1, chapter_count=1,
            index_in_chapter=0, scenes_in_chapter=1,
            scene=SpecScene(scene_id=0, narration=scene["narration"], caption=scene["caption"]),
        )  # fmt: skip
        (plan, *_) = plan_slides(context)
        for simpler in degrade(plan) or ():
            assert texts(simpler) < texts(plan) or simpler.layout != plan.layout
