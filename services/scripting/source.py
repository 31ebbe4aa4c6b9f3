"""Markdown or plain text to blocks of plain text: what is a heading, a paragraph, a list, a table.

CommonMark by markdown-it-py. Code and images are left out (nobody can say them), links keep their text, bare
addresses their host; HTML keeps its text, scripts and styles go.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TypeGuard
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from services.scripting.marks import marked_lines
from services.scripting.text import clean, without_pictographs

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:(.+)$", re.MULTILINE)
_QUOTED_TITLE = re.compile(r"[\"']?(.+?)[\"']?", re.DOTALL)
_BULLET = re.compile(r"^([ \t]*)[•‣▪▫●○◦■□◆◇▶►✓✔☑※·ㆍ][ \t]*", re.MULTILINE)
_CIRCLED = re.compile(r"^([ \t]*)([①-⑳])[ \t]*", re.MULTILINE)
_CHAPTER_LINE = re.compile(
    r"^(?:제\s*\d+\s*[장절과편]|(?:Chapter|Section|Module|Part|Lesson)\s+\d+)\b.{0,60}$"
)
_CHAPTER_NUMBER = re.compile(
    r"^(?:제\s*\d+\s*[장절과편]|(?:Chapter|Section|Module|Part|Lesson)\s+\d+"
    r"|\d+(?:\.\d+)*[.)]?)[\s.:·—–-]+(?=\S)"
)
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,30}\]:?")
_CHECKBOX = re.compile(r"^\[[ xX]\]\s+")
_ADDRESS = re.compile(r"<?\b((?:https?|ftp)://[^\s<>()\[\]가-힣\"']+)>?")
_HOST_ASIDE = re.compile(
    r"\s?\((?:www\.)?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{2,63}){1,4}(?:/[^()\s]{0,200})?\)"
)
_SENTENCE_END = re.compile(r"[.?!。…]['\"”’)]*$|(?:[가-힣]다|[아어여해세까네에예워와]요|니까|죠)$")

SHORT_LINE = 40
"""Longest line, in characters, that may be a heading or a list item without a mark saying so."""


@dataclass(frozen=True)
class Heading:
    """A heading; ``level`` 1 is the highest."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """Running text on one line."""

    text: str


@dataclass(frozen=True)
class Listing:
    """A list, flattened; ``ordered`` when its items are numbered."""

    ordered: bool
    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table of plain texts."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Listing | Table


def parse_source(text: str) -> tuple[str | None, list[Block]]:
    """Return the title that a front matter names, if any, and the text's blocks in order."""
    text = clean(text).removeprefix("\ufeff")
    title = None
    if matter := _FRONT_MATTER.match(text):
        named = _FRONT_TITLE.search(matter[1])
        stripped = named[1].strip(" \t") if named else ""
        title = unquoted[1] if (unquoted := _QUOTED_TITLE.fullmatch(stripped)) else None
        text = text[matter.end() :]
    text = marked_lines(text)
    text = _CIRCLED.sub(lambda mark: f"{mark[1]}{ord(mark[2]) - ord('①') + 1}. ", _BULLET.sub(r"\1- ", text))
    parser = MarkdownIt("commonmark", {"maxNesting": 20}).enable("table")
    blocks = list(_blocks(SyntaxTreeNode(parser.parse(text))))
    return title, _headings_without_marks(blocks)


def _blocks(node: SyntaxTreeNode) -> Iterator[Block]:
    for child in node.children:
        match child.type:
            case "heading":
                yield from _heading(child)
            case "paragraph":
                yield from _paragraph(child)
            case "bullet_list" | "ordered_list":
                if items := tuple(_items(child)):
                    yield Listing(child.type == "ordered_list", items)
            case "table":
                rows = [tuple(map(_inline, row.children)) for part in child.children for row in part.children]
                yield Table(rows[0], tuple(rows[1:]))
            case "html_block":
                yield from _html(child)
            case "blockquote":
                yield from _blocks(child)


def _heading(node: SyntaxTreeNode) -> Iterator[Block]:
    if text := _inline(node):
        yield Heading(int(node.tag[1]), _CHAPTER_NUMBER.sub("", text) or text)


def _html(node: SyntaxTreeNode) -> Iterator[Block]:
    if text := _spoken_form(_html_text(node.content)):
        yield Paragraph(text)


