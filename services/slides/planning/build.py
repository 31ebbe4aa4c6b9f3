"""Making a plan from what a rule found: the lengths kept, illustration and emphasis filled in."""

from collections.abc import Iterable, Sequence
from typing import Any

from contracts.faithful import excepts
from services.slides.plan import (
    HEADLINE_LENGTH,
    MAX_ICONS,
    MAX_POINTS,
    POINT_LENGTH,
    SUB_LENGTH,
    Layout,
    Plan,
)
from services.slides.planning.cleaning import clipped, has_hangul
from services.slides.planning.condense import SAME, condensed, point, says, similarity
from services.slides.planning.emphasis import emphasis
from services.slides.planning.icons import hero_of, point_icons
from services.slides.planning.noun_form import alike, nominal, without_lead
from services.slides.planning.patterns import COUNTS_ITEMS
from services.slides.planning.scene import Scene, announces, forbids, greets
from services.slides.planning.sentences import sentences
from services.slides.planning.verbs_en import commands

LONGEST_HEADLINE = 44
"""Characters a sentence of the narration is condensed to for a headline; two lines at 44 px hold it."""
_LONGEST_ASSERTION = 64
"""The same where nothing shorter is said: three lines rather than the chapter's title again."""
_LONGEST_WHOLE = 130
"""A sentence that no shorter form says truly stands whole; a slide holds no more in type that is read."""
LONGEST_POINT = 60
"""A sentence that no clause of this length sums up is left to the voice."""
LONGEST_REASON = 60


def plan(scene: Scene, layout: Layout, headline: str, **fields: Any) -> Plan:
    """Return the plan; texts too long for the schema are cut, icons and emphasis default to the scene's."""
    icons = tuple(fields.pop("icons", scene.icons))[:MAX_ICONS]
    fields.setdefault("hero", hero_of(icons))
    fields.setdefault("emphasis", emphasis(headline))
    if sub := fields.pop("sub", None):
        fields["sub"] = clipped(sub, SUB_LENGTH)
    return Plan(layout=layout, headline=clipped(headline, HEADLINE_LENGTH) or "–", icons=icons, **fields)


def listed(points: Iterable[str], *, pictured: bool = True, named: bool = True) -> dict[str, Any]:
    """Return the fields of a list: its points, in noun form where they are sentences, icons and signs.

    Args:
        points: as written.
        pictured: icons stand before them.
        named: they say what to do or to leave; the answers to a question stay as they are.
    """
    sources = [_first(text) for text in points if text][:MAX_POINTS]
    texts = tuple(clipped((nominal(first) if named else "") or first, POINT_LENGTH) for first in sources)
    signs = tuple(named and forbids(text) for text in texts)
    texts = alike(sources, texts)
    return {
        "points": texts,
        "point_icons": point_icons(texts) if pictured else (None,) * len(texts),
        "point_signs": signs if any(signs) else (),
    }


def _first(text: str) -> str:
    """Return the first sentence of a point, all of it where the next one makes an exception."""
    parts = sentences(text) or (text,)
    return text if any(map(excepts, parts[1:])) else parts[0]


def headline_of(scene: Scene, sentences: Sequence[str] = ()) -> str:
    """Return the caption or the title of its list, else the heart of a sentence, else the chapter.

    A caption that only repeats the chapter's title says nothing of this scene.
    """
    if scene.heading and (scene.heading != scene.chapter or scene.caption.listed):
        return scene.heading
    for longest in (LONGEST_HEADLINE, _LONGEST_ASSERTION, _LONGEST_WHOLE):
        for sentence in (*sentences, *scene.told):
            if heart := condensed(sentence, longest):
                return nominal(heart) if has_hangul(heart) else heart
    return scene.chapter or clipped(scene.narration or scene.caption.text, HEADLINE_LENGTH)


def heading_of_list(
    scene: Scene, introduction: str = "", points: Sequence[str] = (), *, led: bool = False
) -> str:
    """Return what a list is called: its title, the sentence that introduces it, or the chapter.

    What says the same as one of ``points`` names none of them all; a greeting introduces nothing, and neither
    does a sentence that only stands in front, unless the list is ``led`` by it.
    """
    heading = scene.heading
    if heading and (scene.caption.listed or not _repeats(heading, points)):
        return heading
    introduces = (
        led or COUNTS_ITEMS.search(introduction) or introduction.endswith(":") or announces(introduction)
    )
    heart = None
    if introduction and not greets(introduction) and (introduces or not scene.chapter):
        heart = point(introduction.rstrip(" :"), LONGEST_HEADLINE)
    if heart and _repeats(heart, points):
        heart = None
    return heart or scene.chapter or heading or headline_of(scene)


def _repeats(text: str, others: Iterable[str]) -> bool:
    return any(says(text, other) for other in others)


def points_of(
    sentences: Iterable[str], *, beside: str = "", longest: int = LONGEST_POINT, described: bool = False
) -> tuple[str, ...]:
    """Return ``sentences`` as points, without those too long for one or saying the same as ``beside``."""
    points: list[str] = []
    sources: list[str] = []
    for sentence in sentences:
        # What is forbidden is never left to the voice alone.
        text = point(sentence, POINT_LENGTH if forbids(sentence) else longest, described=described)
        if (
            text
            and not text.endswith("때문")
            and all(similarity(text, other) < SAME for other in (beside, *points) if other)
        ):
            points.append(text)
            sources.append(sentence)
    return alike(sources, tuple(points))


def reason(scene: Scene, headline: str, avoid: Sequence[str] = ()) -> str | None:
    """Return the sentence that tells why, condensed, if one says something that the slide does not.

    Korean is in noun form, like all that the voice explains.
    """
    for sentence in scene.told:
        heart = condensed(sentence, LONGEST_REASON)
        if heart is None or forbids(sentence) or heart.endswith("?") or heart.startswith("("):
            continue
        if all(similarity(heart, other) < SAME for other in (headline, *avoid)):
            return nominal(heart) if has_hangul(heart) else heart
    return None


def instructs(sentence: str) -> bool:
    """Return whether ``sentence`` tells the viewer to do something (not: to leave something)."""
    if forbids(sentence):
        return False
    return nominal(sentence).endswith("기") if has_hangul(sentence) else commands(without_lead(sentence))
