"""Cues from sentence times: one least-cost segmentation of the whole narration, then exact frames.

All words of a scene are laid out at once. A cue is one or two lines; the cheapest chain of cues wins, where
reading comfort (breaks, balance), reading speed and the least and most time on screen are all costs. So two
very short sentences share a cue only when each alone would flash by, and a long one is cut where it reads
best *and* every part can be read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from contracts.events import Cue, SentenceTime
from contracts.subtitles import (
    LIMITS,
    SubtitleLimits,
    chained_gap_frames,
    longest_frames,
    reading_frames,
)
from contracts.timeline import GAP_FRAMES, SAMPLE_RATE, SceneTiming, nearest_frame, shortest_frames
from services.subtitling.breaking import break_penalty
from services.subtitling.widths import Word, joined, spoken_weight, words_of

_CUE = 1.0
_FULLNESS = 1.0
"""Weight of (width / room) squared: convex, so that a sentence in two cues is split about evenly."""
_SECOND_LINE = 0.3
_BALANCE = 1.5
_CUE_BREAK = 1.3
"""A break between cues is minded more than one between lines: the first part is gone by then."""
_SHARED_CUE = 6.0
"""Two sentences in one cue: wrong unless a limit would be broken otherwise."""
_TOO_SHORT = 60.0
_TOO_LONG = 40.0
_TOO_FAST = 8.0


@dataclass(frozen=True)
class _Timed:
    """A word and when it is said, in frames of the scene; ``sentence`` is its sentence's number."""

    word: Word
    start: int
    end: int
    sentence: int


@dataclass(frozen=True)
class _Layout:
    """A cue over words ``[first, last)``, its second line beginning at ``second`` (or ``last``)."""

    first: int
    second: int
    last: int
    units: float


