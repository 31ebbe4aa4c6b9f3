"""A figure: a ring for a share, people for "a of b", else a big number on a card."""

from contracts.events import SceneContext
from services.slides.drawing.sheet import LEFT, RIGHT, Sheet
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import BODY, BODY_SIZES, STATEMENT, Part, draw_chip, emphases, stack
from services.slides.plan import Plan
from services.slides.typesetting.fitting import BASELINE, LEAST, Block, Room, Style, fit, line_of

_NUMBER = Style(900, 1.15, 0)
_UNIT = Style(800, 1.15, 0)
_HEADLINE_SIZES = (56, 52, 48, 44, 40, 38, 36, 34, 32, 30, LEAST)
_SIZES = (168, 144, 120, 104, 88, 72, 64, 56)
_STACKED_SIZES = (104, 88, 72, 64, 56, 48, 44, 40, 36, 32, LEAST)
_CARD_TOP, _CARD, _CARD_HEIGHT = 172, 440, 356
_MIDDLE = _CARD_TOP + _CARD_HEIGHT / 2
_RADIUS, _STROKE = 170, 36


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the figure at the left, what it says at the right."""
    draw_header(sheet, context, plan.headline)
    icon = plan.icons[0] if plan.icons else None
    if plan.people and plan.people[1]:
        _draw_people(sheet, plan, plan.people)
    elif plan.fraction is not None and _ring_holds(plan):
        _draw_ring(sheet, plan, plan.fraction)
    else:
        _draw_card(sheet, plan, icon)
        icon = None
    _draw_text(sheet, plan, icon)


def _draw_text(sheet: Sheet, plan: Plan, icon: str | None) -> None:
    left = LEFT + _CARD + 56
    parts = [Part(plan.headline, STATEMENT, _HEADLINE_SIZES, 5, emphases=emphases(plan))]
    if plan.sub:
        parts.append(Part(plan.sub, BODY, BODY_SIZES, 4, gap=22))
    chip = 84 if icon else 0
    column = stack(parts, RIGHT - left, 430 - chip)
    y = _MIDDLE - (column.height + chip) / 2
    if icon:
        draw_chip(sheet, icon, left, y, 68, "accent2")
        y += chip
    y = sheet.text(column.blocks[0], left, y, sheet.theme["ink"])
    for block in column.blocks[1:]:
        sheet.text(block, left, y + 22, sheet.theme["ink2"], roles={})


def _figure(plan: Plan, size: float, share: float) -> tuple[Block, Block, float]:
    """Return the number, its unit at ``share`` of the number's size, and the width of both."""
    number = line_of(plan.number or "", _NUMBER, size)
    unit = line_of(plan.unit or "", _UNIT, max(LEAST, round(size * share)))
    gap = size * 0.06 if unit.lines else 0.0
    return number, unit, number.width + gap + unit.width


def _draw_beside(sheet: Sheet, plan: Plan, size: float, share: float, middle: tuple[float, float]) -> None:
    """Draw number and unit on one baseline around a point."""
    number, unit, whole = _figure(plan, size, share)
    x, y = middle[0] - whole / 2, middle[1] - number.height / 2
    ring = plan.fraction is not None
    theme = sheet.theme
    sheet.text(number, x, y, theme["ink"] if ring else theme["accent"], roles={})
    if unit.lines:
        unit_y = y + BASELINE * (number.size - unit.size)
        sheet.text(unit, x + whole - unit.width, unit_y, theme["accent"], roles={})


def _ring_holds(plan: Plan) -> bool:
    return _figure(plan, 104, 0.45)[2] < 2 * (_RADIUS - _STROKE / 2) - 24


def _draw_ring(sheet: Sheet, plan: Plan, fraction: float) -> None:
    theme = sheet.theme
    x, y = LEFT + _CARD / 2, _MIDDLE
    sheet.picture(x - 206, y - 206, 412, 412)
    sheet.disc(x, y, _RADIUS + _STROKE, theme["surface"], shadow=1)
    sheet.ring(x, y, _RADIUS, _STROKE, theme["soft"])
    sheet.ring(x, y, _RADIUS, _STROKE, theme["fill"], fraction=fraction)
    size = next(s for s in (120, 112, 104) if s == 104 or _figure(plan, s, 0.45)[2] < 270)
    _draw_beside(sheet, plan, size, 0.45, (x, y))


def _draw_people(sheet: Sheet, plan: Plan, people: tuple[int, int]) -> None:
    some, all_ = people
    theme = sheet.theme
    columns = all_ if all_ <= 5 else 5 if all_ <= 10 else 7 if all_ <= 14 else -(-all_ // 3)
    rows = -(-all_ // columns)
    step = min(84.0, 400 / columns)
    label = fit(plan.label or "", Style(900, 1.2), Room(_CARD - 48, 70, 1), (44, 40, 36, 34, 32, 30, LEAST))
    below = label.height + 26 if label.lines else 0
    sheet.card(LEFT, _CARD_TOP, _CARD, _CARD_HEIGHT, radius=26)
    left = LEFT + _CARD / 2 - columns * step / 2
    top = _MIDDLE - below / 2 - rows * step * 1.1 / 2
    for index in range(all_):
        row, column = divmod(index, columns)
        x, y = left + (column + 0.5) * step, top + (row + 0.5) * step * 1.1
        sheet.icon("account", x, y, step * 1.05, theme["fill"] if index < some else theme["line"])
    sheet.text(
        label,
        LEFT,
        top + rows * step * 1.1 + 22,
        theme["accent"],
        column=_CARD,
        align="centre",
        roles={},
        title=True,
    )


def _draw_card(sheet: Sheet, plan: Plan, icon: str | None) -> None:
    theme = sheet.theme
    sheet.card(LEFT, _CARD_TOP, _CARD, _CARD_HEIGHT, radius=26)
    middle = _MIDDLE
    if icon:
        draw_chip(sheet, icon, LEFT + _CARD / 2 - 44, _CARD_TOP + 42, 88, "accent2")
        middle = _CARD_TOP + 42 + 88 + (_CARD_HEIGHT - 42 - 88) / 2 - 6
    for size in _SIZES:
        if _figure(plan, size, 0.42)[2] <= _CARD - 52:
            _draw_beside(sheet, plan, size, 0.42, (LEFT + _CARD / 2, middle))
            return
    room = Room(_CARD - 48, 110, 1)
    number = fit(plan.number or "", _NUMBER, room, _STACKED_SIZES)
    unit = fit(plan.unit or "", _UNIT, room, (44, 40, 36, 34, 32, 30, LEAST))
    y = middle - (number.height + 8 + unit.height) / 2
    y = sheet.text(number, LEFT, y, theme["accent"], column=_CARD, align="centre", roles={}, title=True)
    sheet.text(unit, LEFT, y + 8, theme["accent"], column=_CARD, align="centre", roles={}, title=True)
