"""A question to think about."""

from contracts.events import SceneContext
from services.slides.drawing.illustration import draw_satellite
from services.slides.drawing.sheet import BOTTOM, LEFT, Sheet
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import BODY_TOP, STATEMENT, centred, emphases
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST, Room, Style, fit, line_of

_SIZES = (64, 56, 52, 48, 44, 40, 38, 36, 34, 32, 30, LEAST)
_PILL = Style(700, 1.2)
_PILL_HEIGHT = 46
_WIDTH = 660


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw pill and question at the left, a question mark at the right."""
    draw_header(sheet, context, plan.headline)
    theme = sheet.theme
    block = fit(plan.headline, STATEMENT, Room(_WIDTH, 380, 6), _SIZES, emphases(plan))
    y = centred(BODY_TOP, block.height + _PILL_HEIGHT + 24, BOTTOM + 8)
    pill = line_of("생각해 보기" if context.language == "ko" else "Think about it", _PILL, 26)
    sheet.rect(LEFT, y, pill.width + 76, _PILL_HEIGHT, theme["soft2"], radius=_PILL_HEIGHT / 2)
    sheet.icon("head_question", LEFT + 31, y + _PILL_HEIGHT / 2, 30, theme["accent2"])
    sheet.text(pill, LEFT + 54, y + (_PILL_HEIGHT - pill.height) / 2, theme["accent2"], roles={})
    sheet.text(block, LEFT, y + _PILL_HEIGHT + 24, theme["ink"], marker=theme["soft2"])
    _draw_mark(sheet, plan.icons)


def _draw_mark(sheet: Sheet, icons: tuple[str, ...]) -> None:
    theme = sheet.theme
    x, y = 978, 348
    sheet.picture(x - 204, y - 204, 408, 408)
    sheet.disc(x, y, 200, theme["soft2"])
    sheet.disc(x, y, 150, theme["surface"], shadow=1)
    sheet.icon("help", x, y, 210, theme["accent2"])
    for icon, (off_x, off_y) in zip(icons, ((158, -112), (-150, 130)), strict=False):
        draw_satellite(sheet, icon, x + off_x, y + off_y, 44, "accent")
