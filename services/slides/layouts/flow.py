"""Short steps from left to right, joined by arrows; the last one is where they lead."""

from contracts.events import SceneContext
from services.slides.drawing.sheet import BOTTOM, CONTENT, LEFT, Sheet
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import centred, draw_headline, emphases, marks
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST, Block, Room, Style, fit_together

_STYLE = Style(700, 1.32)
_SIZES = (34, 32, 30, LEAST)
_PADDING = 16
_BADGE = 22


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the headline and the chain of cards."""
    draw_header(sheet, context, plan.headline)
    top = draw_headline(sheet, plan) + 38
    count = len(plan.points)
    gap = 44 if count <= 4 else 32
    wide = (CONTENT - gap * (count - 1)) / count
    chip = 116 if count <= 4 else 84
    spare = BOTTOM - top - 52 - chip - 28 - 40
    blocks = fit_together(plan.points, _STYLE, Room(wide - 2 * _PADDING, spare, 4), _SIZES, emphases(plan))
    sheet.left_out = any(_has_cut_word(block, text) for block, text in zip(blocks, plan.points, strict=True))
    tallest = max(block.height for block in blocks)
    height = min(BOTTOM - top, 52 + chip + 28 + tallest + 44)
    y = centred(top, height)
    for index, block in enumerate(blocks):
        _draw_step(sheet, plan, index, block, (LEFT + index * (wide + gap), y, wide, height), chip)
        if index < count - 1:
            _draw_arrow(sheet, LEFT + (index + 1) * wide + (index + 0.5) * gap, y + 52 + chip / 2)


def _draw_step(
    sheet: Sheet, plan: Plan, index: int, block: Block, box: tuple[float, float, float, float], chip: float
) -> None:
    theme = sheet.theme
    x, y, wide, height = box
    last = index == len(plan.points) - 1
    ink, ground, mark_ink = (
        (theme["onfill"], theme["onfill"], theme["fill"])
        if last
        else (theme["ink"], theme["soft"], theme["onsoft"])
    )
    sheet.card(x, y, wide, height, fill=theme["fill"] if last else None, item=True)
    middle = y + 52 + chip / 2
    sheet.disc(x + wide / 2, middle, chip / 2, ground)
    mark = marks(plan)[index]
    if isinstance(mark, int):
        sheet.label(str(mark), x, middle, chip * 0.5, 800, mark_ink, column=wide, align="centre")
    else:
        sheet.icon(mark, x + wide / 2, middle, chip * 0.58, mark_ink)
        _draw_badge(sheet, x, y, plan.first_number + index, last=last)
    sheet.text(block, x + _PADDING, y + 52 + chip + 28, ink, column=wide - 2 * _PADDING, align="centre",
               roles={} if last else None)  # fmt: skip


def _draw_badge(sheet: Sheet, x: float, y: float, number: int, *, last: bool) -> None:
    theme = sheet.theme
    left = x - 6
    sheet.disc(left + _BADGE, y + 8, _BADGE, theme["ink"] if last else theme["fill"])
    sheet.label(str(number), left, y + 8, 24, 800, theme["bg"] if last else theme["onfill"],
                column=2 * _BADGE, align="centre")  # fmt: skip


def _draw_arrow(sheet: Sheet, x: float, y: float) -> None:
    colour = sheet.theme["accent"]
    sheet.line(x - 10, y, x + 10, y, 6, colour)
    sheet.line(x + 1, y - 9, x + 10, y, 6, colour)
    sheet.line(x + 1, y + 9, x + 10, y, 6, colour)


def _has_cut_word(block: Block, text: str) -> bool:
    """Whether a word runs over two lines: then the cards are too narrow for this text."""
    words = set(text.split())
    return any(piece not in words for line in block.lines for piece in "".join(r.text for r in line).split())
