"""Events in time: along a line from left to right, or down the slide when there are many or long ones."""

from contracts.events import SceneContext
from services.slides.drawing.sheet import BOTTOM, CONTENT, LEFT, RIGHT, Sheet
from services.slides.layouts.header import draw_header
from services.slides.layouts.parts import POINT, centred, draw_headline, emphases, headline_sizes
from services.slides.plan import Plan
from services.slides.typesetting.fitting import LEAST, Block, Room, Style, fit_together

_TIME = Style(900, 1.1)
_TIME_SIZES = (44, 40, 36, 34, 32, 30, LEAST)
_TEXT_SIZES = (34, 32, 30, LEAST)
_MOST_ACROSS = 4
_MARGIN, _PADDING = 12, 20


def compose(sheet: Sheet, plan: Plan, context: SceneContext) -> None:
    """Draw the headline and the events."""
    draw_header(sheet, context, plan.headline)
    count = len(plan.events)
    top = draw_headline(sheet, plan, sizes=headline_sizes(count)) + 22
    if count > _MOST_ACROSS or not _across(sheet, plan, top):
        _down(sheet, plan, top)


def _across(sheet: Sheet, plan: Plan, top: float) -> bool:
    theme = sheet.theme
    count = len(plan.events)
    wide = CONTENT / count
    times = fit_together([event.time for event in plan.events], _TIME, Room(wide - 24, 60, 1), _TIME_SIZES)
    room = Room(wide - 2 * _MARGIN - 2 * _PADDING, BOTTOM - top - times[0].height - 30 - 42 - 44, 4)
    texts = fit_together([event.text for event in plan.events], POINT, room, _TEXT_SIZES, emphases(plan))
    if not all(block.whole for block in (*times, *texts)):
        return False
    card = max(block.height for block in texts) + 52
    height = times[0].height + 30 + 42 + card
    y = centred(top, height)
    axis = y + times[0].height + 30
    sheet.line(LEFT + wide / 2, axis, RIGHT - wide / 2, axis, 6, theme["line"])
    for index, (time, text) in enumerate(zip(times, texts, strict=True)):
        x = LEFT + index * wide
        sheet.text(time, x, y, theme["accent"], column=wide, align="centre", roles={})
        _draw_stop(sheet, x + wide / 2, axis)
        card_y = axis + 42
        sheet.card(x + _MARGIN, card_y, wide - 2 * _MARGIN, card, radius=18, item=True)
        tip = x + wide / 2
        sheet.polygon(
            [(tip, card_y - 14), (tip + 15, card_y + 2), (tip - 15, card_y + 2)], theme["surface"], radius=2
        )
        sheet.text(text, x + _MARGIN + _PADDING, card_y + (card - text.height) / 2, theme["ink"],
                   column=wide - 2 * _MARGIN - 2 * _PADDING, align="centre")  # fmt: skip
    return True


def _down(sheet: Sheet, plan: Plan, top: float) -> None:
    theme = sheet.theme
    count = len(plan.events)
    gap = 14 if count <= 4 else 10
    tallest_card = (BOTTOM - top - gap * (count - 1)) / count
    times = fit_together(
        [event.time for event in plan.events], _TIME, Room(300, tallest_card, 2), (36, 34, 32, 30, LEAST)
    )
    time_width = max(block.width for block in times)
    axis = LEFT + time_width + 36
    left = axis + 36
    room = Room(RIGHT - left - 56, tallest_card - 10, 3 if count <= 3 else 2)
    texts = fit_together([event.text for event in plan.events], POINT, room, _TEXT_SIZES, emphases(plan))
    height = min(tallest_card, 116, max(_tallest(times) + 8, _tallest(texts) + 36))
    y = centred(top, count * height + (count - 1) * gap)
    sheet.line(axis, y + height / 2, axis, y + (count - 0.5) * height + (count - 1) * gap, 6, theme["line"])
    for index, (time, text) in enumerate(zip(times, texts, strict=True)):
        card_y = y + index * (height + gap)
        middle = card_y + height / 2
        sheet.text(time, LEFT, middle - time.height / 2, theme["accent"], column=time_width, align="right",
                   roles={})  # fmt: skip
        _draw_stop(sheet, axis, middle)
        sheet.card(left, card_y, RIGHT - left, height, radius=18, shadow=0.8, item=True)
        sheet.text(text, left + 28, middle - text.height / 2, theme["ink"])


def _draw_stop(sheet: Sheet, x: float, y: float) -> None:
    theme = sheet.theme
    sheet.disc(x, y, 18, theme["bg"])
    sheet.disc(x, y, 14, theme["fill"])
    sheet.disc(x, y, 6, theme["onfill"])


def _tallest(blocks: list[Block]) -> float:
    return max(block.height for block in blocks)
