"""Which passages are told when there is not time for all: the most important, in order, coherent."""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from itertools import accumulate

from services.scripting.passages import Passage, Section, bonded, groups
from services.scripting.writer.language import Trait
from services.scripting.writer.scoring import worth_of

_TOLERANCE = 1.15
"""A text this much longer than the time there is, is told whole: better a little long than torn."""

_ROUNDING = 1e-6
"""Seconds by which two sums of the same lengths can differ."""

_GOES_ON = 1.4
"""What a sentence is worth more whose neighbour in the paragraph is told: a thought is not told in pieces."""


def select(
    sections: Sequence[Section],
    scores: Sequence[Sequence[float]],
    budget: float,
    chapter_budget: float,
    summaries: Sequence[bool] = (),
    check: Callable[[], None] = lambda: None,
) -> list[Section]:
    """Return the sections with the passages that fit, in their order.

    A passage brings along what it depends on; what is bonded is told whole or not at all. Every section
    keeps its best part, as far as the budget goes.

    Args:
        sections: of the text.
        scores: how central each passage is.
        budget: seconds for the whole film.
        chapter_budget: seconds for one chapter.
        summaries: which sections repeat what was said; their lists are worth more. None, if empty.
        check: called often; raises when the work is to stop.
    """
    whole = sum(section.seconds for section in sections) <= budget * _TOLERANCE
    if whole and all(section.seconds <= chapter_budget for section in sections):
        return list(sections)
    choice = _Choice(sections, budget, chapter_budget, check)
    for number, section in enumerate(sections):
        for group in groups(section.passages):
            check()
            summary = bool(summaries) and summaries[number]
            choice.offer(number, group, worth_of(section.passages, group, scores[number], summary=summary))
    choice.keep_frames()
    choice.take_something_of_everything()
    choice.take_the_best()
    return choice.told()


class _Choice:
    """Groups of passages on offer, and those taken."""

    def __init__(
        self,
        sections: Sequence[Section],
        budget: float,
        chapter_budget: float,
        check: Callable[[], None],
    ) -> None:
        self._sections = sections
        self._check = check
        self._needs = [_Needs(section.passages) for section in sections]
        self._in_order: list[list[int]] = [[] for _ in sections]
        self._budget, self._chapter_budget = budget, chapter_budget
        self._chosen: list[set[int]] = [set() for _ in sections]
        self._spent = [0.0] * len(sections)
        self._groups: list[tuple[int, list[int]]] = []
        self._worth: list[float] = []
        self._place: dict[tuple[int, int], int] = {}

    def offer(self, number: int, group: list[int], worth: float) -> None:
        """Offer a group of section ``number``."""
        self._place.update(((number, index), len(self._groups)) for index in group)
        self._groups.append((number, group))
        self._worth.append(worth)

    def keep_frames(self) -> None:
        """Take the author's own greeting and goodbye."""
        first, last = self._sections[0].passages, self._sections[-1].passages
        if Trait.GREETS in first[0].traits:
            self._take(0, range(next((i for i, p in enumerate(first) if not p.framing), len(first))))
        if Trait.GREETS in last[-1].traits:
            self._take(len(self._sections) - 1, [len(last) - 1])

    def take_something_of_everything(self) -> None:
        """Take of each section the best that fits."""
        order = sorted(range(len(self._groups)), key=lambda at: (-self._worth[at], at))
        for number in range(len(self._sections)):
            of_section = (self._groups[at][1] for at in order if self._groups[at][0] == number)
            next((True for group in of_section if self._take(number, group)), None)

    def take_the_best(self) -> None:
        """Take what is worth most until nothing fits; what a paragraph goes on with is worth more."""
        queue = [(-worth, at) for at, worth in enumerate(self._worth)]
        queue.sort()
        near: set[int] = set()

        def go_on(at: int) -> None:
            for neighbour in self._neighbours(at):
                if neighbour not in near:
                    near.add(neighbour)
                    self._worth[neighbour] *= _GOES_ON
                    heappush(queue, (-self._worth[neighbour], neighbour))

        for at in range(len(self._groups)):
            if self._told(at):
                go_on(at)
        while queue:
            worth, at = heappop(queue)
            # Offered again since at a higher worth, or taken along with another?
            if -worth == self._worth[at] and not self._told(at) and self._take(*self._groups[at]):
                go_on(at)

    def told(self) -> list[Section]:
        """Return what was taken; the shortest group where nothing fitted."""
        if not any(self._chosen):
            shortest = min(range(len(self._groups)), key=lambda at: (self._seconds(at), at))
            number, group = self._groups[shortest]
            self._chosen[number].update(range(self._needs[number].start(group[0]), group[0]), group)
        return [
            Section(section.title, tuple(section.passages[index] for index in sorted(kept)))
            for section, kept in zip(self._sections, self._chosen, strict=True)
            if kept
        ]

    def _take(self, number: int, group: Sequence[int]) -> bool:
        self._check()
        passages = self._sections[number].passages
        first = min(group, default=0)
        # What a told passage needs is told too: only what lies behind the last told one is new.
        place = bisect_left(self._in_order[number], first)
        told = self._in_order[number][place - 1] if place else -1
        start = max(self._needs[number].start(first), told + 1)
        room = min(self._budget - sum(self._spent), self._chapter_budget - self._spent[number])
        if self._needs[number].seconds(start, first) > room + _ROUNDING:
            return False  # before it is counted one by one: a chain can be as long as the text
        new = {*range(start, first), *group} - self._chosen[number]
        cost = sum(passages[index].seconds for index in sorted(new))
        fits = sum(self._spent) + cost <= self._budget
        if not fits or self._spent[number] + cost > self._chapter_budget:
            return False
        self._chosen[number] |= new
        for index in new:
            insort(self._in_order[number], index)
        self._spent[number] += cost
        return True

    def _told(self, at: int) -> bool:
        number, group = self._groups[at]
        return self._chosen[number].issuperset(group)

    def _seconds(self, at: int) -> float:
        number, group = self._groups[at]
        return sum(self._sections[number].passages[index].seconds for index in group)

    def _neighbours(self, at: int) -> list[int]:
        """Return the groups before and after in the same paragraph."""
        number, group = self._groups[at]
        passages = self._sections[number].passages
        after, found = group[-1] + 1, []
        if after < len(passages) and not passages[after].opens:
            found.append(self._place[number, after])
        if group[0] and not passages[group[0]].opens:
            found.append(self._place[number, group[0] - 1])
        return found


class _Needs:
    """What each passage of a section is not understood without: the passages in front of it, from one on."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._starts: list[int] = []
        self._seconds = [0.0, *accumulate(passage.seconds for passage in passages)]
        begins = 0
        for index, passage in enumerate(passages):
            # Of what is bonded, the first passage leads; ``begins`` is that of the passage before.
            self._starts.append(self._starts[begins] if index and passage.depends else index)
            begins = begins if index and bonded(passages[index - 1], passage) else index

    def start(self, index: int) -> int:
        """Return the first passage of what ``index`` needs: itself, if it needs none."""
        return self._starts[index]

    def seconds(self, first: int, last: int) -> float:
        """Return what passages ``[first, last)`` take to say."""
        return self._seconds[last] - self._seconds[first]
