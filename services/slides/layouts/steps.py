"""Numbered steps down a line, each on its own card."""

from contracts.events import SceneContext
from services.slides.drawing.sheet import BOTTOM, CONTENT, LEFT, RIGHT, Sheet
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import (
    POINT,
    POINT_SIZES,
    centred,
    draw_headline,
    emphases,
    headline_sizes,
)
from services.slides.plan import Plan
from services.slides.typesetting.fitting import Room, fit_together

_MOST_HEIGHT = 124
_LONE_DISC, _LONE_HEIGHT, _LONE_SIZES = 96.0, 240, (52, 48, 44, 40)
"""A step alone on its slide is what the slide says: as large as a headline."""


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the headline and the steps."""
    draw_header(sheet, context, plan.headline)
    theme = sheet.theme
    count = len(plan.points)
    top = draw_headline(sheet, plan, sizes=headline_sizes(count)) + 26
    gap = 14 if count <= 4 else 10
    tallest_card = (BOTTOM - top - gap * (count - 1)) / count
    disc = min(72.0 if count > 1 else _LONE_DISC, tallest_card - 6)
    icons = any(plan.point_icons)
    left = LEFT + disc + 26
    room = Room(RIGHT - left - 28 - (96 if icons else 32), tallest_card - 10, 3 if count <= 3 else 2)
    sizes = POINT_SIZES if count > 1 else (*_LONE_SIZES, *POINT_SIZES)
    blocks = fit_together(plan.points, POINT, room, sizes, emphases(plan))
    tallest = max(block.height for block in blocks)
    height = min(
        _MOST_HEIGHT if count > 1 else _LONE_HEIGHT, max(disc + (20 if count > 3 else 36), tallest + 44)
    )
    height = min(tallest_card, max(height, tallest + 10))
    y = centred(top, count * height + (count - 1) * gap)
    rail = LEFT + disc / 2
    sheet.line(rail, y + height / 2, rail, y + (count - 0.5) * height + (count - 1) * gap, 4, theme["line"])
    for index, (block, icon) in enumerate(zip(blocks, plan.point_icons, strict=True)):
        card_y = y + index * (height + gap)
        middle = card_y + height / 2
        sheet.card(left, card_y, LEFT + CONTENT - left, height, radius=18, shadow=0.8, item=True)
        sheet.disc(rail, middle, disc / 2, theme["dangerfill" if plan.forbids(index) else "fill"])
        number = str(plan.first_number + index)
        size = disc * (0.5 if len(number) < 3 else 0.36)
        sheet.label(
            number,
            LEFT,
            middle,
            size,
            800,
            theme.on_solid if plan.forbids(index) else theme["onfill"],
            column=disc,
            align="centre",
        )
        sheet.text(block, left + 28, middle - block.height / 2, theme["ink"])
        if icon:
            colour = theme["accent2" if index % 2 else "accent"]
            sheet.icon(icon, RIGHT - 52, middle, min(48.0, height * 0.5), colour)
