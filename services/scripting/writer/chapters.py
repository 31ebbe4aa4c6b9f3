"""Sections of the source to chapters of the film: merged where too many, cut where there are none."""

import math
from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from services.scripting.merging import merge_cheapest
from services.scripting.passages import Passage, Section, bonded

_CHAPTER_SECONDS = 50.0
"""Length of a chapter aimed at where the author made none: three or four in a three-minute film."""

_LONGEST_JOINED_TITLE = 48
_SHORT_INTRODUCTION = 25.0
_WINDOW = 3


def at_most(
    sections: Sequence[Section],
    most: int,
    sums_up: Callable[[str], bool],
    check: Callable[[], None] = lambda: None,
) -> list[Section]:
    """Return the sections with the shortest neighbours merged until there are at most ``most``.

    A greeting in front of the first heading joins the first chapter; other text there is an introduction,
    which has a title. A summary stays alone as long as others can be merged: what it repeats belongs to the
    whole film.
    """
    merged = list(sections)
    if len(merged) > 1 and merged[0].title is None and merged[0].seconds <= _SHORT_INTRODUCTION:
        merged[:2] = [Section(merged[1].title, merged[0].passages + merged[1].passages)]
    return merge_cheapest(merged, most, lambda first, second: _price(first, second, sums_up), joined, check)


def _price(first: Section, second: Section, sums_up: Callable[[str], bool]) -> tuple[bool, bool, float]:
    """Return what it costs to merge a section with the next one."""
    untold = len(_joined_title(first, second) or "") == len(first.title or "")
    return sums_up(second.title or ""), untold, first.seconds + second.seconds


def _joined_title(first: Section, second: Section) -> str | None:
    titles = [title for title in (first.title, second.title) if title]
    joined = " · ".join(titles)
    return joined if len(joined) <= _LONGEST_JOINED_TITLE else (titles[0] if titles else None)


def joined(first: Section, second: Section) -> Section:
    """Join two chapters; each one's title becomes a heading inside the new one."""
    return Section(_joined_title(first, second), _headed(first) + _headed(second))


def _headed(section: Section) -> tuple[Passage, ...]:
    return tuple(replace(passage, heading=passage.heading or section.title) for passage in section.passages)


def cut_lexically(
    section: Section,
    bags: Sequence[frozenset[str]],
    most: int,
    longest: float,
    check: Callable[[], None] = lambda: None,
) -> list[tuple[Section, list[frozenset[str]]]]:
    """Cut a long section without headings where the words before and after have least in common.

    Args:
        section: to cut.
        bags: content words of each passage.
        most: parts at most.
        longest: seconds that one part can tell; more parts where there is more.
        check: called often; raises when the work is to stop.

    Returns:
        The parts in order, each with its bags.
    """
    wanted = max(round(section.seconds / _CHAPTER_SECONDS), math.ceil(section.seconds / longest))
    wanted = max(1, min(most, wanted))
    passages = section.passages
    options = [
        at
        for at in range(2, len(passages) - 1)
        if not passages[at].depends and not bonded(passages[at - 1], passages[at])
    ]
    shared: dict[int, float] = {}
    bounds = [0, len(passages)]
    for _ in range(wanted - 1):
        opening = [at for at in options if passages[at].opens]
        if not options:
            break

        def cost(at: int) -> tuple[float, int]:
            check()
            if at not in shared:
                shared[at] = _shared(bags, at)
            place = bisect_right(bounds, at)
            low, high = bounds[place - 1], bounds[place]
            lopsided = abs((at - low) - (high - at)) / len(passages)
            return shared[at] + 1.5 * lopsided, at

        cut = min(opening or options, key=cost)
        insort(bounds, cut)
        options = [at for at in options if abs(at - cut) >= 2]
    return [
        (Section(section.title, passages[low:high]), list(bags[low:high])) for low, high in pairwise(bounds)
    ]


def _shared(bags: Sequence[frozenset[str]], at: int) -> float:
    """Return how much the words before and after a place have in common."""
    before = frozenset[str]().union(*bags[max(0, at - _WINDOW) : at])
    after = frozenset[str]().union(*bags[at : at + _WINDOW])
    return len(before & after) / (1 + min(len(before), len(after)))


def unique_titles(titles: Sequence[str]) -> list[str]:
    """Return the titles, equal ones told apart by a number: neighbours of one name would be one chapter."""
    seen: dict[str, int] = {}
    result = []
    for title in titles:
        seen[title] = seen.get(title, 0) + 1
        again = seen[title]
        result.append(title if again == 1 else f"{title} ({again})")
    return result
