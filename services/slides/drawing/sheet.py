"""A slide before it is painted: what stands where, in design pixels (1280 x 720).

Layouts write on a :class:`Sheet`; the painter turns it into pixels at any scale. Every text, card and
picture is also recorded as a :class:`Box`, so that fitting, tests and tools can look at a slide without
painting it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from services.slides.drawing import shapes
from services.slides.drawing.themes import Colour, Theme
from services.slides.typesetting.fitting import SINGLE, Block, Style, line_of
from services.slides.typesetting.shaping import strokes_of, width

WIDTH, HEIGHT = 1280, 720
LEFT, RIGHT, TOP, BOTTOM = 96, 1184, 54, 582
"""The content box. A zoom of 10 % moves y = 582 to 604, just above the caption band (605-720)."""
CONTENT = RIGHT - LEFT

Align = Literal["left", "centre", "right"]
Kind = Literal["text", "mark", "card", "picture"]


@dataclass(frozen=True)
class Box:
    """Where something stands, px at 720p.

    Attributes:
        kind: a line of text, a mark (a number on a chip or badge), a card that holds text, or a picture.
        text: of a line of text.
        size: of its type.
        whole: false for a line that ends in an ellipsis because its text did not fit.
        excused: it may be shortened: a title, whose full text the viewer hears or has seen.
    """

    kind: Kind
    x: float
    y: float
    width: float
    height: float
    text: str = ""
    size: float = 0.0
    whole: bool = True
    excused: bool = False

    @property
    def right(self) -> float:
        """Right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.y + self.height


