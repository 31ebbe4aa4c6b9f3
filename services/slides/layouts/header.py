"""The header of a slide: chapter chip and title at the left, progress through the chapter at the right."""

from contracts.events import SceneContext
from services.slides.drawing.sheet import LEFT, RIGHT, TOP, Sheet
from services.slides.typesetting.fitting import Room, Style, fit
from services.slides.typesetting.text import one_line

CHIP = 34
_TITLE = Style(600, 1.2)
_TITLE_SIZE = 22
_TITLE_WIDTH = 640
_PROGRESS_WIDTH = 260
_GAP = 6
_MOST_SEGMENTS = 14


def draw_header(sheet: Sheet, context: SceneContext, headline: str) -> None:
    """Draw the header; the title is dropped when the headline says the same.

    A title that is too long ends in an ellipsis: the chapter card has shown it in full.
    """
    theme = sheet.theme
    middle = TOP + CHIP / 2
    title = one_line(context.chapter or context.title)
    left: float = LEFT
    if context.chapter:
        number = str(context.chapter_number)
        wide = CHIP if len(number) < 3 else CHIP + 10 * (len(number) - 2)
        sheet.rect(LEFT, TOP, wide, CHIP, theme["fill"], radius=10)
        sheet.label(number, LEFT, middle, _TITLE_SIZE, 800, theme["onfill"], column=wide, align="centre")
        left += wide + 14
    if title and title != one_line(headline):
        block = fit(title, _TITLE, Room(_TITLE_WIDTH, 40, 1), [_TITLE_SIZE])
        sheet.text(block, left, middle - block.height / 2, theme["ink2"], roles={}, title=True)
    _draw_progress(sheet, context, middle)


def _draw_progress(sheet: Sheet, context: SceneContext, middle: float) -> None:
    count = context.scenes_in_chapter
    if not 1 < count <= _MOST_SEGMENTS:
        return
    wide = min(34.0, (_PROGRESS_WIDTH - _GAP * (count - 1)) / count)
    left = RIGHT - count * (wide + _GAP) + _GAP
    for index in range(count):
        done = index <= context.index_in_chapter
        colour = sheet.theme["fill"] if done else sheet.theme["line"]
        sheet.rect(left + index * (wide + _GAP), middle - 3, wide, 6, colour, radius=3)
