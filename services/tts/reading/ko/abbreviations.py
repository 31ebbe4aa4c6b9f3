"""Abbreviations with points, doubled particles and powers of letters in Korean text."""

import re

from services.tts.reading.ko.hangul import coda_of
from services.tts.reading.ko.loanwords import LETTER_NAMES
from services.tts.reading.ko.units import LENGTHS, PER, RATES, STANDALONE, UNITS

_WORDS = {
    "no": "넘버", "nos": "넘버", "vol": "볼륨", "ver": "버전", "fig": "그림", "figs": "그림", "ch": "챕터",
    "sec": "섹션", "eq": "식", "dr": "닥터", "mr": "미스터", "mrs": "미시즈", "ms": "미즈", "prof": "교수",
    "st": "세인트", "vs": "대", "etc": "등", "inc": "인크", "ltd": "리미티드", "co": "컴퍼니",
    "corp": "코퍼레이션",
    "jr": "주니어", "sr": "시니어", "approx": "약", "min": "최소", "max": "최대", "avg": "평균",
    "tel": "전화",
    "fax": "팩스", "ext": "내선", "dept": "부서", "ref": "참고", "ex": "예", "cf": "참고", "rev": "리비전",
    "art": "아트",
}  # fmt: skip
"""Abbreviations that a point ends; without the point they are words like others."""
_BEFORE_A_NUMBER = frozenset(
    [
        "no",
        "nos",
        "vol",
        "ver",
        "fig",
        "figs",
        "ch",
        "sec",
        "eq",
        "ext",
        "rev",
        "art",
        "ex",
        "min",
        "max",
        "ref",
    ]
)
"""Those of them that are abbreviations only before a number, a letter or another word: No. 1."""

_POINTED = re.compile(r"(?<![A-Za-z.])([A-Za-z]{2,6})\.(?![A-Za-z]{2,6}\.[a-z])")
_NUMBER_FOLLOWS = re.compile(r" ?[0-9A-Z#]")
_TEXT_FOLLOWS = re.compile(r",? ?[0-9A-Za-z가-힣,]")
_PAGES = re.compile(r"(?<![A-Za-z])pp?\. ?([0-9]{1,5}(?: ?[-–~] ?[0-9]{1,5})?)(?![0-9])")
_LETTERS = re.compile(r"(?<![A-Za-z.])(?:[A-Za-z]\. ?){1,7}[A-Za-z](?:\.(?=[ ,가-힣A-Za-z)]|$)|(?![A-Za-z]))")
_LATIN_PHRASES = {"eg": "예를 들어", "ie": "즉", "am": "AM", "pm": "PM", "phd": "피에이치디"}
_DOCTOR = re.compile(r"(?<![A-Za-z])Ph\. ?D\.?(?![A-Za-z])")
_INITIAL = re.compile(r"(?<![A-Za-z0-9.])([A-Z])\. (?=[A-Z][a-z])")
_SECTION = re.compile(r"§ ?([0-9]{1,4})(?: ?조)?(?![0-9.])")
_NO = re.compile(r"(?<![A-Za-z])N[oO] ?(?=[0-9])")
_NUMBER_SIGN = re.compile(r"(?<![A-Za-z0-9])#(?=[0-9])")
_COUNTDOWN = re.compile(r"(?<![A-Za-z0-9])D ?([-+]) ?(?=[0-9]{1,3}(?![0-9]))")


_RELATION = re.compile(r"(?<![A-Za-z0-9])([NMnm]) ?: ?(?=[0-9NMnm](?![A-Za-z0-9]))")
_BRACKETED = {
    "을/를": "을(를)", "은/는": "은(는)", "이/가": "이(가)", "와/과": "와(과)", "과/와": "과(와)",
    "으로/로": "(으)로", "로/으로": "(으)로",
}  # fmt: skip
_EITHER_BY_SLASH = re.compile(rf"(?<=[가-힣A-Za-z0-9)])({'|'.join(_BRACKETED)})(?![가-힣])")


def read_abbreviations(text: str) -> str:
    """Return ``text`` without the points of abbreviations, which end no sentence."""
    text = _PAGES.sub(r"\1쪽 ", _DOCTOR.sub("피에이치디", text))
    text = _INITIAL.sub(r"\1 ", _LETTERS.sub(_joined_letters, text))
    text = _POINTED.sub(_pointed, text)
    text = _SECTION.sub(r"제\1조", text)
    text = _NO.sub("넘버 ", text)
    text = _COUNTDOWN.sub(lambda m: f"디 {'마이너스' if m[1] == '-' else '플러스'} ", text)
    text = _EITHER_BY_SLASH.sub(lambda m: _BRACKETED[m[1]], _RELATION.sub(r"\1 대 ", text))
    return _NUMBER_SIGN.sub("", text)


