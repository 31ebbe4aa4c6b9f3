"""Numbers in Korean text, read as a narrator would: a grammar of terms and of what is built over them.

A term is one thing with figures: an ordinal, odds, a date or time, an id, a fraction, a quantity; each kind
is found in one place and knows nothing of the others. Comparisons, ranges and what
follows are built here, over any term. The text is read once from left to right.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from services.tts.reading.ko.dates import date_or_time, rest_of_date
from services.tts.reading.ko.hangul import coda_of
from services.tts.reading.ko.identifiers import dictated, identifier
from services.tts.reading.ko.quantities import quantity
from services.tts.reading.ko.ranges import between, goes_up
from services.tts.reading.ko.ratios import fraction, odds, ordinal
from services.tts.reading.ko.terms import MARK, Tail, Term, joined

Kind = Callable[[str, int], Term | None]

KINDS: tuple[Kind, ...] = (ordinal, odds, date_or_time, identifier, dictated, fraction, quantity)
"""Every kind of term, the most particular first."""

_BEGINS = re.compile(
    rf"[0-9{MARK}]|제(?= ?{MARK}?[0-9])|'(?=[0-9]{{2}}\.)|[-–+±△▲▼](?= ?[0-9.$₩€£¥])|\.(?=[0-9])"
    rf"|US\$(?= ?[0-9])|[$₩€£¥元₿](?= ?-?[0-9])|(?:KRW|USD|EUR|JPY|CNY|GBP)(?= ?[0-9])"
    rf"|(?<![A-Za-z])(?:[vV](?:er)?\.? ?(?=[0-9])|[AaPp]\.?[Mm]\.? ?(?=[0-9]))"
    rf"|[≥≤≧≦<>≒≈~∼〜～](?==?\s?[-+±$₩]?[0-9{MARK}'])|[×÷*xX=+]"
)
"""Where a term, or a sign that belongs to one, may begin."""

_COMPARED = re.compile(r"(?:([≥≤≧≦])|(?<![<>=-])([<>])(=?))\s?")
_COMPARISONS = {
    "≥": "이상", "≧": "이상", "≤": "이하", "≦": "이하", ">": "초과", "<": "미만", ">=": "이상", "<=": "이하",
}  # fmt: skip
_ABOUT = re.compile(r"[≒≈]\s?")
_TO = re.compile(r" ?[~∼〜～] ?| to (?=[0-9])| ?[–—-] ?")
_UNTIL = re.compile(r"[~∼〜～] ?")
_WORD_BEFORE = re.compile(r"[0-9가-힣A-Za-z)\]%](?: (?=$))?$")
_UNTIL_SAID = re.compile(r" ?(?:\([월화수목금토일]\))? ?(?:까지|이내|이전|이하|미만)")
_OPEN_END = re.compile(r" ?[~∼〜～](?= ?(?:$|[),\n]))")
_TO_WORD = re.compile(r"(?: [~∼〜～] |[~∼〜～])(?=[가-힣A-Za-z])")
_BOUNDED = re.compile(r" ?(≤|≦|<=|<) ?([A-Za-z가-힣]{1,10}) ?(?=(?:≤|≦|<=|<) ?[-0-9])")
_CALENDAR = frozenset({"년", "월", "일", "시", "분"})
_CHANGE = re.compile(r" ?([↑↓])")
_OPERATORS = (
    (re.compile(r"[×] ?(?=[0-9.])|(?<=[0-9])[*xX](?=[0-9])|(?<=[0-9] )[*xX] (?=[0-9])"), "곱하기"),
    (re.compile(r"÷ ?(?=[0-9])"), "나누기"),
    (re.compile(r"(?<=[0-9])\+(?=$|[\s가-힣,)])"), "플러스"),
    (re.compile(r"(?<=[A-Za-z0-9])\.(?=[0-9])"), "점"),
    (re.compile(r"(?<=[0-9])\+(?=[0-9])|(?<=[0-9] )\+ (?=[0-9])"), "더하기"),
    (re.compile(r"(?<=[0-9])-(?=[0-9]{1,9} ?=)|(?<=[0-9] )- (?=[0-9]{1,9} ?=)"), "빼기"),
    (re.compile(rf"(?<=[0-9{MARK}])-(?=[0-9{MARK}])"), "다시"),
    (re.compile(r"(?<=[0-9])[xX](?= [가-힣])"), "배"),
)
_EQUALS = re.compile(r"=\s?(?=[0-9가-힣-])")
_BUNDLE = re.compile(r"([123]) ?\+ ?1(?= ?(?:행사|이벤트|상품|증정|할인|세일|쿠폰|판매))")
_ENGLISH = {"1": "원", "2": "투", "3": "쓰리"}
"""Offers of shops are read in English: 1+1 행사."""


def read_numbers(text: str) -> str:
    """Return ``text`` with every number (ASCII digits) and what belongs to it written in Hangul."""
    said: list[str] = [""]
    at = 0
    while begins := _BEGINS.search(text, at):
        if at < begins.start():
            said.append(text[at : begins.start()])
        at = begins.start()
        phrase = _operator(text, at, said) or _phrase(text, at)
        if phrase is None:
            said.append(text[at])
            at += 1
            continue
        spoken, at = joined(phrase.spoken, phrase.tail, text, phrase.end)
        if spoken.startswith(_CLINGING):
            said[-1] = said[-1].rstrip()
        elif "가" <= said[-1][-1:] <= "힣":
            spoken = f" {spoken}"
        said.append(spoken)
    return "".join([*said, text[at:]])


_CLINGING = ("에서 ", "은 ", "는 ")
"""Readings of signs that are particles of the word before."""


def _operator(text: str, at: int, said: list[str]) -> Term | None:
    """Return a sign of arithmetic between two figures."""
    if not text[max(0, at - 2) : at].strip():
        return None
    before = "".join(said[-2:])
    for pattern, word in _OPERATORS:
        if found := pattern.match(text, at):
            return Term(found.end(), f" {word} ", "sum")
    if (found := _EQUALS.match(text, at)) and _SUM.search(before):
        return Term(found.end(), "은 " if coda_of(before.rstrip()) else "는 ", "sum")
    return None


_SUM = re.compile(r"[가-힣)] ?$")


def _phrase(text: str, at: int) -> Term | None:
    """Return the longest construction that begins at ``at``."""
    if compared := _compared(text, at):
        return compared
    if about := _ABOUT.match(text, at):
        found = _compound(text, about.end())
        return found and replace(found, spoken=f"약 {found.spoken}")
    if until := _UNTIL.match(text, at):
        return _until(text, at, _compound(text, until.end()))
    if bundle := _BUNDLE.match(text, at):
        return Term(bundle.end(), f"{_ENGLISH[bundle[1]]} 플러스 원", "sum")
    found = _compound(text, at)
    return found and (_bounded(text, found) or found)


def _compared(text: str, at: int) -> Term | None:
    """Return what stands behind a comparison: ≥ 5% is 오 퍼센트 이상."""
    sign = _COMPARED.match(text, at)
    found = sign and _compound(text, sign.end())
    if not sign or not found:
        return None
    word = _COMPARISONS[sign[1] or sign[2] + sign[3]]
    return replace(found, spoken=f"{found.spoken} {word}", tail=Tail.FIGURE)


def _bounded(text: str, low: Term) -> Term | None:
    """Return what lies between two bounds: 20≤x<30 is 엑스 이십 이상 삼십 미만."""
    name = _BOUNDED.match(text, low.end)
    high = name and _compared(text, name.end())
    if not name or not high:
        return None
    over = "초과" if name[1] == "<" else "이상"
    return replace(high, spoken=f"{name[2]} {low.spoken} {over} {high.spoken}")


def _until(text: str, at: int, found: Term | None) -> Term | None:
    """Return the upper end of a range whose lower end is a word (개장~22:00), or that has none (~5명)."""
    if found is None:
        return None
    if _WORD_BEFORE.search(text[max(0, at - 2) : at]):
        return replace(found, spoken=f"에서 {found.spoken}")
    if _UNTIL_SAID.match(text, found.end):
        return found
    return Term(found.end, f"{found.spoken}까지", found.kind)


def _compound(text: str, at: int) -> Term | None:
    """Return a term, or the range that begins with it, with an arrow that says how it changed."""
    found = _term(text, at)
    if found is None:
        return None
    found = _range(text, found)
    if change := _CHANGE.match(text, found.end):
        share = found.spoken.endswith(("퍼센트", "포인트"))
        word = {"↑": "상승" if share else "이상", "↓": "하락" if share else "이하"}[change[1]]
        return Term(change.end(), f"{found.spoken} {word}", found.kind)
    return found


def _range(text: str, first: Term) -> Term:
    to = _TO.match(text, first.end)
    if not to:
        return first
    starts = to.end() + (text[to.end() : to.end() + 1] == "'")
    second = rest_of_date(text, to.end(), first.kind) or _term(text, to.end()) or _term(text, starts)
    hyphen = to[0].strip() in "–—-"
    if second and (not hyphen or goes_up(first, second, apart=" " in to[0])):
        return between(first, second)
    if hyphen:
        return first
    calendar = first.quantity is None or first.quantity.unit.counter in _CALENDAR
    if calendar and (end := _OPEN_END.match(text, first.end)):
        return Term(end.end(), f"{first.spoken}부터", first.kind)
    if first.tail is not Tail.FIGURE and (end := _TO_WORD.match(text, first.end)):
        return Term(end.end(), f"{first.spoken}에서 ", first.kind)
    return first


def _term(text: str, at: int) -> Term | None:
    for kind in KINDS:
        if found := kind(text, at):
            return found
    return None
