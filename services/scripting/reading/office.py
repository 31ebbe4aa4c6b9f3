"""Outlines of Korean offices and statutes, which know no Markdown, to nested Markdown lists and headings."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.scripting.reading.markdown_lines import bounded, with_figure
from services.scripting.reading.outline_marks import (
    ARTICLE,
    CIRCLED,
    NUMERAL_RANKS,
    RANKS,
    Mark,
    mark_of,
    split_circles,
)
from services.scripting.reading.wording import ends_sentence, is_bare_name, is_labelled, is_name, is_title

_MARKDOWN = re.compile(r"^ {0,3}(?:#{1,6}(?:\s|$)|>|\||<[a-zA-Z/!]|={3,}\s*$|(?:-{3,}|\*{3,}|_{3,})\s*$)")
_HEADING = re.compile(r" {0,3}(#{1,6})\s")
_CHAPTER = re.compile(r"^\s*제\s*\d+\s*[편장절과관]\b")
_TITLED = frozenset(
    {
        "block",
        "box",
        "ring",
        "circle",
        "Ⅰ.",
        "1.1",
        "1.",
        "가.",
        "1)",
        "가)",
        "(1)",
        "(가)",
        "a.",
        "star",
        "arrow",
        "triangle",
    }
)
"""Marks that may stand before a heading; a dash or a dot never does."""
_ORDERED = frozenset({"1.", "가.", "1)", "가)", "(1)", "(가)", "①", "㉮", "Ⅰ.", "1.1", "a."})
_SEQUENTIAL = frozenset({"가.", "가)", "(가)", "a.", "1.1"})
_ASIDES = frozenset({"note", "verdict"})
"""Marks that may stand at any level and have nothing below them."""
_STEPS = re.compile(r"절차|순서|단계|흐름|요령|차례|\b(?:steps?|process|procedure)\b", re.IGNORECASE)
_DEEPEST_HEADING = 6
_DEEPEST_ITEM = 5
"""Levels of items; deeper ones are told as of this one, and CommonMark's own bound of nesting is not met."""


@dataclass(frozen=True)
class _Level:
    """A level of the outline that is open.

    Attributes:
        heading: whether its points are headings.
        text: of its latest point.
    """

    kind: str
    indent: int
    heading: bool
    text: str


def as_markdown(lines: Sequence[str], check: Callable[[], None] = lambda: None) -> list[str]:
    """Return lines outside of code with every office outline as nested Markdown.

    Runs between headings, tables and quotes of Markdown are looked at one by one; those without a mark that
    Markdown does not know stay as they are.
    """
    result: list[str] = []
    run: list[str] = []
    depth = 1
    for raw in [*lines, None]:
        line = None if raw is None else bounded(with_figure(raw))
        if line is not None and not _MARKDOWN.match(line):
            run += split_circles(line)
            continue
        check()
        result += _Run(run, depth).read()
        run = []
        if line is not None:
            if found := _HEADING.match(line):
                depth = len(found[1])
            result.append(line)
    return result


