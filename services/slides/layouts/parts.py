"""What layouts share: type styles, the headline, icon chips, and columns of stacked texts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from contracts.polarity import states_not
from services.slides.drawing.sheet import BOTTOM, CONTENT, LEFT, Sheet
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST, SINGLE, Block, Room, Style, fit
from services.slides.typesetting.shaping import Emphases

HEADLINE = Style(800, 1.26, -0.015)
STATEMENT = Style(800, 1.3, -0.015)
TITLE = Style(900, 1.22, -0.015)
POINT = Style(600, 1.34)
BODY = Style(500, 1.44)

HEADLINE_SIZES = (52, 48, 44, 40, 36, 34, 32, 30)
POINT_SIZES = (38, 36, 34, 32, 30, LEAST)
BODY_SIZES = (32, 30, LEAST)

HEADLINE_TOP = 116
BODY_TOP = 112
"""Where the body starts on a slide without a headline on top."""
CENTRE = 0.45
"""A body block's centre, as a share of the space it has: a little above the middle."""

Tone = Literal["accent", "accent2", "ok", "danger"]
_CHIP_ROLES = {
    "accent": ("soft", "onsoft"),
    "accent2": ("soft2", "accent2"),
    "ok": ("oksoft", "ok"),
    "danger": ("dangersoft", "danger"),
}


def emphases(plan: Plan) -> Emphases:
    """Return the words to colour and their roles."""
    return [(item.text, item.kind) for item in plan.emphasis]


def draw_headline(
    sheet: Sheet, plan: Plan, *, sizes: Sequence[float] = HEADLINE_SIZES, lines: int = 2
) -> float:
    """Draw the headline across the slide; return its lower edge."""
    block = fit(plan.headline, HEADLINE, Room(CONTENT, 190, lines), sizes, emphases(plan))
    return sheet.text(block, LEFT, HEADLINE_TOP, sheet.theme["ink"], title=True)


def headline_sizes(items: int) -> Sequence[float]:
    """Return the headline's scale above ``items`` rows: many rows leave less room."""
    largest = 52 if items <= 4 else 44
    return [size for size in HEADLINE_SIZES if size <= largest]


def centred(top: float, height: float, bottom: float = BOTTOM) -> float:
    """Return where a block of ``height`` starts between ``top`` and ``bottom``."""
    return top + max(0.0, bottom - top - height) * CENTRE


def draw_chip(sheet: Sheet, mark: str | int, x: float, y: float, side: float, tone: Tone = "accent") -> None:
    """Draw a soft square with an icon (by name) or a number."""
    soft, ink = _CHIP_ROLES[tone]
    sheet.rect(x, y, side, side, sheet.theme[soft], radius=side * 0.3)
    if isinstance(mark, int):
        size = side * (0.5 if mark < 100 else 0.36)
        sheet.label(str(mark), x, y + side / 2, size, 800, sheet.theme[ink], column=side, align="centre")
    else:
        sheet.icon(mark, x + side / 2, y + side / 2, side * 0.6, sheet.theme[ink])


def marks(plan: Plan) -> list[str | int]:
    """Return each point's icon, or its number; a forbidden one's is a cross or an exclamation mark."""
    return [
        forbidding_icon(plan.points[index]) if plan.forbids(index) else icon or plan.first_number + index
        for index, icon in enumerate(plan.point_icons)
    ]


def forbidding_icon(point: str) -> str:
    """Return what stands before what forbids: a cross before "Do not run" would undo the words."""
    return "exclamation_thick" if states_not(point) else "close_thick"


def tone(plan: Plan, index: int, turn: int | None = None) -> Tone:
    """Return the tone of the ``index``-th point: red if it forbids, else the two hues take turns."""
    if plan.forbids(index):
        return "danger"
    return "accent2" if (index if turn is None else turn) % 2 else "accent"


@dataclass(frozen=True)
class Part:
    """One text of a column.

    Attributes:
        text: what to set.
        style, sizes, lines: how; ``sizes`` falling.
        gap: space above it, px.
        indent: px.
        emphases: words to colour.
    """

    text: str
    style: Style
    sizes: Sequence[float]
    lines: int
    gap: float = 0.0
    indent: float = 0.0
    emphases: Emphases = ()

    @property
    def least(self) -> float:
        """Least height: the gap and one line at the smallest size."""
        return self.gap + self.sizes[-1] * SINGLE


@dataclass(frozen=True)
class Column:
    """Texts stacked in a column: what stands under what, and the height of it all."""

    parts: tuple[Part, ...]
    blocks: tuple[Block, ...]

    @property
    def height(self) -> float:
        """From the top of the first text to the bottom of the last."""
        gaps = sum(part.gap for part in self.parts[1:])
        return gaps + sum(block.height for block in self.blocks)

    @property
    def whole(self) -> bool:
        """Whether all texts stand in full."""
        return all(block.whole for block in self.blocks)


def stack(parts: Sequence[Part], width: float, height: float, *, keep: int = 1) -> Column:
    """Fit texts into a column: the first shrinks until the others have room.

    Parts after the first ``keep`` are dropped from the end while even the smallest sizes leave no room;
    the caller sees it in the length of ``parts``.
    """
    kept = list(parts)
    while True:
        column = _stacked(kept, width, height)
        if (column.whole and column.height <= height + 0.5) or len(kept) <= keep:
            return column
        kept.pop()


def _stacked(parts: Sequence[Part], width: float, height: float) -> Column:
    first, *others = parts
    column: Column | None = None
    for start in range(len(first.sizes)):
        column = _stacked_at(replace(first, sizes=first.sizes[start:]), others, width, height)
        if column.whole and column.height <= height + 0.5:
            return column
    assert column is not None
    return column


def _stacked_at(first: Part, others: Sequence[Part], width: float, height: float) -> Column:
    blocks: list[Block] = []
    left = height
    for index, part in enumerate((first, *others)):
        later = sum(other.least for other in others[index:])
        gap = part.gap if index else 0.0
        room = Room(width - part.indent, max(0.0, left - later - gap), part.lines)
        block = fit(part.text, part.style, room, part.sizes, part.emphases)
        blocks.append(block)
        left -= block.height + gap
    return Column((first, *others), tuple(blocks))
