"""Markup of documentation tools that CommonMark does not know, line by line, to what it does know."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.scripting.reading.blocks import Unread
from services.scripting.reading.wording import is_prose

_FENCE = re.compile(r"(?:[ \t]|[-*+>] |\d{1,3}[.)] ){0,12}(`{3,}|~{3,})([^`\n]{0,200})$")
_ADMONITION = re.compile(
    r"^(\s*)(?:!!!|\?\?\?\+?|===\+?) ?(?:[\w-]+ ?){0,3}(?:[\"“]([^\"”\n]{0,200})[\"”])?\s*"
)
_CONTAINER = re.compile(r"\s{0,12}:{3,}\s*(?:\{([^}\n]{0,100})\}|([A-Za-z][\w-]{0,40})?)([^\n]{0,200})")
_DETAILS = re.compile(r"\s{0,12}\+{3,}[ \t]*([^\n+][^\n]{0,200})?")
_QUOTED = re.compile(r"((?: {0,3}> ?){1,8})(\s*(?:!!!|\?\?\?|:::|\+\+\+)?)")
_OPTION = re.compile(r"\s{0,12}:[a-z][a-z-]{0,30}:(?:\s[^\n]{0,200})?")
_FOOTNOTE = re.compile(r" {0,3}\[\^([^\]\s]{1,40})\]:\s*([^\n]*)")
_RANGE = re.compile(r"(?<=[\d시분초일월년원%℃])~~(?=\d)")
_STRIKES = re.compile(r"(?:^|[\s(|>])~~(?=\S)")
"""A range with two waves, which would strike out what is between two of them."""
_TIGHT_HEADING = re.compile(r"^( {0,3}#{2,6})(?=[^#\s])")
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


def at_one_indent(fence: Sequence[str]) -> list[str]:
    """Return a fence whose last line is as far in as its first, else it closes nothing and opens another."""
    lines = list(fence)
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip(" \t"))]
    bare = lines[-1].strip(" \t")
    if len(lines) > 1 and bare and not bare.strip("`~"):
        lines[-1] = f"{indent}{bare}"
    return lines


def _last_closers(lines: Sequence[str]) -> dict[str, int]:
    """Return where the last line of nothing but a fence's mark stands, by mark."""
    found = {}
    for index, line in enumerate(lines):
        bare = line.strip(" \t>")
        if len(bare) >= 3 and bare[0] in "`~" and not bare.strip(bare[0]):
            found[bare[0]] = index
    return found


def marked(text: str) -> Marked:
    """Return a text's lines with admonitions, containers and footnotes as what CommonMark knows."""
    lines = text.split("\n")
    translator = _Translator()
    for line, is_code in zip(lines, fenced(lines), strict=True):
        translator.take(line, is_code=is_code)
    return translator.result


class _Translator:
    """Takes line after line."""

    def __init__(self) -> None:
        self.result = Marked()
        self._inside: str | None = None
        """Indentation of the admonition that is open."""
        self._options = False
        """Whether options of a container may follow."""
        self._footnote: str | None = None
        self._quote: _Translator | None = None
        """Of the quotation that is open, if there is anything to translate in it."""

    def take(self, line: str, *, is_code: bool) -> None:
        """Take the next line."""
        quoted = None if is_code else _QUOTED.match(line)
        if quoted and (self._quote or quoted[2].strip()):
            self._take_quoted(quoted[1], line[quoted.end(1) :])
            return
        self._quote = None
        row = self._outdented(line)
        if is_code:
            self._add(row, code=True)
        elif self._footnote is not None and row.startswith(("    ", "\t")) and row.strip():
            self.result.footnotes[self._footnote] += f" {row.strip()}"
        elif _FENCE.match(row) is None:  # else a fence that nobody closed: the text goes on without it
            self._footnote = None
            self._text(row)

    def _take_quoted(self, marks: str, line: str) -> None:
        """Take a line of a quotation in which an admonition or a container began."""
        if self._quote is None:
            self._quote = _Translator()
            self._quote.result.footnotes = self.result.footnotes
        inner = self._quote.result
        self._quote.take(line, is_code=False)
        self._add(*(f"{marks}{row}".rstrip() for row in inner.lines))
        inner.lines, inner.code = [], []

    def _outdented(self, row: str) -> str:
        """Return a line without the indentation of the admonition that it stands in."""
        if self._inside is None:
            return row
        for inner in (f"{self._inside}    ", f"{self._inside}\t"):
            if row.startswith(inner):
                return row.removeprefix(inner)
        if row.strip():
            self._inside = None
        return row

    def _text(self, row: str) -> None:
        row = row if _STRIKES.search(row) else _RANGE.sub("~", row)
        row = _TIGHT_HEADING.sub(r"\1 ", row)
        if found := _ADMONITION.fullmatch(row):
            self._inside = found[1]
            self._add("", found[2] or "", "")
        elif row.lstrip().startswith(":::") and (held := _CONTAINER.fullmatch(row)):
            self._options = True
            self._add("", held[3].strip(), "")
        elif row.lstrip().startswith("+++") and (details := _DETAILS.fullmatch(row)):
            self._add("", (details[1] or "").strip(), "")
        elif self._options and _OPTION.fullmatch(row):
            return
        elif noted := _FOOTNOTE.fullmatch(row):
            self._footnote = noted[1]
            told = f"{self.result.footnotes.get(noted[1], '')} {noted[2].strip()}"
            self.result.footnotes[noted[1]] = told.strip()
        else:
            self._options = False
            self._add(row)

    def _add(self, *lines: str, code: bool = False) -> None:
        self.result.lines += lines
        self.result.code += [code] * len(lines)


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
