"""One sentence, its reason, and a picture: what most scenes are."""

from contracts.events import SceneContext
from services.slides.drawing.illustration import draw_hero
from services.slides.drawing.sheet import BOTTOM, LEFT, Sheet
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import (
    BODY,
    BODY_SIZES,
    BODY_TOP,
    STATEMENT,
    Part,
    centred,
    emphases,
    stack,
)
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST

_SIZES = (72, 64, 56, 52, 48, 44, 40, 38, 36, 34, 32, 30, LEAST)
_WIDTH, _WIDTH_ALONE = 616, 960
_LEAST_MARKED = 40


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the sentence at the left, the illustration at the right."""
    draw_header(sheet, context, plan.headline)
    theme = sheet.theme
    parts = [Part(plan.headline, STATEMENT, _SIZES, 5, emphases=emphases(plan))]
    if plan.sub:
        parts.append(Part(plan.sub, BODY, BODY_SIZES, 3, gap=26))
    column = stack(parts, _WIDTH if plan.hero else _WIDTH_ALONE, 448)
    head, *rest = column.blocks
    marker = theme["soft"] if head.size >= _LEAST_MARKED else None
    y = centred(BODY_TOP, column.height, BOTTOM + 8)
    y = sheet.text(head, LEFT, y, theme["ink"], marker=marker)
    for block in rest:
        sheet.text(block, LEFT, y + 26, theme["ink2"], roles={})
    if plan.hero:
        draw_hero(sheet, plan.hero, plan.icons, 968, 350, 186)
