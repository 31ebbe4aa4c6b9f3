"""Passages to scenes of a length that can be listened to, each about one thing."""

from collections.abc import Sequence

from services.scripting.language import LONGEST_LIST, Trait
from services.scripting.passages import Passage, bonded
from services.scripting.pieces import LONGEST_SECONDS

AIM_SECONDS = 13.0
"""Spoken length aimed at, in the middle of 6-20 s."""

_SPREAD = 7.0
_LONGEST_WITH_LIST = 30.0
"""Longest scene that tells a list: it stays whole, and the slide shows all of it."""
_LEAST_ACTS = 3
_LONGEST_GREETED = 24.0
"""Longest scene in which the greeting shares the slide of the first subject."""
_OVER = 4.0
"""What each second over the longest scene costs."""
_MID_PARAGRAPH = 0.4
_JOINED_PARAGRAPHS = 0.6
_JOINED_HEADINGS = 2.0
_INSIDE_BOND = 4.0
_TORN = 1.5
_MIXED = 1.2
"""What each further subject in a scene costs: a slide shows one list, one figure, one warning."""
_BURIED = 0.8
"""What it costs when what the slide shows stands behind other sentences."""
_GREETED = 4.0
"""What it costs when the slide of a greeting is that of the first subject."""
_BESIDE_LIST = 0.5
"""What a sentence after a list costs: the slide goes on showing the list."""
_WINDOW = 45.0

_SUBJECTS = (
    (Trait.QUOTES, "quote"),
    (Trait.CONTRASTS, "contrast"),
    (Trait.COUNTED, "figure"),
    (Trait.ASKS, "question"),
)
"""Sentences that want a slide of their own."""


def pack(passages: Sequence[Passage], most: int) -> list[tuple[Passage, ...]]:
    """Return the passages in at most ``most`` runs of about :data:`AIM_SECONDS` each.

    A shortest path: lengths near the aim, cuts where a paragraph or list begins, never before a sentence
    that leans on the one before or inside what is told together if that can be avoided; one subject a scene.
    """
    count = len(passages)
    most = min(most, count)
    infinite = float("inf")
    best = [[infinite] * (count + 1) for _ in range(most + 1)]
    came = [[0] * (count + 1) for _ in range(most + 1)]
    best[0][0] = 0.0
    costs = _RunCosts(passages)
    for used in range(most):
        for first in range(count):
            if best[used][first] == infinite:
                continue
            opening = best[used][first] + (_cut_cost(passages, first) if first else 0.0)
            seconds = 0.0
            for last in range(first + 1, count + 1):
                seconds += passages[last - 1].seconds
                # The last run may be as long as it must be: there is always an answer.
                if last > first + 1 and seconds > _WINDOW and used + 1 < most:
                    break
                cost = opening + costs.of(first, last, seconds)
                if cost < best[used + 1][last]:
                    best[used + 1][last], came[used + 1][last] = cost, first
    used = min(range(1, most + 1), key=lambda number: (best[number][count], number))
    runs: list[tuple[Passage, ...]] = []
    last = count
    while used:
        first = came[used][last]
        runs.append(tuple(passages[first:last]))
        last, used = first, used - 1
    return runs[::-1]


class _RunCosts:
    """What a scene of some passages costs; what it shares with a shorter one is counted once."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._first = -1

    def of(self, first: int, last: int, seconds: float) -> float:
        """Return the cost of ``passages[first:last]``; asked for growing ``last``."""
        if first != self._first or last == first + 1:
            self._first = first
            self._points, self._acts, self._told = 0, 0, 0
            self._subjects, self._joins = set[object](), 0.0
        self._add(last - 1)
        head, tail = self._passages[first], self._passages[last - 1]
        joined = head.framing and not head.opens  # a greeting whose slide would only repeat the next one
        whole = self._points > 1 or self._all_acts or (head is not tail and bonded(head, tail))
        longest = _LONGEST_WITH_LIST if whole else _LONGEST_GREETED if joined else LONGEST_SECONDS
        length = ((seconds - AIM_SECONDS) / _SPREAD) ** 2
        if whole and seconds > AIM_SECONDS:
            length /= 2
        return (
            length
            + _OVER * max(0.0, seconds - longest)
            + 2.0 * max(0, self._points - LONGEST_LIST)
            + _MIXED * max(0, len(self._subjects) - 1)
            + self._joins
        )

    @property
    def _all_acts(self) -> bool:
        """Whether the slide would list what to do."""
        return self._acts >= _LEAST_ACTS and self._acts * 4 >= self._told * 3

    def _add(self, index: int) -> None:
        passage = self._passages[index]
        before = self._passages[index - 1] if index > self._first else None
        self._points += len(passage.points)
        self._acts += Trait.INSTRUCTS in passage.traits
        self._told += not passage.framing
        subject = _subject_of(passage)
        if subject is not None:
            if before is not None and subject not in self._subjects and not before.framing:
                self._joins += _BURIED if not bonded(before, passage) else 0.0
            self._subjects.add(subject)
        if before is None:
            return
        if passage.heading != before.heading:
            self._joins += _JOINED_HEADINGS
        if passage.opens or (before.bond is not None and not bonded(before, passage)):
            self._joins += 0.0 if before.framing else _JOINED_PARAGRAPHS
        if self._points > 1 and not passage.points and not passage.framing and not bonded(before, passage):
            self._joins += _BESIDE_LIST
        if before.framing and not passage.framing and self._passages[self._first].opens:
            self._joins += _GREETED


def _subject_of(passage: Passage) -> object | None:
    """Return what the slide would be about: a bond, or a kind of sentence; ``None`` for plain ones."""
    if passage.framing:
        return None
    if passage.bond is not None:
        return passage.bond
    if Trait.DEFINES in passage.traits:
        return passage.text
    return next((name for trait, name in _SUBJECTS if trait in passage.traits), None)


def _cut_cost(passages: Sequence[Passage], at: int) -> float:
    before, after = passages[at - 1], passages[at]
    if bonded(before, after):
        return _INSIDE_BOND
    if after.depends or after.frame or (before.frame and not before.opens):
        return _TORN
    if after.opens or before.framing:
        return 0.0
    return _MID_PARAGRAPH
