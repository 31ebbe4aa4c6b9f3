"""Sentences in the noun form of slides: 확인합니다 → 확인하기, 마세요 → 지 않기, You must wear → Wear."""

import re
from collections.abc import Callable, Sequence

from services.slides.planning import noun_form_en
from services.slides.planning.cleaning import has_hangul
from services.slides.planning.patterns import GREETS
from services.slides.planning.verbs_ko import (
    QUALITIES,
    before_a,
    before_u,
    final_of,
    noun_of_quality,
    with_dropped_l,
    without_b,
    without_n,
)

_LONGEST_READ = 400
"""Characters of a sentence that are read; its ending decides, so the end of it is."""

_LEAD_KO = re.compile(
    r"^(?:(?:가장 |제일 )?먼저|우선"
    r"|(?:첫|둘|셋|넷|다섯|여섯)째(?:로)?|(?:첫|두|세|네|다섯|여섯) 번째(?:로|는)?"
    r"|그 ?다음(?:으로|에는|에)?"
    r"|다음(?:으로|은)|그런 다음(?:에)?|그러고 나서|이어서|그리고|마지막(?:으로|에는)|끝으로|또한|또"
    r"|특히|따라서|그러므로"
    r"|그래서|그런데|실제로|예를 들어|예컨대|다만|단|즉|반면(?:에)?|반대로|하지만|그러나|이와 달리|이때"
    r"|한편|참고로|만약|그러니"
    r"|무엇보다(?:도)?)(?![가-힣]),?\s*"
)
_LEAD_EN = re.compile(
    r"^(?:(?:first(?:ly)?|second(?:ly)?|third(?:ly)?|next|lastly|in addition|by contrast|in contrast"
    r"|on the other hand|instead|remember),|(?:then|after that|finally|and|also|so|but|however|therefore"
    r"|please)\b,?|or(?! (?:else|you|it|they|we|the|your|their|our|this|that|if)\b))\s+",
    re.IGNORECASE,
)
_MARK = re.compile(r"^(?:[-*•·–]|\d{1,2}[.)]|[①-⑳])\s*")
_TAIL = " \t.!。…,;:·"

