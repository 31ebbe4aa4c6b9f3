"""Which quotation mark closes a text, where a model has escaped none of those inside it."""

import re
from collections.abc import Sequence

_LONGEST_COMMENT_AHEAD = 300
"""Characters of a comment that a quotation mark looks over to find out whether it closes its text."""

SPACE = re.compile(r"\s*")
QUOTES = {'"': '"', "'": "'", "“": '”"', "”": '”"', "`": "`"}
"""How a text may begin, and what closes it then."""
_NAME_AHEAD = re.compile(
    r"(?:[\"“'`][A-Za-z_][\w .-]{0,40}[\"”'`]|(?<![\w-])[A-Za-z_][\w-]{0,40})\s{0,20}[:：]"
)


def closes(text: str, at: int, nested: Sequence[str], inner: int) -> bool:
    """Whether the mark in front of here closes its text, after ``inner`` marks that did not."""
    at = _ahead(text, at)
    sign = text[at : at + 1]
    if not sign:
        return True
    if sign in "}]":
        return _structure(text, at, len(nested))
    if sign == ",":
        after = _behind_commas(text, at)
        following = text[after : after + 1]
        if not following or following in "}]":
            return True
        if nested[-1] == "{":
            return following == "{" or _NAME_AHEAD.match(text, after) is not None
        return inner % 2 == 0 and following in "{[\"'“-0123456789tfnTFN"
    if nested[-1] == "{":
        return _NAME_AHEAD.match(text, at) is not None
    return False


def _structure(text: str, at: int, depth: int) -> bool:
    """Whether the brackets at ``at`` close what is open, and are not those of a sentence."""
    level = depth
    while at < len(text) and text[at] in "}]":
        level -= 1
        at = _ahead(text, at + 1)
    if level <= 0 or at >= len(text):
        return True
    if text[at] == ",":
        at = _behind_commas(text, at)
        return at >= len(text) or text[at] in "{[\"'“}]"
    return text[at] in "{[\"'“`<"


def _behind_commas(text: str, at: int) -> int:
    while text.startswith(",", at):
        at = _ahead(text, at + 1)
    return at


def _ahead(text: str, at: int) -> int:
    """Return where something stands behind spaces, and behind comments that are not long."""
    for _ in range(3):
        space = SPACE.match(text, at)
        at = space.end() if space else at
        if text.startswith(("//", "#"), at):
            close = text.find("\n", at, at + _LONGEST_COMMENT_AHEAD)
        elif text.startswith("/*", at):
            close = text.find("*/", at, at + _LONGEST_COMMENT_AHEAD)
            close += 1 if close >= 0 else 0
        else:
            return at
        if close < 0:
            return at
        at = close + 1
    return at
