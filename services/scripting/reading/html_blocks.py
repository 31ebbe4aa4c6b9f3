"""HTML in a lesson to blocks of plain text: tables, lists, headings and paragraphs; scripts and styles go."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from services.scripting.reading.blocks import Block, Heading, Listing
from services.scripting.reading.rows import blocks_of_rows
from services.scripting.reading.tables import table_of
from services.scripting.text import words

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]{0,30})\b([^<>]{0,2000})>")
_ALTERNATIVE = re.compile(r"\balt\s*=\s*(?:\"([^\"]{0,500})\"|'([^']{0,500})')", re.IGNORECASE)
_SPAN = re.compile(r"\b(row|col)span\s*=\s*[\"']?(\d{1,2})", re.IGNORECASE)
_ENDS_BLOCK = frozenset(
    words(
        "p div section article header footer main aside summary details figure figcaption hr h1 h2 h3 h4"
        " h5 h6"
    )
)
_HIDDEN = frozenset({"script", "style", "template"})
_STRUCK = frozenset({"del", "s", "strike"})
_MOST_COLUMNS = 40
"""Columns that a row is read to; more are no table that anybody reads, and spans could make any number."""

Leave = Callable[[str, str], None]


@dataclass
class _List:
    ordered: bool
    items: list[str] = field(default_factory=list)
    below: list[list[Block]] = field(default_factory=list)


def blocks_of_html(text: str, leave: Leave, spoken: Callable[[str], str]) -> list[Block]:
    """Return the blocks of a stretch of HTML.

    Args:
        text: with tags, however broken.
        leave: is told what is left unread: its kind and its text.
        spoken: makes a line of text one that can be said.
    """
    builder = _Builder(leave, spoken)
    for tag, attributes, data in _tokens(_without_comments(text)):
        builder.take(tag, attributes, data)
    return builder.finish()


def _without_comments(text: str) -> str:
    parts: list[str] = []
    start = 0
    while (first := text.find("<!--", start)) >= 0 and (last := text.find("-->", first + 4)) >= 0:
        parts.append(text[start:first])
        start = last + 3
    return "".join([*parts, text[start:]])


def _tokens(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield tags as (name, ``/`` in front if it closes; attributes; the text behind it)."""
    end = 0
    tag, attributes = "", ""
    for found in _TAG.finditer(text):
        yield tag, attributes, html.unescape(text[end : found.start()])
        tag, attributes, end = found[1] + found[2].lower(), found[3], found.end()
    yield tag, attributes, html.unescape(text[end:])