def _joined_letters(match: re.Match[str]) -> str:
    if "." not in match[0][:-1]:
        return match[0]
    letters = re.sub(r"[. ]", "", match[0])
    if " " in match[0].strip() and not letters.isupper():
        return match[0]
    return _LATIN_PHRASES.get(letters.lower()) or letters.upper()


def _pointed(match: re.Match[str]) -> str:
    word = match[1].lower()
    said = _WORDS.get(word)
    follows = _NUMBER_FOLLOWS if word in _BEFORE_A_NUMBER else _TEXT_FOLLOWS
    if not said or not follows.match(match.string, match.end()):
        return match[0]
    return f"{said} "


_POWER = re.compile(r"(?<![A-Za-z^])([A-Za-z]{1,3})\^([-+]?[0-9]{1,3}|[a-z](?![A-Za-z]))")
_BRACKET_POWER = re.compile(r"\)\^([-+]?[0-9]{1,3})")


def read_powers(text: str) -> str:
    """Return ``text`` with powers of letters and brackets in words: x² is 엑스 제곱."""
    text = _POWER.sub(lambda m: m[0] if m[0] in UNITS else f"{_spelled(m[1])} {_exponent(m[2])}", text)
    return _BRACKET_POWER.sub(lambda m: f") {_exponent(m[1])}", text)


def _spelled(letters: str) -> str:
    return "".join(LETTER_NAMES[letter] for letter in letters.lower())


def _exponent(exponent: str) -> str:
    return {"2": "제곱", "3": "세제곱"}.get(exponent, f"{exponent} 제곱")


_COUNTED_PER = re.compile(
    r"(?<![0-9가-힣])(천원|만원|백만원|원|명|개|회|건)/([A-Za-zμ]{1,3}(?:\^[23])?)(?![A-Za-z0-9^/])"
)


def _counted_per(match: re.Match[str]) -> str:
    base = match[2]
    return f"{PER.get(base, f'{UNITS[base]}당')} {match[1]}" if base in UNITS else match[0]


_SYMBOL = r"[A-Za-zμ]{1,3}(?:\^[23])?"
_ALONE = re.compile(
    rf"(?<![A-Za-z0-9°^가-힣/·])(?<![0-9십백천만억여] )(°?{_SYMBOL})(?:/({_SYMBOL}))?(?![A-Za-z0-9^/])"
)


def read_lone_units(text: str) -> str:
    """Return ``text`` with unit symbols that have no number in words: kg당, 단위: mg/L."""
    return _ALONE.sub(_lone_unit, _COUNTED_PER.sub(_counted_per, text))


def _lone_unit(match: re.Match[str]) -> str:
    symbol, base = match[1], match[2]
    if symbol not in STANDALONE or (base and base not in UNITS):
        return match[0]
    rate = RATES.get(base or "") if symbol in LENGTHS else None
    before = f"{rate or PER.get(base, f'{UNITS[base]}당')} " if base else ""
    return before + UNITS[symbol]


_EITHER = re.compile(
    r"(을\(를\)|를\(을\)|은\(는\)|는\(은\)|이\(가\)|가\(이\)|과\(와\)|와\(과\)|\(으\)로|\(이\)(?=[나라며랑고면다야])"
    r"|\(을\)를|\(은\)는|\(이\)가)"
)
_CHOICES = {"을": "을를", "를": "을를", "은": "은는", "는": "은는", "가": "이가", "과": "과와", "와": "과와"}
_LEFT = re.compile(r"([가-힣])([\"'”’)\]]? ?)$")


def agree_particles(text: str) -> str:
    """Return ``text`` with the particle that fits where both are written: 파일을(를) is 파일을."""
    return _EITHER.sub(_agreeing, text)


def _agreeing(match: re.Match[str]) -> str:
    left = _LEFT.search(match.string[max(0, match.start() - 3) : match.start()])
    coda = coda_of(left[1]) if left else ""
    letters = [c for c in match[0] if c not in "()"]
    if "으" in letters:
        return "으로" if coda not in ("", "ㄹ") else "로"
    if match[0] == "(이)":
        return "이" if coda else ""
    pair = _CHOICES["가" if "가" in letters else letters[0]]
    return pair[0] if coda else pair[1]
