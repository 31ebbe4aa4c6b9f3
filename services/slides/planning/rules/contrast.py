"""Rules for two sides of a thing."""

import re
from collections.abc import Sequence

from services.slides.plan import MAX_COLUMN_POINTS, TITLE_LENGTH, Column, Plan
from services.slides.planning.build import headline_of, instructs, plan, points_of
from services.slides.planning.cleaning import clipped, has_hangul
from services.slides.planning.condense import says
from services.slides.planning.crosses import act
from services.slides.planning.icons import find_icons
from services.slides.planning.noun_form import without_lead
from services.slides.planning.patterns import CONTRASTS, VERSUS, WARNS
from services.slides.planning.rules.polarity import TITLES
from services.slides.planning.scene import Scene, forbids
from services.slides.planning.verbs_ko import final_of

_LONGEST_SIDE = 24
_LONGEST_POINT = 52

_POSTMODIFIER = re.compile(r" (?:with|of|for|in|from|that|which|on|at) .*$")
_TIE = re.compile(
    r"^(?:반면(?:에)?|이와 반대로|반대로|[^,.]{1,24}?(?:와|과)(?:는)? 달리|in contrast|by contrast"
    r"|on the other hand|whereas"
    r"|unlike [^,]{2,40}),? ",
    re.IGNORECASE,
)
_RELATIVE = re.compile(r" (?:that|which|who|whose|when|where|if)$", re.IGNORECASE)
"""A topic cut before its clause is none: a press that | is serviced lasts longer."""
_AFTER_TOPIC = re.compile(r"^(?:에서는|에는|은|는|이|가)?[ ,]+(?:(?:is|are) )?")
_TOPIC_KO = re.compile(r"^([^,.]{2,16}?(?:면(?= )|(?=(?:에서는|에는|은|는) .{4})))")
_TOPIC_EN = re.compile(
    r"^((?:an?|the) [\w’'-]{2,20}(?: [\w’'-]{2,20}){0,2}?(?<! with)(?<! of)(?<! for)(?<! in)"
    r"(?= [a-z]{2,12}(?<!s)s (?!can |may |will |is |are |has |takes ))"
    r"|(?:(?:an?|the) )?[\w’'-]{2,20}(?: [\w’'-]{2,20}){0,5}?(?= (?:is|are|can|cannot|has|have|does|do"
    r"|will|may|must|only"
    r"|lets?|gives?|needs?|keeps?|means?|uses?|takes?|makes?|tells?|protects?|shows?|stores?|works?"
    r"|costs?|asks?) ))",
    re.IGNORECASE,
)


def versus(scene: Scene) -> Plan | None:
    """A caption ``A vs B``."""
    sides = VERSUS.split(scene.caption.text)
    if len(sides) != 2 or not all(2 <= len(side) <= _LONGEST_SIDE and not side.isdigit() for side in sides):
        return None
    first, second = sides
    told = scene.told
    about_first = [s for s in told if _mentions(s, first, second)] or list(told[:1])
    about_second = [s for s in told if _mentions(s, second, first)] or [
        s for s in told if s not in about_first
    ]
    columns = [
        _column(first, about_first),
        _column(second, [s for s in about_second if s not in about_first]),
    ]
    headline = scene.chapter or scene.caption.text
    return _compared(scene, headline, columns, do_dont=False)


def _mentions(sentence: str, side: str, other: str) -> bool:
    """Return whether ``sentence`` is about ``side``: has a word of it that the other side has not."""
    shared = set(other.lower().split())
    words = [word for word in side.lower().split() if len(word) > 1 and word not in shared]
    return any(re.search(_as_word(word), sentence.lower()) for word in words)


def _as_word(word: str) -> str:
    """Return a pattern that finds ``word``, in Latin script as a whole word: ``http`` is not ``https``."""
    return rf"\b{re.escape(word)}(?:es)?\b" if word.isascii() else re.escape(word)


