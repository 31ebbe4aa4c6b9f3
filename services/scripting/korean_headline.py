"""Korean headlines: the noun form of a sentence as a slide says it, and its main clause where it is long."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from services.scripting.korean_morphemes import Morphemes, apart, kind, tokens_of

HEADLINE_LIMIT = 42
"""Longest headline, in characters with spaces: two lines of a slide's large type."""

_IMPERATIVES = frozenset(
    {"세요", "으세요", "십시오", "으십시오", "ᆸ시오", "읍시오", "ᆸ시다", "읍시다", "시오", "어라", "어요", "자"}
)
_HAPPENINGS = frozenset(
    [
        "발생",
        "증가",
        "감소",
        "존재",
        "급증",
        "시작",
        "종료",
        "의미",
        "해당",
        "포함",
        "작동",
        "변화",
        "성장",
        "위치",
        "차지",
        "유출",
        "노출",
        "전파",
        "확산",
        "폭발",
        "붕괴",
        "사망",
        "부족",
        "속",
        "필요",
        "가능",
        "불가능",
        "중요",
        "위험",
        "안전",
    ]
)
"""Nouns whose 하다 verb tells what happens, not what to do."""

_AUDIENCE = frozenset(
    {
        "작업자",
        "근로자",
        "직원",
        "임직원",
        "사원",
        "운전자",
        "운전원",
        "우리",
        "여러분",
        "모두",
        "모든",
        "누구",
        "전원",
    }
)
"""Who a training speaks to; a duty of anybody else keeps its subject: 회사는 … 조사해야 함."""

_TRANSITIVE = frozenset(
    """
    읽 열 닫 쓰 누르 만들 바꾸 놓 두 끄 켜 잠그 보내 알리 적 지키 막 버리 나누 옮기 싣 내리 올리 들 잡 매 신 입 갈아입 벗
    씻 닦 치우 채우 고르 챙기 남기 맡기 받 주 보 섞 떼 붙이 꽂 뽑 걸 풀 묶 접 펴 갖추 모으 없애 지우 찾 살피 살펴보
    가리 빌리 빌려주 건네 넣 빼 태우 자르 말리 덮 밀 당기 돌리 세우 비우 쌓 파 뿌리 적시 헹구 문지르 가져오 가져가
    """.split()
)
"""Verbs that have an object: with no other object, the topic is it (마스크는 코를 … | 위생모는 씁니다)."""

_STATIVE = frozenset(
    """
    있 없 되 같 맞 크 작 많 좋 나쁘 쉽 어렵 높 낮 남 보이 들리 열리 닫히 잠기 풀리 막히 끝나 떨어지 일어나 생기 나오 나타나
    아니 늦 이르 달하 모르 나 빠지 걸리 다치 죽 숨지 커지 줄 늘
    """.split()
)
"""Verbs whose negation tells how things are, not what to leave undone."""

_SUBORDINATE = frozenset(
    {"게", "도록", "지", "으면", "면", "ᆫ지", "은지", "는지", "을지", "ᆯ지", "다고", "라고"}
)
_COORDINATES = frozenset({"고", "으며", "며", "지만", "ᆫ데", "는데"})
_IS_A_FIGURE = re.compile(r"(?<=[0-9%A-Za-z)”\"℃])(?:입니다|이다)$")
_CAN = frozenset({"수"})
_WHEN = frozenset({"때", "전", "후", "뒤", "경우", "중", "동안"})
_MEANS = frozenset({"말", "뜻", "의미", "가리키"})
_CONNECTIVES = frozenset({"EC"})
_CONDITIONS = frozenset({"면", "으면", "니까", "으니까", "므로", "으므로"})
_NOUN_TAGS = frozenset(
    {"NNG", "NNP", "NNB", "NR", "NP", "XPN", "XSN", "SL", "SN", "SH", "JKG", "MM", "SW", "SO"}
)
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
    forms = [token.form for token in tokens[:end]]
    tags = ["JKS" if _is_particle(sentence.text, token) else kind(token) for token in tokens[:end]]
    if not end:
        return sentence.text
    if tags[-1] == "VCP":
        return sentence.text[: tokens[end - 1].start].rstrip() or sentence.text
    if not past and (meaning := _meaning(sentence, end)) is not None:
        return meaning
    if past:
        return sentence.until(len(tokens) - 1, [("음", "ETN")])
    if (negative := _negative(sentence, end, forms, tags)) is not None:
        return negative
    if forms[-1] in {"하", "되"} and len(forms) > 2 and forms[-2] in {"어야", "아야", "여야"}:
        return _duty(sentence, end, tags)
    if forms[-2:] in (["금지", "하"], ["허용", "하"]):
        return sentence.text[: tokens[end - 1].start]
    directive = tokens[-1].form in _IMPERATIVES
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
    """Return the noun form of what must be done: 착용해야 합니다 → 착용하기; of what must be so: 18%여야 함."""
    tokens = sentence.tokens
    agent = _agent_length(sentence)
    if tags[end - 3] in {"VCP", "VA", "XSA"} or (not agent and _has_agent(sentence)):
        return sentence.text[: tokens[end - 1].start].rstrip() + " 함"
    return sentence.until(end - 2, [("기", "ETN")])[agent:]