@dataclass(frozen=True)
class Rect:
    """A rounded rectangle; ``shadow`` 0-1 is the share of the theme's shadow under it."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    fill: Colour
    alpha: float = 1.0
    shadow: float = 0.0
    flat_bottom: bool = False


@dataclass(frozen=True)
class Shape:
    """Any shape given by its distance field and its bounds (left, top, right, bottom)."""

    distance: shapes.Distance
    bounds: tuple[float, float, float, float]
    fill: Colour
    alpha: float = 1.0


@dataclass(frozen=True)
class Icon:
    """An icon by name, centred."""

    name: str
    x: float
    y: float
    size: float
    fill: Colour


@dataclass(frozen=True)
class Text:
    """A block of lines; ``x`` is the left edge of the column they are aligned in, ``y`` its top."""

    block: Block
    x: float
    y: float
    column: float
    align: Align
    fill: Colour
    roles: Mapping[str, Colour]

    def start_of(self, line: int) -> float:
        """Return the left edge of a line."""
        spare = self.column - width(self.block.lines[line]) * self.block.size
        return self.x + {"left": 0.0, "centre": spare / 2, "right": spare}[self.align]


Op = Rect | Shape | Icon | Text


@dataclass
class Sheet:
    """The display list of one slide.

    Attributes:
        theme: the colours.
        ops: what to paint, in order.
        boxes: where texts, cards and pictures stand.
        items: the cards that may be lit one by one.
        left_out: a layout had no room for something at all.
    """

    theme: Theme
    ops: list[Op] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    items: list[Box] = field(default_factory=list)
    left_out: bool = False

    @property
    def whole(self) -> bool:
        """Whether every text stands in full, titles aside, and nothing was left out."""
        return not self.left_out and all(box.whole or box.excused for box in self.boxes)

    @property
    def emphasis(self) -> dict[str, Colour]:
        """Colours of emphasised words."""
        return {"accent": self.theme["accent"], "danger": self.theme["danger"]}

    def rect(self, x: float, y: float, w: float, h: float, fill: Colour, *, radius: float = 0.0,
             alpha: float = 1.0, shadow: float = 0.0, flat_bottom: bool = False) -> None:  # fmt: skip
        """Draw a rectangle."""
        self.ops.append(Rect(x, y, w, h, radius, fill, alpha, shadow, flat_bottom))

    def card(self, x: float, y: float, w: float, h: float, *, radius: float = 22.0, shadow: float = 1.0,
             fill: Colour | None = None, item: bool = False) -> None:  # fmt: skip
        """Draw a card for text to stand in; an ``item`` can be lit while the voice speaks of it."""
        self.rect(x, y, w, h, fill or self.theme["surface"], radius=radius, shadow=shadow)
        box = Box("card", x, y, w, h)
        self.boxes.append(box)
        if item:
            self.items.append(box)

    def disc(self, x: float, y: float, radius: float, fill: Colour, *, alpha: float = 1.0,
             shadow: float = 0.0) -> None:  # fmt: skip
        """Draw a disc around (x, y)."""
        if shadow:
            self.rect(x - radius, y - radius, 2 * radius, 2 * radius, fill, radius=radius, shadow=shadow)
        bounds = (x - radius, y - radius, x + radius, y + radius)
        self.ops.append(Shape(shapes.disc((x, y), radius), bounds, fill, alpha))

    def ring(self, x: float, y: float, radius: float, stroke: float, fill: Colour, *, fraction: float = 1.0,
             alpha: float = 1.0) -> None:  # fmt: skip
        """Draw an annulus, or a fraction of one from 12 o'clock."""
        if fraction <= 0:
            return
        far = radius + stroke / 2
        distance = shapes.ring((x, y), radius, stroke, fraction)
        self.ops.append(Shape(distance, (x - far, y - far, x + far, y + far), fill, alpha))

    def line(self, x0: float, y0: float, x1: float, y1: float, stroke: float, fill: Colour) -> None:
        """Draw a line with round ends."""
        bounds = (min(x0, x1) - stroke, min(y0, y1) - stroke, max(x0, x1) + stroke, max(y0, y1) + stroke)
        self.ops.append(Shape(shapes.segment((x0, y0), (x1, y1), stroke), bounds, fill))

    def polygon(self, points: Sequence[shapes.Point], fill: Colour, *, radius: float = 0.0) -> None:
        """Draw a convex polygon given clockwise."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        bounds = (min(xs), min(ys), max(xs), max(ys))
        self.ops.append(Shape(shapes.polygon(points, radius), bounds, fill))

    def icon(self, name: str, x: float, y: float, size: float, fill: Colour) -> None:
        """Draw an icon centred on (x, y)."""
        self.ops.append(Icon(name, x, y, size, fill))

    def picture(self, x: float, y: float, w: float, h: float) -> None:
        """Record the bounds of an illustration."""
        self.boxes.append(Box("picture", x, y, w, h))

    def text(self, block: Block, x: float, y: float, fill: Colour, *, column: float = 0.0,
             align: Align = "left", marker: Colour | None = None,
             roles: Mapping[str, Colour] | None = None, title: bool = False) -> float:  # fmt: skip
        """Draw a block; return its lower edge.

        Args:
            block: the lines.
            x: left edge of the column.
            y: top of the block.
            fill: colour of the text.
            column: width of the column, for centred and right-aligned text.
            align: in the column.
            marker: colour of a marker stroke behind accented words.
            roles: colours of emphasised words; those of the theme by default.
            title: the text may end in an ellipsis without making the sheet not whole.
        """
        text = Text(block, x, y, column, align, fill, self.emphasis if roles is None else roles)
        for index, line in enumerate(block.lines):
            left, top = text.start_of(index), y + index * block.step
            if marker:
                for start, end in strokes_of(line, "accent"):
                    from_x, to_x = left + start * block.size - 5, left + end * block.size + 5
                    stroke = block.size * 0.34
                    self.rect(from_x, top + block.size * 0.74, to_x - from_x, stroke, marker, radius=4)
            whole = block.whole or index < len(block.lines) - 1
            shown = "".join(run.text for run in line)
            wide, high = width(line) * block.size, SINGLE * block.size
            self.boxes.append(Box("text", left, top, wide, high, shown, block.size, whole, excused=title))
        self.ops.append(text)
        return y + block.height

    def label(self, text: str, x: float, middle: float, size: float, weight: int, fill: Colour, *,
              column: float = 0.0, align: Align = "left") -> float:  # fmt: skip
        """Draw a mark, one line centred on ``middle``; return its width."""
        block = line_of(text, Style(weight, 1.2), size)
        first = len(self.boxes)
        self.text(block, x, middle - block.height / 2, fill, column=column, align=align, roles={})
        self.boxes[first:] = [replace(box, kind="mark") for box in self.boxes[first:]]
        return block.width
