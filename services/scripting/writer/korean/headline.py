"""Korean headlines: the noun form of a sentence as a slide says it, and its main clause where it is long."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from contracts.faithful import faithful
from services.scripting.writer.korean.instructions import (
    NOUN_TAGS,
    WHEN,
    is_audience,
    is_instruction,
    is_state,
)
from services.scripting.writer.korean.morphemes import Morphemes, apart, kind, tokens_of

HEADLINE_LIMIT = 42
POINT_LIMIT = 52
"""Longest headline, in characters with spaces: two lines of a slide's large type."""
LONGEST_WHOLE = 78
"""A sentence that no clause of it says truly is shown whole up to this length; longer is running text."""

_IMPERATIVES = frozenset(
    {"세요", "으세요", "십시오", "으십시오", "ᆸ시오", "읍시오", "ᆸ시다", "읍시다", "시오", "어라", "어요", "자"}
)
_WISHED = re.compile(r"(?<=[가-힣])시기(?:를)? 바랍니다$")
"""주시기 바랍니다 asks, as 주세요 does."""
_COORDINATES = frozenset({"고", "으며", "며", "지만", "ᆫ데", "는데"})
_IS_A_FIGURE = re.compile(r"(?<=[0-9%A-Za-z)”\"℃])(?:입니다|이다)$")
_MEANS = frozenset({"말", "뜻", "의미", "가리키"})
_CONNECTIVES = frozenset({"EC"})
_LEAST_CLAUSE = 10
_CLAUSE_ENDS = (
    "고",
    "며",
    "면",
    "서",
    "니",
    "지만",
    "는데",
    "은데",
    "도록",
    "므로",
    "때",
    "뒤",
    "후",
    "경우",
)


def nominal(sentence: Morphemes, kiwi: Any) -> str:
    """Return a sentence in noun form, as a slide says it: 착용해야 합니다 → 착용하기, 대상입니다 → 대상."""
    sentence = _without_lead(sentence, kiwi)
    if _WISHED.search(sentence.text):
        sentence = Morphemes.of(_WISHED.sub("세요", sentence.text), kiwi)
    tokens = sentence.tokens
    if found := _IS_A_FIGURE.search(sentence.text):
        return sentence.text[: found.start()]
    if not sentence.is_sentence():
        return sentence.text
    end = len(tokens) - 1
    past = False
    while end and tokens[end - 1].tag == "EP":
        past = past or tokens[end - 1].form in {"었", "았", "였", "겠"}
        end -= 1
    if not end:
        return sentence.text
    if tokens[end - 1].tag == "VCP":
        return sentence.text[: tokens[end - 1].start].rstrip() or sentence.text
    if past:
        return sentence.until(len(tokens) - 1, [("음", "ETN")])
    forms = [token.form for token in tokens[:end]]
    tags = ["JKS" if _is_particle(sentence.text, token) else kind(token) for token in tokens[:end]]
    return _named_act(sentence, end, forms, tags)


def _named_act(sentence: Morphemes, end: int, forms: Sequence[str], tags: Sequence[str]) -> str:
    """Return the noun form of a verb in the present tense, whose stem ends before morpheme ``end``."""
    if forms[-2:] in (["금지", "하"], ["허용", "하"]):
        return sentence.text[: sentence.tokens[end - 1].start]
    if forms[-1] in {"하", "되"} and len(forms) > 2 and forms[-2] in {"어야", "아야", "여야"}:
        return _duty(sentence, end, tags)
    special = _meaning(sentence, end) or _negative(sentence, end, forms, tags)
    if special is not None:
        return special
    directive = sentence.tokens[-1].form in _IMPERATIVES
    if directive and tags[-1] == "VX" and forms[-1] in {"주", "보"} and end > 2:
        end -= 2  # 신고해 주세요 → 신고하기
    ending = "기" if directive or is_instruction(forms, tags) else "음"
    return sentence.until(end, [(ending, "ETN")])


