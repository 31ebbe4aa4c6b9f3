"""Two columns: what to do and what not to do, or two equals."""

from collections.abc import Sequence

from contracts.events import SceneContext
from services.slides.drawing.sheet import BOTTOM, CONTENT, LEFT, Sheet
from services.slides.drawing.themes import Colour
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import centred, draw_headline, emphases, forbidding_icon
from services.slides.plan import Column, Plan
from services.slides.typesetting.fitting import LEAST, Block, Room, Style, fit, fit_together

_POINT = Style(500, 1.34)
_TITLE = Style(800, 1.2)
_SIZES = (40, 38, 36, 34, 32, 30, LEAST)
_LARGEST_OF_MANY = 36
_HEAD = 76
_GAP = 32
_BETWEEN = 18
_LEAST_HEIGHT = 250
_WIDTH = (CONTENT - _GAP) / 2
_TEXT = 76
"""Left edge of the points in a column."""


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the headline and the columns; points that have no room are left out, the last ones first."""
    draw_header(sheet, context, plan.headline)
    top = draw_headline(sheet, plan) + 26
    spare = BOTTOM - top - _HEAD - 28 - 28
    columns = [list(column.points) for column in plan.columns]
    sets = _fitted(columns, spare, plan)
    while max(map(_height, sets)) > spare and max(map(len, columns)) > 1:
        max(columns, key=len).pop()
        sheet.left_out = True
        sets = _fitted(columns, spare, plan)
    height = max(_LEAST_HEIGHT, _HEAD + 28 + max(map(_height, sets)) + 28)
    height = min(height, BOTTOM - top)
    y = centred(top, height)
    for index, (column, blocks) in enumerate(zip(plan.columns, sets, strict=True)):
        _draw_column(sheet, plan, index, column, blocks, y, height)


def _fitted(columns: Sequence[Sequence[str]], spare: float, plan: Plan) -> list[list[Block]]:
    """Set all points of both columns at one size, the largest at which the longer column fits."""
    everything = [point for column in columns for point in column]
    each = spare / max(map(len, columns)) - _BETWEEN
    sets: list[list[Block]] = []
    most = _SIZES[0] if max(map(len, columns)) == 1 else _LARGEST_OF_MANY
    for size in (size for size in _SIZES if size <= most):
        lines = max(3, int(each / (size * _POINT.leading)))
        room = Room(_WIDTH - _TEXT - 32, max(each, size * 4), lines)
        sizes = [size] if size != _SIZES[-1] else [LEAST]
        blocks = fit_together(everything, _POINT, room, sizes, emphases(plan))
        sets = [blocks[: len(columns[0])], blocks[len(columns[0]) :]]
        if all(block.whole and not block.torn for block in blocks) and max(map(_height, sets)) <= spare:
            break
    return sets


def _height(blocks: Sequence[Block]) -> float:
    return sum(block.height for block in blocks) + _BETWEEN * (len(blocks) - 1)


def _draw_column(
    sheet: Sheet, plan: Plan, index: int, column: Column, blocks: Sequence[Block], y: float, height: float
) -> None:
    theme = sheet.theme
    solid, on_solid, mark, tint = _look(sheet, index, do_dont=plan.do_dont)
    x = LEFT + index * (_WIDTH + _GAP)
    sheet.card(x, y, _WIDTH, height, item=True)
    sheet.rect(x, y, _WIDTH, _HEAD, solid, radius=22, flat_bottom=True)
    icon = column.icon or (("check_circle", "close_circle")[index] if plan.do_dont else None)
    left = x + 30
    if icon:
        sheet.icon(icon, x + 48, y + _HEAD / 2, 46, on_solid)
        left = x + 84
    title = fit(column.title, _TITLE, Room(x + _WIDTH - 28 - left, _HEAD - 8, 1), (34, 32, 30, LEAST))
    sheet.text(title, left, y + (_HEAD - title.height) / 2, on_solid, roles={}, title=True)
    text_y = y + _HEAD + 28
    for point, block in zip(column.points, blocks, strict=False):  # the last ones may have had no room
        first = text_y + block.size * 0.57
        bullet = forbidding_icon(point) if plan.do_dont and index else mark
        sheet.icon(bullet, x + 44, first, block.size * (0.9 if plan.do_dont else 0.55), tint)
        sheet.text(block, x + _TEXT, text_y, theme["ink"])
        text_y += block.height + _BETWEEN


def _look(sheet: Sheet, index: int, *, do_dont: bool) -> tuple[Colour, Colour, str, Colour]:
    """Return a column's solid colour, what stands on it, its bullet and the bullet's colour."""
    theme = sheet.theme
    if do_dont:
        return (
            (theme["okfill"], theme.on_solid, "check_bold", theme["ok"]),
            (theme["dangerfill"], theme.on_solid, "close_thick", theme["danger"]),
        )[index]
    return (
        (theme["ink2"], theme["bg"], "circle", theme["ink2"]),
        (theme["fill"], theme["onfill"], "circle", theme["accent"]),
    )[index]
