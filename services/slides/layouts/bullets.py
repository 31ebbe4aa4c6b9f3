"""A list: columns or a grid of cards for short points, rows for longer ones."""

from collections.abc import Callable

from contracts.events import SceneContext
from services.slides.drawing.sheet import BOTTOM, CONTENT, LEFT, Sheet
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import (
    POINT,
    POINT_SIZES,
    centred,
    draw_chip,
    draw_headline,
    emphases,
    headline_sizes,
    marks,
    tone,
)
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST, Block, Room, fit_together

_CARD_SIZES = (36, 34, 32, 30, LEAST)

Arrange = Callable[[Sheet, Plan, float], bool]


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the headline and the list in the first arrangement that holds it."""
    draw_header(sheet, context, plan.headline)
    count = len(plan.points)
    top = draw_headline(sheet, plan, sizes=headline_sizes(count)) + 28
    arrangements: dict[int, tuple[Arrange, ...]] = {2: (_columns,), 3: (_columns,), 4: (_grid,), 6: (_grid,)}
    for arrange in arrangements.get(count, ()):
        if arrange(sheet, plan, top):
            return
    draw_rows(sheet, plan, top)


def _columns(sheet: Sheet, plan: Plan, top: float) -> bool:
    """Two or three cards side by side, chip above text."""
    count, gap, chip = len(plan.points), 28, 100
    wide = (CONTENT - gap * (count - 1)) / count
    spare = BOTTOM - top - 40 - chip - 28 - 40
    sizes = _CARD_SIZES if count == 3 else POINT_SIZES
    blocks = fit_together(plan.points, POINT, Room(wide - 60, min(spare, 170), 3), sizes, emphases(plan))
    if not _comfortable(blocks):
        return False
    tallest = max(block.height for block in blocks)
    height = min(BOTTOM - top, max(40 + chip + 28 + tallest + 44, 270))
    y = centred(top, height)
    for index, (block, mark) in enumerate(zip(blocks, marks(plan), strict=True)):
        x = LEFT + index * (wide + gap)
        sheet.card(x, y, wide, height, item=True)
        draw_chip(sheet, mark, x + 30, y + 40, chip, tone(plan, index))
        sheet.text(block, x + 30, y + 40 + chip + 28, sheet.theme["ink"])
    return True


def _grid(sheet: Sheet, plan: Plan, top: float) -> bool:
    """Two by two, or three by two; chip beside text."""
    count, gap = len(plan.points), 24
    columns = 2 if count == 4 else 3
    chip = 84 if columns == 2 else 60
    wide = (CONTENT - gap * (columns - 1)) / columns
    tallest_card = (BOTTOM - top - gap) / 2
    pad = 28 if columns == 2 else 20
    room = Room(wide - 2 * pad - chip - 20, tallest_card - 32, 3)
    blocks = fit_together(plan.points, POINT, room, _CARD_SIZES, emphases(plan))
    if not _comfortable(blocks) or tallest_card < chip + 24:
        return False
    tallest = max(block.height for block in blocks)
    height = min(tallest_card, max(164 if columns == 2 else 148, tallest + 56))
    y = centred(top, 2 * height + gap)
    for index, (block, mark) in enumerate(zip(blocks, marks(plan), strict=True)):
        row, column = divmod(index, columns)
        x, card_y = LEFT + column * (wide + gap), y + row * (height + gap)
        sheet.card(x, card_y, wide, height, radius=20, item=True)
        draw_chip(sheet, mark, x + pad, card_y + (height - chip) / 2, chip, tone(plan, index, row + column))
        text_y = card_y + (height - block.height) / 2
        sheet.text(block, x + pad + chip + 20, text_y, sheet.theme["ink"])
    return True


def draw_rows(sheet: Sheet, plan: Plan, top: float) -> None:
    """Draw the points one under the other, each on its own card."""
    count = len(plan.points)
    gap = 16 if count <= 4 else 10
    tallest_card = (BOTTOM - top - gap * (count - 1)) / count
    chip = min(76.0, tallest_card - 14)
    room = Room(CONTENT - 20 - chip - 24 - 32, tallest_card - 10, 3 if count <= 3 else 2)
    blocks = fit_together(plan.points, POINT, room, POINT_SIZES, emphases(plan))
    tallest = max(block.height for block in blocks)
    height = min(tallest_card, max(chip + 28, tallest + 32))
    y = centred(top, count * height + (count - 1) * gap)
    for index, (block, mark) in enumerate(zip(blocks, marks(plan), strict=True)):
        card_y = y + index * (height + gap)
        sheet.card(LEFT, card_y, CONTENT, height, radius=20, item=True)
        draw_chip(sheet, mark, LEFT + 20, card_y + (height - chip) / 2, chip, tone(plan, index))
        sheet.text(block, LEFT + 20 + chip + 24, card_y + (height - block.height) / 2, sheet.theme["ink"])


def _comfortable(blocks: list[Block]) -> bool:
    """Whether cards read better than rows: all whole, and three lines only in large type."""
    most = max(len(block.lines) for block in blocks)
    return all(block.whole for block in blocks) and (most < 3 or blocks[0].size >= 34)
