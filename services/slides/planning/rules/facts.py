"""Rules for a figure, and for a warning."""

import re

from contracts.faithful import conditional
from services.slides.plan import MAX_POINTS, Plan
from services.slides.planning.build import headline_of, instructs, plan, points_of, reason
from services.slides.planning.cleaning import has_hangul
from services.slides.planning.condense import SAME, condensed, point, says, similarity
from services.slides.planning.crosses import crossed
from services.slides.planning.figures import figure_of
from services.slides.planning.icons import find_icons, last_icon, warning_hero
from services.slides.planning.noun_form import nominal
from services.slides.planning.patterns import (
    COMMANDS_NOT,
    NATIVE_NUMBERS,
    PEOPLE,
    QUOTED,
    STATES_NOT,
    WARNS,
)
from services.slides.planning.scene import Scene, forbids

_MOST_PEOPLE = 10
_LONGEST_FACT = 90
_LEAST_HEADLINE = 4
_TOPIC_PARTICLE = re.compile(r"(?<=[가-힣]{2})(?:은|는|이|가)$")
_PER_HOUR = re.compile(r" 시속$")
_REPORTED = re.compile(r"(?:다|라)고 (?:답|응답|조사|나타|밝|말|집계|알려)[가-힣]{1,8}$")
_ONLY_FIGURES = re.compile(r"^[\d\s,.%명중가운데약inoutfevery]+$", re.IGNORECASE)
_OF_PEOPLE = re.compile(
    r" (?:of )?(?:our |the |all |us\b|them\b)?(?:[\w’'-]{1,24} ){0,2}(?:people|persons?|employees?|workers?"
    r"|staff|users?|adults?|children|customers?|colleagues?|managers?|drivers?|men|women|students?|members?"
    r"|patients?|respondents?|operators?|newcomers?|teams?|victims?|injuries|accidents|deaths|us|them|you)\b"
    r"|(?: ever| now)? (?:ha[sd]|have|is|are|was|were|do(?:es)?|did|said|says?|will|can|could|would"
    r"|report(?:ed|s)?|click(?:ed|s)?|fell|falls?)\b|[.,;]|$",
    re.IGNORECASE,
)
"""What follows ``3 in 5`` where people, or their injuries, are counted; for pump failures none are drawn."""
_AFTER_PEOPLE = re.compile(r"^(?:은|는|이|가|의|을|를|꼴로|정도가)? ?")
_DANGLING = re.compile(
    r"(?:[의은는이가을를에]|마다|당|하루|매일|매월|매년|영하|영상|마이너스|모두|최대|최소|평균|무려|약|총|단|또는|및|시속)$"
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
    if source is None or found is None or (found["en"] and not _OF_PEOPLE.match(source, found.end())):
        return None
    some = _number(found["ko"] or found["en"])
    of = _number(found["of_ko"] or found["of_en"])
    if not 2 <= of <= _MOST_PEOPLE or some > of:
        return None
    label = f"{of}명 중 {some}명" if found["ko"] else f"{some} out of {of}"
    heading = scene.heading
    if heading == scene.chapter:
        heading = None
    if heading and (_ONLY_FIGURES.match(heading) or PEOPLE.search(heading) or _of_another(scene, source)):
        heading = None
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


def _of_another(scene: Scene, source: str) -> bool:
    """Return whether the caption sums up another sentence than the one that holds the figure."""
    said = [similarity(scene.heading or "", sentence) for sentence in scene.told if sentence != source]
    return max(said, default=0.0) >= SAME > similarity(scene.heading or "", source)


def _number(word: str) -> int:
    return NATIVE_NUMBERS.get(word.lower()) or int(word)


def _said_of_people(sentence: str, found: re.Match[str]) -> str:
    """Return what is said of them; the figures stand in the picture already."""
    if conditional(sentence[: found.start()]):
        return condensed(sentence, _LONGEST_FACT) or sentence.rstrip(" .")
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
    # The figure of a prohibition is its condition: 3 m 이상 올리면 주행하지 않기 is about driving.
    figure = None if forbids(source) else figure_of(source, strong=False)
    if figure is None:
        if WARNS.search(source) or forbids(source) or sum(map(instructs, scene.told)) > _LONGEST_LIST_OF_ACTS:
            return None
        told = ((sentence, figure_of(sentence, strong=True)) for sentence in scene.told[:2])
        source, figure = next(((sentence, found) for sentence, found in told if found), ("", None))
    if figure is None:
        return None
    heading = None if _of_another(scene, source) or scene.heading == scene.chapter else scene.heading
    heart = condensed(source, _LONGEST_FACT)
    if heading and figure.text not in heading and similarity(heading, source) >= SAME:
        heading = None  # another clause of the same sentence
    headline = _without_figure(
        heading or (nominal(heart) if heart and has_hangul(heart) else heart) or headline_of(scene),
        figure.text,
    )
    return plan(
        scene,
        "number",
        headline,
        number=figure.digits,
        unit=figure.unit or None,
        fraction=figure.share,
        sub=reason(scene, headline, (source,)),
        emphasis=(),
    )


def _without_figure(headline: str, figure: str) -> str:
    """Return ``headline`` without the figure at its end, which is drawn large beside it."""
    bare = headline.rstrip(" .")
    rest = _TOPIC_PARTICLE.sub("", _PER_HOUR.sub("", bare.removesuffix(figure).rstrip(" ,:：-−")))
    stands = len(rest) >= _LEAST_HEADLINE and not _DANGLING.search(rest)
    return rest if bare.endswith(figure) and stands else headline


def warning(scene: Scene) -> Plan | None:
    """A prohibition or a danger."""
    caption = scene.caption
    single = not caption.listed and bool(caption.text)
    wished = _warns((caption.title or "") if caption.listed else caption.text)
    commanded = COMMANDS_NOT.search(QUOTED.sub("", caption.text)) and not STATES_NOT.search(caption.text)
    ordered = single and (forbids(caption.text) or commanded)
    forbidden = scene.prohibitions
    alone = len(forbidden) == len(scene.told) or (
        not caption.text and len(scene.told) <= 2 and forbids(scene.told[0])
    )
    told = forbidden and (alone or WARNS.search(" ".join(scene.told)))
    if not (wished or ordered or (told and not caption.listed)):
        return None
    headline = _forbidding_headline(scene, own=bool(caption.listed or wished or ordered))
    if caption.listed:
        signs = set(map(forbids, caption.items))
        if len(signs) > 1:
            return None  # one mark before acts to do and acts to leave would turn some of them round
        points, mark = caption.items[:MAX_POINTS], "close" if True in signs else "none"
    else:
        points, mark = _acts(scene, headline)
    signs_of: tuple[bool, ...] = ()
    if mark == "close":
        points, signs_of = crossed(points, (True,) * len(points))
    prohibits = forbids(headline) or bool(forbidden)
    # What stands in the red ring is read as forbidden: only what the prohibition itself names.
    named = find_icons(" ".join((headline, *forbidden))) if prohibits else scene.icons
    icons = tuple(
        i for i in dict.fromkeys((last_icon(headline), *named)) if i and i not in {"alert", "cancel"}
    )
    return plan(
        scene,
        "warning",
        headline,
        points=points,
        point_icons=(None,) * len(points),
        point_signs=signs_of if False in signs_of else (),
        mark=mark,
        sub=reason(scene, headline, points),
        icons=icons,
        hero=warning_hero(icons, prohibits=prohibits, act=headline),
    )


def _forbidding_headline(scene: Scene, *, own: bool) -> str:
    """Return what a warning asserts: the caption if it warns itself (``own``), else what is forbidden."""
    heading = scene.heading
    elsewhere = heading == scene.chapter or any(says(heading or "", sentence) for sentence in scene.told)
    if heading and (own or not elsewhere):
        return heading
    return point((scene.prohibitions or scene.told)[0], 60) or headline_of(scene)


def _warns(text: str) -> bool:
    """Return whether a text warns; what it quotes, a sign's words, is not said by it."""
    bare = QUOTED.sub("", text)
    return WARNS.search(bare) is not None and STATES_NOT.search(bare) is None


def _acts(scene: Scene, headline: str) -> tuple[tuple[str, ...], str]:
    """Return the acts that are forbidden, or else those that are required, and their mark.

    What stands below a warning gets no tick: whoever glances at it takes the tick for the warning's.
    """
    points = points_of(scene.prohibitions, beside=headline)[:_WARNING_POINTS]
    if points or scene.prohibitions or forbids(headline):
        return points, "close"
    return points_of(filter(instructs, scene.told), beside=headline)[:_WARNING_POINTS], "none"
