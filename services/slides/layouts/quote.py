"""What somebody said, in a speech bubble, and who said it."""

from contracts.events import SceneContext
from services.slides.drawing.sheet import CONTENT, LEFT, RIGHT, Sheet
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import BODY_TOP, centred, emphases
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST, Room, Style, fit

_STYLE = Style(700, 1.42)
_SPEAKER = Style(700, 1.3)
_SIZES = (56, 52, 48, 44, 40, 38, 36, 34, 32, 30, LEAST)
_TEXT = 138
_FACE = 46


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the bubble and, below it, the speaker."""
    draw_header(sheet, context, plan.headline)
    theme = sheet.theme
    below = 124 if plan.speaker else 0
    room = Room(CONTENT - _TEXT - 64, 462 - below - 84, 6)
    block = fit(plan.headline, _STYLE, room, _SIZES, emphases(plan))
    height = max(200.0, block.height + 84)
    y = centred(BODY_TOP, height + below)
    sheet.card(LEFT, y, CONTENT, height, radius=30, item=True)
    sheet.icon("format_quote_open", LEFT + 76, y + 80, 96, theme["fill"])
    sheet.text(block, LEFT + _TEXT, y + (height - block.height) / 2, theme["ink"], marker=theme["soft"])
    if plan.speaker:
        bottom = y + height
        tail = [(LEFT + 148, bottom - 4), (LEFT + 208, bottom - 4), (LEFT + 130, bottom + 44)]
        sheet.polygon(tail, theme["surface"], radius=4)
        _draw_speaker(sheet, plan.speaker, bottom + 32 + _FACE)


def _draw_speaker(sheet: Sheet, speaker: str, middle: float) -> None:
    theme = sheet.theme
    sheet.disc(LEFT + 84, middle, _FACE, theme["fill"], shadow=1)
    sheet.icon("account", LEFT + 84, middle, 60, theme["onfill"])
    left = LEFT + 160
    block = fit(speaker, _SPEAKER, Room(RIGHT - left, 90, 2), (36, 34, 32, 30, LEAST))
    sheet.text(block, left, middle - block.height / 2, theme["accent"], roles={})
