"""Fitting: the largest size of the scale at which a text fits its box, and its lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from services.slides.typesetting.break_costs import penalty
from services.slides.typesetting.line_breaks import Paragraph, break_lines, paragraphs, trimmed
from services.slides.typesetting.shaping import Emphases, Line, roles_of, width
from services.slides.typesetting.text import clean

BASELINE = 0.94
"""First baseline below the top of a block, em: centres Hangul's ink in the block."""
SINGLE = 1.15
"""Height of a block of one line, em: from above the tallest Hangul to below Latin descenders."""

LEAST = 28
"""Least size of body text, px at 720p; 22-26 are for header and pill only."""

_LARGEST_CUT = 48
"""Text in which a word must be cut even at the least body size is not set larger than this."""
_GOOD_SHAPE = 0.55
_BETTER = 0.12
_TRIES, _TRIES_OF_PARTED = 2, 3
_PARTED = 0.09
"""Cost of a break from which a smaller size is worth it: above a determiner's, below a number's unit."""


@dataclass(frozen=True)
class Style:
    """How a text is set.

    Attributes:
        weight: 100-900.
        leading: distance of baselines, em.
        tracking: added to Hangul and Han, em.
    """

    weight: int
    leading: float
    tracking: float = -0.01


def _height(lines: int, style: Style, size: float) -> float:
    return ((lines - 1) * style.leading + SINGLE) * size


@dataclass(frozen=True)
class Block:
    """A text set in lines.

    Attributes:
        lines: runs with advances in em.
        size: px at 720p.
        style: how it is set.
        whole: nothing was left out; otherwise the last line ends in an ellipsis.
        torn: a word wider than the line was cut in two where it is seen.
    """

    lines: tuple[Line, ...]
    size: float
    style: Style
    whole: bool = True
    torn: bool = False

    @property
    def height(self) -> float:
        """Height in px; 0 for an empty block."""
        return _height(len(self.lines), self.style, self.size) if self.lines else 0.0

    @property
    def width(self) -> float:
        """Width of the longest line in px."""
        return max((width(line) for line in self.lines), default=0.0) * self.size

    @property
    def step(self) -> float:
        """Distance of baselines in px."""
        return self.style.leading * self.size


@dataclass(frozen=True)
class Room:
    """The box a text must fit: px at 720p, and the most lines."""

    width: float
    height: float
    lines: int


def fit(text: str, style: Style, room: Room, sizes: Sequence[float], emphases: Emphases = ()) -> Block:
    """Set ``text`` at the largest size of ``sizes`` (falling) that fits ``room``.

    If the shortest line is less than 55 % of the longest, or a line ends inside a date, a bracket or a number
    with its unit, two or three smaller sizes are tried and the better shape is kept. What does not fit at the
    smallest size ends in an ellipsis (``whole`` is false).
    """
    text = clean(text)
    shaped = paragraphs(text, roles_of(text, emphases), style.weight, style.tracking)
    if not shaped:
        return Block((), sizes[-1], style)
    always_cut = _set(shaped, style, room, max(LEAST, sizes[-1]))[1]
    best: Block | None = None
    tried = 0
    for size in sizes:
        if always_cut and size > _LARGEST_CUT and size != sizes[-1]:
            continue
        found = _tried(shaped, style, room, size)
        if found is None or (found[1] and not always_cut):
            if best:
                break
            continue
        block = found[0]
        if best is None or _better(block, best):
            best = block
        parted = _parts_what_belongs_together(best)
        if (_evenness(best) >= _GOOD_SHAPE and not parted) or tried == (
            _TRIES_OF_PARTED if parted else _TRIES
        ):
            return best
        tried += 1
    if best:
        return best
    return _shortened(_set(shaped, style, room, sizes[-1])[0], room)


def fit_together(
    texts: Sequence[str], style: Style, room: Room, sizes: Sequence[float], emphases: Emphases = ()
) -> list[Block]:
    """Set siblings at one size: the largest at which each of them fits ``room`` with no word cut."""
    cleaned = [clean(text) for text in texts]
    shaped = [paragraphs(t, roles_of(t, emphases), style.weight, style.tracking) for t in cleaned]
    for size in sizes:
        results = [_set(paragraph, style, room, size) for paragraph in shaped]
        if all(_inside(block, room) and (not cut or size == sizes[-1]) for block, cut in results):
            return [block for block, _ in results]
    blocks = [_set(paragraph, style, room, sizes[-1])[0] for paragraph in shaped]
    return [block if _inside(block, room) else _shortened(block, room) for block in blocks]


def line_of(text: str, style: Style, size: float) -> Block:
    """Set ``text`` on one line, however wide."""
    return fit(text.replace("\n", " "), style, Room(1e9, 1e9, 1), [size])


def _set(shaped: Sequence[Paragraph], style: Style, room: Room, size: float) -> tuple[Block, bool]:
    lines: list[Line] = []
    cut = False
    for paragraph in shaped:
        more, forced = break_lines(paragraph, room.width / size)
        lines += more
        cut = cut or forced
    return Block(tuple(lines), size, style, torn=cut), cut


def _tried(shaped: Sequence[Paragraph], style: Style, room: Room, size: float) -> tuple[Block, bool] | None:
    """Return the text set at a size and whether a word was cut; ``None`` if there is no room for it."""
    if not _could_fit(shaped, style, room, size):
        return None
    block, cut = _set(shaped, style, room, size)
    return (block, cut) if _inside(block, room) else None


def _could_fit(shaped: Sequence[Paragraph], style: Style, room: Room, size: float) -> bool:
    """Whether the words alone, without a space, have room: what has not need not be broken into lines."""
    lines = sum(max(1, ceil(paragraph.advance * size / room.width - 0.01)) for paragraph in shaped)
    return lines <= room.lines and _height(lines, style, size) <= room.height + 0.5


def _inside(block: Block, room: Room) -> bool:
    return len(block.lines) <= room.lines and block.height <= room.height + 0.5


def _evenness(block: Block) -> float:
    lengths = [width(line) for line in block.lines]
    return min(lengths) / max(lengths) if len(lengths) > 1 else 1.0


def _parts_what_belongs_together(block: Block) -> bool:
    lines = ["".join(run.text for run in line).split() for line in block.lines]
    ends = ((before[-1], after[0]) for before, after in pairwise(lines) if before and after)
    return any(penalty(last, first) >= _PARTED for last, first in ends)


def _better(block: Block, best: Block) -> bool:
    """Return whether a smaller setting is the better shape: whole expressions, fewer or more even lines."""
    parted = _parts_what_belongs_together(block), _parts_what_belongs_together(best)
    if parted[0] != parted[1]:
        return parted[1]
    return _evenness(block) > _evenness(best) + _BETTER or len(block.lines) < len(best.lines)


def _shortened(block: Block, room: Room) -> Block:
    fitting = 1 + int(max(0.0, room.height / block.size - SINGLE) / block.style.leading)
    keep = max(1, min(room.lines, fitting))
    if keep >= len(block.lines):
        return block
    style = block.style
    last = trimmed(block.lines[keep - 1], room.width / block.size, style.weight, style.tracking)
    return Block((*block.lines[: keep - 1], last), block.size, style, whole=False)
