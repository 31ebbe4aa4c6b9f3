"""What is forbidden or dangerous: hazard stripe, sign, and the acts with crosses."""

from contracts.events import SceneContext
from services.slides.drawing.illustration import draw_hero
from services.slides.drawing.sheet import BOTTOM, LEFT, WIDTH, Sheet
from services.slides.drawing.themes import SIGN_BLACK, SIGN_YELLOW
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import BODY, BODY_SIZES, BODY_TOP, POINT, STATEMENT, Part, centred, stack
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST

_SIZES = (64, 56, 52, 48, 44, 40, 38, 36, 34, 32, 30, LEAST)
_POINT_SIZES = (34, 32, 30, LEAST)
_WIDTH, _WIDTH_ALONE = 660, 1000
_INDENT = 56
_STRIPE = 22
_MOST_POINTS = 6
_SIZES_OF_MANY = (44, 40, 38, 36, 34, 32, 30, LEAST)
_MANY = 4


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the sentence and the acts at the left, the sign at the right."""
    _draw_stripe(sheet)
    draw_header(sheet, context, plan.headline)
    theme = sheet.theme
    points = plan.points[:_MOST_POINTS]
    words = [(item.text, "danger") for item in plan.emphasis]
    many = len(points) >= _MANY
    sizes = _SIZES_OF_MANY if many else _SIZES
    parts = [Part(plan.headline, STATEMENT, sizes, 2 if many else 3 if points else 5, emphases=words)]
    sub = plan.sub if plan.sub and len(points) < 2 else None
    if sub:
        parts.append(Part(sub, BODY, BODY_SIZES, 3, gap=22))
    first_point = len(parts)
    for index, point in enumerate(points):
        parts.append(Part(point, POINT, _POINT_SIZES, 2, gap=16 if index else 32, indent=_INDENT))
    column = stack(parts, _WIDTH if plan.hero else _WIDTH_ALONE, 452)
    sheet.left_out = len(column.parts) < len(parts) or len(plan.points) > _MOST_POINTS
    y = centred(BODY_TOP, column.height, BOTTOM + 8)
    for index, (part, block) in enumerate(zip(column.parts, column.blocks, strict=True)):
        y += part.gap if index else 0
        if index >= first_point:
            _draw_mark(sheet, plan, index - first_point, y + block.size * 0.57)
        ink = theme["ink2"] if sub and index == 1 else theme["ink"]
        y = sheet.text(block, LEFT + part.indent, y, ink)
    if plan.hero:
        draw_hero(sheet, plan.hero, plan.icons, 984, 350, 168)


def _draw_mark(sheet: Sheet, plan: Plan, index: int, y: float) -> None:
    if plan.mark == "none" or (plan.point_signs and not plan.forbids(index)):
        sheet.disc(LEFT + 19, y, 7, sheet.theme["ink2"])  # says something of the rule: an exception, a reason
        return
    close = plan.mark == "close"
    sheet.disc(LEFT + 19, y, 19, sheet.theme["dangerfill" if close else "okfill"])
    sheet.icon("close_thick" if close else "check_bold", LEFT + 19, y, 26, sheet.theme.on_solid)


def _draw_stripe(sheet: Sheet) -> None:
    sheet.rect(0, 0, WIDTH, _STRIPE, SIGN_YELLOW)
    for index in range(-1, WIDTH // 52 + 2):
        x = index * 52
        sheet.polygon([(x + 22, 0), (x + 48, 0), (x + 26, _STRIPE), (x, _STRIPE)], SIGN_BLACK)
