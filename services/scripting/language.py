"""What the extractive writer must know of a language; one class per language keeps this protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LONGEST_LIST = 5
"""Most items that one scene shows."""


@dataclass(frozen=True)
class Item:
    """One list item as the narrator says it, and as the slide shows it."""

    sentences: tuple[str, ...]
    point: str


class Language(Protocol):
    """Sentences, key words, headlines and list speech of one language."""

    code: str
    headline_limit: int
    """Longest headline on a slide, in characters."""

    def sentences(self, text: str) -> list[str]:
        """Split running text into sentences."""

    def terms(self, sentence: str) -> list[tuple[str, str]]:
        """Return the content words and compounds of a sentence: (key for comparing, as written)."""

    def spoken(self, sentence: str) -> str:
        """Return the sentence as a polite narrator says it, with closing punctuation."""

    def headline(self, sentence: str) -> str | None:
        """Return what a slide says of a sentence, within ``headline_limit``, else ``None``."""

    def depends(self, sentence: str) -> bool:
        """Whether the sentence is not understood without the one before."""

    def defines(self, sentence: str) -> bool:
        """Whether the sentence says what a term means."""

    def introduces(self, sentence: str) -> bool:
        """Whether the sentence announces the list that follows."""

    def item(self, text: str, number: int | None, last: int) -> Item | None:
        """Return a list item that is said as sentences of its own, or ``None`` if it is a bare phrase.

        Args:
            text: of the item.
            number: its 1-based number in an ordered list.
            last: how many items the list has.
        """

    def enumeration(self, phrases: Sequence[str], subject: str | None) -> str:
        """Return one sentence that names bare phrases, of ``subject`` if there is one."""

    def announced(self, subject: str) -> str:
        """Return the words that announce a list of sentences about ``subject``."""

    def row(self, header: Sequence[str], cells: Sequence[str]) -> str:
        """Return one sentence that reads a table row."""

    def joined(self, phrases: Sequence[str]) -> str:
        """Return one or two key phrases as a title."""

    def seconds(self, text: str) -> float:
        """Estimate how long the text takes to say."""

    def opening(self, style: str, title: str) -> str | None:
        """Return the narrator's first words, if the style has any."""

    def closing(self, style: str) -> str | None:
        """Return the narrator's last words, if the style has any."""

    def greets(self, sentence: str) -> bool:
        """Whether the source itself already greets or says goodbye here."""
