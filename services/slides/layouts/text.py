"""A long text at reading size on one card, without a picture."""

from contracts.events import SceneContext
from services.slides.drawing.sheet import CONTENT, LEFT, Sheet
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import BODY_TOP, centred, emphases
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST, Room, Style, fit

_STYLE = Style(500, 1.5)
_SIZES = (52, 48, 44, 40, 38, 36, 34, 32, 30, LEAST)
_PADDING = 48


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the text."""
    draw_header(sheet, context, plan.headline)
    theme = sheet.theme
    room = Room(CONTENT - 2 * _PADDING, 384, 10)
    block = fit(plan.headline, _STYLE, room, _SIZES, emphases(plan))
    height = block.height + 84
    y = centred(BODY_TOP, height)
    sheet.card(LEFT, y, CONTENT, height, radius=26)
    sheet.rect(LEFT, y + 32, 7, height - 64, theme["fill"], radius=3.5)
    sheet.text(block, LEFT + _PADDING, y + 42, theme["ink"])