def make_cues(
    sentences: Sequence[SentenceTime],
    timing: SceneTiming,
    language: str,
    check: Callable[[], None] = lambda: None,
) -> tuple[Cue, ...]:
    """Return the scene's cues, in order, without overlap, inside the scene.

    Their text joined is the sentences' text, whitespace apart. They keep every limit of
    :mod:`contracts.subtitles` that the speech leaves room for; ``conformance`` says which it did not.

    Of a text with much that nobody says (five thousand exclamation marks) there can be more cues than the
    scene has frames: then as many are shown, from the first on, as can be read.

    Args:
        sentences: what is said and when, samples from the start of the speech, in order.
        timing: of the scene; the speech starts after its lead-in.
        language: two-letter code.
        check: called often; raises when the work is to stop.
    """
    limits = LIMITS[language]
    words = _timed_words(sentences, timing, language, limits)
    if not words:
        return ()
    layouts = _segment(words, timing, language, limits, check)
    if len(layouts) > timing.frames:
        layouts = layouts[: max(1, timing.frames // (shortest_frames(timing.fps) + GAP_FRAMES))]
    return _timed_cues(words, layouts, timing, limits)


def _timed_words(
    sentences: Sequence[SentenceTime], timing: SceneTiming, language: str, limits: SubtitleLimits
) -> list[_Timed]:
    """Time each word by its share of what its sentence takes to say."""
    timed: list[_Timed] = []
    floor = 0
    for number, sentence in enumerate(sentences):
        words = words_of(sentence.text, limits)
        # Hostile times are put in order and inside the scene; honest ones pass unchanged.
        start = max(floor, min(timing.lead_in_samples + sentence.start, timing.samples - 1))
        end = max(start, min(timing.lead_in_samples + sentence.end, timing.samples))
        floor = start
        weights = [spoken_weight(word.text, language) for word in words]
        if words:
            weights[-1] = spoken_weight(words[-1].text.rstrip(".?!…,;:\"'”’)"), language)
        total, said = sum(weights) or 1.0, 0.0
        for word, weight in zip(words, weights, strict=True):
            opens = start + round((end - start) * said / total)
            said += weight
            closes = start + round((end - start) * said / total)
            closing_frame = -(-closes * timing.fps // SAMPLE_RATE)
            timed.append(_Timed(word, nearest_frame(opens, timing.fps), closing_frame, number))
    return timed


def _segment(
    words: list[_Timed],
    timing: SceneTiming,
    language: str,
    limits: SubtitleLimits,
    check: Callable[[], None],
) -> list[_Layout]:
    """Choose the cues: shortest path over the words."""
    penalties = [0.0] + [break_penalty(a.word, b.word, language) for a, b in pairwise(words)]
    best: list[float] = [0.0] + [float("inf")] * len(words)
    came: list[_Layout | None] = [None] * (len(words) + 1)
    for first in range(len(words)):
        check()
        opening = best[first] + (_CUE_BREAK * penalties[first] if first else 0.0)
        for layout, cost in _layouts(words, first, penalties, limits):
            total = opening + cost + _time_cost(words, layout, timing, limits)
            if total < best[layout.last]:
                best[layout.last], came[layout.last] = total, layout
    chain: list[_Layout] = []
    at = len(words)
    while at:
        layout_here = came[at]
        assert layout_here is not None  # a single word always fits a line
        chain.append(layout_here)
        at = layout_here.first
    return chain[::-1]


def _layouts(
    words: list[_Timed], first: int, penalties: list[float], limits: SubtitleLimits
) -> list[tuple[_Layout, float]]:
    """Return every cue that can begin at word ``first``, each in its best shape, with its reading cost."""
    room = limits.units_per_line
    shapes: dict[int, tuple[_Layout, float]] = {}
    shared = [0.0]  # sentence ends inside words[first : first + n]
    for at in range(first + 1, len(words)):
        shared.append(shared[-1] + (words[at].sentence != words[at - 1].sentence))
        if at - first > 4 * room:
            break
    upper, space = 0.0, limits.units(" ")
    for second in range(first + 1, len(words) + 1):
        upper = _grown(upper, words, first, second - 1, space)
        if upper > room:
            break
        _keep(shapes, _Layout(first, second, second, upper), _FULLNESS * (upper / (2 * room)) ** 2)
        lower = 0.0
        for last in range(second + 1, len(words) + 1):
            lower = _grown(lower, words, second, last - 1, space)
            if lower > room:
                break
            total = upper + lower
            if total + _space(words, second, space) <= room:
                continue  # what fits one line stands on one line
            cost = (
                _SECOND_LINE
                + penalties[second]
                + _BALANCE * ((upper - lower) / room) ** 2
                + _FULLNESS * (total / (2 * room)) ** 2
            )
            _keep(shapes, _Layout(first, second, last, total), cost)
    return [
        (layout, _CUE + cost + _SHARED_CUE * shared[layout.last - first - 1])
        for layout, cost in shapes.values()
    ]


def _grown(width: float, words: list[_Timed], first: int, last: int, space: float) -> float:
    return width + words[last].word.units + (_space(words, last, space) if last > first else 0.0)


def _space(words: list[_Timed], at: int, space: float) -> float:
    return 0.0 if words[at].word.glued else space


def _keep(shapes: dict[int, tuple[_Layout, float]], layout: _Layout, cost: float) -> None:
    known = shapes.get(layout.last)
    if known is None or cost < known[1]:
        shapes[layout.last] = (layout, cost)


def _latest_end(words: list[_Timed], last: int, timing: SceneTiming) -> int:
    """Return the last frame a cue before word ``last`` may be shown to, exclusive."""
    return (words[last].start if last < len(words) else timing.frames) - GAP_FRAMES


def _time_cost(words: list[_Timed], layout: _Layout, timing: SceneTiming, limits: SubtitleLimits) -> float:
    """Return what breaking the time limits costs; nothing for a cue that can keep them."""
    start = words[layout.first].start
    room = max(0, _latest_end(words, layout.last, timing) - start)
    shortest, longest = shortest_frames(timing.fps), longest_frames(timing.fps)
    needed = reading_frames(layout.units, limits, timing.fps)
    said = words[layout.last - 1].end - start
    cost = 0.0
    if room < shortest:
        cost += _TOO_SHORT * (1 + (shortest - room) / shortest)
    if said > longest:
        cost += _TOO_LONG * (said - longest) / longest + 1
    if min(room, longest) < needed:
        cost += _TOO_FAST * (needed - min(room, longest)) / needed
    return cost


def _timed_cues(
    words: list[_Timed], layouts: list[_Layout], timing: SceneTiming, limits: SubtitleLimits
) -> tuple[Cue, ...]:
    starts = _starts([words[layout.first].start for layout in layouts], timing)
    longest, chained = longest_frames(timing.fps), chained_gap_frames(timing.fps)
    cues = []
    for index, (layout, start) in enumerate(zip(layouts, starts, strict=True)):
        last = index + 1 == len(layouts)
        following = timing.frames if last else starts[index + 1]
        latest = max(start + 1, following - GAP_FRAMES)
        said = max(words[at].end for at in range(layout.first, layout.last))
        wanted = max(
            said,
            start + shortest_frames(timing.fps),
            start + reading_frames(layout.units, limits, timing.fps),
        )
        end = max(start + 1, min(wanted, latest, start + longest))
        if not last and following - end < chained:
            # A short gap is closed; where that would outlast the longest cue, it is opened to a real one.
            end = latest if latest <= start + longest else max(start + 1, following - chained)
        lines = [words[layout.first : layout.second], words[layout.second : layout.last]]
        cues.append(
            Cue(
                start=start,
                end=end,
                lines=tuple(joined([timed.word for timed in line]) for line in lines if line),
            )
        )
    return tuple(cues)


def _starts(wished: list[int], timing: SceneTiming) -> list[int]:
    """Return the cues' first frames: as wished, moved only where there is no room for the least duration.

    Where even that is impossible (more cues than the scene has room for) all get the same, smaller room.
    There are never more than frames.
    """
    count = len(wished)
    room = min(shortest_frames(timing.fps) + GAP_FRAMES, timing.frames // count)
    starts = list(wished)
    for index in range(1, count):
        starts[index] = max(starts[index], starts[index - 1] + room)
    limit = timing.frames
    for index in reversed(range(count)):
        starts[index] = max(0, min(starts[index], limit - room))
        limit = starts[index]
    return starts
