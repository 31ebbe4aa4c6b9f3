"""What an author demands of the film of a lesson; each demand returns what is wrong, in words."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from tests.support.film import Film, left_out_of, points_of, sentences, tight

NOT = re.compile(
    r"지\s?(?:않|마|말|못)|안\s?(?:되|됩|돼|된)|아니\s?(?:되|됩|된|됨|하|한|함)|금지|금한|금합|금물|엄금|말\s?것|말아|삼가|삼갑|피하|피합|불가"
    r"|없(?:습|는|다|음|이)|못\s?(?:하|합|한)|않기|❌|🚫|✗"
    r"|\b(?:not|never|no|nobody|cannot|without|avoid\w*|forbidden|prohibited|banned|rejected|only)\b|n['’]t\b",
    re.IGNORECASE,
)
"""What makes a sentence forbid or deny."""

_ANNOUNCES = re.compile(
    r"다음|아래|같습니다|행위|것(?:은|들|이|입)|:$|\b(?:these|following|things)\b", re.IGNORECASE
)
_ORDERS = re.compile(r"(?:니다|세요|시오)[.!]?$")
_NOMINAL = re.compile(r"입니다[.!]?$")
_ASSERTS = re.compile(r"(?:[기음함됨면다요])$|(?:\S+\s+){3}\S")
"""A headline that says something, rather than name a topic."""
_COUNTED = re.compile(
    r"^(?:첫째|둘째|셋째|넷째|마지막으로|먼저|다음으로|first|second|third|next|then|finally)\b", re.IGNORECASE
)

_SPOKEN_ODD = re.compile(
    r"한습니다|[가-힣]다입니다|[까요죠]입니다|(?<!\d)[.!?．！]\s?(?:\([^()]*\)\s?)?입니다|\]\s?입니다|습니다습니다|입니다입니다|[❌✗✘✅✔🚫]"
)
_LEFT_OVER = re.compile(
    r"\*\*|~~|</?[A-Za-z][^<>]{0,40}>|\]\(|\||:::|!!!|\[\^|\$\$|&[a-z]+;|[□■◦▶‣☑➤❖]|(?<![가-힣ㄱ-ㅎ])ㅇ\s"
    r"|[\ufeff\u200b-\u200d\u0000-\u0008]|[\U0001F300-\U0001FAFF]"
)
_TORN = re.compile(r"(?:\b(?:and|or|the|of|to|with|a|an|that|if|when|because)|,)$", re.IGNORECASE)
_LEFT_OVER_START = re.compile(
    r"^(?:And|But|Or|Because|Each of these)\b|^(?:그리고|그러나|하지만|또한|따라서)\s"
)

_MOST_STEPS = 24
"""A list that goes on from a higher number was counted by a date or a figure."""

Demand = Callable[[Film, Any], Iterator[str]]


def broken(film: Film, case: dict[str, Any]) -> list[str]:
    """Return what of an author's demands a film does not meet."""
    problems = [f"odd: {text}" for text in odd_texts(film)]
    for key, demand in DEMANDS.items():
        for wanted in case.get(key, ()):
            problems += [f"{key}: {text}" for text in demand(film, wanted)]
    return problems


def odd_texts(film: Film) -> Iterator[str]:
    """Yield what nobody wants in any film: markup left over, Korean that is none, torn lines."""
    for narration in film.narrations:
        for found in (_SPOKEN_ODD.search(narration), _LEFT_OVER.search(narration)):
            if found:
                yield f"said {narration[max(0, found.start() - 20) : found.end() + 10]!r}"
    yield from _odd_slides(film)


def _odd_slides(film: Film) -> Iterator[str]:
    titles = [tight(title) for title in film.chapters]
    chapter = ""
    for slide in film.slides:
        plan = slide.plan
        for text in (plan.headline, plan.sub, *slide.units):
            if text and (_LEFT_OVER.search(text) or _TORN.search(text)):
                yield f"shown {text!r}"
        if _LEFT_OVER_START.search(plan.headline):
            yield f"begins in the middle: {plan.headline!r}"
        if plan.first_number > _MOST_STEPS:
            yield f"counts from {plan.first_number}: {plan.points}"
        if plan.layout == "chapter":
            chapter = tight(plan.headline)
        elif chapter and tight(plan.headline) in titles and tight(plan.headline) != chapter:
            yield f"another chapter's title: {plan.headline!r}"


def _in(alternatives: str | Sequence[str], text: str) -> bool:
    wanted = [alternatives] if isinstance(alternatives, str) else alternatives
    return any(tight(each) in tight(text) for each in wanted)


def _must(text_of: Callable[[Film], str]) -> Demand:
    def demand(film: Film, wanted: str | Sequence[str]) -> Iterator[str]:
        if not _in(wanted, text_of(film)):
            yield f"lacks {wanted}"

    return demand


def _must_not(text_of: Callable[[Film], str]) -> Demand:
    def demand(film: Film, unwanted: str | Sequence[str]) -> Iterator[str]:
        if _in(unwanted, text_of(film)):
            yield f"has {unwanted}"

    return demand


