"""Markdown or plain text to blocks of plain text: what is a heading, a paragraph, a list, a table.

CommonMark by markdown-it-py, under a layer of our own for the outlines of Korean offices, for what pages
bring along and for markup of documentation tools. What nobody can say (code, formulas, images, addresses
alone) is left unread, and counted.
"""

import re
from collections.abc import Callable, Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from services.scripting.reading.blocks import Block, Heading, Listing, Paragraph, Source, Unread
from services.scripting.reading.front_matter import front_matter, subject_line
from services.scripting.reading.headings import arranged, chapter_line, without_number
from services.scripting.reading.html_blocks import blocks_of_html
from services.scripting.reading.inline import is_only_address, raw_inline_of, spoken_form
from services.scripting.reading.markdown_lines import without_escapes
from services.scripting.reading.marks import marked_lines
from services.scripting.reading.markup import at_one_indent, closed_html, marked, without_formulas
from services.scripting.reading.named_tags import named_tags
from services.scripting.reading.office import as_markdown
from services.scripting.reading.outline_marks import CIRCLED
from services.scripting.reading.pages import without_pages
from services.scripting.reading.rows import answers, blocks_of_rows, item_of_rows
from services.scripting.reading.tables import from_gaps, table_of, widened
from services.scripting.reading.wording import ends_sentence, is_prose, is_title
from services.scripting.text import clean

_CHECKBOX = re.compile(r"^\[[ xX]\]\s+")
_ALERT = re.compile(r"^\[!\w{1,20}\][+-]?[ ]?")
_FOOTNOTE = re.compile(r"\[\^([^\]\s]{1,40})\]")
_DASHES = frozenset({"-", "--", "–", "—", "―", "ㅡ", "·", "〃", "\\-", "n/a", "□", "☐"})
_JOINS_NEXT = re.compile(r"(?<=[^\s;]); ?(?:and|or)?$")
"""How a statute's item leads to the next one."""
_BREAKS = frozenset({"softbreak", "hardbreak"})
_MOST_NESTED = 60
"""Levels that CommonMark is read to; deeper ones cost time and are no lesson. What is below is one text."""
_DEEPEST_PROSE = 3
"""Indented stretches inside indented stretches that are read as text; more are made to cost time."""


def parse_source(text: str, check: Callable[[], None] = lambda: None) -> Source:
    """Return a text's blocks in order, the title that a front matter names, and what was left unread.

    Args:
        text: Markdown or plain text.
        check: called often; raises when the work is to stop.
    """
    title, matter, text = front_matter(clean(text).removeprefix("\ufeff"))
    if title is None:
        title, text = subject_line(text)
    text = named_tags(marked_lines(text))
    unread = [Unread("front matter", None, matter)] if matter else []
    check()
    lines, pages = without_pages(closed_html(text).split("\n"))
    check()
    found = marked("\n".join(lines))
    body: list[str] = []
    for is_code, stretch in found.stretches():
        check()
        if is_code:
            body += at_one_indent(stretch)
        else:
            body += as_markdown(from_gaps(without_formulas("\n".join(stretch), unread).split("\n")), check)
    reader = _Reader(unread, check)
    blocks = reader.read(body, found.footnotes)
    check()
    blocks = arranged(blocks, unread)
    return Source(title, tuple(blocks), (*unread, *pages))


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"maxNesting": _MOST_NESTED}).enable(["table", "strikethrough"])


