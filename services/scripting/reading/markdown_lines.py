"""Lines of text so that CommonMark takes none of their figures for its own, and reads them however deep."""

import re

_FIGURE = re.compile(
    r"^((?:[ \t]|[-*+>]|\d{1,2}[.)](?=\s)){0,60})(\d{1,2}(?=\. ?\d{1,2}\.)|\d{3,9}(?=[.)]\s))"
)
"""A date or a year in front of a line, whose number CommonMark would take for a list's: 3. 5.(수), 2025. 3"""
_NESTED = re.compile(r"(?:[-*+>] {1,4})+")
_MOST_MARKS = 8
_FURTHEST = 28
"""Columns: 14 levels of two, 7 of four. Deeper is no lesson; what CommonMark does not read would vanish."""


def with_figure(line: str) -> str:
    """Return a line whose first figure CommonMark takes for no list's number."""
    return _FIGURE.sub(r"\1\2\\", line)


def without_escapes(text: str) -> str:
    """Return HTML without what keeps CommonMark from a figure: it reads no escapes there."""
    return re.sub(r"(?<=\d)\\(?=[.)])", "", text)


def bounded(line: str) -> str:
    """Return a line no further in than CommonMark is read: what is deeper stands on the deepest level."""
    bare = line.lstrip(" \t")
    lead = line[: len(line) - len(bare)]
    columns = lead.replace("\t", "    ")
    lead = columns[:_FURTHEST] if len(columns) > _FURTHEST else lead
    marks = _NESTED.match(bare)
    if marks and marks[0].count(" ") > _MOST_MARKS:
        bare = f"{bare[0]} {bare[marks.end() :]}"
    return lead + bare
