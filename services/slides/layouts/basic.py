"""The basic style: the caption, well set, on a solid background."""

from PIL import Image

from services.slides.drawing.painter import Painter
from services.slides.drawing.sheet import BOTTOM, CONTENT, HEIGHT, LEFT, TOP, WIDTH, Sheet
from services.slides.drawing.themes import Colour, theme
from services.slides.slide import encode_png
from services.slides.typesetting.fitting import Block, Room, Style, fit
from services.slides.typesetting.text import clean

BACKGROUND: Colour = (0x1E, 0x1E, 0x1E)
INK: Colour = (0xF2, 0xF2, 0xF2)

_STYLE = Style(600, 1.42)
_SIZES = (60, 56, 52, 48, 44, 40, 38, 36, 34, 32, 30, 28, 26, 24, 22, 20, 18, 16, 14)
"""Down to half of what other slides allow: here a caption is shown in full, however long."""
_MOST_LINES = 40


def caption_block(caption: str | None) -> Block:
    """Set a caption: the largest size at which it fits, lines balanced. 2,000 characters still fit."""
    room = Room(CONTENT, BOTTOM - TOP, _MOST_LINES)
    return fit(clean(caption or ""), _STYLE, room, _SIZES)


def draw(caption: str | None, width: int, height: int) -> bytes:
    """Return the slide as PNG: ``caption`` centred on #1E1E1E, or the plain background.

    Args:
        caption: may be ``None`` or blank; line breaks are kept.
        width: px, from 160.
        height: px, from 90; the text stands in the largest 16:9 area.
    """
    image = Image.new("RGB", (width, height), BACKGROUND)
    block = caption_block(caption)
    if block.lines:
        sheet = Sheet(theme("harbor-dark"))
        y = TOP + (BOTTOM - TOP - block.height) / 2
        sheet.text(block, LEFT, y, INK, column=CONTENT, align="centre", roles={})
        scale = min(width / WIDTH, height / HEIGHT)
        size = (min(width, round(WIDTH * scale)), min(height, round(HEIGHT * scale)))
        at = ((width - size[0]) // 2, (height - size[1]) // 2)
        slide = Image.new("RGB", size, BACKGROUND)
        Painter(slide, scale, sheet.theme).paint(sheet.ops)
        image.paste(slide, at)
    return encode_png(image)