class _Reader:
    """Reads the syntax tree.

    Args:
        unread: gets what is left unread.
        check: raises when the work is to stop.
    """

    def __init__(self, unread: list[Unread], check: Callable[[], None]) -> None:
        self._unread = unread
        self._check = check
        self._heading: str | None = None
        self._depth = 0
        self._asked = False
        """Whether the paragraph before is a question."""

    def _leave(self, kind: str, text: str) -> None:
        if text.strip() or kind == "image":
            self._unread.append(Unread(kind, self._heading, text.strip()))

    def _spoken(self, text: str) -> str:
        return spoken_form(text, self._leave)

    def read(self, lines: Sequence[str], footnotes: dict[str, str]) -> list[Block]:
        """Return the blocks of a text, each footnote behind the block that refers to it first."""
        found: list[Block] = []
        waiting = dict(footnotes)
        lines = widened(lines)
        for child in SyntaxTreeNode(_parser().parse("\n".join(lines))).children:
            self._check()
            found += self._block(child)
            if waiting and child.map:
                for name in _FOOTNOTE.findall("\n".join(lines[child.map[0] : child.map[1]])):
                    found += self._footnote(waiting.pop(name, ""))
        for text in waiting.values():
            found += self._footnote(text)
        return found

    def _footnote(self, text: str) -> list[Block]:
        if not text or is_only_address(text):
            self._leave("link", text)
            return []
        return self._prose(text)

    def _prose(self, text: str) -> list[Block]:
        """Return the blocks of a text inside the text."""
        self._depth += 1
        root = SyntaxTreeNode(_parser().parse("\n".join(as_markdown(text.split("\n")))))
        found = [block for child in root.children for block in self._block(child)]
        self._depth -= 1
        return found

    def _block(self, node: SyntaxTreeNode) -> Iterator[Block]:
        match node.type:
            case "heading":
                yield from self._headed(node)
            case "paragraph":
                yield from self._paragraph(node)
            case "bullet_list" | "ordered_list":
                yield from self._lists(node)
            case "table":
                yield from self._table(node)
            case "html_block":
                yield from blocks_of_html(without_escapes(node.content), self._leave, self._spoken)
            case "blockquote":
                for child in node.children:
                    yield from self._block(child)
            case "code_block" if is_prose(node.content) and self._depth < _DEEPEST_PROSE:
                yield from self._prose(node.content)
            case "code_block" | "fence":
                kind = "formula" if node.info.strip() in {"math", "latex", "tex"} else "code"
                self._leave(kind, node.content)

    def _rows(self, node: SyntaxTreeNode) -> list[str]:
        raw = raw_inline_of(node, self._leave)
        return [row for part in raw.split("\n") if (row := self._spoken(part))]

    def _headed(self, node: SyntaxTreeNode) -> Iterator[Block]:
        """Yield a heading; text above a rule that no blank line keeps apart is none."""
        rows = self._rows(node)
        if not rows:
            return
        underlined = node.markup in {"-", "="}
        if underlined and not (len(rows) == 1 and not ends_sentence(rows[0])):
            titled = node.markup == "=" and is_title(rows[-1])
            yield from blocks_of_rows(rows[:-1] if titled else rows)
            if not titled:
                return
        text = without_number(rows[-1] if underlined else " ".join(rows))
        self._heading = text
        yield Heading(int(node.tag[1]), text)

    def _paragraph(self, node: SyntaxTreeNode) -> Iterator[Block]:
        raw = raw_inline_of(node, self._leave)
        if is_only_address(raw):
            self._leave("link", raw)
            return
        raw = _ALERT.sub("", raw)
        rows = [row for part in raw.split("\n") if (row := self._spoken(part))]
        if self._asked and rows:
            rows[0] = answers(rows[0])
        self._asked = len(rows) == 1 and rows[0].endswith("?")
        if len(rows) > 1 and _begins_bold(node, alone=False) and is_title(rows[0]):
            yield self._new_heading(6, rows[0])
            rows = rows[1:]
        if len(rows) > 1 and chapter_line(rows[0]):
            yield self._new_heading(2, rows[0])
            rows = rows[1:]
        if len(rows) == 1 and _begins_bold(node, alone=True) and is_title(rows[0]):
            yield self._new_heading(6, rows[0])
        elif len(rows) == 1 and chapter_line(rows[0]):
            yield self._new_heading(2, rows[0])
        else:
            yield from blocks_of_rows(rows)

    def _new_heading(self, level: int, text: str) -> Heading:
        self._heading = without_number(text)
        return Heading(level, self._heading)

    def _lists(self, node: SyntaxTreeNode) -> Iterator[Block]:
        """Yield a list, or several where its numbers begin anew."""
        ordered = node.type == "ordered_list"
        items: list[tuple[str, tuple[Block, ...]]] = []
        start, circled = 1, False
        for child in node.children:
            number = int(child.info) if ordered and child.info.isdecimal() else 0
            if number == 1 and items:
                yield _listing(items, ordered=ordered, circled=circled, start=start)
                items = []
            if not items:
                start, circled = number or 1, False
            text, below = self._item(child)
            circled |= CIRCLED in text
            if text or below:
                items.append((text.replace(CIRCLED, ""), below))
        if items:
            yield _listing(items, ordered=ordered, circled=circled, start=start)

    def _item(self, node: SyntaxTreeNode) -> tuple[str, tuple[Block, ...]]:
        """Return an item's own text, and the blocks below it."""
        text = ""
        below: list[Block] = []
        for child in node.children:
            if child.type != "paragraph" or text or below:
                below += self._block(child)
                continue
            raw = _CHECKBOX.sub("", raw_inline_of(child, self._leave))
            if is_only_address(raw):
                self._leave("link", raw)
                continue
            if rows := [row for part in raw.split("\n") if (row := self._spoken(part))]:
                text, entries = item_of_rows(rows)
                below += entries
        if not text and below and isinstance(first := below[0], Heading | Paragraph):
            text, below = first.text, below[1:]
        return text, tuple(Paragraph(each.text) if isinstance(each, Heading) else each for each in below)

    def _table(self, node: SyntaxTreeNode) -> Iterator[Block]:
        rows = [tuple(map(self._cell, row.children)) for part in node.children for row in part.children]
        if table := table_of(rows):
            yield table

    def _cell(self, node: SyntaxTreeNode) -> str:
        rows = self._rows(node)
        ended = [row if ends_sentence(row) or row[-1:] in ",;:" else f"{row}," for row in rows[:-1]]
        text = " ".join([*ended, *rows[-1:]])
        return "" if text.lower() in _DASHES else text


def _listing(
    items: Sequence[tuple[str, tuple[Block, ...]]], *, ordered: bool, circled: bool, start: int
) -> Listing:
    below = tuple(blocks for _, blocks in items)
    return Listing(
        ordered,
        tuple(_JOINS_NEXT.sub("", text) for text, _ in items),
        below if any(below) else (),
        circled,
        start,
    )


def _begins_bold(node: SyntaxTreeNode, *, alone: bool) -> bool:
    """Whether the first line of a paragraph is bold as a whole: a title, ``alone`` or above its text."""
    children = [part for part in node.children[0].children if part.type != "text" or part.content]
    bold = bool(children) and children[0].type == "strong"
    return bold and (len(children) == 1 if alone else children[1:2] != [] and children[1].type in _BREAKS)
