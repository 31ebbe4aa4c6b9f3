"""What a person would write on the slide of a scene."""

from collections.abc import Iterable, Sequence
from itertools import chain

from contracts.faithful import excepts
from contracts.polarity import ALLOW, FORBID, NOTE, Polarity, heading_polarity, refuses
from services.scripting.passages import Passage
from services.scripting.writer.language import LONGEST_LIST, Language, Trait

_LEAST_ACTS = 3
"""Instructions in a scene from which the slide lists them."""

_LONGEST_WITH_EXCEPTION = 160
"""Characters of a rule and its exception that a slide shows as running text; more leaves the rule alone."""
_POINTERS = ("다음", "아래", "이런", "The following", "Never do the following", "These")
"""Beginnings of what a list was announced with that name nothing on a slide."""
_LEAST_PROHIBITIONS = 2
_LEAST_POINT = 4
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩"
_OPENING = 1.3
"""What a sentence that begins a paragraph is worth more."""
_TELLING = (
    (Trait.DEFINES, 8.0),
    (Trait.COUNTED, 3.0),
    (Trait.FORBIDS, 2.5),
    (Trait.INSTRUCTS, 1.2),
    (Trait.INTRODUCES, 0.5),
    (Trait.DEPENDS, 0.4),
    (Trait.QUOTES, 0.2),
    (Trait.REASONS, 0.3),
)


def on_screen(
    run: Sequence[Passage],
    weights: Sequence[float],
    language: Language,
    taken: set[str],
    chapter: str,
) -> str:
    """Return the caption of a scene.

    A list's points under its name; of several instructions the same; else the noun form of the sentence that
    tells most, a term or a figure first, if it has a short one; else the chapter's title. Never a greeting,
    and nothing that ``taken`` holds, the chapter's title excepted.

    Args:
        run: the scene's passages.
        weights: how central each is.
        language: the source's.
        taken: what other slides show already.
        chapter: its title.
    """
    told = [passage for passage in run if not passage.framing]
    points = [point for passage in told for point in passage.points]
    signs = {passage.polarity for passage in told if passage.points}
    if Polarity.CHOICE in signs:
        return _choices(told)
    if len(points) > 1 or (points and Polarity.FORBIDDEN in signs):
        name = _name(run, language, taken, chapter)
        if Polarity.FORBIDDEN in signs:
            return _marked(told, chapter if name and name.startswith(_POINTERS) else name, language)
        points = language.alike(points)
        return _list(points, name, next(p.number for p in told if p.points), _mark(name, chapter, NOTE))
    if points and (number := next((p.number for p in told if p.points), 0)) and not _announces(told):
        return _list(points, _free(_heading(run), taken) or chapter, number, "-")  # a step among others
    if (forbidden := language.alike(_prohibitions(told, language))) and not _mixes_acts(told):
        name = _free(_heading(run), taken) or chapter
        name = chapter if any(act.startswith(name) for act in forbidden) else name
        return "\n".join([name, *(f"{FORBID} {act}" for act in forbidden)])
    if acts := language.alike(_acts(told, language)):
        name = _free(_heading(run), taken) or chapter
        rest = [_without(name, act) for act in acts if act != name]
        return _list(rest, name, 0, _mark(name, chapter, ALLOW))
    order = sorted(
        (index for index, passage in enumerate(run) if not passage.framing),
        key=lambda index: (-_telling(run[index]), -weights[index], index),
    )
    candidates: Iterable[str | None] = (_headline(run, index, language) for index in order)
    if _mixes_acts(told):
        candidates = chain((_heading(run), chapter), candidates)
    return next((text for text in candidates if text and text not in taken), chapter)


def _announces(told: Sequence[Passage]) -> bool:
    """Whether more is told than one step and what is said of it."""
    return any(not passage.points and Trait.DEPENDS not in passage.traits for passage in told)


def _mark(name: str | None, chapter: str, governed: str) -> str:
    """Return what stands before the items of a list: where its name or chapter forbids, that they do not."""
    forbids = heading_polarity(name or "", heading_polarity(chapter)) is Polarity.FORBIDDEN
    return governed if forbids else "-"


def _list(points: Sequence[str], name: str | None, first: int, mark: str) -> str:
    """Return a list as an author writes it: its name and its items, numbered from ``first`` if steps."""
    if mark != "-":
        items = [f"{mark} {point}" for point in points]
    elif first:
        items = [f"{number}. {point}" for number, point in enumerate(points, first)]
    elif name:
        items = [f"- {point}" for point in points]
    else:
        items = list(points)
    return "\n".join([name, *items] if name else items)


