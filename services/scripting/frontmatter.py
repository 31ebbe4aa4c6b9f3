"""Front matter: a title for the film, and keys for other tools that nobody wants told."""

import re

_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n")
_ENDS = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*$", re.MULTILINE),
}
_KEY = re.compile(
    r"^(?:[a-z_][A-Za-z0-9_.-]{0,40}(?::(?:\s|$)|\s?=\s?\S)|(?:Title|Author|Date|Tags|Layout):(?:\s|$))"
)
_MORE = re.compile(r"\s+\S|- |#|\s*$|[\[\]}]")
_TITLE = re.compile(r"^[Tt]itle(?::|\s?=)(.+)$", re.MULTILINE)
_QUOTED = re.compile(r"[\"']?(.+?)[\"']?", re.DOTALL)
_LONGEST = 200
"""Lines; a longer stretch between two rules is a chapter."""


def front_matter(text: str) -> tuple[str | None, str, str]:
    """Return the title that a front matter names, the front matter, and the text without it.

    Only what reads as keys is one: text between two rules at the start of a lesson belongs to the lesson.
    """
    opening = _MATTER.match(text)
    closing = _ENDS[opening[1]].search(text, opening.end()) if opening else None
    if opening is None or closing is None:
        return None, "", text
    matter = text[opening.end() : closing.start()]
    lines = matter.split("\n")
    keys = [line for line in lines if _KEY.match(line)]
    if not keys or len(lines) > _LONGEST or not all(_KEY.match(line) or _MORE.match(line) for line in lines):
        return None, "", text
    named = _TITLE.search(matter)
    unquoted = _QUOTED.fullmatch(named[1].strip(" \t")) if named else None
    return (unquoted[1] if unquoted else None), matter.strip(), text[closing.end() :]
