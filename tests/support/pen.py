"""Sentences of which each can be found again in a film: by a word that stands in no other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Choose = Callable[[Sequence[Any]], Any]

_FILE = Path(__file__).parents[1] / "corpus" / "words.yaml"
_WORDS: dict[str, dict[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Told:
    """One sentence of a source.

    Attributes:
        marker: the word by which it is found.
        number: the figure in it, empty if there is none.
        forbids: whether it forbids; ``None``: it neither forbids nor asks for anything.
        valid: false for what its author struck out or hid.
        kind: ``sentence``, ``item`` of a list or table, or ``heading``.
    """

    marker: str
    number: str = ""
    forbids: bool | None = None
    valid: bool = True
    kind: str = "sentence"


@dataclass
class Pen:
    """Writes sentences and remembers them."""

    choose: Choose
    language: str = "ko"
    told: list[Told] = field(default_factory=list)

    def fact(self) -> str:
        """Return a sentence with a figure."""
        return self._write("facts")

    def duty(self) -> str:
        """Return a sentence that asks for something."""
        return self._write("duties", forbids=False)

    def ban(self) -> str:
        """Return a sentence that forbids something."""
        return self._write("bans", forbids=True)

    def any(self) -> str:
        """Return any sentence."""
        kind = self.choose(("fact", "fact", "duty", "ban"))
        return str(getattr(self, kind)())

    def item(self, *, forbids: bool | None = None) -> str:
        """Return a noun phrase; an act, where what stands above forbids or asks for it."""
        return self._write("items" if forbids is None else "acts", forbids=forbids)

    def heading(self) -> str:
        """Return a heading of its own."""
        return self._write("headings")

    def struck(self) -> str:
        """Return a sentence that does not hold."""
        return self._write("facts", valid=False)

    def _write(self, kind: str, *, forbids: bool | None = None, valid: bool = True) -> str:
        words = _WORDS[self.language]
        place = len(self.told)
        marker, number = words["markers"].split()[place], str(13 + 7 * place)
        pattern = self.choose(words[kind])
        sort = {"items": "item", "acts": "item", "headings": "heading"}.get(kind, "sentence")
        self.told.append(Told(marker, number if "{n}" in pattern else "", forbids, valid, sort))
        return str(pattern.format(m=marker, n=number))
