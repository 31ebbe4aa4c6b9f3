"""Plans to slides that hold them: compose, look for cut text, take a simpler plan, compose again."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from contracts.events import SceneContext
from services.slides.drawing.themes import ThemeName
from services.slides.fallbacks import degrade
from services.slides.plan import Plan
from services.slides.slide import compose

MOST_PAGES = 12
"""Slides of one scene; the longest caption allowed, 2,000 characters, needs nine."""


_DEEPEST = 40
"""Steps down from one plan; the chain ends long before."""


def fitted(
    plans: Sequence[Plan],
    context: SceneContext,
    theme: ThemeName,
    check: Callable[[], None] = lambda: None,
) -> tuple[Plan, ...]:
    """Return plans whose slides hold everything; one or more for each plan given.

    A title that is too long ends in an ellipsis: the viewer hears it, or has read it on the card.
    ``check`` is called before each try; it raises when the work is to stop.
    """
    pages = (page for plan in plans for page in _fitted(plan, context, theme, check))
    return tuple(islice(pages, MOST_PAGES))  # what is not shown is not tried either


def _fitted(
    plan: Plan, context: SceneContext, theme: ThemeName, check: Callable[[], None], depth: int = 0
) -> Iterator[Plan]:
    check()
    simpler = None if compose(plan, context, theme).whole or depth == _DEEPEST else degrade(plan)
    if not simpler:
        yield plan
        return
    for one in simpler:
        yield from _fitted(one, context, theme, check, depth + 1)
