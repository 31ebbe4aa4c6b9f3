"""Slides of the longest texts are planned and set in time that grows with them; counted, never timed."""

from collections.abc import Callable

import pytest

from contracts.events import SceneContext
from contracts.renderspec import SpecScene
from services.scripting.text import lines, one_line
from services.slides.layouts.basic import caption_block
from services.slides.pages import MOST_PAGES, fitted
from services.slides.planner import plan_slides
from tests.support.hostile_text import FAMILIES
from tests.support.operations import counted

NARRATION, CAPTION = 5_000, 2_000
LINES = 15_000_000
"""Lines that a scene's slides may cost: some 2 s."""

DEAF = 2_000_000


def context(narration: str, caption: str | None) -> SceneContext:
    return SceneContext(
        index=0, count=1, language="ko", title=None, chapter="장", chapter_number=1, chapter_count=1,
        index_in_chapter=0, scenes_in_chapter=1,
        scene=SpecScene(scene_id=0, narration=one_line(narration) or "말.", caption=caption),
    )  # fmt: skip


def planned(family: str, size: int) -> Callable[[Callable[[], None]], object]:
    text = FAMILIES[family](size)
    scene = context(text, lines(text)[:CAPTION] or None)
    return lambda _check: plan_slides(scene)


@pytest.mark.parametrize(
    "family", ["different short sentences", "commas", "quotations", "one syllable without end"]
)
def test_planning_5_000_characters_costs_at_most_2_3_times_the_lines_of_2_500(family: str) -> None:
    half, whole = (counted(planned(family, size)).total for size in (NARRATION // 2, NARRATION))
    assert whole <= 2.3 * half, f"{half:,} lines, then {whole:,}"


@pytest.mark.parametrize("family", FAMILIES)
def test_any_500_characters_are_planned_in_200_lines_each(family: str) -> None:
    assert counted(planned(family, 500)).total <= 200 * 500


@pytest.mark.parametrize("family", ["different Korean words", "spaced letters", "joined emoji"])
def test_a_caption_of_2_000_characters_is_set_in_10_million_lines_whatever_sizes_are_tried(
    family: str,
) -> None:
    found = counted(lambda _: caption_block(lines(FAMILIES[family](CAPTION))))
    assert found.total <= 10_000_000, f"{found.total:,} lines"


@pytest.mark.parametrize(
    "family", ["different Korean words", "different short sentences", "different bullets"]
)
def test_slides_of_2_000_characters_are_tried_until_there_are_enough_and_hear_a_cancel(family: str) -> None:
    scene = context("말.", lines(FAMILIES[family](CAPTION)))
    found = counted(lambda check: fitted(plan_slides(scene), scene, "harbor-dark", check))
    assert found.total <= LINES, f"{found.total:,} lines"
    assert found.deafest <= DEAF


def test_what_is_not_shown_is_not_tried() -> None:
    scene = context("말.", "\n".join(f"{'가나다라마바사 ' * 9}{number}" for number in range(24)))
    tries = 0

    def check() -> None:
        nonlocal tries
        tries += 1

    shown = fitted(plan_slides(scene) * 20, scene, "harbor-dark", check)
    assert len(shown) == MOST_PAGES
    assert tries <= 20 * MOST_PAGES
