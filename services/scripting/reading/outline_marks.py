"""The marks that Korean offices, statutes and people put before the points of an outline."""

import re
from dataclasses import dataclass

SYMBOLS: tuple[tuple[str, str], ...] = (
    ("block", "■▣◆❖"),
    ("box", "□▢◇◈❑❏"),
    ("ring", "◎●◉⊙❍"),
    ("circle", "○◯◦ㅇㆁ⚪⚫"),
    ("triangle", "△▲▽▼"),
    ("dash", "-–—―−+"),
    ("dot", "·ㆍ•∙⋅・･▪▫‣⁃*"),
    ("arrow", "▶►▷▸➤➢➔→⇒☞➡"),
    ("star", "★☆✦♦♣♠✱"),
    ("tick", "✓✔☑☐☒"),
    ("note", "※＊"),
)
"""Class of a mark and its characters, from the higher to the lower where offices mix them."""

CIRCLED = "\ue000"
"""Stands in front of an item that had ① or the like. No source holds it: cleaning drops such characters."""

VERDICTS = "✅❌❎⭕🚫⛔✗✘✕✖⚠"
"""Marks that say something: they stay with the item."""

RANKS = {name: rank for rank, (name, _) in enumerate(SYMBOLS)}

NUMERAL_RANKS = {"Ⅰ.": 0, "1.": 1, "1.1": 2, "가.": 2, "1)": 3, "가)": 4, "(1)": 5, "(가)": 6}
"""Order in which offices number; ① is put at any level."""

_OF_SYMBOL = {symbol: name for name, symbols in SYMBOLS for symbol in symbols}
_SYMBOL = re.compile(
    rf"([{re.escape(''.join(_OF_SYMBOL))}]|[oO](?= [가-힣]))(?!\1)\ufe0f?([ \t\u3000]*)(?=\S)"
)
_VERDICT = re.compile(rf"[{VERDICTS}]\ufe0f?[ \t\u3000]*(?=\S)")
_SPACED = frozenset("-–—―−+*·ㆍ→")
"""Marks that are one only with a space behind: -5℃ is a figure, ·와 a letter's sign."""

_TRIANGLES = frozenset("△▲▽▼")
"""Before a figure they say which way it went: ▲5%."""

_SYLLABLES = "가나다라마바사아자차카타파하"
_NUMBERED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("Ⅰ.", re.compile(r"([Ⅰ-Ⅻ]|[IVX]{1,4}(?=[.)]))[.)]?\s+(?=\S)")),
    ("1.1", re.compile(r"(\d{1,2}(?:[.-]\d{1,2}){1,3})[.)]?\s+(?=[^\s\d])")),
    ("1.", re.compile(r"(\d{1,2})\.(?:\s+(?!\d{1,2}\. ?\d)|(?=[가-힣A-Za-z\"“‘(「]))(?=\S)")),
    ("가.", re.compile(rf"([{_SYLLABLES}])\.\s*(?=\S)")),
    ("1)", re.compile(r"(\d{1,2})\)\s*(?=\S)")),
    ("가)", re.compile(rf"([{_SYLLABLES}])\)\s*(?=\S)")),
    ("(1)", re.compile(r"\((\d{1,2})\)\s*(?=\S)")),
    ("(가)", re.compile(rf"\(([{_SYLLABLES}])\)\s*(?=\S)")),
    ("a.", re.compile(r"([a-hA-H])[.)]\s+(?=\S)")),
    ("①", re.compile(r"([①-⑳⑴-⒇❶-❿➊-➓➀-➉])\s*(?=\S)")),
    ("㉮", re.compile(r"([㉮-㉻])\s*(?=\S)")),
)
_CIRCLES = (("①", "⑳"), ("⑴", "⒇"), ("❶", "❿"), ("➊", "➓"), ("➀", "➉"), ("㉮", "㉻"))
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
ARTICLE = re.compile(
    r"^\s*(제\s?\d{1,4}\s?조(?:의\s?\d{1,3})?\s?[(（【\[][^()（）【】\[\]\n]{1,60}[)）】\]])(?:\s+|$)"
)
_INLINE_CIRCLES = re.compile(r"(?<=\S)\s+(?=[①-⑳]\s?\S)")


@dataclass(frozen=True)
class Mark:
    """The mark of a line.

    Attributes:
        kind: its class; ``-`` and ``1.`` of Markdown are ``dash`` and ``1.``.
        value: its number from 1; 0 for a symbol.
        indent: columns before it.
        text: what stands behind it.
        office: whether Markdown does not know it.
    """

    kind: str
    value: int
    indent: int
    text: str
    office: bool


def mark_of(line: str) -> Mark | None:
    """Return the mark that a line begins with, if it does."""
    bare = line.lstrip(" \t\u3000")
    indent = len(line[: len(line) - len(bare)].replace("\t", "    ").replace("\u3000", "  "))
    if found := _SYMBOL.match(bare):
        symbol = found[1]
        unspaced = not found[2] and (symbol in _SPACED or (symbol == "ㅇ" and not "가" <= bare[1] <= "힣"))
        figure = symbol in _TRIANGLES and bare[found.end() :][:1].isdigit()
        if unspaced or figure or _is_rule(bare):
            return None
        kind = _OF_SYMBOL.get(symbol, "circle")
        return Mark(kind, 0, indent, bare[found.end() :].rstrip(), symbol not in "-*+")
    if _VERDICT.match(bare):
        return Mark("verdict", 0, indent, bare.rstrip(), office=True)
    for kind, pattern in _NUMBERED:
        if numbered := pattern.match(bare):
            text = bare[numbered.end() :].rstrip()
            markdown = kind in {"1.", "1)"} and bare[numbered.end(1) + 1].isspace()
            return Mark(kind, _value(numbered[1]), indent, text, not markdown)
    return None


def _is_rule(line: str) -> bool:
    return len(set(line.replace(" ", "").rstrip())) == 1


def _value(number: str) -> int:
    if number in _SYLLABLES:
        return _SYLLABLES.index(number) + 1
    for first, last in _CIRCLES:
        if first <= number <= last:
            return ord(number) - ord(first) + 1
    if "Ⅰ" <= number <= "Ⅻ":
        return ord(number) - ord("Ⅰ") + 1
    if number in _ROMAN:
        return _ROMAN.index(number) + 1
    if number.isascii() and number.isalpha():
        return ord(number.lower()[0]) - ord("a") + 1
    return int(number.replace("-", ".").rpartition(".")[2])


def split_circles(line: str) -> list[str]:
    """Return a line of several circled points, as choices of a question are written, one a line."""
    bare = line.strip()
    if not bare.startswith("①") or "②" not in bare:
        return [line]
    parts = _INLINE_CIRCLES.split(bare)
    numbers = [ord(part[0]) - ord("①") for part in parts]
    return parts if numbers == list(range(len(parts))) else [line]
