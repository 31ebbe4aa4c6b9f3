"""Line breaking: words stay whole, as few lines as possible, and lines of equal length.

Unicode line breaking would break inside Korean words, so lines break at spaces only. Among all ways to set
a paragraph in the least number of lines, the one with the least squared distance of its lines from their
*mean* length is taken, plus the costs of :mod:`services.slides.typesetting.break_costs`: this balances the
lines and prevents widows. A word wider than the line is cut after ``/ . ? & = _ -``, else between graphemes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf

from services.slides.typesetting import break_costs, fonts
from services.slides.typesetting.shaping import Line, Run, shape, width
from services.slides.typesetting.text import clusters

_CUT_AFTER = frozenset("/.?&=_-,·:;)]}…")
_NEVER_FIRST = frozenset("ぁぃぅぇぉっゃゅょァィゥェォッャュョー")
_SLACK = 1e-4
_WIDOW_SHARE = 0.4
_WIDOW = 0.3


@dataclass(frozen=True)
class Word:
    """A word, or a piece of one that was cut.

    Attributes:
        text, roles: its characters and their colour roles.
        runs: the same, shaped.
        advance: width in em.
        glued: it continues the word before; no space between.
    """

    text: str
    roles: tuple[str, ...]
    runs: Line
    advance: float
    glued: bool = False


@dataclass(frozen=True)
class Paragraph:
    """A paragraph shaped once; breaking it at any width and size is then arithmetic."""

    words: tuple[Word, ...]
    space: float
    weight: int
    tracking: float

    @cached_property
    def advance(self) -> float:
        """Width of its words in em, without spaces."""
        return sum(word.advance for word in self.words)


def paragraphs(text: str, roles: Sequence[str], weight: int, tracking: float) -> list[Paragraph]:
    """Shape clean text; line breaks in it separate paragraphs."""
    space = fonts.advance(fonts.CJK, weight, " ") + tracking
    found: list[Paragraph] = []
    start = 0
    for line in text.split("\n"):
        words: list[Word] = []
        at = start
        for token in line.split(" "):
            if token:
                words.append(_word(token, roles[at : at + len(token)], weight, tracking))
            at += len(token) + 1
        start += len(line) + 1
        if words:
            found.append(Paragraph(tuple(words), space, weight, tracking))
    return found


def break_lines(paragraph: Paragraph, limit: float) -> tuple[list[Line], bool]:
    """Return the lines of a paragraph, none wider than ``limit`` em, and whether a word had to be cut."""
    words: list[Word] = []
    cut = False
    for word in paragraph.words:
        pieces, hard = _pieces(word, limit, paragraph)
        words += pieces
        cut = cut or hard
    gaps = [0.0 if word.glued else paragraph.space for word in words]
    ends = _best_ends(words, gaps, limit)
    lines: list[Line] = []
    for start, end in zip([0, *ends[:-1]], ends, strict=True):
        lines.append(_join(words[start:end], paragraph.space))
    return lines, cut


def _word(token: str, roles: Sequence[str], weight: int, tracking: float, *, glued: bool = False) -> Word:
    runs = tuple(shape(token, roles, weight, tracking))
    return Word(token, tuple(roles), runs, width(runs), glued)


def _pieces(word: Word, limit: float, paragraph: Paragraph) -> tuple[list[Word], bool]:
    """Cut a word that is wider than the line, and say whether the cut shows; others come back as they are."""
    if word.advance <= limit + _SLACK:
        return [word], False
    parts = clusters(word.text)
    widths = [width(shape(part, [""] * len(part), paragraph.weight, paragraph.tracking)) for part in parts]
    pieces: list[Word] = []
    start = position = 0
    hard = False
    while start < len(parts):
        end, total, good = start, 0.0, start
        while end < len(parts) and (end == start or total + widths[end] <= limit):
            total += widths[end]
            end += 1
            if parts[end - 1][-1] in _CUT_AFTER or _between_han(parts, end):
                good = end
        if end < len(parts) and good > start + (end - start) * 0.5:
            end = good
        hard = hard or (end < len(parts) and not _between_han(parts, end))
        text = "".join(parts[start:end])
        roles = word.roles[position : position + len(text)]
        pieces.append(_word(text, roles, paragraph.weight, paragraph.tracking, glued=bool(pieces)))
        position += len(text)
        start = end
    return pieces, hard


def _between_han(parts: Sequence[str], at: int) -> bool:
    """Whether a line may break before ``parts[at]``: between Han or kana, which have no word spaces."""
    return (
        at < len(parts)
        and all(
            "\u3041" <= c[0] <= "\u9fff" and not "\u3130" <= c[0] <= "\u318f" for c in parts[at - 1 : at + 1]
        )
        and parts[at][0] not in _NEVER_FIRST
    )


def _best_ends(words: Sequence[Word], gaps: Sequence[float], limit: float) -> list[int]:
    """Return the index after the last word of each line."""
    count = len(words)
    before = _least_lines(words, gaps, limit)
    after = _least_lines(words[::-1], [0.0, *gaps[:0:-1]], limit)[::-1]
    total = before[count]
    mean = min(limit, (sum(word.advance for word in words) + sum(gaps[1:])) / total)
    cost: dict[tuple[int, int], float] = {(0, 0): 0.0}
    came: dict[tuple[int, int], int] = {}
    for end in range(1, count + 1):
        length = 0.0
        for start in range(end - 1, -1, -1):
            length += words[start].advance + (gaps[start + 1] if start + 1 < end else 0.0)
            if length > limit + _SLACK and start + 1 < end:
                break
            here = _line_cost(words, start, end, (length - mean) / limit, short=length < _WIDOW_SHARE * mean)
            for line in range(max(before[end], before[start] + 1), total - after[end] + 1):
                reached = cost.get((line - 1, start), inf) + here
                if reached < cost.get((line, end), inf):
                    cost[line, end] = reached
                    came[line, end] = start
    ends: list[int] = []
    at, line = count, total
    while at:
        ends.append(at)
        at, line = came[line, at], line - 1
    return ends[::-1]


def _line_cost(words: Sequence[Word], start: int, end: int, off: float, *, short: bool) -> float:
    cost = off * off
    if end < len(words):
        if not words[end].glued:
            cost += break_costs.penalty(words[end - 1].text, words[end].text)
    elif start and end - start == 1 and short:
        cost += _WIDOW
    return cost


def _least_lines(words: Sequence[Word], gaps: Sequence[float], limit: float) -> list[int]:
    """Return, for each number of words, the least number of lines that hold that many from the front."""
    least = [0]
    length = inf
    for word, gap in zip(words, gaps, strict=True):
        length += gap + word.advance
        if length > limit + _SLACK:
            length = word.advance
            least.append(least[-1] + 1)
        else:
            least.append(least[-1])
    return least


def _join(words: Sequence[Word], space: float) -> Line:
    """Join words with spaces; a space between two words of one role takes it, so that markers run through."""
    runs: list[Run] = []
    for word in words:
        if runs and not word.glued:
            role = runs[-1].role if runs[-1].role == word.runs[0].role else ""
            runs.append(Run(" ", fonts.CJK, role, space))
        runs += word.runs
    return tuple(runs)


def trimmed(line: Line, limit: float, weight: int, tracking: float) -> Line:
    """Return the line ended by an ellipsis and no wider than ``limit`` em.

    Cut at the last word that leaves at least 60 % of the line, else at a grapheme; punctuation before the
    ellipsis goes.
    """
    dots = Run("…", fonts.CJK, "", fonts.advance(fonts.CJK, weight, "…"))
    text = "".join(run.text for run in line)
    roles = [run.role for run in line for _ in run.text]
    whole = width(line)
    parts = clusters(text)
    while parts and whole + dots.advance > limit:
        parts.pop()
        kept = "".join(parts)
        whole = width(shape(kept, roles, weight, tracking)) if kept else 0.0
    kept = "".join(parts)
    space = kept.rfind(" ")
    if len(kept) < len(text) and text[len(kept)] != " " and space >= 0.6 * len(kept) > 0:
        kept = kept[:space]
    kept = kept.rstrip(" ,.:;·—-…(「“‘")
    return (*shape(kept, roles, weight, tracking), dots)
