"""Text made safe to speak, to draw and to log."""

import re
import unicodedata

from contracts.normalization import normalized
from contracts.polarity import ALLOW_MARKS, FORBID_MARKS

_KEPT_FORMATS = frozenset("\u200c\u200d\ufe0f\ufe0e")
"""Joiners and variation selectors: part of emoji and of some scripts, not controls of direction."""

_LINE_ENDS = dict.fromkeys(map(ord, "\r\v\f\x85\u2028\u2029"), "\n")

_PICTOGRAPHS = re.compile(
    f"(?![{FORBID_MARKS}{ALLOW_MARKS}])"
    "[\u2600-\u27bf\u2b00-\u2bff\ufe0e\ufe0f\u200d\u20e3\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)


def clean(text: str) -> str:
    """Return ``text`` in NFC, without control, direction, private and surrogate characters; keeps lines."""
    kept = "".join(
        char
        for char in text.replace("\r\n", "\n").translate(_LINE_ENDS)
        if char in "\n\t"
        or char in _KEPT_FORMATS
        or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return normalized("NFC", kept)


def one_line(text: str) -> str:
    """Return :func:`clean` text as one line, every run of whitespace a single space."""
    return " ".join(clean(text).split())


def lines(text: str) -> str:
    """Return :func:`clean` text line by line, each trimmed, blank ones dropped; for captions."""
    stripped = (" ".join(line.split()) for line in clean(text).split("\n"))
    return "\n".join(line for line in stripped if line)


def without_pictographs(text: str) -> str:
    """Return ``text`` without emoji and dingbats, which nobody can say; marks that forbid or allow stay."""
    return " ".join(_PICTOGRAPHS.sub("", text).split()).replace("( ", "(")


def words(text: str) -> list[str]:
    """Return the words of a table written as running text."""
    return text.split()


def letters(text: str) -> int:
    """Return how many letters and digits ``text`` has."""
    return sum(unicodedata.category(char)[0] in "LN" for char in text)
