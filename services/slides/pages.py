"""Plans to slides that hold them: compose, look for cut text, take a simpler plan, compose again."""

from collections.abc import Sequence

from contracts.events import SceneContext
from services.slides.degrade import degrade
from services.slides.plan import Plan
from services.slides.slide import compose
from services.slides.themes import ThemeName

MOST_PAGES = 12
"""Slides of one scene; the longest caption allowed, 2,000 characters, needs nine."""


_DEEPEST = 40
"""Steps down from one plan; the chain ends long before."""


def fitted(plans: Sequence[Plan], context: SceneContext, theme: ThemeName) -> tuple[Plan, ...]:
    """Return plans whose slides hold everything; one or more for each plan given.

    A title that is too long ends in an ellipsis: the viewer hears it, or has read it on the card.
    """
    pages: list[Plan] = []
    for plan in plans:
        pages += _fitted(plan, context, theme)
    return tuple(pages[:MOST_PAGES])


def _fitted(plan: Plan, context: SceneContext, theme: ThemeName, depth: int = 0) -> list[Plan]:
    simpler = None if compose(plan, context, theme).whole or depth == _DEEPEST else degrade(plan)
    if not simpler:
        return [plan]
    return [page for one in simpler for page in _fitted(one, context, theme, depth + 1)]
