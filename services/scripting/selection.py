"""Which passages are told when there is not time for all: the most central, in order, coherent."""

from collections.abc import Callable, Sequence

from services.scripting.outline import Passage, Section

_DEFINITION = 1.6
_FIRST = 1.35
_LIST = 1.2
_STEPS = 2.0
_REFERENCE = 0.5
"""What a group is worth more for what it is: a procedure is what people take the course for."""


def select(
    sections: Sequence[Section],
    scores: Sequence[Sequence[float]],
    budget: float,
    chapter_budget: float,
    defines: Callable[[str], bool],
) -> list[Section]:
    """Return the sections with the passages that fit, in their order.

    A passage brings along what it depends on; a list with its announcement is told whole or not at all.
    Every section keeps its best part, as far as the budget goes.

    Args:
        sections: of the text.
        scores: how central each passage is.
        budget: seconds for the whole film.
        chapter_budget: seconds for one chapter.
        defines: whether a sentence is a definition.
    """
    groups = [
        (number, group, _worth(section.passages, group, scores[number], defines))
        for number, section in enumerate(sections)
        for group in _groups(section.passages)
    ]
    chosen: list[set[int]] = [set() for _ in sections]
    spent = [0.0] * len(sections)

    def take(number: int, group: list[int], *, must: bool = False) -> bool:
        passages = sections[number].passages
        new = _with_needs(passages, group) - chosen[number]
        cost = sum(passages[index].seconds for index in new)
        if not must and (sum(spent) + cost > budget or spent[number] + cost > chapter_budget):
            return False
        chosen[number] |= new
        spent[number] += cost
        return True

    order = sorted(groups, key=lambda entry: (-entry[2], entry[0], entry[1][0]))
    for number in range(len(sections)):  # first something of everything
        next((True for at, group, _ in order if at == number and take(at, group)), None)
    for number, group, _ in order:
        if not chosen[number].issuperset(group):
            take(number, group)
    if not any(chosen):  # nothing fits: the most central alone
        number, group, _ = min(
            order, key=lambda entry: sum(sections[entry[0]].passages[i].seconds for i in entry[1])
        )
        take(number, group, must=True)
    return [
        Section(section.title, tuple(section.passages[index] for index in sorted(kept)))
        for section, kept in zip(sections, chosen, strict=True)
        if kept
    ]


def _groups(passages: Sequence[Passage]) -> list[list[int]]:
    """Return what is chosen together: bonded passages, else each alone."""
    groups: list[list[int]] = []
    for index, passage in enumerate(passages):
        bonded = passage.bond is not None and index and passages[index - 1].bond == passage.bond
        if bonded:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _with_needs(passages: Sequence[Passage], group: Sequence[int]) -> set[int]:
    """Return the group and what it is not understood without."""
    needed = set(group)
    first = min(group)
    while first and passages[first].depends:
        first -= 1
        needed.add(first)
        bond = passages[first].bond
        while bond is not None and first and passages[first - 1].bond == bond:
            first -= 1
            needed.add(first)
    return needed


def _worth(
    passages: Sequence[Passage], group: Sequence[int], scores: Sequence[float], defines: Callable[[str], bool]
) -> float:
    """Return the mean centrality of a group; definitions, openings and lists weigh more."""
    worth = sum(scores[index] for index in group) / len(group)
    first = passages[group[0]]
    if defines(first.text):
        worth *= _DEFINITION
    if group[0] == 0:
        worth *= _FIRST
    if first.reference:
        return worth * _REFERENCE
    if any(passages[index].points for index in group):
        # Items share few words with each other: a list is at least of average worth.
        worth = max(1.0, worth) * (_STEPS if any(passages[index].ordered for index in group) else _LIST)
    return worth
