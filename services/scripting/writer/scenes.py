"""Passages to scenes of a length that can be listened to, each about one thing."""

from collections.abc import Callable, Sequence
from itertools import islice, pairwise

import numpy as np

from services.scripting.passages import Passage, bonded
from services.scripting.writer.language import LONGEST_LIST, Trait
from services.scripting.writer.splitting import LONGEST_SECONDS

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
_MOST_CHARACTERS = 4_500
"""Characters of a scene, whatever they take to say; a narration may have 5,000."""

_SUBJECTS = (
    (Trait.QUOTES, "quote"),
    (Trait.CONTRASTS, "contrast"),
    (Trait.COUNTED, "figure"),
    (Trait.ASKS, "question"),
)
"""Sentences that want a slide of their own."""


def pack(
    passages: Sequence[Passage], most: int, check: Callable[[], None] = lambda: None
) -> list[tuple[Passage, ...]]:
    """Return the passages in at most ``most`` runs of about :data:`AIM_SECONDS` each.

    A shortest path: lengths near the aim, cuts where a paragraph or list begins, never before a sentence
    that leans on the one before or inside what is told together if that can be avoided; one subject a scene.

    Args:
        passages: of a chapter.
        most: runs.
        check: called for each passage; raises when the work is to stop.
    """
    count = len(passages)
    most = min(most, count)
    best = np.full((most + 1, count + 1), np.inf)
    came = np.zeros((most + 1, count + 1), dtype=np.int64)
    best[0, 0] = 0.0
    costs = _RunCosts(passages)
    for first in range(count):
        check()
        # What a run costs does not depend on how many there were before: all numbers of them at once.
        opening = best[:-1, first] + (_cut_cost(passages, first) if first else 0.0)
        runs_on = np.array(costs.growing(first))
        ends = slice(first + 1, first + 1 + len(runs_on))
        reached = opening[:, None] + runs_on
        better = reached < best[1:, ends]
        best[1:, ends][better] = reached[better]
        came[1:, ends][better] = first
    used = min(range(1, most + 1), key=lambda number: (best[number, count], number))
    if best[used, count] == np.inf:
        # More than so many scenes can tell: the last one tells all that the others do not reach.
        used = most
        came[used, count] = np.flatnonzero(best[used - 1] < np.inf)[-1]
    runs: list[tuple[Passage, ...]] = []
    last = count
    while used:
        first = int(came[used, last])
        runs.append(tuple(passages[first:last]))
        last, used = first, used - 1
    return runs[::-1]


class _Told:
    """What of a passage decides the cost of a scene, looked up once: it is asked for in many runs."""

    __slots__ = (
        "acts",
        "adjoins",
        "bond",
        "characters",
        "framing",
        "heading",
        "opens",
        "points",
        "seconds",
        "subject",
    )

    def __init__(self, passage: Passage, before: Passage | None) -> None:
        self.seconds = passage.seconds
        self.characters = len(passage.text)
        self.points = len(passage.points)
        self.acts = Trait.INSTRUCTS in passage.traits
        self.framing = passage.framing
        self.opens = passage.opens
        self.subject = _subject_of(passage)
        self.heading = passage.heading
        self.bond = passage.bond
        self.adjoins = before is not None and bonded(before, passage)


class _RunCosts:
    """What a scene of some passages costs; what it shares with a shorter one is counted once."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._told = [_Told(after, before) for before, after in pairwise([None, *passages]) if after]

    def growing(self, first: int) -> list[float]:
        """Return the costs of ``passages[first:last]`` for every ``last`` until the window is full."""
        head = self._told[first]
        joined = head.framing and not head.opens  # a greeting whose slide would only repeat the next one
        costs: list[float] = []
        subjects: set[object] = set()
        seconds, characters, points, acts, told, joins = 0.0, 0, 0, 0, 0, 0.0
        before: _Told | None = None
        for passage in islice(self._told, first, None):
            seconds += passage.seconds
            characters += passage.characters + 1
            if before is not None and (seconds > _WINDOW or characters > _MOST_CHARACTERS):
                break
            points += passage.points
            acts += passage.acts
            told += not passage.framing
            joins = _joined(joins, before, passage, subjects, head, listed=points > 1)
            all_acts = acts >= _LEAST_ACTS and acts * 4 >= told * 3  # the slide would list what to do
            bound = before is not None and head.bond is not None and head.bond == passage.bond
            whole = points > 1 or all_acts or bound
            longest = _LONGEST_WITH_LIST if whole else _LONGEST_GREETED if joined else LONGEST_SECONDS
            length = ((seconds - AIM_SECONDS) / _SPREAD) ** 2
            if whole and seconds > AIM_SECONDS:
                length /= 2
            costs.append(
                length
                + _OVER * max(0.0, seconds - longest)
                + 2.0 * max(0, points - LONGEST_LIST)
                + _MIXED * max(0, len(subjects) - 1)
                + joins
            )
            before = passage
        return costs


def _joined(
    joins: float, before: _Told | None, passage: _Told, subjects: set[object], head: _Told, *, listed: bool
) -> float:
    """Return ``joins`` and what it costs to go on with a passage in a scene; notes the passage's subject."""
    if passage.subject is not None:
        if before is not None and passage.subject not in subjects and not before.framing:
            joins += _BURIED if not passage.adjoins else 0.0
        subjects.add(passage.subject)
    if before is None:
        return joins
    if passage.heading != before.heading:
        joins += _JOINED_HEADINGS
    if passage.opens or (before.bond is not None and not passage.adjoins):
        joins += 0.0 if before.framing else _JOINED_PARAGRAPHS
    if listed and not passage.points and not passage.framing and not passage.adjoins:
        joins += _BESIDE_LIST
    if before.framing and not passage.framing and head.opens:
        joins += _GREETED
    return joins


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
