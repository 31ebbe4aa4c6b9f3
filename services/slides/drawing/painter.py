"""The painter: a sheet's display list onto pixels, at any scale."""

from collections.abc import Iterable

from PIL import Image, ImageDraw

from services.slides.drawing import icons, shapes
from services.slides.drawing.sheet import Icon, Op, Rect, Shape, Text
from services.slides.drawing.themes import Colour, Theme
from services.slides.typesetting import fonts
from services.slides.typesetting.fitting import BASELINE
from services.slides.typesetting.shaping import visual_order

SHADOW_DROP = 8
SHADOW_RAMP = 26


class Painter:
    """Paints operations onto an RGB image.

    Args:
        image: painted in place.
        scale: device px for one design px.
        theme: for the shadows.
    """

    def __init__(self, image: Image.Image, scale: float, theme: Theme) -> None:
        self._image = image
        self._scale = scale
        self._theme = theme
        self._draw = ImageDraw.Draw(image)

    def paint(self, ops: Iterable[Op]) -> None:
        """Paint operations in order."""
        for op in ops:
            match op:
                case Rect():
                    self._rect(op)
                case Shape():
                    self._shape(op)
                case Icon():
                    self._icon(op)
                case Text():
                    self._text(op)

    def _paste(self, mask: Image.Image, x: int, y: int, fill: Colour, alpha: float = 1.0) -> None:
        if alpha < 1:
            mask = mask.point([int(value * alpha + 0.5) for value in range(256)])
        self._image.paste(fill, (x, y), mask)

    def _rect(self, op: Rect) -> None:
        scale = self._scale
        left, top = round(op.x * scale), round(op.y * scale)
        wide, high = round((op.x + op.width) * scale) - left, round((op.y + op.height) * scale) - top
        if wide < 1 or high < 1:
            return
        if op.shadow:
            colour, opacity = self._theme.shadow
            mask, pad = shapes.rounded(wide, high, op.radius * scale, max(1, round(SHADOW_RAMP * scale)))
            drop = round(SHADOW_DROP * scale)
            self._paste(mask, left - pad, top - pad + drop, colour, opacity * op.shadow)
        hidden = round(op.radius * scale) if op.flat_bottom else 0
        mask, pad = shapes.rounded(wide, high + hidden, op.radius * scale)
        if hidden:
            mask = mask.crop((0, 0, mask.width, pad + high))
        self._paste(mask, left - pad, top - pad, op.fill, op.alpha)

    def _shape(self, op: Shape) -> None:
        scale = self._scale
        left, top, right, bottom = op.bounds
        box = (
            max(0, int(left * scale) - 2),
            max(0, int(top * scale) - 2),
            min(self._image.width, int(right * scale) + 3),
            min(self._image.height, int(bottom * scale) + 3),
        )
        if box[2] > box[0] and box[3] > box[1]:
            self._paste(shapes.coverage(op.distance, box, scale), box[0], box[1], op.fill, op.alpha)

    def _icon(self, op: Icon) -> None:
        at = (op.x * self._scale, op.y * self._scale)
        font = fonts.icon_font(max(1.0, op.size * self._scale))
        self._draw.text(at, icons.glyph(op.name), font=font, fill=op.fill, anchor="mm")

    def _text(self, op: Text) -> None:
        scale, size, weight = self._scale, op.block.size, op.block.style.weight
        for index, line in enumerate(op.block.lines):
            x = op.start_of(index)
            baseline = (op.y + index * op.block.step + size * BASELINE) * scale
            for run in visual_order(line):
                if not run.space:
                    font = fonts.text_font(
                        run.face, max(1.0, size * scale), fonts.weight_for(run.face, weight)
                    )
                    fill = op.roles.get(run.role, op.fill)
                    self._draw.text((x * scale, baseline), run.text, font=font, fill=fill, anchor="ls")
                x += run.advance * size
