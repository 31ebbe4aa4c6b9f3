"""What to try when a plan's text does not fit its layout: the next plan or plans."""

from collections.abc import Callable

from services.slides.plan import POINT_LENGTH, Column, Plan
from services.slides.planning.cleaning import clipped
from services.slides.planning.sentences import sentences

_LEAST = 24
"""A text is not cut below this many characters: any layout holds as many at its least size."""
_KEPT = 0.75
"""Share of a text that a cut keeps."""

Degraded = tuple[Plan, ...] | None


def degrade(plan: Plan) -> Degraded:
    """Return the slides to draw instead of ``plan``, whose text did not fit; ``None``: nothing is left.

    Each step has less text on a slide or a layout that holds more, so repeating it ends. Lists become halves
    (their numbers go on), a flow or timeline becomes steps, a statement becomes running text, running text
    breaks at a sentence; a do/don't pair becomes two slides; comparisons drop points, names and definitions
    are cut.
    """
    return _CHAINS[plan.layout](plan)


def _changed(plan: Plan, **fields: object) -> tuple[Plan, ...]:
    return (Plan.model_validate({**plan.model_dump(), **fields}),)


def _cut(text: str) -> str | None:
    return clipped(text, max(_LEAST, int(len(text) * _KEPT))) if len(text) > _LEAST else None


def _halves(plan: Plan) -> Degraded:
    points, icons, signs = plan.points, plan.point_icons, plan.point_signs
    if len(points) > 1:
        half = (len(points) + 1) // 2
        return (
            *_changed(plan, points=points[:half], point_icons=icons[:half], point_signs=signs[:half]),
            *_changed(
                plan,
                points=points[half:],
                point_icons=icons[half:],
                point_signs=signs[half:],
                first_number=plan.first_number + half,
            ),
        )
    if shorter := _cut(points[0]):
        return _changed(plan, points=(shorter,))
    return _headline(plan)


def _headline(plan: Plan) -> Degraded:
    shorter = _cut(plan.headline)
    return _changed(plan, headline=shorter) if shorter else None


def _steps(plan: Plan) -> Degraded:
    if plan.events:
        points = tuple(clipped(f"{event.time}: {event.text}", POINT_LENGTH) for event in plan.events)
        return _changed(plan, layout="steps", events=(), points=points, point_icons=(None,) * len(points))
    return _changed(plan, layout="steps")


def _without_sub(plan: Plan) -> Degraded:
    return _changed(plan, sub=None) if plan.sub else _headline(plan)


def _statement(plan: Plan) -> Degraded:
    if plan.sub:
        return _changed(plan, sub=None)
    return _changed(plan, layout="text", hero=None)


def _text(plan: Plan) -> Degraded:
    parts = sentences(plan.headline)
    if len(parts) > 1:
        first, rest = _balanced(parts)
        return (*_changed(plan, headline=first), *_changed(plan, headline=rest))
    words = plan.headline.split(" ")
    if len(words) > 1 and len(plan.headline) > 2 * _LEAST:
        first, rest = _balanced(tuple(words))
        return (*_changed(plan, headline=first), *_changed(plan, headline=rest))
    return _headline(plan)


def _balanced(parts: tuple[str, ...]) -> tuple[str, str]:
    """Join ``parts`` to two texts of about the same length."""
    half = sum(map(len, parts)) / 2
    taken, length = 1, len(parts[0])
    while taken < len(parts) - 1 and length + len(parts[taken]) / 2 < half:
        length += len(parts[taken])
        taken += 1
    return " ".join(parts[:taken]), " ".join(parts[taken:])


def _comparison(plan: Plan) -> Degraded:
    if plan.do_dont and sum(len(column.points) for column in plan.columns) > 2:
        return _sides(plan)
    longer = max((0, 1), key=lambda i: (len(plan.columns[i].points), sum(map(len, plan.columns[i].points))))
    column = plan.columns[longer]
    if len(column.points) > 1:
        shorter: Column | None = column.model_copy(update={"points": column.points[:-1]})
    else:
        cut = _cut(column.points[0])
        shorter = column.model_copy(update={"points": (cut,)}) if cut else None
    if shorter is None:
        return _headline(plan)
    columns = (shorter, plan.columns[1]) if longer == 0 else (plan.columns[0], shorter)
    return _changed(plan, columns=tuple(c.model_dump() for c in columns))


def _sides(plan: Plan) -> Degraded:
    """Return what to do and what not to do as a slide each: of the two, nothing is left out."""
    do, dont = (column.points for column in plan.columns)
    return (
        *_changed(
            plan, layout="bullets", columns=(), do_dont=False, points=do, point_icons=(None,) * len(do)
        ),
        *_changed(
            plan,
            layout="warning",
            columns=(),
            do_dont=False,
            points=dont,
            point_icons=(None,) * len(dont),
            point_signs=(True,) * len(dont),
            mark="close",
        ),
    )


def _warning(plan: Plan) -> Degraded:
    if plan.sub:
        return _changed(plan, sub=None)
    return _halves(plan) if plan.points else _headline(plan)


def _term(plan: Plan) -> Degraded:
    if plan.alias:
        return _changed(plan, alias=None)
    shorter = _cut(plan.definition or "")
    return _changed(plan, definition=shorter) if shorter else _headline(plan)


def _quote(plan: Plan) -> Degraded:
    if plan.speaker and (shorter := _cut(plan.speaker)):
        return _changed(plan, speaker=shorter)
    return _without_sub(plan)


_CHAINS: dict[str, Callable[[Plan], Degraded]] = {
    "chapter": _without_sub,
    "statement": _statement,
    "text": _text,
    "bullets": _halves,
    "steps": _halves,
    "summary": _halves,
    "flow": _steps,
    "timeline": _steps,
    "comparison": _comparison,
    "number": _without_sub,
    "warning": _warning,
    "quote": _quote,
    "question": _statement,
    "term": _term,
}