class _Builder:
    def __init__(self, leave: Leave, spoken: Callable[[str], str]) -> None:
        self._leave = leave
        self._spoken = spoken
        self._blocks: list[Block] = []
        self._text: list[str] = []
        self._struck: list[str] | None = None
        self._hidden = ""
        self._lists: list[_List] = []
        self._table: list[list[str]] | None = None
        self._spans: dict[int, tuple[int, str]] = {}
        self._cell = (1, 1)
        self._level = 0
        self._preformatted = False

    def take(self, tag: str, attributes: str, data: str) -> None:
        """Take a tag and the text behind it."""
        name = tag.removeprefix("/")
        if self._hidden:
            if tag == f"/{self._hidden}":
                self._hidden = ""
            else:
                return
        elif tag in _HIDDEN:
            self._hidden = tag
            return
        if name:
            self._tag(name, attributes, closes=tag.startswith("/"))
        if data:
            (self._text if self._struck is None else self._struck).append(
                data if self._preformatted else re.sub(r"\s+", " ", data)
            )

    def _tag(self, name: str, attributes: str, *, closes: bool) -> None:
        if self._inside_line(name, attributes, closes=closes):
            return
        if name in {"td", "th", "tr", "table"}:
            self._table_tag(name, attributes, closes=closes)
        elif self._table is not None:
            self._text.append("\n" if name in _ENDS_BLOCK or name == "li" else "")
        elif name in {"ul", "ol", "dl", "li", "dt", "dd"}:
            self._list_tag(name, closes=closes)
        elif name == "pre":
            self._preformat(closes=closes)
        elif name in _ENDS_BLOCK:
            self._flush()
            self._level = int(name[1]) if name[1:].isdecimal() and not closes else 0

    def _inside_line(self, name: str, attributes: str, *, closes: bool) -> bool:
        """Take a tag that stands inside a line of text; returns whether it was one."""
        if name == "br":
            self._text.append("\n")
        elif name == "img":
            found = _ALTERNATIVE.search(attributes)
            self._leave("image", html.unescape(found[1] or found[2] or "") if found else "")
        elif name in _STRUCK:
            if closes and self._struck is not None:
                self._leave("struck out", "".join(self._struck))
            self._struck = None if closes else []
        else:
            return False
        return True

    def _preformat(self, *, closes: bool) -> None:
        if closes:
            self._leave("code", "".join(self._text).strip())
            self._text = []
        else:
            self._flush()
        self._preformatted = not closes

    def _list_tag(self, name: str, *, closes: bool) -> None:
        if name == "dd" and not closes and self._lists:
            self._text = ["".join(self._text).strip(), ": "]
            return
        if name == "dt" and closes:
            return
        self._flush()
        if name in {"ul", "ol", "dl"} and not closes:
            self._lists.append(_List(name == "ol"))
        elif name in {"ul", "ol", "dl"} and self._lists:
            done = self._lists.pop()
            kept = [(t, tuple(b)) for t, b in zip(done.items, done.below, strict=True) if t or b]
            if kept:
                below = tuple(b for _, b in kept)
                self._put(Listing(done.ordered, tuple(t for t, _ in kept), below if any(below) else ()))
        elif name in {"li", "dt"} and not closes and self._lists:
            self._lists[-1].items.append("")
            self._lists[-1].below.append([])

    def _table_tag(self, name: str, attributes: str, *, closes: bool) -> None:
        if name == "table" and not closes and self._table is None:
            self._flush()
            self._table, self._spans = [], {}
        elif self._table is None:
            self._flush()
        elif name == "table" and closes:
            self._end_cell()
            self._end_table(self._table)
            self._table = None
        elif name == "tr":
            self._end_cell()
            if not closes:
                self._table.append([])
        elif name in {"td", "th"}:
            self._end_cell()
            if not closes:
                spans = {kind.lower(): int(number) for kind, number in _SPAN.findall(attributes)}
                self._cell = (max(1, spans.get("row", 1)), max(1, spans.get("col", 1)))
                self._text = ["\0"]

    def _end_cell(self) -> None:
        """Put the open cell into its row, behind what cells of rows above reach down."""
        if not self._text or self._text[0] != "\0":
            self._text = []
            return
        rows = "".join(self._text[1:]).split("\n")
        self._text = []
        text = ", ".join(said.rstrip(",") for row in rows if (said := self._spoken(row)))
        assert self._table is not None
        row = self._table[-1] if self._table else []
        if not self._table:
            self._table.append(row)
        self._reach_down(row)
        down, across = self._cell
        for at in range(across):
            if len(row) < _MOST_COLUMNS:
                if down > 1:
                    self._spans[len(row)] = (down - 1, text)
                row.append("" if at else text)

    def _reach_down(self, row: list[str]) -> None:
        while (left := self._spans.get(len(row))) and len(row) < _MOST_COLUMNS:
            self._spans[len(row)] = (left[0] - 1, left[1])
            if left[0] <= 1:
                del self._spans[len(row)]
            row.append(left[1])

    def _end_table(self, rows: list[list[str]]) -> None:
        rows = [row for row in rows if any(row)]
        if not rows:
            return
        columns = max(map(len, rows))
        padded = [tuple(row + [""] * (columns - len(row))) for row in rows]
        if columns == 1:
            self._put(Listing(ordered=False, items=tuple(row[0] for row in padded)))
        elif table := table_of(padded):
            self._put(table)

    def _put(self, block: Block) -> None:
        if self._lists and self._lists[-1].items:
            self._lists[-1].below[-1].append(block)
        else:
            self._blocks.append(block)

    def _flush(self) -> None:
        rows = [said for row in "".join(self._text).split("\n") if (said := self._spoken(row))]
        self._text = []
        if not rows:
            return
        if self._level and not self._lists:
            self._blocks.append(Heading(self._level, " ".join(rows)))
        elif self._lists and self._lists[-1].items and not self._lists[-1].items[-1]:
            self._lists[-1].items[-1] = " ".join(rows)
        else:
            for block in blocks_of_rows(rows):
                self._put(block)

    def finish(self) -> list[Block]:
        """Return the blocks; what was left open is closed."""
        if self._table is not None:
            self._table_tag("table", "", closes=True)
        self._flush()
        while self._lists:
            self._list_tag("ul", closes=True)
        if self._struck:
            self._leave("struck out", "".join(self._struck))
        return self._blocks