class _Run:
    """Lines between two headings.

    Args:
        lines: of it.
        depth: level of the heading that it stands under.
    """

    def __init__(self, lines: Sequence[str], depth: int) -> None:
        self._lines = lines
        self._depth = depth
        self._marks = [mark_of(line) for line in lines]
        self._in_sequence()
        self._kinds = Counter(mark.kind for mark in self._marks if mark is not None)
        self._article = False
        self._enumerates = any(mark is not None and mark.kind in _SEQUENTIAL for mark in self._marks)
        self._levels: list[_Level] = []
        self._out: list[str] = []
        self._kind = ""
        self._open = ""
        """Indentation of the item that is open; none behind a paragraph."""

    def read(self) -> list[str]:
        following = self._following()
        self._article = self._has_paragraphs(following)
        articles = any(ARTICLE.match(line) for line in self._lines)
        office = any(mark is not None and mark.office for mark in self._marks)
        if not (office or articles or self._titles_text(following)):
            return list(self._lines)
        blank = True
        for index, (line, mark) in enumerate(zip(self._lines, self._marks, strict=True)):
            if not line.strip():
                blank = True
                continue
            if mark is None and (found := ARTICLE.match(line)):
                self._new_article(found[1].strip(), line[found.end() :])
            elif mark is None:
                self._plain(line, blank=blank)
            else:
                self._marked(mark, following[index], blank=blank)
            blank = False
        self._out.append("")
        return self._out

    def _in_sequence(self) -> None:
        """Drop marks that follow on nothing and so are none: 다. 그리고 …, 1.5 리터, A. 예."""
        last: dict[str, int] = {}
        lettered = {mark.value for mark in self._marks if mark is not None and mark.kind == "a."}
        for index, mark in enumerate(self._marks):
            if mark is None or mark.kind not in _SEQUENTIAL:
                continue
            follows = mark.value == 1 or 0 < mark.value - last.get(mark.kind, 0) <= 2
            if not follows or (mark.kind == "a." and not lettered >= {1, 2}):
                self._marks[index] = None
            else:
                last[mark.kind] = mark.value

    def _following(self) -> list[tuple[str, Mark | None, bool]]:
        """Return for each line the next that is not blank, its mark, and whether a blank line is between."""
        found: list[tuple[str, Mark | None, bool]] = []
        line, mark, blank = "", None, False
        for index in range(len(self._lines) - 1, -1, -1):
            found.append((line, mark, blank))
            if self._lines[index].strip():
                line, mark, blank = self._lines[index], self._marks[index], False
            else:
                blank = True
        return found[::-1]

    def _has_paragraphs(self, following: Sequence[tuple[str, Mark | None, bool]]) -> bool:
        """Whether ① ② count paragraphs, as in a statute: sentences with numbered items below one."""
        return any(
            mark is not None
            and mark.kind == "①"
            and ends_sentence(mark.text)
            and after is not None
            and after.kind == "1."
            for mark, (_, after, _) in zip(self._marks, following, strict=True)
        )

    def _titles_text(self, following: Sequence[tuple[str, Mark | None, bool]]) -> bool:
        """Whether a numbered line is the title of the sentence right below it, which Markdown joins to it."""
        return any(
            mark is not None
            and mark.kind == "1."
            and is_title(mark.text)
            and after is None
            and not blank
            and line[:1].strip() != ""
            and ends_sentence(line)
            for mark, (line, after, blank) in zip(self._marks, following, strict=True)
        )

    def _new_article(self, title: str, rest: str) -> None:
        self._article = self._enumerates = True
        level = min(self._depth + 1, _DEEPEST_HEADING)
        self._out += ["", f"{'#' * level} {title}", ""]
        self._levels = []
        self._open = ""
        if not rest.strip():
            return
        for line in split_circles(rest):
            mark = mark_of(line)
            if mark is not None and mark.kind == "①":
                self._marked(mark, ("", None, False), blank=True)
            else:
                self._out.append(with_figure(line.strip()))

    def _plain(self, line: str, *, blank: bool) -> None:
        indent = len(line) - len(line.lstrip())
        inner = self._levels[-1] if self._levels else None
        goes_on = self._open and inner is not None and (not blank or indent > inner.indent + 1)
        # 붙임: below the items of a letter is its own line, not the last item's.
        apart = inner is not None and not blank and indent < inner.indent and is_labelled(line)
        goes_on = goes_on and not apart
        if goes_on:
            self._out += [""] * blank + [f"{self._open}{line.strip()}"]
            return
        if blank or apart:
            self._out.append("")
        self._levels = [level for level in self._levels if level.heading]
        self._open = ""
        if _CHAPTER.match(line):
            self._levels = []
            self._depth = max(self._depth, 2)
        self._out.append(line.strip())

    def _marked(self, mark: Mark, following: tuple[str, Mark | None, bool], *, blank: bool) -> None:
        depth = self._place(mark, blank=blank)
        outer = self._levels[:depth]
        known = depth < len(self._levels)
        heading = (
            all(level.heading for level in outer)
            and not (known and not self._levels[depth].heading)
            and self._is_heading(mark, following, outer)
        )
        self._levels = [*outer, _Level(mark.kind, mark.indent, heading, mark.text)]
        if mark.kind == "①" and self._article:
            self._levels = [level for level in outer if level.heading]
            self._out += ["", with_figure(mark.text)]
            self._open = ""
            return
        if heading:
            level = min(self._depth + 1 + len(outer), _DEEPEST_HEADING)
            self._out += ["", f"{'#' * level} {mark.text}", ""]
            self._open = ""
            return
        items = sum(not level.heading for level in outer)
        lead = "    " * min(items, _DEEPEST_ITEM)
        number = self._number(mark, outer)
        other = self._open and mark.kind != self._kind
        restarts = not lead and (other or (mark.value == 1 and known))
        self._kind = self._kind if lead else mark.kind
        # CommonMark begins no list inside a paragraph with another number than 1.
        if not self._open or restarts or not (known or number.startswith(("-", "1"))):
            self._out += ["", "<!-- -->", ""] if restarts else [""]
        self._out.append(f"{lead}{number}{with_figure(mark.text)}")
        self._open = lead + " " * len(number.replace(CIRCLED, ""))

    def _number(self, mark: Mark, outer: Sequence[_Level]) -> str:
        """Return the mark of a list in Markdown: numbers only where an order is meant, not only counted."""
        if mark.kind == "①":
            return f"{mark.value}) {CIRCLED}"
        steps = any(_STEPS.search(level.text) for level in outer)
        if mark.kind not in _ORDERED or (self._enumerates and not steps):
            return "- "
        return f"{mark.value}. "

    def _place(self, mark: Mark, *, blank: bool) -> int:
        """Return the depth of a mark: that of the open level of its kind, else below what it goes under."""
        levels = self._levels
        while levels and levels[-1].kind in _ASIDES and levels[-1].kind != mark.kind:
            levels.pop()
        inside = levels and not levels[-1].heading and mark.indent >= levels[-1].indent + 2
        if inside and not mark.office:
            return len(levels)
        same = [depth for depth, level in enumerate(levels) if level.kind == mark.kind]
        if same:
            near = [depth for depth in same if mark.office or mark.indent >= levels[depth].indent - 1]
            return near[-1] if near else same[0]
        if not levels or (mark.kind in _ASIDES and not blank):
            return len(levels)
        top = levels[-1]
        if top.heading or mark.indent > top.indent or mark.kind == "arrow":
            return len(levels)
        for ranks in (RANKS, NUMERAL_RANKS):
            if mark.kind not in ranks or top.kind not in ranks:
                continue
            if ranks[mark.kind] > ranks[top.kind]:
                return len(levels)
            return next(
                (d for d, level in enumerate(levels) if ranks.get(level.kind, -1) >= ranks[mark.kind]), 0
            )
        return sum(level.heading for level in levels) if blank else len(levels)

    def _is_heading(
        self, mark: Mark, following: tuple[str, Mark | None, bool], outer: Sequence[_Level]
    ) -> bool:
        """Whether a point names what follows it: a title before text or before marks of another kind."""
        line, after, blank = following
        titles = is_name(mark.text) if outer else is_title(mark.text)
        if mark.kind not in _TITLED or not titles or is_labelled(mark.text) or not line:
            return False
        if after is None:
            if mark.value and self._kinds[mark.kind] == 1 and not is_bare_name(mark.text):
                return False  # the only one: an item, which as a heading would not be told
            if not blank and not is_name(mark.text):
                return False  # a sentence that goes on in the next line
            indent = len(line) - len(line.lstrip())
            if outer and blank and indent < mark.indent:
                return False  # text of an outer level, which this point does not name
            indented = indent > mark.indent
            return ARTICLE.match(line) is None and (not indented or ends_sentence(line)) and len(outer) < 2
        if (
            after.kind == mark.kind
            or (self._article and after.kind == "①")
            or any(level.kind == after.kind for level in outer)
        ):
            return False
        return after.office or not mark.value or after.kind in {"1.", "1)"}
