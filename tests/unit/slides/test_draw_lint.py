"""Nothing overflows, overlaps or is cut in half, whatever stands on a slide."""

import pytest

from services.slides.fallbacks import degrade
from services.slides.layouts import AVAILABLE
from services.slides.pages import fitted
from services.slides.plan import Layout, Plan
from services.slides.slide import compose
from tests.support.slide_lint import findings
from tests.support.slide_random import Maker
from tests.support.slide_samples import ENGLISH, KOREAN, context

LENGTHS = {"usual": (6, 14, 24, 40, 60), "long": (100, 200, 480)}


@pytest.mark.parametrize("plan", [*KOREAN, *ENGLISH], ids=lambda plan: f"{plan.layout}-{plan.headline[:12]}")
def test_samples_are_clean_and_whole(plan: Plan) -> None:
    sheet = compose(plan, context(), "harbor-light")
    assert not list(findings(sheet))
    assert sheet.whole


@pytest.mark.parametrize("layout", sorted(AVAILABLE))
@pytest.mark.parametrize(("nasty", "lengths"), [(False, "usual"), (True, "usual"), (True, "long")])
def test_random_slides_are_clean(layout: Layout, nasty: bool, lengths: str) -> None:  # noqa: FBT001 - a test's case
    maker = Maker(11, nasty=nasty)
    for _ in range(14):
        plan = maker.plan(layout, LENGTHS[lengths])
        place = context(
            chapter=maker.text(maker.random.choice((4, 300)), 300),
            number=maker.random.choice((1, 12, 123)),
            scenes=maker.random.choice((1, 7, 14, 40)),
        )
        assert not list(findings(compose(plan, place, "harbor-light"))), plan


@pytest.mark.parametrize("layout", sorted(AVAILABLE))
def test_pages_of_usual_plans_hold_every_text(layout: Layout) -> None:
    maker = Maker(5, nasty=False)
    for _ in range(12):
        plan = maker.plan(layout)
        pages = fitted([plan], context(), "harbor-light")
        assert pages
        for page in pages:
            sheet = compose(page, context(), "harbor-light")
            assert sheet.whole, page
            assert not list(findings(sheet)), page


def test_pages_of_hostile_plans_end_and_are_clean() -> None:
    maker = Maker(3, nasty=True)
    for _ in range(60):
        pages = fitted([maker.plan(lengths=LENGTHS["long"])], context(), "harbor-light")
        assert 1 <= len(pages) <= 12
        assert all(not list(findings(compose(page, context(), "harbor-light"))) for page in pages)


def test_a_plan_that_fits_is_not_degraded() -> None:
    assert all(fitted([plan], context(), "grove-dark") == (plan,) for plan in KOREAN)


def test_a_long_flow_becomes_steps_and_loses_nothing() -> None:
    texts = tuple(f"{n}번째로 아주 자세하게 설명해야 하는 대응 단계의 내용" for n in "가나다라마")
    plan = Plan(layout="flow", headline="대응", points=texts, point_icons=(None,) * 5)
    assert degrade(plan) is not None
    pages = fitted([plan], context(), "harbor-light")
    assert {page.layout for page in pages} == {"steps"}
    assert tuple(point for page in pages for point in page.points) == texts


def test_a_list_that_is_halved_numbers_on() -> None:
    texts = tuple(
        f"{n} 개인정보를 수집하고 이용하는 목적과 항목을 분명하게 알리고 동의를 받은 다음 그 기록을 남기기"
        for n in "가나다라마바"
    )
    plan = Plan(layout="steps", headline="동의", points=texts, point_icons=(None,) * 6)
    pages = fitted([plan], context(), "harbor-light")
    assert len(pages) > 1
    assert pages[1].first_number == 1 + len(pages[0].points)
    assert tuple(point for page in pages for point in page.points) == texts