_PROHIBITED = re.compile(
    r"지(?:는|도)? ?(?:마세요|마십시오|말아야 (?:합니다|해요|한다)|말아 주(?:세요|십시오)|맙시다|말 것"
    r"|마라|말자|않(?:습니다|아요|는다)"
    r"|않아야 (?:합니다|해요|한다)|않도록 (?:합니다|하세요|하십시오|합시다|해야 합니다|주의합니다"
    r"|주의하세요|조심하세요))$"
)
_STATE = re.compile(
    r"(?:묻|물어보|요구하|요청하|그러하|보이|되|있|맞|같|크|작|많|적|좋|쉽|어렵|필요하|충분하|안전하|중요하"
    r"|정확하|가능하|아니|남|끝나"
    r"|떨어지|일어나"
    r"|생기|발생하|[아어여라]지)지(?:는|도)? ?않(?:습니다|아요|는다)$"
)
_ENDS_NOT = r"(?:으면|면|아서는|어서는|여서는|서는) (?:절대 ?로? )?(?:안|아니) ?(?:됩니다|돼요|된다)$"
_NOT_UNDONE = re.compile(rf"지(?:는|도)? ?(?:않|아니하|못하){_ENDS_NOT}")
_NEEDED = re.compile(rf"(?<![가-힣])없{_ENDS_NOT}")
_FORBIDDEN_U = re.compile(r"면 (?:절대 ?로? )?안 (?:됩니다|돼요|된다|되며)$")
_FORBIDDEN_A = re.compile(r"서[는도]? (?:절대 ?로? )?(?:안|아니) ?(?:됩니다|돼요|된다)$")
_MUST = re.compile(r"야(?:만)? (?:합니다|해요|한다|하며|됩니다)$")
_BOUND = re.compile(r"(?:있어|없어|[이영]하여|\d\S{0,4}여|[A-Za-z%℃)]여)$")
"""What a noun or a figure must be, and no verb: 이하여야, 3회여야, 35cm여야."""
_ASKED = re.compile(
    r"(?: ?(?:주세요|주십시오|주시기 바랍니다|주셔야 합니다|주시면 됩니다)"
    r"| (?:봅니다|봅시다|보세요|보십시오))$"
)
# These look like a noun and 입니다.
_VERB_IN_I = re.compile(
    r"(?:움직|기울|망설|높|붙|쌓|섞|덮|끓|녹|놓|꺾|묶|볶|깎|닦|엮|(?:^|\s)(?:모|보|숙)|(?:을|를) (?:줄"
    r"|들|먹|속|죽|벌))입니다$"
)
_ACT = re.compile(r"[가-힣]기$")
_ADVISED = re.compile(r"는 (?:것이|게|편이) (?:좋습니다|좋아요|안전합니다|바람직합니다|필요합니다)$")
_SO_THAT = re.compile(r"도록 (?:합니다|하세요|하십시오|합시다|해야 합니다|해 주세요|한다)$")
_WISHED = re.compile(r"시기 바랍니다$|기 바랍니다$|셔야 합니다$")
_POLITE = re.compile(r"(?:세요|십시오|셔요)$")
_DESCRIBES = re.compile(
    r"(?:다치|걸리|일어나|생기|발생하|늘어나|줄어들|늘어들|떨어지|이어지|보이|남|퍼지|무너지|넘어지"
    r"|쓰러지|망가지|끊기|막히|갇히|잠기"
    r"|잃|당하|겪|놓치|풀리|열리|닫히|꺼지|들리|숨지|줄|늘|오르"
    r"|드러나|나타나|알려지|[아어여라워해져려켜]지|되|커지|쌓이|나오|빠지|터지|죽|흐르|새"
    r"|(?:을|를) (?:말|뜻|의미)하)$"
)
# A thing does it, so it happens; what a person does, the viewer is to do.
_SUBJECT = re.compile(
    r"[가-힣A-Za-z](?<![람자원팀분명장들])(?:이(?<!종이)(?<!높이)(?<!길이)(?<!깊이)(?<!차이)(?<!사이)(?<!"
    r"나이)(?<!넓이)(?<!아이)"
    r"|가(?<!휴가)(?<!평가)(?<!국가)(?<!허가)(?<!인가)(?<!증가)(?<!추가)(?<!단가)(?<!원가)(?<!대가)(?<!참"
    r"가)) (?=\S)"
)
_OBJECT = re.compile(r"[가-힣](?:을|를) ")
_BANS = re.compile(r"금지(?:합니다|해요|한다)$")
_MEANS = re.compile(r"(?:을|를) (?:말|뜻|의미)(?:합니다|해요|한다)$|(?:이라는|라는) (?:뜻|말|의미)입니다$")
_QUALITY = re.compile(rf"{QUALITIES}$")
_NO_QUALITY = re.compile(rf"{QUALITIES}지(?:는|도)? ?않(?:습니다|아요|는다|다)$")


def nominal(sentence: str, *, described: bool = False) -> str:
    """Return ``sentence`` as a slide names it: without lead word and full stop, in noun form.

    What no rule knows stays as it is; questions stay questions.

    Args:
        sentence: one sentence.
        described: the sentence says how things are (암호화함), not what to do (암호화하기).
    """
    text = sentence.strip()
    text = text if len(text) <= _LONGEST_READ else text[-_LONGEST_READ:]
    if text.endswith("?"):
        return text
    text = without_lead(text).rstrip(_TAIL)
    if not has_hangul(text):
        return noun_form_en.named(text)
    named = _korean(text)
    return noun_of_quality(named[:-1]) if described and _ACT.search(named) else named


_M, _LM = 16, 10
"""Indices of the final consonants ㅁ and ㄻ."""


