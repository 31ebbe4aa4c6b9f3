"""What must hold on every slide, whatever stands on it."""

from collections.abc import Iterator
from itertools import combinations

from services.slides.drawing.sheet import BOTTOM, LEFT, RIGHT, TOP, Box, Sheet

HEADER_BOTTOM = 92
EDGE = 6
"""Round letters and card shadows may stand this far outside the content box, px."""


def _ink(box: Box) -> tuple[float, float, float, float]:
    """A line's ink: its box without the leading above and below."""
    if box.kind not in ("text", "mark"):
        return (box.x, box.y, box.right, box.bottom)
    return (box.x, box.y + 0.1 * box.size, box.right, box.y + 1.03 * box.size)


def _overlap(a: Box, b: Box) -> bool:
    ax0, ay0, ax1, ay1 = _ink(a)
    bx0, by0, bx1, by1 = _ink(b)
    return min(ax1, bx1) - max(ax0, bx0) > 1 and min(ay1, by1) - max(ay0, by0) > 1


def _inside(inner: Box, outer: Box) -> bool:
    x0, y0, x1, y1 = _ink(inner)
    return x0 >= outer.x + 4 and x1 <= outer.right - 4 and y0 >= outer.y + 1 and y1 <= outer.bottom - 1


def findings(sheet: Sheet) -> Iterator[str]:
    """Say what is wrong with a slide; nothing should be."""
    texts, marks, cards, pictures = (
        [box for box in sheet.boxes if box.kind == kind] for kind in ("text", "mark", "card", "picture")
    )
    blocks = [*cards, *pictures]
    for box in (*texts, *marks, *cards):
        x0, y0, x1, y1 = _ink(box)
        if x0 < LEFT - EDGE or x1 > RIGHT + EDGE or y0 < TOP - EDGE or y1 > BOTTOM + EDGE:
            yield f"{box.kind} {box.text[:20]!r} leaves the content box: {x0:.0f} {y0:.0f} {x1:.0f} {y1:.0f}"
    for a, b in (*combinations((*texts, *marks), 2), *combinations(blocks, 2)):
        if _overlap(a, b):
            yield f"{a.kind} {a.text[:20]!r} and {b.kind} {b.text[:20]!r} overlap"
    for text in texts:
        yield from _straddles(text, blocks)
        if text.size < (22 if text.y < HEADER_BOTTOM else 26):
            yield f"text {text.text[:20]!r} is set at {text.size}"


def _straddles(text: Box, blocks: list[Box]) -> Iterator[str]:
    for block in blocks:
        if _overlap(text, block) and not _inside(text, block):
            yield f"text {text.text[:20]!r} runs over the edge of a {block.kind}: {_ink(text)} {_ink(block)}"
