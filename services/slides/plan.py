"""The visual plan of one slide: what stands on it and in which layout, never where.

The rules of :mod:`services.slides.planner` fill it, and a language model may fill the same schema; the
lengths are therefore part of it. Whether a text really fits is known only once it is drawn; then
:func:`services.slides.fallbacks.degrade` says what to try next.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Layout = Literal[
    "chapter",
    "statement",
    "text",
    "bullets",
    "steps",
    "flow",
    "timeline",
    "comparison",
    "number",
    "warning",
    "quote",
    "question",
    "term",
    "summary",
]
Hero = Literal["prohibit", "warn", "fire", "safe", "mandatory", "window", "phone", "sheet", "medallion"]
"""The prop or sign that the first icon is drawn in; the first five are the shapes of ISO 7010."""

MAX_POINTS = 6
MAX_COLUMN_POINTS = 3
MAX_EVENTS = 6
MAX_ICONS = 3
MAX_EMPHASIS = 2

HEADLINE_LENGTH = 480
SUB_LENGTH = 200
POINT_LENGTH = 120
EVENT_LENGTH = 90
TITLE_LENGTH = 40
DEFINITION_LENGTH = 240


def _text(longest: int) -> Any:
    return StringConstraints(min_length=1, max_length=longest)


IconName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,60}$")]
"""Attribute name of ``fonticon_mdi7.MDI7``, e.g. ``shield_check``."""
Point = Annotated[str, _text(POINT_LENGTH)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class TimedPoint(_Part):
    """One event of a timeline."""

    time: Annotated[str, _text(24)]
    text: Annotated[str, _text(EVENT_LENGTH)]


class Column(_Part):
    """One side of a comparison."""

    title: Annotated[str, _text(TITLE_LENGTH)]
    icon: IconName | None = None
    points: tuple[Point, ...] = Field(min_length=1, max_length=MAX_COLUMN_POINTS)


class Emphasis(_Part):
    """Words to colour wherever they stand in the headline or, for a term, in the definition."""

    text: Annotated[str, _text(40)]
    kind: Literal["accent", "danger"] = "accent"


class Plan(_Part):
    """What one slide shows. Every text is one paragraph, NFC, without control characters.

    Attributes:
        layout: which drawing function takes it; says which of the fields below are set.
        headline: the sentence the slide asserts; for ``text`` the whole text, for ``quote`` what was said
            (without quotation marks), for ``question`` the question, for ``term`` the name.
        sub: one more line: the goal of a chapter, the reason of a statement, number or warning, the title of
            a quote.
        points: items of bullets, steps, flow, summary; forbidden acts (or, with ``mark="check"``, required
            ones) of a warning.
        point_icons: one for each point; ``None``: show the point's number.
        point_signs: for each point whether it forbids; empty: none does. No tick and no number stands
        before a
            forbidden act, in any layout.
        first_number: the number of the first point; above 1 on the later pages of a split list.
        events: the timeline, in order.
        columns: the two sides of a comparison.
        do_dont: the columns are what to do and what not to do (green and red) rather than two equals.
        number, unit: a figure and what it counts, e.g. ``91`` and ``%``.
        fraction: the ring around the number, 0-1.
        people: ``(a, b)``: a of b people.
        label: the number in words, e.g. ``10명 중 7명``.
        alias, definition: another name of the term, and what it means.
        speaker: who says the quote; where that is unknown, the question that follows it.
        icons: icon names for the illustration, the most telling first.
        hero: what the first icon is drawn in; ``None``: no illustration.
        emphasis: words to colour.
        mark: the mark before the points of a warning; ``none``: a dot, neither cross nor tick.
    """

    layout: Layout
    headline: Annotated[str, _text(HEADLINE_LENGTH)]
    sub: Annotated[str, _text(SUB_LENGTH)] | None = None
    points: tuple[Point, ...] = Field(default=(), max_length=MAX_POINTS)
    point_icons: tuple[IconName | None, ...] = Field(default=(), max_length=MAX_POINTS)
    point_signs: tuple[bool, ...] = Field(default=(), max_length=MAX_POINTS)
    first_number: int = Field(default=1, ge=1, le=1000)
    events: tuple[TimedPoint, ...] = Field(default=(), max_length=MAX_EVENTS)
    columns: tuple[Column, ...] = Field(default=(), max_length=2)
    do_dont: bool = False
    number: Annotated[str, _text(16)] | None = None
    unit: Annotated[str, _text(16)] | None = None
    fraction: float | None = Field(default=None, ge=0, le=1)
    people: tuple[int, int] | None = None
    label: Annotated[str, _text(TITLE_LENGTH)] | None = None
    alias: Annotated[str, _text(60)] | None = None
    definition: Annotated[str, _text(DEFINITION_LENGTH)] | None = None
    speaker: Annotated[str, _text(90)] | None = None
    icons: tuple[IconName, ...] = Field(default=(), max_length=MAX_ICONS)
    hero: Hero | None = None
    emphasis: tuple[Emphasis, ...] = Field(default=(), max_length=MAX_EMPHASIS)
    mark: Literal["close", "check", "none"] = "close"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Reject a plan that its layout cannot draw."""
        if len(self.point_icons) != len(self.points):
            raise ValueError("point_icons must have one entry for each point")
        if self.point_signs and len(self.point_signs) != len(self.points):
            raise ValueError("point_signs must have one entry for each point, or none at all")
        if self.people is not None and not 0 <= self.people[0] <= self.people[1] <= 20:
            raise ValueError("people must be (a, b) with 0 <= a <= b <= 20")
        missing = {
            "bullets": not self.points,
            "steps": not self.points,
            "flow": not self.points,
            "summary": not self.points,
            "timeline": not self.events,
            "comparison": len(self.columns) != 2,
            "number": self.number is None,
            "term": self.definition is None,
        }.get(self.layout, False)
        if missing:
            raise ValueError(f"a {self.layout} plan lacks what that layout shows")
        return self

    def forbids(self, index: int) -> bool:
        """Whether the point at ``index`` is a forbidden act."""
        return bool(self.point_signs) and self.point_signs[index]
