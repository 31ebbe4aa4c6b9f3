"""Marks of a source that forbid or allow: where they stand in running text, and lines that begin with one."""

import re

from contracts.polarity import ALLOW_MARKS, FORBID_MARKS, VARIANTS

_LOOSE = "×✕✖"
"""Signs that also multiply: they forbid in front of a line or an item only."""
_SPLIT_MARKS = "".join(mark for mark in FORBID_MARKS + ALLOW_MARKS if mark not in _LOOSE)
MARK = re.compile(rf"[{_SPLIT_MARKS}][{VARIANTS}]*")
"""A mark wherever it stands in running text."""
_MARKED_LINE = re.compile(rf"^([ \t]{{0,12}})(?=[{_SPLIT_MARKS}][^|\n]*$|[{_LOOSE}][ \t])", re.MULTILINE)
_LABEL_LINE = re.compile(
    r"^([ \t]{0,12})(?=\[(?:금지|불가|필수|권장|허용|가능|나쁜 ?예|좋은 ?예|잘못된 ?예"
    r"|올바른 ?예|do|don['’]t|good|bad)\][ \t]*[^\s(:])",
    re.MULTILINE | re.IGNORECASE,
)
_NAMED_LINE = re.compile(
    r"^([ \t]{0,12})(?=(?P<no>금지|불가|나쁜 예|잘못된 예|don['’]ts?|bad|wrong|not allowed)"
    r"|(?:허용|필수|권장|좋은 예|올바른 예|dos?|good"
    r"|right|allowed))(?=[^:：\n]{1,12}[:：][ \t]+\S)",
    re.MULTILINE | re.IGNORECASE,
)
_RING_LINE = re.compile(r"^([ \t]{0,12})[○◯⭕][ \t]*(?=\S)", re.MULTILINE)
_CROSS_LINE = re.compile(r"^[ \t]{0,12}(?:- )?[×✕✗✘✖❌][ \t]*\S", re.MULTILINE)
_LETTER_LINE = re.compile(r"^([ \t]{0,12})(?=([OX])[ \t]+[^\s|])", re.MULTILINE)


def marked_lines(text: str) -> str:
    """Return a source in which lines that begin with a mark are list items; others join them to one line."""
    if _CROSS_LINE.search(text):
        text = _RING_LINE.sub(r"\1- ⭕ ", text)
    if len({found[2] for found in _LETTER_LINE.finditer(text)}) > 1:
        text = _LETTER_LINE.sub(r"\1- ", text)
    if any(found["no"] for found in _NAMED_LINE.finditer(text)):
        text = _NAMED_LINE.sub(r"\1- ", text)
    text = _LABEL_LINE.sub(r"\1- ", text)
    return _MARKED_LINE.sub(r"\1- ", text)