def _headline(run: Sequence[Passage], index: int, language: Language) -> str | None:
    """Return what a slide says of a sentence; with the exception that follows it, both as they are said."""
    following = run[index + 1].text if index + 1 < len(run) else ""
    if excepts(run[index].text):
        return None  # says nothing without the sentence before
    if excepts(following) and len(run[index].text) + len(following) < _LONGEST_WITH_EXCEPTION:
        return f"{run[index].text} {following}"
    return language.headline(run[index].text)


def _marked(told: Sequence[Passage], name: str | None, language: Language) -> str:
    """Return a list of what is forbidden: each item marked, so that no slide makes it an instruction."""
    marks = {Polarity.FORBIDDEN: FORBID, Polarity.REQUIRED: ALLOW}
    listed = [
        (marks.get(passage.polarity, NOTE) if passage.polarity else NOTE, point)
        for passage in told
        for point in passage.points
    ]
    points = language.alike([point for _, point in listed])
    items = [f"{mark} {point}" for (mark, _), point in zip(listed, points, strict=True)]
    return "\n".join([name, *items] if name else items)


def _choices(told: Sequence[Passage]) -> str:
    """Return a question and its answers, counted as answers are: no steps, nothing to be done."""
    first = next(index for index, passage in enumerate(told) if passage.polarity is Polarity.CHOICE)
    question = [told[first - 1].text] if first else []
    answers = [point for passage in told if passage.polarity is Polarity.CHOICE for point in passage.points]
    return "\n".join(
        [*question, *(f"{_CIRCLED[n % len(_CIRCLED)]} {text}" for n, text in enumerate(answers))]
    )


def _name(run: Sequence[Passage], language: Language, taken: set[str], chapter: str) -> str | None:
    """Return the name of the list: of the sentence that announces it, of its heading or of the chapter.

    A summary has none: what it is, the slide says by its looks.
    """
    first = next(index for index, passage in enumerate(run) if passage.points)
    if listed := _free(run[first].listed, taken):
        return listed
    lead = run[first - 1] if first else None
    if lead and Trait.INTRODUCES in lead.traits:
        title = _free(language.list_title(lead.text), taken)
        if title:
            return title
    if heading := _free(_heading(run), taken):
        return heading
    return None if language.sums_up(chapter) else chapter


def _heading(run: Sequence[Passage]) -> str | None:
    """Return the heading that all of a scene stands under."""
    headings = {passage.heading for passage in run if not passage.framing}
    return headings.pop() if len(headings) == 1 else None


def _without(name: str, point: str) -> str:
    """Return a point without its list's name in front: 괴롭힘을 겪었다면 | 날짜를 기록하기."""
    rest = point.removeprefix(name).lstrip(" ,")
    return rest[:1].upper() + rest[1:] if point != rest and len(rest) >= _LEAST_POINT else point


def _free(text: str | None, taken: set[str]) -> str | None:
    return text if text and text not in taken else None


def _acts(told: Sequence[Passage], language: Language) -> list[str]:
    """Return a scene of nothing but instructions as points."""
    acts = [passage for passage in told if Trait.INSTRUCTS in passage.traits and not passage.points]
    if not _LEAST_ACTS <= len(acts) <= LONGEST_LIST or len(acts) * 4 < len(told) * 3:
        return []
    if any(Trait.FORBIDS in passage.traits for passage in told):
        return []
    points = [language.point(passage.text) for passage in acts]
    return [point for point in points if point] if all(points) else []


def _prohibitions(told: Sequence[Passage], language: Language) -> list[str]:
    """Return the prohibitions of a scene that has several: none of them is left to the voice alone."""
    forbidding = [
        p for p in told if Trait.FORBIDS in p.traits and not p.points and Trait.ASKS not in p.traits
    ]
    if not _LEAST_PROHIBITIONS <= len(forbidding) <= LONGEST_LIST:
        return []
    points = [language.point(passage.text) for passage in forbidding]
    return [point for point in points if point] if all(point and refuses(point) for point in points) else []


def _mixes_acts(told: Sequence[Passage]) -> bool:
    """Whether a scene says both what to do and what to leave: then no one of the sentences names it."""
    acts = sum(bool(passage.traits & (Trait.INSTRUCTS | Trait.FORBIDS)) for passage in told)
    forbids = any(Trait.FORBIDS in passage.traits for passage in told)
    instructs = any(Trait.INSTRUCTS in passage.traits for passage in told)
    return forbids and instructs and acts >= _LEAST_ACTS and acts * 4 >= len(told) * 3


def _telling(passage: Passage) -> float:
    weight = _OPENING if passage.opens else 1.0
    for trait, factor in _TELLING:
        if trait in passage.traits:
            weight *= factor
    return weight
