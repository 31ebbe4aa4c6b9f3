"""What it is worth to tell a sentence or a list, when there is not time for all."""

import math
from collections.abc import Sequence

from services.scripting.passages import Passage
from services.scripting.writer.language import Trait

_WORTH = (
    (Trait.DEFINES, 2.0),
    (Trait.FORBIDS, 1.7),
    (Trait.STRESSED, 1.3),
    (Trait.COUNTED, 1.3),
    (Trait.TIMED, 1.2),
    (Trait.INSTRUCTS, 1.2),
    (Trait.QUOTES, 1.2),
    (Trait.REASONS, 0.7),
    (Trait.FRAMES, 0.4),
)
"""What a sentence is worth more, or less, for what it does; a procedure, a term and what is forbidden are
what people take the course for."""

_LEAST_SCORE = 0.4
"""What is forbidden may share no word with the rest and still be what matters."""
_FIRST = 1.35
_TOGETHER = 1.25
_LIST = 1.4
_STEPS = 2.4
_SUMMARY = 1.3
_REFERENCE = 0.6


def worth_of(
    passages: Sequence[Passage], group: Sequence[int], scores: Sequence[float], *, summary: bool
) -> float:
    """Return the mean centrality of a group, weighted by what its sentences do.

    Args:
        passages: of the section.
        group: indices of what is told together.
        scores: how central each passage of the section is, 1 on average.
        summary: the section repeats what was said.
    """
    members = [passages[index] for index in group]
    weighted = (
        math.sqrt(max(_LEAST_SCORE, scores[index])) * _factor(passages[index].traits) for index in group
    )
    worth = sum(weighted) / len(group)
    if group[0] == 0:
        worth *= _FIRST
    if any(member.reference for member in members):
        return worth * _REFERENCE
    if len(members) > 1:
        worth *= _TOGETHER
    if any(member.points for member in members):
        # Items share few words with each other: a list is at least of average worth.
        worth = max(1.0, worth) * (_STEPS if any(member.number for member in members) else _LIST)
        worth *= _SUMMARY if summary else 1.0
    return worth


def _factor(traits: Trait) -> float:
    factor = 1.0
    for trait, value in _WORTH:
        if trait in traits:
            factor *= value
    return factor