def _negative(sentence: Morphemes, end: int, forms: Sequence[str], tags: Sequence[str]) -> str | None:
    """Return the noun form of what is not to be done or is not so: 누르면 안 됩니다 → 누르지 않기."""
    if forms[-2:] == ["지", "말"]:
        return sentence.until(end - 1, [("않", "VX"), ("기", "ETN")]).replace("지않", "지 않")
    if forms[-2:] == ["지", "않"]:
        return sentence.until(end, [("기" if is_instruction(forms[:-2], tags[:-2]) else "음", "ETN")])
    if forms[-2:] == ["안", "되"] and "EC" in tags[-5:-2]:
        verb = max(i for i in range(end - 2) if tags[i] == "EC")
        return sentence.until(verb, [("지", "EC"), ("않", "VX"), ("기", "ETN")])
    return None


def _topic(sentence: Morphemes) -> int | None:
    """Return where the topic's particle stands, if a topic opens the sentence."""
    return next(
        (
            i
            for i, token in enumerate(sentence.tokens[:6])
            if token.tag == "JX" and token.form in {"은", "는"} and sentence.tokens[i - 1].tag in _NOUN_TAGS
        ),
        None,
    )


def _has_agent(sentence: Morphemes) -> bool:
    """Whether a topic opens the sentence and its verb has an object besides: 회사는 … 신고를 받으면."""
    topic = _topic(sentence)
    return topic is not None and any(token.tag == "JKO" for token in sentence.tokens[topic:])


def _audience(forms: Sequence[str], topic: int) -> bool:
    """Whether the topic is who the training speaks to: 작업자는, 직원들은; not 우리 회사는."""
    return forms[topic - 1] in _AUDIENCE or (forms[topic - 1] == "들" and forms[topic - 2] in _AUDIENCE)


def _agent_length(sentence: Morphemes) -> int:
    """Return the length of who has a duty, where it is the audience: 작업자는 안전모를 착용해야."""
    topic = _topic(sentence)
    if topic is None or topic + 1 >= len(sentence.tokens) or not _has_agent(sentence):
        return 0
    if not _audience([token.form for token in sentence.tokens], topic):
        return 0
    return int(sentence.tokens[topic + 1].start)


def is_instruction(forms: Sequence[str], tags: Sequence[str]) -> bool:
    """Whether a declarative tells what to do (확인합니다) rather than what is or happens (발생합니다).

    Args:
        forms: of the morphemes up to the verb, without its ending.
        tags: of the same.
    """
    verb = _main_verb(forms, tags)
    if tags[-1] in {"VA", "XSA", "VCN"} or verb in _STATIVE:
        return False
    if len(forms) > 1 and tags[-1] == "XSV" and (forms[-1] != "하" or forms[-2] in _HAPPENINGS):
        return False
    # Who does it stands in the main clause: 화물이 시야를 가리면 | 후진으로 이동합니다.
    conditions = [
        i
        for i, (form, tag) in enumerate(zip(forms, tags, strict=True))
        if tag == "EC" and form in _CONDITIONS
    ]
    start = conditions[-1] + 1 if conditions else 0
    if _CAN & set(forms[start:]) and "ETM" in tags[start:]:
        return False
    topics = [
        i
        for i in range(max(start, 1), len(forms))
        if tags[i] == "JX"
        and forms[i] in {"은", "는"}
        and tags[i - 1] in _NOUN_TAGS
        and forms[i - 1] not in _WHEN
    ]
    if any(_leads(forms, tags, i) for i in range(max([start, *topics]), len(tags)) if tags[i] == "JKS"):
        return False
    if verb == "보" and len(forms) > 1 and tags[-2] == "JKB":
        return False  # …로 봅니다: is taken for
    # 공격자는 사람을 노립니다: somebody does something; 주소는 끝까지 읽습니다: the topic is the object.
    if not topics or _audience(forms, topics[-1]):
        return True
    return _is_object(forms, tags, topics[-1])