def _paragraph(node: SyntaxTreeNode) -> Iterator[Block]:
    raw = _raw_inline(node)
    rows = [row for part in raw.split("\n") if (row := _spoken_form(part))]
    if len(rows) > 1 and _CHAPTER_LINE.match(rows[0]) and not _SENTENCE_END.search(rows[0]):
        yield Heading(2, _CHAPTER_NUMBER.sub("", rows[0]) or rows[0])
        rows = rows[1:]
    text = " ".join(rows)
    if not text:
        return
    children = node.children[0].children if node.children else []
    bold = len(children) == 1 and children[0].type == "strong"
    if len(text) <= SHORT_LINE and not _SENTENCE_END.search(text) and bold and not text.endswith(":"):
        yield Heading(6, text)
    elif len(rows) == 1 and _CHAPTER_LINE.match(text) and not _SENTENCE_END.search(text):
        yield Heading(2, _CHAPTER_NUMBER.sub("", text) or text)
    elif len(rows) > 2 and all(len(row) <= SHORT_LINE and not _SENTENCE_END.search(row) for row in rows):
        yield Listing(ordered=False, items=tuple(rows))  # one item a line, without marks
    else:
        yield Paragraph(text)


def _items(node: SyntaxTreeNode) -> Iterator[str]:
    """Yield the items of a list, those of lists inside it after their parent."""
    for item in node.children:
        own = [block for block in _blocks(item) if not isinstance(block, Listing | Table)]
        text = _CHECKBOX.sub(
            "", " ".join(block.text for block in own if isinstance(block, Heading | Paragraph))
        )
        if text:
            yield text
        for child in item.children:
            if child.type in {"bullet_list", "ordered_list"}:
                yield from _items(child)


def _raw_inline(node: SyntaxTreeNode) -> str:
    """Return an inline node's text: emphasis, links and HTML tags away, pictures left out."""
    if node.type in {"softbreak", "hardbreak"}:
        return "\n"
    if node.type in {"text", "code_inline"}:
        return node.content
    if node.type in {"image", "html_inline"}:
        return ""
    return "".join(_raw_inline(child) for child in node.children)


def _inline(node: SyntaxTreeNode) -> str:
    return _spoken_form(_raw_inline(node))


def _spoken_form(text: str) -> str:
    """Return a line without what cannot be said: footnote marks, address paths, pictographs, stray tags."""
    text = _ADDRESS.sub(lambda found: _host(found[1]), _FOOTNOTE.sub("", text))
    text = _HOST_ASIDE.sub("", text)
    text = without_pictographs(text.replace("~~", "").replace("**", "").replace("`", ""))
    return re.sub(r"\s+([.,!?;:])", r"\1", text)


def _host(address: str) -> str:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def _headings_without_marks(blocks: list[Block]) -> list[Block]:
    """Turn what was meant as a heading into one.

    A numbered list of one short item in front of running text; in a text without any marked heading, a short
    line on its own.
    """
    result: list[Block] = []
    marked = any(isinstance(block, Heading) for block in blocks)
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        if (
            isinstance(block, Listing)
            and block.ordered
            and len(block.items) == 1
            and len(block.items[0]) <= SHORT_LINE
            and not _SENTENCE_END.search(block.items[0])
            and isinstance(following, Paragraph | Listing)
        ):
            result.append(Heading(3, block.items[0]))
        elif not marked and _is_title_line(block) and following and not _is_title_line(following):
            result.append(Heading(2 if result else 1, block.text))
        else:
            result.append(block)
    return result


def _is_title_line(block: Block) -> TypeGuard[Paragraph]:
    """Whether a paragraph of plain text reads like a heading: a short line that ends like none."""
    return (
        isinstance(block, Paragraph)
        and len(block.text) <= SHORT_LINE
        and not _SENTENCE_END.search(block.text)
        and not block.text.endswith((":", ",", ";"))
    )


class _Text(HTMLParser):
    """Collects the text of HTML, scripts and styles left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._hidden += tag in {"script", "style", "template"}

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "template"}:
            self._hidden = max(0, self._hidden - 1)
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def _html_text(html: str) -> str:
    parser = _Text()
    parser.feed(html)
    parser.close()
    return "".join(parser.parts)
