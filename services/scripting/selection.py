"""Which passages are told when there is not time for all: the most important, in order, coherent."""

import math
from collections.abc import Callable, Sequence
from heapq import heappop, heappush

from services.scripting.language import Trait
from services.scripting.passages import Passage, Section, groups

_TOLERANCE = 1.15
"""A text this much longer than the time there is, is told whole: better a little long than torn."""

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
"""What a sentence is worth more, or less, for what it does; a procedure, a term and what is forbidden are what
people take the course for."""

_LEAST_SCORE = 0.4
"""What is forbidden may share no word with the rest and still be what matters."""
_FIRST = 1.35
_BEAT = 1.25
_GOES_ON = 1.4
"""What a sentence is worth more whose neighbour in the paragraph is told: a thought is not told in pieces."""
_LIST = 1.4
_STEPS = 2.4
_SUMMARY = 1.3
_REFERENCE = 0.6


def select(
    sections: Sequence[Section],
    scores: Sequence[Sequence[float]],
    budget: float,
    chapter_budget: float,
    summaries: Sequence[bool] = (),
) -> list[Section]:
    """Return the sections with the passages that fit, in their order.

    A passage brings along what it depends on; what is bonded is told whole or not at all. Every section
    keeps its best part, as far as the budget goes.

    Args:
        sections: of the text.
        scores: how central each passage is.
        budget: seconds for the whole film.
        chapter_budget: seconds for one chapter.
        summaries: which sections repeat what was said; their lists are worth more.
    """
    if sum(s.seconds for s in sections) <= budget * _TOLERANCE and all(
        s.seconds <= chapter_budget for s in sections
    ):
        return list(sections)
    found = [
        (
            number,
            group,
            _worth(section.passages, group, scores[number], bool(summaries) and summaries[number]),
        )
        for number, section in enumerate(sections)
        for group in groups(section.passages)
    ]
    chosen: list[set[int]] = [set() for _ in sections]
    spent = [0.0] * len(sections)

    def take(number: int, group: Sequence[int], *, must: bool = False) -> bool:
        passages = sections[number].passages
        new = _with_needs(passages, group) - chosen[number]
        cost = sum(passages[index].seconds for index in new)
        if not must and (sum(spent) + cost > budget or spent[number] + cost > chapter_budget):
            return False
        chosen[number] |= new
        spent[number] += cost
        return True

    _take_frames(sections, take)
    order = sorted(found, key=lambda entry: (-entry[2], entry[0], entry[1][0]))
    for number in range(len(sections)):  # first something of everything
        next((True for at, group, _ in order if at == number and take(at, group)), None)
    _take_best(sections, found, chosen, take)
    if not any(chosen):  # nothing fits: the shortest alone
        number, group, _ = min(
            order, key=lambda entry: sum(sections[entry[0]].passages[i].seconds for i in entry[1])
        )
        take(number, group, must=True)
    return [
        Section(section.title, tuple(section.passages[index] for index in sorted(kept)))
        for section, kept in zip(sections, chosen, strict=True)
        if kept
    ]


def _take_best(
    sections: Sequence[Section],
    found: Sequence[tuple[int, list[int], float]],
    chosen: Sequence[set[int]],
    take: Callable[[int, Sequence[int]], bool],
) -> None:
    """Take what is worth most until nothing fits; what a paragraph goes on with is worth more."""
    place = {(number, index): at for at, (number, group, _) in enumerate(found) for index in group}
    worth = [entry[2] for entry in found]
    boosted = [False] * len(found)
    queue: list[tuple[float, int]] = []

    def offer(at: int) -> None:
        heappush(queue, (-worth[at], at))

    def boost(at: int) -> None:
        number, group, _ = found[at]
        passages = sections[number].passages
        after, before = group[-1] + 1, group[0] - 1
        if after < len(passages) and not passages[after].opens:
            neighbours = [after]
        else:
            neighbours = []
        if before >= 0 and not passages[group[0]].opens:
            neighbours.append(before)
        for index in neighbours:
            near = place[number, index]
            if not boosted[near]:
                boosted[near] = True
                worth[near] *= _GOES_ON
                offer(near)

    for at, (number, group, _) in enumerate(found):
        if chosen[number].issuperset(group):
            boost(at)
        else:
            offer(at)
    while queue:
        value, at = heappop(queue)
        number, group, _ = found[at]
        if -value != worth[at] or chosen[number].issuperset(group):
            continue  # offered again since, at a higher worth, or taken with another
        if take(number, group):
            boost(at)


def _take_frames(sections: Sequence[Section], take: Callable[[int, Sequence[int]], bool]) -> None:
    """Keep the author's own greeting and goodbye."""
    first, last = sections[0].passages, sections[-1].passages
    if Trait.GREETS in first[0].traits:
        take(0, range(next((i for i, p in enumerate(first) if not p.framing), len(first))))
    if Trait.GREETS in last[-1].traits:
        take(len(sections) - 1, [len(last) - 1])


def _with_needs(passages: Sequence[Passage], group: Sequence[int]) -> set[int]:
    """Return the group and what it is not understood without."""
    needed = set(group)
    first = min(group, default=0)
    while first and passages[first].depends:
        first -= 1
        needed.add(first)
        bond = passages[first].bond
        while bond is not None and first and passages[first - 1].bond == bond:
            first -= 1
            needed.add(first)
    return needed


def _worth(
    passages: Sequence[Passage], group: Sequence[int], scores: Sequence[float], summary: bool
) -> float:
    """Return the mean centrality of a group, weighted by what its sentences do."""
    members = [passages[index] for index in group]
    worth = sum(
        math.sqrt(max(_LEAST_SCORE, scores[index])) * _factor(passages[index].traits) for index in group
    ) / len(group)
    if group[0] == 0:
        worth *= _FIRST
    if any(member.reference for member in members):
        return worth * _REFERENCE
    if len(members) > 1:
        worth *= _BEAT
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
