"""Text as it may stand on a slide: NFC, one line or lines of it, nothing invisible, no Markdown."""

import re

from contracts.normalization import normalized

_LINE_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffc\ud800-\udfff\U000e0000-\U000e007f]"
)
# A run of combining marks is cut before NFC, whose reordering is quadratic in the run's length.
_MARKS = re.compile(
    r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]{3})"
    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f]+"
)
_LINK = re.compile(r"!?\[([^\]\[\n]{1,200})\]\([^()\s]{1,500}\)")
_MARKDOWN = re.compile(r"\*\*|`+|^[ \t]{0,3}#{1,6}[ \t]+|^[ \t]{0,3}>[ \t]?", re.MULTILINE)
_BLANKS = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_AROUND_BREAK = re.compile(r" ?\n[ \n]*")
_WORD = re.compile(r"[^\W_]")
_HANGUL = re.compile(r"[가-힣]")


def clean_lines(text: str | None) -> str:
    """Return ``text`` cleaned, its line breaks kept, never two in a row."""
    text = _INVISIBLE.sub("", _LINE_BREAK.sub("\n", text or ""))
    text = normalized("NFC", _MARKS.sub(r"\1", text))
    text = _MARKDOWN.sub("", _LINK.sub(r"\1", _BLANKS.sub(" ", text)))
    return _AROUND_BREAK.sub("\n", _BLANKS.sub(" ", text)).strip()


def clean(text: str | None) -> str:
    """Return ``text`` cleaned, on one line."""
    return clean_lines(text).replace("\n", " ")


def has_words(text: str) -> bool:
    """Return whether there is a letter or digit of any script in ``text``."""
    return _WORD.search(text) is not None


def has_hangul(text: str) -> bool:
    """Return whether there is a Hangul syllable in ``text``."""
    return _HANGUL.search(text) is not None


def clipped(text: str, longest: int) -> str:
    """Return ``text``, cut after a word and marked with an ellipsis if it is longer than ``longest``.

    The last resort: rules shorten by clauses first (:mod:`services.slides.planning.condense`).
    """
    if len(text) <= longest:
        return text
    room = text[: longest - 1]
    space = room.rfind(" ")
    return (room[:space] if space > longest * 0.6 else room).rstrip(" ,.;:·-") + "…"