def whereas(scene: Scene) -> Plan | None:
    """Two things set against each other: ``반면``, ``~와 달리``, ``in contrast``."""
    told = scene.told
    turn = next((i for i, s in enumerate(told) if CONTRASTS.search(s)), None)
    if scene.caption.listed or turn is None or len(told) < 2:
        return None
    turn = max(turn, 1)
    before = told[max(0, turn - 2) : turn]
    after = (told[turn], *(s for s in told[turn + 1 : turn + 2] if forbids(told[turn]) or not instructs(s)))
    titles = _topic(before[0]), _topic(after[0])
    bad = any(map(forbids, before)), any(map(forbids, after))
    if titles[0] and titles[1] and titles[0] != titles[1]:
        columns = [_column(titles[0], before), _column(titles[1], after)]
        short = _short(titles[0], titles[1]), _short(titles[1], titles[0])
        named = [
            column and column.model_copy(update={"title": _capital(name)})
            for column, name in zip(columns, short, strict=True)
        ]
        return _compared(scene, _both(scene, *short), named, do_dont=False)
    if bad[0] == bad[1]:
        return None
    good_side, bad_side = (after, before) if bad[0] else (before, after)
    return _do_dont(scene, good_side, bad_side) if any(map(instructs, good_side)) else None


def _both(scene: Scene, first: str, second: str) -> str:
    """Return what the two sides are called: the author's name for them, else both."""
    heading = scene.heading
    if heading and not any(says(heading, sentence) for sentence in scene.told):
        return heading
    if not has_hangul(first + second):
        return f"{first[:1].upper()}{first[1:]} or {second[:1].lower()}{second[1:]}?"
    if first.endswith("면"):
        return f"{first}, {second}"
    return f"{first}{'과' if final_of(first[-1]) > 0 else '와'} {second}"


def _topic(sentence: str) -> str | None:
    text = _untied(sentence)
    found = (_TOPIC_KO if has_hangul(text) else _TOPIC_EN).match(text)
    return found.group(1).strip(" ,") if found and not _RELATIVE.search(found.group(1)) else None


def _capital(text: str) -> str:
    return clipped(text[:1].upper() + text[1:], TITLE_LENGTH)


def _short(title: str, other: str) -> str:
    """Return an English title without what follows its noun, if that still tells it from the other."""
    short = _POSTMODIFIER.sub("", title)
    return short if short != _POSTMODIFIER.sub("", other) else title


def do_dont(scene: Scene) -> Plan | None:
    """Instructions and prohibitions side by side, three sentences at least."""
    told = scene.told
    if scene.caption.listed or len(told) < 3 or WARNS.search(scene.caption.text):
        return None
    good, bad = [s for s in told if instructs(s)], list(scene.prohibitions)
    if not good or not bad or len(good) + len(bad) < 3:
        return None
    if not scene.heading and not scene.chapter and len(good) > 1:
        good = good[1:] if headline_of(scene, told) in good[0] else good
    return _do_dont(scene, good, bad)


def _do_dont(scene: Scene, good: Sequence[str], bad: Sequence[str]) -> Plan | None:
    titles = TITLES[scene.korean]
    left, right = _column(titles[0], good, icon="check_circle"), _column(titles[1], bad, icon="close_circle")
    if right:
        right = right.model_copy(update={"points": tuple(map(act, right.points))})
    columns = [left, right]
    heading = scene.heading
    if heading and any(says(heading, sentence) for sentence in (*good, *bad)):
        heading = None
    headline = heading or scene.chapter or headline_of(scene)
    return _compared(scene, headline, columns, do_dont=True)


def _column(title: str, sentences: Sequence[str], icon: str | None = None) -> Column | None:
    texts = [_without_topic(without_lead(s), title) for s in sentences]
    points = points_of(texts, longest=_LONGEST_POINT, described=icon is None)[:MAX_COLUMN_POINTS]
    if not points:
        return None
    title = title[:1].upper() + title[1:]
    return Column(
        title=clipped(title, TITLE_LENGTH), icon=icon or next(iter(find_icons(title)), None), points=points
    )


def _untied(sentence: str) -> str:
    """Return ``sentence`` without what ties it to the one before: ``이와 달리``, ``In contrast,``."""
    return without_lead(_TIE.sub("", sentence, count=1))


def _without_topic(sentence: str, topic: str) -> str:
    """Return ``sentence`` without the topic that stands in the column's title already."""
    text = _untied(sentence)
    if not text.lower().startswith(topic.lower()):
        return text
    rest = _AFTER_TOPIC.sub("", text[len(topic) :], count=1)
    return rest[:1].upper() + rest[1:] if len(rest) >= 6 else text


def _compared(scene: Scene, headline: str, columns: Sequence[Column | None], *, do_dont: bool) -> Plan | None:
    first, second = columns
    if first is None or second is None:
        return None
    return plan(scene, "comparison", headline, columns=(first, second), do_dont=do_dont)
