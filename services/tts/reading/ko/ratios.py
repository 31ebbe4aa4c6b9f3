"""Numbers that belong together in Korean text: fractions, ratios, odds, alternatives, powers, ordinals."""

import re
from collections.abc import Callable
from math import gcd

from services.tts.reading.ko.counters import COUNTERS
from services.tts.reading.ko.measures import unit_at
from services.tts.reading.ko.numbers import native, number, sino
from services.tts.reading.ko.quantities import quantity
from services.tts.reading.ko.terms import BARE, MARK, Term

_N = r"[0-9]{1,3}(?:,[0-9]{3}){1,7}(?![0-9])(?:\.[0-9]{1,20})?|[0-9]{1,9}(?:\.[0-9]{1,9})?"
_LATIN_BEFORE = re.compile(r"[A-Za-z] ?$")
_RATIO_BEFORE = re.compile(
    r"(?:비율|비례|축척|축적|스코어|점수|경쟁률|희석|혼합|배율|배합|배합비|비|구성비|승률|대진)"
    r"(?:은|는|이|가|을|를|로)?\s?[:：]?\s?(?:약 ?)?$"
)
_RATIO_BEHIND = re.compile(
    r"\s?(?:의? ?비율|의? ?비로|비[로율]|으?로 (?:섞|희석|혼합|나누|배합|이[겼기긴]|비[겼기긴]|졌"
    r"|지고|앞|승|패|맞|대응|매칭|연결)"
    r"|관계|맞춤|상담|문의|매칭|대응|과외|코칭|교육|면담|멘토|채팅|희석|축척|혼합)"
)


def _ratio(match: re.Match[str]) -> str:
    """A ratio and no time: 1:50,000, 3:2:1, 1:10 비율."""
    parts = match[0].replace(" ", "").split(":")
    clock = (
        len(parts) <= 3 and all(len(part) == 2 and part < "60" for part in parts[1:]) and len(parts[0]) <= 2
    )
    before = match.string[max(0, match.start() - 10) : match.start()]
    about = _RATIO_BEFORE.search(before) or _RATIO_BEHIND.match(match.string, match.end())
    if clock and int(parts[0]) <= 24 and not about:
        return ""
    return " 대 ".join(map(number, parts))


def _with_letter(match: re.Match[str]) -> str:
    left, right = match[1], match[2]
    return f"{number(left)} 대 {right}" if left.isdigit() else f"{left} 대 {number(right)}"


_ODDS_END = re.compile(rf"(?! ?(?:[A-Za-z%]|{'|'.join(sorted(COUNTERS - {'과', '도', '면'}))}))")


def _odds(match: re.Match[str]) -> str:
    """1대1, 3대 1로; 승용차 3대 2명 counts machines."""
    if not _ODDS_END.match(match.string, match.end()) or "." in match[1] + match[2]:
        return ""
    return f"{number(match[1])}대 {number(match[2])}"


def _fraction(match: re.Match[str]) -> str:
    top, bottom = match[1].replace(",", ""), match[2].replace(",", "")
    before = match.string[max(0, match.start() - 2) : match.start()]
    pressure = _PRESSURE.match(match.string, match.end())
    if _LATIN_BEFORE.search(before):
        return f"{number(top)}, {number(bottom)}"
    follow = int(bottom) == int(top) + 1 and int(top) >= _TWO_DIGITS
    graded = int(top) < int(bottom) <= _TWO_DIGITS and _GRADES.match(match.string, match.end())
    if follow or graded:
        return f"{number(top)}, {number(bottom)}"
    if (
        not pressure
        and _SYMBOL.match(match.string, match.end())
        and (int(top) >= _TWO_DIGITS or gcd(int(top), int(bottom)) > 1)
    ):
        return f"{number(top)}, {number(bottom)}"
    if int(bottom) == 0 or int(top) >= int(bottom):
        wide = match.string[max(0, match.start() - 6) : match.start()]
        if pressure or "혈압" in wide:
            return f"{number(top)}에 {number(bottom)}"
        return f"{number(top)} 대 {number(bottom)}"
    return f"{number(bottom)} 분의 {number(top)}"


_GRADES = re.compile(r" ?(?:학년|층|호기|호선|반|차|학기|급|단계|조|팀|번|교시|공장|라인|구역|세대)")
"""After two numbers: each of them has one (1/2학년), and nothing is divided."""
_SYMBOL = re.compile(r" ?[A-Za-z]{1,3}(?![A-Za-z])")
_TWO_DIGITS = 10
"""50/60Hz and 110/220V are two values; 1/2kg is a half."""
_PRESSURE = re.compile(r" ?mmHg")


def _mixed(match: re.Match[str]) -> str:
    top, bottom = int(match[2]), int(match[3])
    return f"{number(match[1])}과 {sino(bottom)} 분의 {sino(top)}" if 0 < top < bottom else ""


