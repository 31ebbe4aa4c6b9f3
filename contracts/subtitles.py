"""Limits a subtitle must keep, and the check that says whether cues keep them.

Source of all figures: Netflix Timed Text Style Guide, general requirements and the Korean and English guides.
Stages that make cues and the self-check of the finished film read the same table.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contracts.base import Model
from contracts.events import Cue
from contracts.timeline import GAP_FRAMES, shortest_frames


def _korean_units(char: str) -> float:
    half = char == " " or char.isascii() or unicodedata.category(char)[0] in "PZ" or _is_latin(char)
    return 0.5 if half and not char.isdigit() else 1.0


def _english_units(_char: str) -> float:
    return 1.0


def _is_latin(char: str) -> bool:
    return unicodedata.name(char, "").startswith("LATIN")


@dataclass(frozen=True)
class SubtitleLimits:
    """What a language's viewers can read.

    Attributes:
        units_per_line: widest line.
        lines: most lines of a cue.
        units_per_second: fastest reading, over the time a cue is shown.
        units_of: width of one character in units.
    """

    units_per_line: float
    lines: int
    units_per_second: float
    units_of: Callable[[str], float]

    def units(self, text: str) -> float:
        """Return the width of ``text``; marks and format characters that take no place count nothing."""
        return sum(
            self.units_of(char) for char in text if unicodedata.category(char) not in {"Mn", "Me", "Cf"}
        )


LIMITS: Mapping[str, SubtitleLimits] = {
    "ko": SubtitleLimits(units_per_line=16, lines=2, units_per_second=12, units_of=_korean_units),
    "en": SubtitleLimits(units_per_line=42, lines=2, units_per_second=20, units_of=_english_units),
}
"""Two-letter language to limits. Korean: Latin letters, spaces and punctuation count half; digits, of which
the guide says nothing, count one, which keeps either reading of it."""


def longest_frames(fps: int) -> int:
    """Return the most frames a cue is shown: 7 s."""
    return 7 * fps


def chained_gap_frames(fps: int) -> int:
    """Return the first gap that may stand: half a second. Shorter ones, 3-11 at 24 fps, are closed to 2."""
    return fps // 2


def reading_frames(text_units: float, limits: SubtitleLimits, fps: int) -> int:
    """Return how many frames ``text_units`` must be shown to be read in time."""
    return int(-(-text_units * fps // limits.units_per_second))


class SubtitleRule(StrEnum):
    """A rule that a cue can break."""

    EMPTY = "EMPTY"
    ORDER = "ORDER"
    GAP = "GAP"
    UNCHAINED_GAP = "UNCHAINED_GAP"
    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    LINE_TOO_WIDE = "LINE_TOO_WIDE"
    TOO_MANY_LINES = "TOO_MANY_LINES"
    TOO_FAST = "TOO_FAST"


class Violation(Model):
    """One rule that one cue breaks, with the figure measured and the one allowed."""

    rule: SubtitleRule
    cue: int
    measured: float
    limit: float


def conformance(cues: Sequence[Cue], fps: int, language: str) -> list[Violation]:
    """Return what ``cues`` break, in order; nothing when they keep every limit.

    Args:
        cues: of a scene or of a whole film, in frames, in order.
        fps: frames a second.
        language: two-letter code.
    """
    limits = LIMITS[language]
    found: list[Violation] = []
    for index, cue in enumerate(cues):
        following = cues[index + 1].start if index + 1 < len(cues) else None
        for rule, broken, measured, limit in (
            *_text_rules(cue, fps, limits),
            *_time_rules(cue, following, fps),
        ):
            if broken:
                found.append(Violation(rule=rule, cue=index, measured=measured, limit=limit))
    return found


_Finding = tuple[SubtitleRule, bool, float, float]


def _text_rules(cue: Cue, fps: int, limits: SubtitleLimits) -> list[_Finding]:
    widths = [limits.units(line) for line in cue.lines]
    frames = cue.end - cue.start
    speed = sum(widths) * fps / max(1, frames)
    slow_enough = frames >= reading_frames(sum(widths), limits, fps)
    blank = sum(not line.strip() for line in cue.lines)
    return [
        (SubtitleRule.EMPTY, blank > 0, blank, 0),
        (SubtitleRule.TOO_MANY_LINES, len(widths) > limits.lines, len(widths), limits.lines),
        (SubtitleRule.LINE_TOO_WIDE, max(widths) > limits.units_per_line, max(widths), limits.units_per_line),
        (SubtitleRule.TOO_FAST, not slow_enough, round(speed, 2), limits.units_per_second),
    ]


def _time_rules(cue: Cue, following: int | None, fps: int) -> list[_Finding]:
    frames = cue.end - cue.start
    shortest, longest, chained = shortest_frames(fps), longest_frames(fps), chained_gap_frames(fps)
    findings: list[_Finding] = [
        (SubtitleRule.ORDER, frames < 1, frames, 1),
        (SubtitleRule.TOO_SHORT, 0 < frames < shortest, frames, shortest),
        (SubtitleRule.TOO_LONG, frames > longest, frames, longest),
    ]
    if following is not None:
        gap = following - cue.end
        findings += [
            (SubtitleRule.ORDER, following < cue.end, gap, GAP_FRAMES),
            (SubtitleRule.GAP, 0 <= gap < GAP_FRAMES, gap, GAP_FRAMES),
            (SubtitleRule.UNCHAINED_GAP, GAP_FRAMES < gap < chained, gap, GAP_FRAMES),
        ]
    return findings