def alike(sources: Sequence[str], points: tuple[str, ...]) -> tuple[str, ...]:
    """Return the points of one list in one ending: beside what is so (면허가 있어야 함), acts end so too.

    Args:
        sources: the sentences that the points were made of.
        points: of a list; those that their author wrote in noun form stay.
    """
    acts = [
        point.endswith("기") and not source.rstrip(_TAIL).endswith("기")
        for source, point in zip(sources, points, strict=True)
    ]
    noted = (
        _is_note(point) and (point.endswith(("함", "음", "됨")) or point != source.rstrip(_TAIL))
        for source, point in zip(sources, points, strict=True)
    )
    if not any(acts) or not any(noted):
        return points
    return tuple(
        noun_of_quality(point[:-1]) if act else point for act, point in zip(acts, points, strict=True)
    )


def _is_note(point: str) -> bool:
    """Whether a point ends in the noun form in ㅁ of a verb, as far as its last letters tell."""
    last = point[-1:]
    if not has_hangul(last) or final_of(last) not in {_M, _LM}:
        return False
    return point.endswith(
        ("함", "됨", "임", "음", "짐", "움", "옴", "남", "림", "킴", "침", "김", "둠", "듦", "낌")
    )


def without_lead(sentence: str) -> str:
    """Return ``sentence`` without the item mark and the connecting word in front (``먼저``)."""
    text = _MARK.sub("", sentence.strip(), count=1)
    for lead in (_LEAD_KO, _LEAD_KO, _LEAD_EN, _LEAD_EN):
        rest = lead.sub("", text, count=1)
        if len(rest) >= 4:
            text = rest
    return text if has_hangul(text) else text[:1].upper() + text[1:]


_FORMAL_NOT = re.compile(r"지(는|도)? ?아니(?:합니다|한다|하다)$")
_FORMAL_MUST_NOT = re.compile(r"지(는|도)? ?아니하여야 (?=합니다|한다)")


def _korean(text: str) -> str:
    text = _FORMAL_NOT.sub(r"지\1 않습니다", _FORMAL_MUST_NOT.sub(r"지\1 않아야 ", text))
    if GREETS.search(text):
        return text
    for form in _FORMS:
        if (changed := form(text)) is not None:
            return changed.strip() or text
    return text


def _prohibition(text: str) -> str | None:
    if _STATE.search(text) or _NO_QUALITY.search(text):
        return re.sub(r"않(?:습니다|아요|는다|다)$", "않음", text)
    return f"{text[: found.start()]}지 않기" if (found := _PROHIBITED.search(text)) else None


def _taken_back(text: str) -> str | None:
    """Return what has to be: 측정하지 않으면 안 됩니다 → 측정하기, 없으면 안 됩니다 → 있어야 함."""
    if found := _NEEDED.search(text):
        return f"{text[: found.start()]}있어야 함"
    if found := _NOT_UNDONE.search(text):
        return _noun(text[: found.start()])
    return None


def _forbidden(text: str) -> str | None:
    if found := _FORBIDDEN_U.search(text):
        if text[: found.start()].endswith("있으"):
            return f"{text[: found.start()]}면 안 됨"  # 풀려 있으면 안 됩니다: nobody does it
        return f"{before_u(text[: found.start()])}지 않기"
    if found := _FORBIDDEN_A.search(text):
        stem = before_a(text[: found.start()])
        return None if stem is None else f"{stem}지 않기"
    return None


def _advised(text: str) -> str | None:
    return f"{with_dropped_l(text[: found.start()])}기" if (found := _ADVISED.search(text)) else None


def _so_that(text: str) -> str | None:
    return f"{text[: found.start()]}기" if (found := _SO_THAT.search(text)) else None


def _duty(text: str) -> str | None:
    found = _MUST.search(text)
    if not found:
        return None
    rest = text[: found.start()]
    stem = None if _BOUND.search(rest) else before_a(rest)
    named = "" if stem is None else _noun(stem)
    return named if _ACT.search(named) else f"{rest}야 함"  # what must be so is no act: 충분해야 함


def _request(text: str) -> str | None:
    found = _ASKED.search(text)
    if not found:
        return None
    stem = before_a(text[: found.start()])
    return None if stem is None else f"{stem}기"


