"""Which pictures a scene shows: pure recipes, so that a picture's cache key says all that it depends on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.events import SceneContext
from contracts.rendering import RenderSettings, VisualStyle, known_style
from services.slides import slide
from services.slides.drawing.themes import ThemeName, choose
from services.slides.layouts import basic
from services.slides.pages import fitted
from services.slides.plan import Plan
from services.slides.planner import plan_chapter, plan_slides

VERSION = 3
"""Raised whenever the same recipe would give other bytes."""

BASIC = "basic"
_DRAWN_FIELDS = {
    "language",
    "title",
    "chapter",
    "chapter_number",
    "chapter_count",
    "index_in_chapter",
    "scenes_in_chapter",
}
"""What of a scene's place in the film stands on its slide."""


@dataclass(frozen=True)
class PlannedPicture:
    """A slide to draw."""

    plan: Plan
    context: SceneContext
    theme: ThemeName
    width: int
    height: int

    @property
    def layout(self) -> str:
        """The layout's name."""
        return self.plan.layout

    @property
    def inputs(self) -> dict[str, Any]:
        """Everything the bytes depend on, JSON types only."""
        return {
            "style": "animated",
            "plan": self.plan.model_dump(mode="json"),
            "context": self.context.model_dump(mode="json", include=_DRAWN_FIELDS),
            "theme": self.theme,
            "size": [self.width, self.height],
        }

    def png(self) -> bytes:
        """Draw it."""
        return slide.draw(self.plan, self.context, self.theme, self.width, self.height).png()


@dataclass(frozen=True)
class CaptionPicture:
    """A caption on the solid background."""

    caption: str | None
    width: int
    height: int

    layout = BASIC

    @property
    def inputs(self) -> dict[str, Any]:
        """Everything the bytes depend on, JSON types only."""
        return {"style": BASIC, "caption": self.caption, "size": [self.width, self.height]}

    def png(self) -> bytes:
        """Draw it."""
        return basic.draw(self.caption, self.width, self.height)


Picture = PlannedPicture | CaptionPicture


def pages_of(
    context: SceneContext, settings: RenderSettings, check: Callable[[], None] = lambda: None
) -> tuple[Picture, ...]:
    """Return the pictures that carry a scene's content, at least one.

    ``check`` is called often; it raises when the work is to stop.

    A picture named in the spec (``scene.image``) is not shown: fetching a URL that a spec chose needs
    guards against reaching into the private network, which this stage does not have.

    Raises:
        PermanentError: ``SETTINGS_INVALID``, there is no such style or theme.
    """
    if known_style(settings.visual_style) is VisualStyle.BASIC:
        return (CaptionPicture(context.scene.caption, settings.width, settings.height),)
    theme = choose(settings.theme, context)
    plans = fitted(plan_slides(context), context, theme, check)
    return tuple(PlannedPicture(plan, context, theme, settings.width, settings.height) for plan in plans)


def card_of(context: SceneContext, settings: RenderSettings) -> Picture | None:
    """Return the card that opens a chapter, in the animated style, or ``None``."""
    if known_style(settings.visual_style) is VisualStyle.BASIC or not context.opens_chapter:
        return None
    theme = choose(settings.theme, context)
    return PlannedPicture(plan_chapter(context), context, theme, settings.width, settings.height)
