"""Rules for a figure, and for a warning."""

import re

from services.slides.plan import Plan
from services.slides.planning.build import headline_of, instructs, plan, points_of, reason
from services.slides.planning.cleaning import clipped
from services.slides.planning.condense import condensed
from services.slides.planning.icons import last_icon, warning_hero
from services.slides.planning.nominal import nominal
from services.slides.planning.patterns import (
    COMMANDS_NOT,
    MONEY_EN,
    NATIVE_NUMBERS,
    NUMBER,
    PEOPLE,
    STRONG_UNIT,
    WARNS,
)
from services.slides.planning.scene import Scene, forbids

_MOST_PEOPLE = 10
_LONGEST_FACT = 90
_LEAST_HEADLINE = 4
_YEAR = re.compile(r"^(?:1[89]|20)\d\d$")
_UNITS = {"퍼센트": "%", "프로": "%", "percent": "%", "per cent": "%"}
_REPORTED = re.compile(r"(?:다|라)고 (?:답|응답|조사|나타|밝|말|집계|알려)[가-힣]{1,8}$")
_ONLY_FIGURES = re.compile(r"^[\d\s,.%명중가운데약inoutfevery]+$", re.IGNORECASE)
_AFTER_PEOPLE = re.compile(r"^(?:은|는|이|가|의|을|를|꼴로|정도가)? ?")
_DANGLING = re.compile(
    r"(?:[의은는이가을를]|최대|최소|평균|무려|약|총|단|또는|및|시속)$"
    r"|\b(?:up to|about|of|at(?: least| most)?|by|to|for|in|with|within|than"
    r"|nearly|almost|over|only|is|a|an|the)$",
    re.IGNORECASE,
)
_LONGEST_LIST_OF_ACTS = 2
_WARNING_POINTS = 3


def people(scene: Scene) -> Plan | None:
    """``10명 중 7명``, ``1 in 5``: figures of people."""
    if scene.caption.listed:
        return None
    source = next((s for s in (scene.caption.text, *scene.sentences[:3]) if PEOPLE.search(s)), None)
    found = PEOPLE.search(source) if source else None
    if source is None or found is None:
        return None
    some = _number(found["ko"] or found["en"])
    of = _number(found["of_ko"] or found["of_en"])
    if not 2 <= of <= _MOST_PEOPLE or some > of:
        return None
    label = f"{of}명 중 {some}명" if found["ko"] else f"{some} out of {of}"
    heading = scene.heading if scene.heading and not _ONLY_FIGURES.match(scene.heading) else None
    headline = heading or _said_of_people(source, found)
    return plan(
        scene,
        "number",
        headline,
        number=str(some),
        people=(some, of),
        label=label,
        sub=reason(scene, headline, (source,)),
        emphasis=(),
    )


def _number(word: str) -> int:
    return NATIVE_NUMBERS.get(word.lower()) or int(word)


def _said_of_people(sentence: str, found: re.Match[str]) -> str:
    """Return what is said of them; the figures stand in the picture already."""
    rest = _AFTER_PEOPLE.sub("", sentence[found.end() :].rstrip(" ."))
    if found["ko"] and len(rest) >= 8:
        shown = _REPORTED.sub("다", rest)
        return condensed(nominal(shown) if shown != rest else shown, _LONGEST_FACT) or shown
    return condensed(sentence, _LONGEST_FACT) or sentence.rstrip(" .")


def number(scene: Scene) -> Plan | None:
    """A figure that is the point: in the caption with any unit, in the narration with a strong one."""
    if scene.caption.listed:
        return None
    source = scene.caption.text
    figure = _figure(source, strong=False)
    if figure is None:
        if WARNS.search(source) or forbids(source) or sum(map(instructs, scene.told)) > _LONGEST_LIST_OF_ACTS:
            return None
        source, figure = next(((s, f) for s in scene.told[:2] if (f := _figure(s, strong=True))), ("", None))
    if figure is None:
        return None
    digits, unit, matched = figure
    share = float(digits.replace(",", "").lstrip("$€£")) / 100 if unit == "%" else None
    headline = _without_figure(
        scene.heading or condensed(source, _LONGEST_FACT) or headline_of(scene), matched
    )
    return plan(
        scene,
        "number",
        headline,
        number=digits,
        unit=unit or None,
        fraction=share if share is not None and share <= 1 else None,
        sub=reason(scene, headline, (source,)),
        emphasis=(),
    )


def _figure(text: str, *, strong: bool) -> tuple[str, str, str] | None:
    """Return digits, unit and the whole figure as it stands in ``text``."""
    if money := MONEY_EN.search(text):
        return money.group(1) + money.group(2), (money.group(3) or "").strip(), money.group()
    for found in NUMBER.finditer(text):
        digits, unit, limit = found.groups()
        year = unit == "년" and _YEAR.match(digits)
        if year or len(digits) > 12 or (strong and not STRONG_UNIT.match(unit)):
            continue
        shown = _UNITS.get(unit.lower(), unit)
        return digits, clipped(f"{shown} {limit}" if limit else shown, 16), found.group()
    return None


def _without_figure(headline: str, figure: str) -> str:
    """Return ``headline`` without the figure at its end, which is drawn large beside it."""
    bare = headline.rstrip(" .")
    rest = bare.removesuffix(figure).rstrip(" ,:：")
    stands = len(rest) >= _LEAST_HEADLINE and not _DANGLING.search(rest)
    return rest if bare.endswith(figure) and stands else headline


def warning(scene: Scene) -> Plan | None:
    """A prohibition or a danger."""
    caption = scene.caption
    single = not caption.listed and bool(caption.text)
    wished = WARNS.search(caption.title or "") if caption.listed else WARNS.search(caption.text)
    ordered = single and (forbids(caption.text) or COMMANDS_NOT.search(caption.text))
    forbidden = scene.prohibitions
    alone = len(forbidden) == len(scene.told) or (
        not caption.text and len(scene.told) <= 2 and forbids(scene.told[0])
    )
    told = forbidden and (alone or WARNS.search(" ".join(scene.told)))
    if not (wished or ordered or (told and not caption.listed)):
        return None
    headline = (
        scene.heading or condensed(forbidden[0] if forbidden else scene.told[0], 60) or headline_of(scene)
    )
    if caption.listed:
        points, mark = (
            caption.items[:_WARNING_POINTS],
            "close" if any(map(forbids, caption.items)) else "check",
        )
    else:
        points, mark = _acts(scene, headline)
    first = last_icon(headline)
    icons = tuple(i for i in dict.fromkeys((first, *scene.icons)) if i and i not in {"alert", "cancel"})
    prohibits = forbids(headline) or bool(forbidden)
    return plan(
        scene,
        "warning",
        headline,
        points=points,
        point_icons=(None,) * len(points),
        mark=mark,
        sub=reason(scene, headline, points),
        icons=icons,
        hero=warning_hero(icons, prohibits=prohibits),
    )


def _acts(scene: Scene, headline: str) -> tuple[tuple[str, ...], str]:
    """Return the acts that are forbidden, or else those that are required, and their mark."""
    points = points_of(scene.prohibitions, beside=headline)[:_WARNING_POINTS]
    if points or scene.prohibitions or forbids(headline):
        return points, "close"
    return points_of(filter(instructs, scene.told), beside=headline)[:_WARNING_POINTS], "check"
