"""Markup of documentation tools that CommonMark does not know, line by line, to what it does know."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.scripting.blocks import Unread
from services.scripting.wording import is_prose

_FENCE = re.compile(r"(?:[ \t]|[-*+>] |\d{1,3}[.)] ){0,12}(`{3,}|~{3,})([^`\n]{0,200})$")
_ADMONITION = re.compile(
    r"(\s*)(?:!!!|\?\?\?\+?|===\+?) ?(?:[\w-]+ ?){0,3}(?:[\"“]([^\"”\n]{0,200})[\"”])?\s*"
)
_CONTAINER = re.compile(r"\s{0,12}:{3,}\s*(?:\{([^}\n]{0,100})\}|([A-Za-z][\w-]{0,40})?)([^\n]{0,200})")
_OPTION = re.compile(r"\s{0,12}:[a-z][a-z-]{0,30}:(?:\s[^\n]{0,200})?")
_FOOTNOTE = re.compile(r" {0,3}\[\^([^\]\s]{1,40})\]:\s*([^\n]*)")
_MATH = (("$$", "$$"), ("\\[", "\\]"))
_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
"""Lower case that changes no text's length, unlike that of Unicode."""
_CLOSED = (("<!--", "-->"), ("<script", "</script"), ("<style", "</style"))


@dataclass
class Marked:
    """The lines of a text in CommonMark, and what was taken out of them.

    Attributes:
        lines: with code in fences left as it is.
        code: for each line, whether it belongs to a fence.
        footnotes: what each footnote says.
        unread: formulas.
    """

    lines: list[str] = field(default_factory=list)
    code: list[bool] = field(default_factory=list)
    footnotes: dict[str, str] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def stretches(self) -> Iterator[tuple[bool, list[str]]]:
        """Yield runs of lines: (in a fence, the lines)."""
        start = 0
        for index in range(1, len(self.lines) + 1):
            if index == len(self.lines) or self.code[index] != self.code[start]:
                yield self.code[start], self.lines[start:index]
                start = index


def fenced(lines: Sequence[str]) -> list[bool]:
    """Return for each line whether it belongs to a fence; one that nobody closed before prose is none."""
    inside = [False] * len(lines)
    closers = _last_closers(lines)
    start: int | None = None
    mark = ""
    for index, line in enumerate(lines):
        found = _FENCE.match(line) if start is None else None
        if found:
            mark, start = found[1], index
            unclosed = closers.get(mark[0], -1) <= index
            if unclosed and is_prose("\n".join(lines[index + 1 :])):
                start = None
            else:
                inside[index] = True
        elif start is not None:
            inside[index] = True
            bare = line.strip(" \t>")
            if len(bare) >= len(mark) and not bare.strip(mark[0]):
                start = None
    return inside


def _last_closers(lines: Sequence[str]) -> dict[str, int]:
    """Return where the last line of nothing but a fence's mark stands, by mark."""
    found = {}
    for index, line in enumerate(lines):
        bare = line.strip(" \t>")
        if len(bare) >= 3 and bare[0] in "`~" and not bare.strip(bare[0]):
            found[bare[0]] = index
    return found


def marked(text: str) -> Marked:
    """Return a text's lines with admonitions, containers and footnotes turned into what CommonMark knows."""
    lines = text.split("\n")
    result = Marked()
    code = fenced(lines)
    indent: str | None = None
    options = False
    footnote: str | None = None
    for line, is_code in zip(lines, code, strict=True):
        row = line
        if indent is not None:
            inner = f"{indent}    "
            if row.startswith(inner) or not row.strip():
                row = row.removeprefix(inner)
            elif row.startswith(f"{indent}\t"):
                row = row.removeprefix(f"{indent}\t")
            else:
                indent = None
        if is_code:
            _add(result, row, code=True)
            continue
        if footnote is not None and row.startswith(("    ", "\t")) and row.strip():
            result.footnotes[footnote] += f" {row.strip()}"
            continue
        footnote = None
        if _lone_fence(row):
            continue
        if found := _ADMONITION.fullmatch(row):
            indent = found[1]
            _add_all(result, "", found[2] or "", "")
        elif row.lstrip().startswith(":::") and (held := _CONTAINER.fullmatch(row)):
            options = True
            _add_all(result, "", held[3].strip(), "")
        elif options and _OPTION.fullmatch(row):
            continue
        elif noted := _FOOTNOTE.fullmatch(row):
            footnote = noted[1]
            result.footnotes[footnote] = noted[2].strip()
        else:
            options = False
            _add(result, row)
    return result


def _lone_fence(row: str) -> bool:
    """Whether a line opens a fence that nobody closed: the text goes on without it."""
    return _FENCE.match(row) is not None


def _add(result: Marked, line: str, *, code: bool = False) -> None:
    result.lines.append(line)
    result.code.append(code)


def _add_all(result: Marked, *lines: str) -> None:
    for line in lines:
        _add(result, line)


def without_formulas(text: str, unread: list[Unread]) -> str:
    """Return a text without display formulas; they go to ``unread``."""
    for opening, closing in _MATH:
        text = _cut(text, opening, closing, unread)
    return text


def _cut(text: str, opening: str, closing: str, unread: list[Unread]) -> str:
    parts: list[str] = []
    start = 0
    while (first := text.find(opening, start)) >= 0:
        last = text.find(closing, first + len(opening))
        inner = text[first + len(opening) : last]
        if last < 0 or "\n\n" in inner or not inner.strip():
            end = first + len(opening)
            if last < 0:
                break
            parts.append(text[start:end])
            start = end
            continue
        unread.append(Unread("formula", None, inner.strip()))
        parts.append(text[start:first])
        start = last + len(closing)
    return "".join([*parts, text[start:]])


def closed_html(text: str) -> str:
    """Return a text in which no comment, script or style that nobody closed hides what follows it.

    Blank lines inside an HTML table go: CommonMark ends HTML at the first.
    """
    low = text.translate(_LOWER)
    for opening, closing in _CLOSED:
        last = low.rfind(opening)
        if last >= 0 and low.find(closing, last) < 0:
            text = f"{text[:last]}{text[last + len(opening) :]}"
            low = text.translate(_LOWER)
    parts: list[str] = []
    start = 0
    while (first := low.find("<table", start)) >= 0 and (last := low.find("</table", first)) >= 0:
        table = "\n".join(line for line in text[first:last].split("\n") if line.strip())
        parts += [text[start:first], table]
        start = last
    return "".join([*parts, text[start:]])