def _leads(forms: Sequence[str], tags: Sequence[str], subject: int) -> bool:
    """Whether a subject is the main clause's, not that of a clause inside: 개인정보가 적힌 | 종이를."""
    following = [i for i in range(subject + 1, len(tags)) if tags[i] in {"EC", "ETM", "ETN"}]
    if any(tags[i] == "EC" and forms[i] in _SUBORDINATE for i in following):
        return False
    relative = len(tags) > subject + 2 and tags[subject + 1] == "VV" and tags[subject + 2] == "ETM"
    return not relative


def _is_object(forms: Sequence[str], tags: Sequence[str], topic: int) -> bool:
    """Whether the topic is what the first verb after it is done to: 열쇠는 뽑아서 …, 주소는 읽습니다."""
    inside = False
    for i in range(topic + 1, len(tags)):
        if tags[i] == "JKS" and not _leads(forms, tags, i):
            inside = True  # 위생모는 | 머리카락이 보이지 않게 | 씁니다
        elif inside:
            inside = tags[i] not in {"EC", "ETM"} or (i + 1 < len(tags) and tags[i + 1] == "VX")
        elif tags[i] in {"JKO", "JKS"}:
            return False
        elif tags[i] == "VV":
            return forms[i] in _TRANSITIVE
        elif tags[i] == "XSV":
            return forms[i] == "하" and forms[i - 1] not in _HAPPENINGS
    return False


def _main_verb(forms: Sequence[str], tags: Sequence[str]) -> str:
    """Return the stem of the main verb; of 적어 둡니다 the first."""
    last = len(forms) - 1
    while last > 1 and tags[last] == "VX" and tags[last - 1] == "EC":
        last -= 2
    return forms[last]


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


def shortened(headline: str, kiwi: Any) -> str | None:
    """Return a headline if it is short, else its main clause; never a torn-off piece.

    The topic in front stays, if there is room for it: … 평가는 | 당사자가 힘들더라도 | 괴롭힘으로 보지 않음.
    """
    headline = headline.strip(" ,;:.")
    if len(headline) <= HEADLINE_LIMIT:
        return headline or None
    tokens = tokens_of(kiwi, headline)
    starts = [after.start for before, after in pairwise(tokens) if _parts(headline, before, after)]
    topic = _topic_length(headline, tokens)
    for start in starts:  # the longest clause first
        clause = headline[start:].strip(" ,")
        whole = f"{headline[:topic]} {clause}"
        if 0 < topic < start and len(whole) <= HEADLINE_LIMIT and not _has_subject(clause, kiwi):
            return whole
        if _LEAST_CLAUSE <= len(clause) <= HEADLINE_LIMIT:
            return clause
    return None


def _topic_length(text: str, tokens: Sequence[Any]) -> int:
    """Return the length of the topic that opens a sentence, 0 without one."""
    for before, token in pairwise(tokens):
        if token.tag == "JX" and token.form in {"은", "는"} and before.tag in _NOUN_TAGS:
            return 0 if before.form in _WHEN else int(token.start + token.len)
        if token.tag in {"EC", "JKO"}:
            return 0
    return 0


def _has_subject(clause: str, kiwi: Any) -> bool:
    return any(token.tag in {"JKS", "JX"} for token in tokens_of(kiwi, clause))


def first_clause(sentence: Morphemes, figure: str) -> str | None:
    """Return the clause in front that holds a figure, in noun form: 무게는 3배가 넘고, … → 무게는 3배가 넘음."""
    for index, token in enumerate(sentence.tokens):
        if token.tag == "EC" and token.form in _COORDINATES:
            clause = sentence.until(index, [("음", "ETN")])
            return clause if figure in clause and len(clause) <= HEADLINE_LIMIT else None
    return None


def _parts(text: str, before: Any, after: Any) -> bool:
    """Whether a new clause begins between two morphemes; commas of an enumeration part nothing."""
    if not apart(text, after) or kind(after) in {"VX", "SP"}:
        return False
    if before.tag == "SP":
        stop = text[: before.start].rstrip()
        return before.form == "," and stop.endswith(_CLAUSE_ENDS)
    return before.tag in _CONNECTIVES and before.form not in {"게", "지", "어", "아", "여"}