def _power(match: re.Match[str]) -> str:
    exponent = match[2].lstrip("+")
    said = {"2": "제곱", "3": "세제곱"}.get(exponent)
    if not said:
        minus = "마이너스 " if exponent[0] == "-" else ""
        said = f"{minus}{number(exponent.lstrip('-'))} 제곱"
    return f"{number(match[1])}의 {said}"


def _english_ordinal(match: re.Match[str]) -> str:
    value = int(match[1])
    if value == 1:
        return "첫 번째"
    return f"{native(value) if 0 < value < 100 else sino(value)} 번째"


Row = tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]]
_ODDS: tuple[Row, ...] = (
    ("ratio", re.compile(rf"(?:{_N})(?: ?: ?(?:{_N})){{1,4}}(?![0-9:])"), _ratio),
    ("ratio", re.compile(r"([0-9]{1,3}) ?[:대] ?([NMnm다])(?![A-Za-z0-9가-힣])"), _with_letter),
    ("ratio", re.compile(rf"({_N}) ?대 ?({_N})(?![0-9])"), _odds),
)
_FRACTIONS: tuple[Row, ...] = (
    ("quarter", re.compile(r"([1-4])/4 ?분기"), lambda m: f"{sino(int(m[1]))}사분기"),
    ("fraction", re.compile(rf"({_N}) ?분의 ?({_N})"), lambda m: f"{number(m[1])} 분의 {number(m[2])}"),
    ("fraction", re.compile(r"([0-9]{1,3}) ([1-9]{1,2})/([1-9][0-9]?)(?![0-9/.])"), _mixed),
    ("alternatives", re.compile(r"[0-9]{1,4}(?:/[0-9]{1,4}){2,}(?![0-9/])"),
     lambda m: ", ".join(map(number, m[0].split("/")))),
    ("fraction", re.compile(r"([0-9]{1,9}) ?/ ?([0-9]{1,3}(?:,[0-9]{3}){1,4}|[0-9]{1,9})(?![0-9/]|\.[0-9])"),
     _fraction),
    ("fraction", re.compile(r"(1) ?/ ?([NnMm])(?![A-Za-z0-9])"), lambda m: f"{m[2]}분의 일"),
    ("power", re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\^([-+]?[0-9]{1,3})"), _power),
    ("ordinal", re.compile(r"([0-9]{1,4})(?:st|nd|rd|th)(?![A-Za-z0-9])"), _english_ordinal),
)  # fmt: skip
_INSIDE = re.compile(r"[0-9][.,/:]?$")


def odds(text: str, at: int) -> Term | None:
    """Return the ratio that begins at ``at`` (1:50,000, 3대 1); a time of day is none."""
    return _first(_ODDS, text, at)


def fraction(text: str, at: int) -> Term | None:
    """Return the fraction, power, alternatives or English ordinal that begins at ``at``, if one does."""
    return _first(_FRACTIONS, text, at)


def _first(rows: tuple[Row, ...], text: str, at: int) -> Term | None:
    if _INSIDE.search(text[max(0, at - 2) : at]):
        return None
    for kind, pattern, read in rows:
        if (match := pattern.match(text, at)) and (spoken := read(match)):
            unit, end = (
                unit_at(text, match.end()) if kind in ("fraction", "alternatives") else (BARE, match.end())
            )
            if unit.after in _PARTICLES:
                unit, end = BARE, match.end()
            spoken = " ".join(filter(None, (unit.before, spoken, unit.after)))
            return Term(end, spoken, kind, tail=unit.tail)
    return None


_PARTICLES = frozenset("과도만면")
"""Counters that are particles after a fraction: 1/2과 1/3."""

_ORDINAL = re.compile(rf"제( ?)(?={MARK}?[0-9])")
_ARTICLES = re.compile(rf"{MARK}?[0-9]{{1,5}}{MARK}? ?(?:조|항|호|편|절|관|목|장)")
_BRANCH = re.compile(r"의 ?([0-9]{1,3})(?![0-9])")
_LETTERED = re.compile(r"[가나다라마바사아자차카타파하]목")


def ordinal(text: str, at: int) -> Term | None:
    """Return 제N with what it counts: 제3조, 제10조의2, 제2항제3호가목.

    제 at the end of a word is no ordinal (어제 3명); directly in front of an article's number it is one
    (같은 법제3조).
    """
    match = _ORDINAL.match(text, at)
    if not match:
        return None
    glued = at > 0 and "가" <= text[at - 1] <= "힣"
    if glued and (match[1] or not _ARTICLES.match(text, match.end())):
        return None
    found = quantity(text, match.end(), names=True)
    if not found:
        return None
    spoken, end = f"{' ' if glued else ''}제{found.spoken}", found.end
    if branch := _BRANCH.match(text, end):
        spoken, end = f"{spoken}의 {number(branch[1])}", branch.end()
    if _LETTERED.match(text, end):
        spoken += " "
    return Term(end, spoken, "ordinal", found.quantity, found.tail)