def _is_particle(text: str, token: Any) -> bool:
    """Whether what was taken for a determiner is the subject's particle: 확인이 회사를."""
    return token.tag == "MM" and token.form == "이" and not apart(text, token)


def _meaning(sentence: Morphemes, end: int) -> str | None:
    """Return the definition itself: …하는 공격을 말합니다 → …하는 공격."""
    tokens = sentence.tokens
    verb = end - 2 if tokens[end - 1].tag == "XSV" else end - 1
    if verb > 1 and tokens[verb].form in _MEANS and tokens[verb - 1].tag == "JKO":
        return sentence.text[: tokens[verb - 1].start].rstrip() or None
    return None


def _duty(sentence: Morphemes, end: int, tags: Sequence[str]) -> str:
    """Return what must be done as an act, 착용하기; what must be so, or others' duty, stays: 18%여야 함."""
    tokens = sentence.tokens
    agent = _agent_length(sentence)
    state = is_state([token.form for token in tokens[: end - 2]], tags[: end - 2])
    if state or (not agent and _has_agent(sentence)):
        return sentence.text[: tokens[end - 1].start].rstrip() + " 함"
    return sentence.until(end - 2, [("기", "ETN")])[agent:]


def _negative(sentence: Morphemes, end: int, forms: Sequence[str], tags: Sequence[str]) -> str | None:
    """Return the noun form of what is not to be done or is not so: 누르면 안 됩니다 → 누르지 않기."""
    if forms[-2:] == ["지", "말"]:
        return sentence.until(end - 1, [("않", "VX"), ("기", "ETN")]).replace("지않", "지 않")
    if forms[-2:] == ["지", "않"]:
        return sentence.until(end, [("기" if is_instruction(forms[:-2], tags[:-2]) else "음", "ETN")])
    if forms[-2:] == ["지", "아니하"]:
        acts = is_instruction(forms[:-2], tags[:-2]) and forms[-3] != "하"
        named = sentence.until(end - 1, [("않", "VX"), ("기" if acts or tags[-3] == "XSV" else "음", "ETN")])
        return named.replace("지않", "지 않")
    if forms[-2:] in (["안", "되"], ["아니", "되"]) and "EC" in tags[-5:-2]:
        verb = max(i for i in range(end - 2) if tags[i] == "EC")
        if forms[verb - 2 : verb] in (["지", "않"], ["지", "아니하"], ["지", "못하"]):
            return _must(sentence, verb - 2, forms[: verb - 2], tags[: verb - 2])
        if forms[verb - 1] == "없":
            return f"{sentence.text[: sentence.tokens[verb - 1].start]}있어야 함"
        if forms[verb - 1] == "있":
            return f"{sentence.text[: sentence.tokens[end - 2].start].rstrip()} 안 됨"
        return sentence.until(verb, [("지", "EC"), ("않", "VX"), ("기", "ETN")])
    return None


def _must(sentence: Morphemes, stem: int, forms: Sequence[str], tags: Sequence[str]) -> str:
    """Return what has to be done or to be so: 측정하지 않으면 안 됩니다 → 측정하기."""
    if is_state(forms, tags):
        return f"{sentence.until(stem, [('어야', 'EC')])} 함"
    return sentence.until(stem, [("기", "ETN")])


def _topic(sentence: Morphemes) -> int | None:
    """Return where the topic's particle stands, if a topic opens the sentence."""
    return next(
        (
            i
            for i, token in enumerate(sentence.tokens[:6])
            if token.tag == "JX" and token.form in {"은", "는"} and sentence.tokens[i - 1].tag in NOUN_TAGS
        ),
        None,
    )


def _has_agent(sentence: Morphemes) -> bool:
    """Whether a topic opens the sentence and its verb has an object besides: 회사는 … 신고를 받으면."""
    topic = _topic(sentence)
    return topic is not None and any(token.tag == "JKO" for token in sentence.tokens[topic:])


