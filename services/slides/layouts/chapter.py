"""The chapter card, over the lead-in: number, title, goal, progress through the film."""

from contracts.events import SceneContext
from services.slides.drawing.sheet import CONTENT, LEFT, Sheet
from services.slides.layouts.parts import BODY, TITLE, Part, stack
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST, Style
from services.slides.typesetting.text import one_line

_SIZES = (80, 72, 64, 56, 52, 48, 44, 40, 38, 36, 34, 32, 30, LEAST)
_NUMBER = Style(700, 1.2)
_INDENT = 40
_WIDTH = 640
_MIDDLE = 330
_MOST_DASHES = 8


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the card; colours on the panel, not on the page."""
    theme = sheet.theme
    icon = plan.icons[0] if plan.icons else None
    wide = _WIDTH if icon else CONTENT - _INDENT
    parts = [
        Part(_label(context), _NUMBER, (38,), 1),
        Part(plan.headline, TITLE, _SIZES, 4 if icon else 3, gap=8),
    ]
    if plan.sub and one_line(plan.sub) != one_line(plan.headline):
        parts.append(Part(plan.sub, BODY, (32, 30, LEAST), 2, gap=20))
    dashes = context.chapter_count if 1 < context.chapter_count <= _MOST_DASHES else 0
    column = stack(parts, wide, 420 - (52 if dashes else 0), keep=2)
    height = column.height + (52 if dashes else 0)
    top = y = _MIDDLE - height / 2
    colours = (theme["pop"], theme["onpanel"], theme["onpanel2"])
    for index, (part, block) in enumerate(zip(column.parts, column.blocks, strict=True)):
        y += part.gap if index else 0
        y = sheet.text(block, LEFT + _INDENT, y, colours[index], roles={}, title=True)
    for index in range(dashes):
        colour = theme["pop"] if index < context.chapter_number else theme["panel2"]
        sheet.rect(LEFT + _INDENT + index * 54, y + 40, 42, 8, colour, radius=4)
    sheet.rect(LEFT, top + 4, 8, height - 4, theme["pop"], radius=4)
    if icon:
        _draw_emblem(sheet, icon)


def _draw_emblem(sheet: Sheet, icon: str) -> None:
    theme = sheet.theme
    x, y = 992, _MIDDLE
    sheet.picture(x - 188, y - 188, 376, 376)
    sheet.disc(x, y, 184, theme["panel1"])
    sheet.disc(x, y, 148, theme["onpanel"])
    sheet.icon(icon, x, y, 172, theme["panel"])
    sheet.ring(x, y, 184, 8, theme["pop"], fraction=0.22)


def _label(context: SceneContext) -> str:
    number = context.chapter_number
    return f"{number}장" if context.language == "ko" else f"Chapter {number}"
