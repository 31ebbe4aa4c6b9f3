"""What of a paragraph is told together: steps in running text, deadlines, contrasts, a quoted question."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.scripting.passages import Passage, bond
from services.scripting.writer.language import Language, Trait

_LEAST_STEPS = 2
_LEAST_TIMES = 3
_SHORT_LEAD = 5.0
"""Longest sentence, in seconds, that is told as the name of the deadlines after it."""

_SHORT_ACT = 2.6
_LEAST_SHORT_ACTS = 3

_MOST_EXPLANATIONS = 20
"""Sentences after an enumeration that can be explanations of its names. Fewer than 5, and the last names of a
long one go untold; without a bound, sentences that each name the next ones cost their number squared."""

_PARTICLE = re.compile(r"(?<=[가-힣]{2})(?:입니다|[을를이가은는의])$")
_ENUMERATION = re.compile(r"[가-힣A-Za-z]{2,12}(?:, [가-힣A-Za-z]{2,12}){1,4}")

_Span = tuple[int, int]


def bind(passages: Sequence[Passage], language: Language, bonds: Iterator[int]) -> list[Passage]:
    """Return the passages of a paragraph, bonded where one is nothing without the other.

    Args:
        passages: of one paragraph, not bonded yet.
        language: makes the points of steps.
        bonds: fresh numbers.
    """
    bound = list(passages)
    for first, last in _steps(bound):
        number = 0
        for index in range(first, last + 1):
            if Trait.ORDERED in bound[index].traits and (point := language.point(bound[index].text)):
                number += 1
                bound[index] = replace(bound[index], points=(point,), number=number)
    for first, last in _merged(
        [
            *_steps(passages),
            *_times(passages),
            *_pairs(passages),
            *_short_acts(passages),
            *_explained(passages),
        ]
    ):
        bound[first : last + 1] = bond(bound[first : last + 1], bonds)
    return bound


def _steps(passages: Sequence[Passage]) -> list[_Span]:
    """Return the procedures: ordered sentences, with at most one other between two of them."""
    spans = _runs(passages, Trait.ORDERED, _LEAST_STEPS)
    return [(first - 1 if _introduced(passages, first) else first, last) for first, last in spans]


def _introduced(passages: Sequence[Passage], first: int) -> bool:
    return first > 0 and Trait.INTRODUCES in passages[first - 1].traits


def _times(passages: Sequence[Passage]) -> list[_Span]:
    spans = []
    for first, last in _runs(passages, Trait.TIMED, _LEAST_TIMES):
        led = first > 0 and passages[first - 1].seconds <= _SHORT_LEAD
        spans.append((first - 1 if led else first, last))
    return spans


def _explained(passages: Sequence[Passage]) -> list[_Span]:
    """Return what is named in one sentence and explained in the next ones: 기밀성, 무결성, 가용성."""
    spans = []
    for index, passage in enumerate(passages):
        names = tuple(
            _PARTICLE.sub("", name) for run in _ENUMERATION.findall(passage.text) for name in run.split(", ")
        )
        last = index
        end = min(len(passages), index + 1 + _MOST_EXPLANATIONS)
        while last + 1 < end and passages[last + 1].text.startswith(names):
            last += 1
        if last > index + 1:
            spans.append((index, last))
    return spans


def _short_acts(passages: Sequence[Passage]) -> list[_Span]:
    """Return the procedures told in short commands: Pull the pin. Squeeze the handle."""
    short = [Trait.INSTRUCTS in p.traits and p.seconds <= _SHORT_ACT for p in passages]
    spans, first = [], 0
    for index in range(len(short) + 1):
        if index == len(short) or not short[index]:
            if index - first >= _LEAST_SHORT_ACTS:
                spans.append((first, index - 1))
            first = index + 1
    return spans


def _runs(passages: Sequence[Passage], trait: Trait, least: int) -> list[_Span]:
    """Return where ``least`` or more passages have ``trait``, with gaps of at most one."""
    having = [index for index, passage in enumerate(passages) if trait in passage.traits]
    spans: list[list[int]] = []
    for index in having:
        if spans and index - spans[-1][-1] <= 2:
            spans[-1].append(index)
        else:
            spans.append([index])
    return [(span[0], span[-1]) for span in spans if len(span) >= least]


def _pairs(passages: Sequence[Passage]) -> list[_Span]:
    """Return contrasts with what they contrast, and quotations with the question about them."""
    spans = []
    for index in range(1, len(passages)):
        before, after = passages[index - 1].traits, passages[index].traits
        if Trait.CONTRASTS in after or (Trait.QUOTES in before and Trait.ASKS in after):
            spans.append((index - 1, index))
    return spans


def _merged(spans: Sequence[_Span]) -> list[_Span]:
    merged: list[_Span] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
