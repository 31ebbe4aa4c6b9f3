"""What a source is made of once it is read: blocks of plain text, and what could not be read."""

from collections.abc import Iterator
from dataclasses import dataclass


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
    """A list.

    Attributes:
        ordered: whether its items are numbered.
        items: their own text, one line each.
        below: for each item the blocks that stand under it; empty when no item has any.
        circled: its numbers are ① ② ③, which choices of a question have as well as steps.
        start: number of its first item.
    """

    ordered: bool
    items: tuple[str, ...]
    below: tuple[tuple["Block", ...], ...] = ()
    circled: bool = False
    start: int = 1

    def rows(self) -> Iterator[tuple[str, tuple["Block", ...]]]:
        """Yield each item with what stands under it."""
        yield from zip(self.items, self.below or ((),) * len(self.items), strict=True)


@dataclass(frozen=True)
class Table:
    """A table of plain texts; an empty cell and one with only a dash are ``""``."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Listing | Table


@dataclass(frozen=True)
class Unread:
    """Something of the source that nobody can say, and that no block holds.

    Attributes:
        kind: ``code``, ``formula``, ``image``, ``link``, ``contents``, ``page``, ``time`` (of a message in a
            chat, and whose it is), ``chat`` (what a messenger puts in itself), ``front matter``,
            ``struck out`` or ``heading`` (one with nothing below it).
        heading: the heading that it stands under, as far as there is one.
        text: as the author wrote it; the alternative text of an image, the address of a link.
    """

    kind: str
    heading: str | None
    text: str


@dataclass(frozen=True)
class Source:
    """A source as read.

    Attributes:
        title: that a front matter names.
        blocks: in order.
        unread: in about the order of the text.
    """

    title: str | None
    blocks: tuple[Block, ...]
    unread: tuple[Unread, ...]