def wrong_signs(film: Film, act: str, *, forbidden: bool, named: bool = True) -> Iterator[str]:
    """Yield where an act is told or shown with the wrong sign.

    Args:
        film: to look at.
        act: words of it.
        forbidden: whether it is.
        named: the words name the act; else they name its subject, which may be a topic.
    """
    for narration in film.narrations:
        told = sentences(narration)
        for index, sentence in enumerate(told):
            forbids = _forbids(sentence, told[:index] if forbidden else ())
            if _in(act, sentence) and forbids is not forbidden:
                yield f"said {sentence!r}"
    for slide in film.slides:
        for point, how in points_of(slide.plan):
            if _in(act, point) and not (_rightly_crossed if forbidden else _rightly_open)(point, how):
                yield f"{slide.plan.layout} lists {point!r}"
        headline = slide.plan.headline
        crossed = slide.plan.hero == "prohibit" or slide.plan.layout in {"warning", "question"}
        asserted = _in(act, headline) and (named or _ASSERTS.search(headline))
        if forbidden and asserted and not (crossed or NOT.search(headline)):
            yield f"headline {headline!r}"


def _forbids(sentence: str, before: Sequence[str]) -> bool:
    """Whether a sentence forbids, by itself or because one before it announces that it does."""
    if NOT.search(sentence):
        return True
    orders = _ORDERS.search(sentence) and not _NOMINAL.search(sentence)
    return not orders and any(NOT.search(other) and _ANNOUNCES.search(other) for other in before)


def _rightly_crossed(point: str, how: dict[str, Any]) -> bool:
    if NOT.search(point) or how["forbids"]:
        return True
    return bool(NOT.search(how["title"])) and not (how["affirms"] or how["orders"])


def _rightly_open(point: str, how: dict[str, Any]) -> bool:
    return not (how["forbids"] or NOT.search(point))


def _forbid(film: Film, act: str) -> Iterator[str]:
    """The act is told, and wherever it is told or listed, it is forbidden."""
    if not _in(act, film.said):
        yield f"{act!r} is not said"
    yield from wrong_signs(film, act, forbidden=True)


def _duty(film: Film, act: str) -> Iterator[str]:
    """The act is not told or listed as forbidden."""
    yield from wrong_signs(film, act, forbidden=False)


def _no_steps(film: Film, act: str) -> Iterator[str]:
    """The act is no step of an instruction, by voice or on a slide."""
    for narration in film.narrations:
        yield from (
            f"said {each!r}" for each in sentences(narration) if _in(act, each) and _COUNTED.search(each)
        )
    for slide in film.slides:
        yield from (
            f"{slide.plan.layout} {point!r}"
            for point, how in points_of(slide.plan)
            if _in(act, point) and how["orders"]
        )


def _no_tick(film: Film, act: str) -> Iterator[str]:
    """The act has no tick."""
    for slide in film.slides:
        yield from (
            f"{slide.plan.layout} {point!r}"
            for point, how in points_of(slide.plan)
            if _in(act, point) and how["affirms"] and not NOT.search(point)
        )


def _holds_only(film: Film, wanted: dict[str, Any]) -> Iterator[str]:
    """A claim never stands without the condition that makes it true."""
    claim, where = wanted["claim"], wanted["where"]
    for narration in film.narrations:
        for before, sentence in pairwise(["", *sentences(narration)]):
            if _in(claim, sentence) and not _in(where, f"{before} {sentence}"):
                yield f"said {sentence!r} without {where}"
    for slide in film.slides:
        for unit in slide.units:
            if _in(claim, unit) and not _in(where, f"{slide.head} {unit}"):
                yield f"{slide.plan.layout} shows {unit!r} without {where}"
        if _in(claim, slide.head) and not _in(where, slide.text):
            yield f"{slide.plan.layout} shows {slide.head!r} without {where}"


def _told_in(film: Film, wanted: dict[str, str]) -> bool:
    return any(
        _in(wanted["chapter"], scene.chapter or "") and _in(wanted["text"], scene.narration)
        for scene in film.spec.scenes
    )


def _within(film: Film, wanted: dict[str, str]) -> Iterator[str]:
    if not _told_in(film, wanted):
        yield f"{wanted['text']!r} is not told in {wanted['chapter']!r}"


def _not_within(film: Film, wanted: dict[str, str]) -> Iterator[str]:
    if _told_in(film, wanted):
        yield f"{wanted['text']!r} is told in {wanted['chapter']!r}"


def _title_none(film: Film, unwanted: str) -> Iterator[str]:
    if tight(film.title) == tight(unwanted):
        yield film.title


def _glue(film: Film, grown: str) -> Iterator[str]:
    if grown in film.said or grown in film.drawn or grown in film.captions:
        yield grown


def _accounted(film: Film, text: str) -> Iterator[str]:
    if not _in(text, film.everything) and not left_out_of(film.script).sentences:
        yield f"{text!r} vanished"


def _last_none(film: Film, unwanted: str) -> Iterator[str]:
    if _in(unwanted, film.slides[-1].text):
        yield film.slides[-1].text


def _titles(film: Film) -> str:
    return "\n".join(film.chapters)


DEMANDS: dict[str, Demand] = {
    "say": _must(lambda film: film.said),
    "say_none": _must_not(lambda film: film.said),
    "show": _must(lambda film: film.drawn),
    "show_none": _must_not(lambda film: film.drawn + film.captions),
    "told": _must(lambda film: film.everything),
    "nowhere": _must_not(lambda film: film.everything),
    "title": _must(lambda film: film.title),
    "title_none": _title_none,
    "chapter": _must(_titles),
    "chapter_none": _must_not(_titles),
    "forbid": _forbid,
    "duty": _duty,
    "no_steps": _no_steps,
    "no_tick": _no_tick,
    "holds_only": _holds_only,
    "within": _within,
    "not_within": _not_within,
    "glue": _glue,
    "accounted": _accounted,
    "show_last_none": _last_none,
}
"""By the name that they have in ``lessons.yaml``; a list there gives alternatives."""
