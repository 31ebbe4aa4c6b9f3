"""What the extractive writer must know of a language; one class per language keeps this protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import Protocol

from contracts.polarity import Polarity

LONGEST_LIST = 6
"""Most items that one scene shows."""


class Trait(Flag):
    """What a sentence does, as far as its wording shows."""

    DEFINES = auto()
    """Says what a term means."""
    DEPENDS = auto()
    """Is not understood without the sentence before."""
    INTRODUCES = auto()
    """Announces the list or the steps that follow."""
    FRAMES = auto()
    """Greets, says goodbye or announces the lesson: nothing to learn, so never a headline or a point."""
    GREETS = auto()
    """Greets or says goodbye."""
    FORBIDS = auto()
    """Forbids something, or warns of a danger."""
    INSTRUCTS = auto()
    """Tells the viewer what to do."""
    CONTRASTS = auto()
    """Sets something against the sentence before."""
    ORDERED = auto()
    """Begins with a word of order: first, then, finally."""
    TIMED = auto()
    """Names a time or a deadline."""
    COUNTED = auto()
    """Holds a figure that makes the point: a share, an amount, a number of people."""
    ASKS = auto()
    """Is a question."""
    QUOTES = auto()
    """Gives somebody's words."""
    STRESSED = auto()
    """Says itself that it matters: never, always, must."""
    REASONS = auto()
    """Tells why; leans on the sentence before, but less is lost without it."""


PLAIN = Trait(0)
"""No trait at all."""


@dataclass(frozen=True)
class Item:
    """One list item as the narrator says it, and as the slide shows it.

    Attributes:
        sentences: spoken.
        point: on the slide.
        label: what stands before the colon of ``name: explanation``.
        note: the item could as well be a bare phrase: 점검하기, 휨.
    """

    sentences: tuple[str, ...]
    point: str
    label: str | None = None
    note: bool = False


@dataclass(frozen=True)
class Facts:
    """The list inside a sentence.

    Attributes:
        name: what it is a list of, where the sentence says so.
        points: its items.
    """

    name: str | None
    points: tuple[str, ...]


class Language(Protocol):
    """Sentences, key words, headlines and list speech of one language."""

    code: str
    headline_limit: int
    """Longest headline on a slide, in characters."""
    point_limit: int
    """Longest point of a list, in characters."""

    def sentences(self, text: str) -> list[str]:
        """Split running text into sentences."""

    def terms(self, sentence: str) -> list[tuple[str, str]]:
        """Return the content words and compounds of a sentence: (key for comparing, as written)."""

    def spoken(self, sentence: str) -> str:
        """Return the sentence as a polite narrator says it, with closing punctuation."""

    def headline(self, sentence: str) -> str | None:
        """Return what a slide says of a sentence, within ``headline_limit``, else ``None``."""

    def point(self, sentence: str) -> str | None:
        """Return a sentence as an item of a list, without words of order, else ``None``."""

    def facts(self, sentence: str) -> Facts | None:
        """Return the list that a sentence enumerates: things, or a value for each of several things."""

    def traits(self, sentence: str) -> Trait:
        """Return what a sentence, as it is spoken, does."""

    def item(self, text: str, number: int | None, last: int) -> Item | None:
        """Return a list item that is said as sentences of its own, or ``None`` if it is a bare phrase.

        Args:
            text: of the item.
            number: its 1-based number in an ordered list.
            last: how many items the list has.
        """

    def enumeration(self, phrases: Sequence[str], subject: str | None) -> str:
        """Return one sentence that names bare phrases, of ``subject`` if there is one."""

    def alike(self, points: Sequence[str]) -> list[str]:
        """Return the points of one list in one way of ending, as a slide shows them."""

    def forbidden(self, text: str) -> Item | None:
        """Return an item that names a forbidden act, as a prohibition; ``None`` if it is a bare phrase."""

    def forbidden_list(self, phrases: Sequence[str], subject: str | None) -> str:
        """Return one sentence that forbids what bare phrases name."""

    def choice(self, text: str, number: int) -> str:
        """Return one of the answers to a question as it is read out, neither told to do nor told to be so."""

    def verdict(self, polarity: Polarity, head: str) -> str:
        """Return what a mark says in a table's cell, below the column's name ``head``."""

    def announced(self, subject: str) -> str:
        """Return the words that announce a list of sentences about ``subject``."""

    def list_title(self, sentence: str) -> str | None:
        """Return the name of the list that ``sentence`` introduces, within ``headline_limit``."""

    def row(self, header: Sequence[str], cells: Sequence[str]) -> str:
        """Return one sentence that reads a table row."""

    def row_point(self, header: Sequence[str], cells: Sequence[str]) -> str:
        """Return a table row as an item of a list."""

    def table_title(self, header: Sequence[str]) -> str | None:
        """Return what a table tells of what, by its header, within ``headline_limit``."""

    def topic(self, sentence: str) -> str | None:
        """Return what a sentence that opens a paragraph is about, as a title; ``None`` if that is unclear."""

    def joined(self, phrases: Sequence[str]) -> str:
        """Return one or two noun phrases as a title."""

    def introduction(self) -> str:
        """Return the title of what stands in front of the first heading."""

    def sums_up(self, title: str) -> bool:
        """Whether a chapter of this title repeats what was said before."""

    def seconds(self, text: str) -> float:
        """Estimate how long the text takes to say."""

    def opening(self, style: str, title: str) -> str | None:
        """Return the narrator's first words, if the style has any."""

    def closing(self, style: str) -> str | None:
        """Return the narrator's last words, if the style has any."""
