"""Passages to scenes of a length that can be listened to, each with what its slide shows."""

from collections.abc import Sequence

from services.scripting.language import LONGEST_LIST, Language
from services.scripting.outline import Passage
from services.scripting.pieces import LONGEST_SECONDS

AIM_SECONDS = 14.0
"""Spoken length aimed at, in the middle of 8-20 s."""

_SPREAD = 6.0
_OVER = 4.0
"""What each second over the longest scene costs: a list kept whole may buy one or two."""
_MID_PARAGRAPH = 0.35
_INSIDE_LIST = 2.0
_TORN = 1.5
_WINDOW = 45.0
_ARROW_POINT = 16
"""Longest step, in characters, that stands in a row of arrows."""


def pack(passages: Sequence[Passage], most: int) -> list[tuple[Passage, ...]]:
    """Return the passages in at most ``most`` runs of about :data:`AIM_SECONDS` each.

    A shortest path: lengths near the aim, cuts where a paragraph or list begins, never before a sentence
    that leans on the one before if that can be avoided.
    """
    count = len(passages)
    most = min(most, count)
    infinite = float("inf")
    best = [[infinite] * (count + 1) for _ in range(most + 1)]
    came = [[0] * (count + 1) for _ in range(most + 1)]
    best[0][0] = 0.0
    for used in range(most):
        for first in range(count):
            if best[used][first] == infinite:
                continue
            opening = best[used][first] + (_cut_cost(passages, first) if first else 0.0)
            seconds = 0.0
            points = 0
            for last in range(first + 1, count + 1):
                seconds += passages[last - 1].seconds
                points += len(passages[last - 1].points)
                # The last run may be as long as it must be: there is always an answer.
                if last > first + 1 and seconds > _WINDOW and used + 1 < most:
                    break
                cost = opening + _length_cost(seconds) + 2.0 * max(0, points - LONGEST_LIST)
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


def _length_cost(seconds: float) -> float:
    return ((seconds - AIM_SECONDS) / _SPREAD) ** 2 + _OVER * max(0.0, seconds - LONGEST_SECONDS)


def _cut_cost(passages: Sequence[Passage], at: int) -> float:
    before, after = passages[at - 1], passages[at]
    if after.depends and not after.frame:
        return _TORN
    if after.opens:
        return 0.0
    if before.bond is not None and before.bond == after.bond:
        return _INSIDE_LIST
    return _MID_PARAGRAPH


def on_screen(
    run: Sequence[Passage],
    weights: Sequence[float],
    language: Language,
    taken: set[str],
    fallback: Sequence[str],
) -> str | None:
    """Return what a person would write on this scene's slide.

    A list's points (short steps as a flow), else the heading that begins here, else the noun form of the
    most central sentence that has a short one, else a key phrase. Never a text that ``taken`` holds.

    Args:
        run: the scene's passages.
        weights: how central each is.
        language: the source's.
        taken: what other slides show already.
        fallback: key phrases, the best first.
    """
    points = [point for passage in run for point in passage.points][: LONGEST_LIST + 1]
    if len(points) > 1:
        steps = any(passage.ordered for passage in run)
        flow = steps and all(len(point) <= _ARROW_POINT for point in points)
        return (" → " if flow else "\n").join(points)
    candidates: list[str | None] = [run[0].heading if run[0].opens else None]
    order = sorted(
        range(len(run)), key=lambda index: (not language.defines(run[index].text), -weights[index], index)
    )
    candidates += [language.headline(run[index].text) for index in order if not run[index].frame]
    candidates += [phrase for phrase in fallback if len(phrase) <= language.headline_limit]
    return next((text for text in candidates if text and text not in taken), None)
