"""What to remember: a panel with the headline, and a card with a tick or a cross for each point."""

from contracts.events import SceneContext
from services.slides.drawing.sheet import BOTTOM, LEFT, RIGHT, Sheet
from services.slides.drawing.themes import WHITE
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import POINT, STATEMENT, emphases, forbidding_icon
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST, Room, Style, fit, fit_together
from services.slides.typesetting.text import one_line

_TOP = 116
_PANEL = 360
_PADDING = 32
_HEADLINE_SIZES = (56, 52, 48, 44, 40, 36, 34, 32, 30, LEAST)
_POINT_SIZES = (34, 32, 30, LEAST)
_CHAPTER = Style(500, 1.35)


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the panel at the left, the points at the right."""
    draw_header(sheet, context, plan.headline)
    theme = sheet.theme
    height = BOTTOM - _TOP
    _draw_panel(sheet, plan, context, height)
    left = LEFT + _PANEL + 28
    wide = RIGHT - left
    count = len(plan.points)
    gap = 14 if count <= 5 else 10
    tallest_card = (height - gap * (count - 1)) / count
    room = Room(wide - 92 - 28, tallest_card - 12, 3 if count <= 4 else 2)
    blocks = fit_together(plan.points, POINT, room, _POINT_SIZES, emphases(plan))
    tallest = max(block.height for block in blocks)
    card = tallest_card if count >= 4 else min(tallest_card, max(tallest + 56, 124))
    y = _TOP + (height - count * card - (count - 1) * gap) / 2
    for index, block in enumerate(blocks):
        card_y = y + index * (card + gap)
        sheet.card(left, card_y, wide, card, radius=18, shadow=0.8, item=True)
        forbids = plan.forbids(index)
        colour = theme["dangerfill" if forbids else "okfill"]
        sheet.rect(left + 26, card_y + (card - 44) / 2, 44, 44, colour, radius=13)
        icon = forbidding_icon(plan.points[index]) if forbids else "check_bold"
        sheet.icon(icon, left + 48, card_y + card / 2, 30, theme.on_solid)
        sheet.text(block, left + 92, card_y + (card - block.height) / 2, theme["ink"])


def _draw_panel(sheet: Sheet, plan: Plan, context: SceneContext, height: float) -> None:
    theme = sheet.theme
    sheet.card(LEFT, _TOP, _PANEL, height, radius=26, fill=theme["panel1"] if theme.dark else theme["fill"])
    sheet.disc(LEFT + _PADDING + 62, _TOP + 100, 62, WHITE, alpha=0.16)
    sheet.icon(
        plan.icons[0] if plan.icons else "clipboard_check", LEFT + _PADDING + 62, _TOP + 100, 76, WHITE
    )
    wide = _PANEL - 2 * _PADDING
    headline = fit(plan.headline, STATEMENT, Room(wide, height - 230, 6), _HEADLINE_SIZES)
    y = _TOP + height - 40 - headline.height
    sheet.text(headline, LEFT + _PADDING, y, WHITE, roles={}, title=True)
    chapter = one_line(context.chapter)
    if chapter and chapter != one_line(plan.headline):
        block = fit(chapter, _CHAPTER, Room(wide, 80, 2), (LEAST,))
        if block.whole and y - 18 - block.height > _TOP + 182:
            sheet.text(block, LEFT + _PADDING, y - 18 - block.height, theme["onpanel2"], roles={})