def _wish(text: str) -> str | None:
    return f"{before_u(text[: found.start()])}기" if (found := _WISHED.search(text)) else None


def _polite(text: str) -> str | None:
    return f"{before_u(text[: found.start()])}기" if (found := _POLITE.search(text)) else None


def _copula(text: str) -> str | None:
    if _VERB_IN_I.search(text):
        return None
    for ending in ("인 것입니다", "것입니다", "입니다", "이에요", "예요", "이다"):
        if text.endswith(ending) and len(text) > len(ending):
            rest = text[: -len(ending)]
            return f"{rest}것" if ending == "것입니다" else rest.rstrip()
    return None


def _intent(text: str) -> str | None:
    return f"{text.removesuffix('겠습니다')}기" if text.endswith("겠습니다") and len(text) > 5 else None


def _past(text: str) -> str | None:
    for ending in ("습니다", "어요", "다"):
        stem = text[: -len(ending)]
        if text.endswith(ending) and stem and final_of(stem[-1]) == _SS and stem[-1] not in "있겠":
            return f"{stem}음"
    return None


_SS = 20
"""Index of the final consonant ㅆ, by which every past tense is known."""


def _consonant(text: str) -> str | None:
    for ending in ("습니다", "습시다"):
        if text.endswith(ending) and len(text) > len(ending):
            return _noun(text[: -len(ending)])
    for ending in ("다", "어요"):
        if text.endswith((f"있{ending}", f"없{ending}")):
            return f"{text[: -len(ending)]}음"
    return None


def _vowel(text: str) -> str | None:
    if text.endswith(("니다", "시다")) and (stem := without_b(text[:-2])) is not None:
        return text if stem.endswith(("ㄹ 거", "을 거")) else _noun(stem)
    return None


def _plain(text: str) -> str | None:
    if text.endswith("는다") and len(text) > 3:
        return _noun(text[:-2])
    if text.endswith("다") and (stem := without_n(text[:-1])) is not None:
        return _noun(stem)
    return None


def _connective(text: str) -> str | None:
    if len(text) > 4 and text.endswith(
        ("하고", "리고", "기고", "누르고", "받고", "끄고", "막고", "열고", "닫고", "뽑고")
    ):
        return f"{text[:-1]}기"
    return None


def _informal(text: str) -> str | None:
    if not text.endswith("요") or text.endswith(
        ("까요", "나요", "인가요", "은가요", "는가요", "한가요", "지요", "네요", "군요")
    ):
        return None
    stem = before_a(text[:-1])
    return None if stem is None else _noun(stem)


def _noun(stem: str) -> str:
    """Return the noun form of what the stem says: an act in ``-기``, a state or an event in ``-음``."""
    stem = with_dropped_l(stem)
    clause = re.split(r"(?:고|며|면|서|도록|지),? | (?:때|때는|위해) ", stem)[-1]
    acted_on = _OBJECT.search(clause) is not None
    if stem.endswith("지 못하"):
        return f"{stem[:-1]}함"
    happens = _DESCRIBES.search(stem) or (_SUBJECT.search(clause) and not acted_on)
    # 적다 is "few" and "to write down": a quality has no object.
    quality = _QUALITY.search(stem) and (not acted_on or stem.endswith(("있", "없")))
    return noun_of_quality(stem) if quality or happens else f"{stem}기"


def _banned(text: str) -> str | None:
    found = _BANS.search(text)
    return text[: found.start() + 2] if found else None


def _meaning(text: str) -> str | None:
    """Return a definition itself: ``…하는 공격을 말합니다`` → ``…하는 공격``."""
    found = _MEANS.search(text)
    return text[: found.start()] if found and found.start() >= 4 else None


_FORMS: tuple[Callable[[str], str | None], ...] = (
    _meaning, _banned, _taken_back, _prohibition, _forbidden, _advised, _so_that, _duty, _wish, _request,
    _polite, _copula, _intent, _past, _consonant, _vowel, _plain, _informal, _connective,
)  # fmt: skip
"""In this order: an ending stands before those that are part of it."""
