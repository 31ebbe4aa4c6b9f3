"""A term, its other name, and what it means, beside a picture."""

from contracts.events import SceneContext
from services.slides.drawing.illustration import draw_hero
from services.slides.drawing.sheet import BOTTOM, CONTENT, LEFT, Sheet
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import BODY_TOP, TITLE, Part, centred, emphases, stack
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST, Style

_NAME_SIZES = (80, 72, 64, 56, 52, 48, 44, 40, 36, 34, 32, 30, LEAST)
_ALIAS = Style(500, 1.25)
_DEFINITION = Style(500, 1.46)
_WIDTH = 640
_PADDING = 36
_EDGE = 30


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw name, alias and definition at the left, the illustration at the right."""
    draw_header(sheet, context, plan.headline)
    theme = sheet.theme
    wide = _WIDTH if plan.hero else CONTENT
    parts = [Part(plan.headline, TITLE, _NAME_SIZES, 2)]
    if plan.alias:
        parts.append(Part(plan.alias, _ALIAS, (32, 30, LEAST), 1, gap=6))
    gap, indent = 26 + _EDGE, 2 * _PADDING
    sizes = (36, 34, 32, 30, LEAST)
    parts.append(Part(plan.definition or "", _DEFINITION, sizes, 7, gap, indent, emphases(plan)))
    column = stack(parts, wide, 456 - _EDGE, keep=len(parts))
    *names, definition = column.blocks
    y = centred(BODY_TOP, column.height + _EDGE, BOTTOM)
    y = sheet.text(names[0], LEFT, y, theme["accent"], roles={}, title=True)
    if plan.alias:
        y = sheet.text(names[1], LEFT + 2, y + 6, theme["ink2"], roles={})
    y += 26
    height = definition.height + 2 * _EDGE
    sheet.card(LEFT, y, wide, height, item=True)
    sheet.rect(LEFT, y + 24, 7, height - 48, theme["fill"], radius=3.5)
    sheet.text(definition, LEFT + _PADDING, y + _EDGE, theme["ink"])
    if plan.hero:
        draw_hero(sheet, plan.hero, plan.icons, 980, 350, 172)
