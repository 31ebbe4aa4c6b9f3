"""Spellings of one character made one: full-width, squared, circled, Roman, raised, any script's digits."""

import re
import unicodedata

from contracts.normalization import normalized
from services.tts.reading.ko.terms import MARK

_JAMO = {
    "ㄱ": "기역", "ㄲ": "쌍기역", "ㄴ": "니은", "ㄷ": "디귿", "ㄸ": "쌍디귿", "ㄹ": "리을", "ㅁ": "미음",
    "ㅂ": "비읍", "ㅃ": "쌍비읍",
    "ㅅ": "시옷", "ㅆ": "쌍시옷", "ㅇ": "이응", "ㅈ": "지읒", "ㅉ": "쌍지읒", "ㅊ": "치읓", "ㅋ": "키읔",
    "ㅌ": "티읕", "ㅍ": "피읖",
    "ㅎ": "히읗", "ㅏ": "아", "ㅐ": "애", "ㅑ": "야", "ㅒ": "얘", "ㅓ": "어", "ㅔ": "에", "ㅕ": "여",
    "ㅖ": "예", "ㅗ": "오",
    "ㅘ": "와", "ㅙ": "왜", "ㅚ": "외", "ㅛ": "요", "ㅜ": "우", "ㅝ": "워", "ㅞ": "웨", "ㅟ": "위",
    "ㅠ": "유", "ㅡ": "으", "ㅢ": "의",
    "ㅣ": "이",
}  # fmt: skip

_ALIKE = str.maketrans({
    "℃": "°C", "℉": "°F", "㎠": "cm^2", "㎡": "m^2", "㎢": "km^2", "㎟": "mm^2", "㎥": "m^3", "㎤": "cm^3",
    "㎣": "mm^3", "㎦": "km^3", "㎞": "km", "㏊": "ha", "㏄": "cc", "㎨": "m/s^2", "㏗": "pH",
    "½": " 1/2 ", "⅓": " 1/3 ", "⅔": " 2/3 ", "¼": " 1/4 ", "¾": " 3/4 ", "⅕": " 1/5 ", "⅖": " 2/5 ",
    "⅗": " 3/5 ", "⅘": " 4/5 ", "⅙": " 1/6 ", "⅚": " 5/6 ", "⅛": " 1/8 ", "⅜": " 3/8 ", "⅝": " 5/8 ",
    "⅞": " 7/8 ", "…": "... ",
    "ㆍ": "·", "・": "·", "∙": "·", "⋅": "·", "‧": "·", "•": " ",
    "™": "", "®": "", "©": "", "℡": " 전화 ", "№": " 넘버 ", "㈜": " 주식회사 ", "−": "-", "﹣": "-",
    "‒": "-",
    "‐": "-", "‑": "-", "℮": "", "“": '"', "”": '"', "‘": "'", "’": "'", "µ": "μ", "˚": "°", "º": "°",
    "→": ", ", "⇒": ", ", "➔": ", ", "➜": ", ", "←": ", ", "↔": ", ", "⬆": "↑", "⬇": "↓", "▽": "▼",
    "⩾": "≥", "⩽": "≤", "√": " 루트 ", "∞": " 무한대 ", "※": " ", "☎": " 전화 ", "✕": "×",
    "′": "′", "″": "″",
})  # fmt: skip


def _signs_of_numbers() -> dict[int, str]:
    """Signs that are a number of a list (①, ❶, ⑴, ⒈, Ⅱ) or a letter of one (㉠)."""
    ranges = (
        (0x2160, 0x216B), (0x2170, 0x217B), (0x2460, 0x249B), (0x24EA, 0x24FF), (0x2776, 0x2793),
        (0x3251, 0x325F), (0x32B1, 0x32BF),
    )  # fmt: skip
    codes = [code for first, last in ranges for code in range(first, last + 1)]
    numbers = {code: unicodedata.numeric(chr(code), None) for code in codes}
    table = {code: f"{MARK}{int(value)}{MARK}" for code, value in numbers.items() if value is not None}
    for first in (0x3200, 0x3260):
        table |= {first + i: f" {_JAMO[letter]} " for i, letter in enumerate("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ")}
    return table


_NUMBERED = _signs_of_numbers()
_FOOTNOTE = re.compile("(?<=[가-힣])[⁰¹²³⁴-⁹]{1,3}(?![⁰¹²³⁴-⁹])")
_SUPERSCRIPT = re.compile("[⁺⁻]?[⁰¹²³⁴-⁹]+")
_ROMAN = re.compile(
    r"(?<![A-Za-z0-9])(?:(?<=제)|(?<=제 ))?([IVX]{1,5})(?=(?:장|편|부|절|급|단계|형|차|권|과|항|기|종"
    r"|군)(?![A-Za-z]))"
    r"|(?<=제)([IVX]{1,5})(?![A-Za-z0-9])|(?m:^)([IVX]{1,5})(?=\. ?[가-힣])"
    r"|(?<=[가-힣A-Za-z] )(II|III|VII|VIII)(?![A-Za-z0-9])"
)
_ROMAN_NUMBERS = {
    "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10, "XI": 11,
    "XII": 12, "XIII": 13, "XIV": 14, "XV": 15,
}  # fmt: skip


def folded(text: str) -> str:
    """Return ``text`` in composed characters of one kind, one space at a time.

    Numbers of lists (①, Ⅱ) become digits between two :data:`~services.tts.reading.ko.terms.MARK`, exponents
    ``^2``.
    """
    kept = "".join(
        c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    named = _named_jamo(normalized("NFC", kept)).translate(_NUMBERED)
    exponents = _SUPERSCRIPT.sub(_exponent, _FOOTNOTE.sub("", named)).translate(_ALIKE)
    one = normalized("NFKC", exponents).replace("⁄", "/").replace("∕", "/")
    one = _ROMAN.sub(_roman, re.sub(r"[^\S\n]+", " ", re.sub(r"\n\s*", "\n", one)))
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in one)


def _exponent(match: re.Match[str]) -> str:
    return f"^{normalized('NFKC', match[0]).replace('−', '-')}"


def _roman(match: re.Match[str]) -> str:
    value = _ROMAN_NUMBERS.get(match[1] or match[2] or match[3] or match[4])
    return f"{MARK}{value}{MARK}" if value else match[0]


def _named_jamo(text: str) -> str:
    """Name single jamo; strings of them are laughter or tears (ㅋㅋ, ㅠㅠ) and are left to others."""
    return re.sub(r"(?<![ㄱ-ㅣ])[ㄱ-ㅣ](?![ㄱ-ㅣ])", lambda m: _JAMO.get(m.group(), ""), text)
