"""Sentences by rule: no model, linear time, quotations kept whole (``“불이야!” 하고 알립니다.`` is one)."""

import re
from collections.abc import Iterator

LONGEST_QUOTE = 240
"""A quotation mark not closed within this many characters is taken for a stray one."""

_CLOSERS = {"“": "”", '"': '"', "「": "」", "『": "』"}
_MARK = re.compile(r"[“”\"「」『』]")
_END = re.compile(r"(?:[.!?。！？]{1,8}|…{1,4})[”’\"'」』)\]]{0,3}(?=\s|$)|\n")
_QUOTATIVE = re.compile(
    r"\s*(?:하고|하며|하면서|이?라고|이?라는|이?라며|고|며|는|같은|처럼|등의?|이?란)(?![가-힣]{3})|\s+[a-z]"
)
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:mr|mrs|ms|dr|prof|st|vs|e\.g|i\.e|approx|fig|vol|[A-Z])$")
_ITEM_NUMBER = re.compile(r"^(?:\d{1,2}|[A-Za-z가-하])$")
_LOWERCASE = re.compile(r" [a-z]")
_DATE_GOES_ON = re.compile(r" ?\d{1,2}\.(?!\d)")
_DATE_BEFORE = re.compile(r"(?:(?<!\d)\d{1,2}|\d{4}|['’]\d{2})\. ?\d{1,2}$")
_SKIPPED_OPENING = " \n"


def quotations(text: str) -> tuple[tuple[int, int], ...]:
    """Return ``(opening, closing)`` index pairs of the quotation marks in ``text``, in order, not nested."""
    return tuple(_quotations(text))


def _quotations(text: str) -> Iterator[tuple[int, int]]:
    opening, closer = -1, ""
    for mark in _MARK.finditer(text):
        sign, at = mark.group(), mark.start()
        if opening >= 0 and at - opening > LONGEST_QUOTE:
            opening = -1
        if opening < 0:
            if sign in _CLOSERS:
                opening, closer = at, _CLOSERS[sign]
        elif sign == closer:
            yield opening, at
            opening = -1


def sentences(text: str) -> tuple[str, ...]:
    """Split ``text`` into its sentences, stripped; a line break always ends one."""
    found: list[str] = []
    start = 0
    quotes = iter(quotations(text))
    quote = next(quotes, None)
    for end in _END.finditer(text):
        while quote is not None and quote[1] < end.start():
            quote = next(quotes, None)
        quoted = quote is not None and quote[0] < end.start() <= quote[1]
        if quoted and quote is not None and end.end() <= quote[1] and end.group() != "\n":
            continue
        if quoted and _QUOTATIVE.match(text, end.end()):
            continue
        if end.group() == "." and _goes_on(text, start, end.start()):
            continue
        found.append(text[start : end.end()])
        start = end.end()
    found.append(text[start:])
    return tuple(stripped for part in found if (stripped := part.strip()))


def _goes_on(text: str, start: int, dot: int) -> bool:
    """Return whether the full stop at ``dot`` belongs to an abbreviation, a date or the number of an item."""
    if _LOWERCASE.match(text, dot + 1) and not "가" <= text[dot - 1 : dot] <= "힣":
        return True  # behind a Korean ending a sentence may begin with the name of a command
    before = text[max(start, dot - 10) : dot].lstrip(_SKIPPED_OPENING)
    if before[-1:].isdigit() and (_DATE_GOES_ON.match(text, dot + 1) or _DATE_BEFORE.search(before)):
        return True  # 2026. 5. 11. 접수
    if dot - start <= 4 and _ITEM_NUMBER.match(text[start:dot].strip()):
        return True
    if before.lower().endswith("no"):
        return text[dot + 1 : dot + 3].strip().isdigit()
    initial = len(before) == 1 and before.isupper()
    return initial or _ABBREVIATION.search(before if before[-1:].isupper() else before.lower()) is not None