def _agent_length(sentence: Morphemes) -> int:
    """Return the length of who has a duty, where it is the audience: 작업자는 안전모를 착용해야."""
    topic = _topic(sentence)
    if topic is None or topic + 1 >= len(sentence.tokens) or not _has_agent(sentence):
        return 0
    if not is_audience([token.form for token in sentence.tokens], topic):
        return 0
    return int(sentence.tokens[topic + 1].start)


def _without_lead(sentence: Morphemes, kiwi: Any) -> Morphemes:
    """Drop connectives in front: 그리고, 따라서, 먼저."""
    first = 0
    while first < len(sentence.tokens) and (
        sentence.tokens[first].tag in {"MAJ", "SP", "IC"}
        or sentence.tokens[first].form in {"먼저", "우선", "특히", "마지막", "그다음", "또"}
        or (first and sentence.tokens[first].form == "으로" and sentence.tokens[first - 1].form == "마지막")
    ):
        first += 1
    if first in {0, len(sentence.tokens)}:
        return sentence
    return Morphemes.of(sentence.text[sentence.tokens[first].start :], kiwi)


def shortened(headline: str, kiwi: Any, limit: int = HEADLINE_LIMIT) -> str | None:
    """Return a headline if it is short, else its main clause, else all of it; never a torn-off piece.

    A clause that drops a condition, a negation or a number says something else (:mod:`contracts.faithful`).

    The topic in front stays, if there is room for it: … 평가는 | 당사자가 힘들더라도 | 괴롭힘으로 보지 않음.
    """
    headline = headline.strip(" ,;:.")
    if len(headline) <= limit:
        return headline or None
    tokens = tokens_of(kiwi, headline)
    starts = [after.start for before, after in pairwise(tokens) if _parts(headline, before, after)]
    topic = _topic_length(tokens)
    for start in starts:  # the longest clause first
        clause = headline[start:].strip(" ,")
        whole = f"{headline[:topic]} {clause}"
        if not faithful(headline, clause):
            continue
        if 0 < topic < start and len(whole) <= limit and not _has_subject(clause, kiwi):
            return whole
        if _LEAST_CLAUSE <= len(clause) <= limit:
            return clause
    return headline if len(headline) <= LONGEST_WHOLE else None


def _topic_length(tokens: Sequence[Any]) -> int:
    """Return the length of the topic that opens a sentence, 0 without one."""
    for before, token in pairwise(tokens):
        if token.tag == "JX" and token.form in {"은", "는"} and before.tag in NOUN_TAGS:
            return 0 if before.form in WHEN else int(token.start + token.len)
        if token.tag in {"EC", "JKO"}:
            return 0
    return 0


def _has_subject(clause: str, kiwi: Any) -> bool:
    return any(token.tag in {"JKS", "JX"} for token in tokens_of(kiwi, clause))


def first_clause(sentence: Morphemes, figure: str) -> str | None:
    """Return the clause in front, with a figure, in noun form: 3배가 넘고, … → 3배가 넘음."""
    for index, token in enumerate(sentence.tokens):
        if token.tag == "EC" and token.form in _COORDINATES:
            verb = sentence.tokens[index - 1]
            is_noun = index > 0 and verb.tag == "VCP"
            clause = sentence.text[: verb.start] if is_noun else sentence.until(index, [("음", "ETN")])
            return clause if figure in clause and len(clause) <= HEADLINE_LIMIT else None
    return None


def _parts(text: str, before: Any, after: Any) -> bool:
    """Whether a new clause begins between two morphemes; commas of an enumeration part nothing."""
    if not apart(text, after) or kind(after) in {"VX", "SP"}:
        return False
    if before.tag == "SP":
        stop = text[: before.start].rstrip()
        return before.form == "," and stop.endswith(_CLAUSE_ENDS)
    return before.tag in _CONNECTIVES and before.form not in {"게", "지", "어", "아", "여", "거나", "든지"}
