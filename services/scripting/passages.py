"""What an outline is made of: passages, each a sentence of the narration, in sections."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from contracts.polarity import Polarity
from services.scripting.writer.language import PLAIN, Trait

LONGEST_BOND = 45.0
"""Seconds that are told together or not at all: a list longer than this is no longer one thought."""


@dataclass(frozen=True)
class Passage:
    """One sentence of the narration.

    Attributes:
        text: as it is said.
        seconds: about how long that takes.
        traits: what it does.
        points: what the slide shows of it, if it is of a list.
        number: of the step that the point is, from 1; 0 if it is none.
        bond: passages with the same number are told together or not at all: a list with what announces it,
            steps, two sides of a contrast.
        opens: begins a paragraph, a list or a table.
        heading: the heading below the chapter's that it stands under.
        listed: what its list is called, where that is known: a table by its header.
        reference: looked up rather than learnt, a table row; the first to go when time is short.
        polarity: of the act that the passage names, where a mark, a heading or a lead gives it one.
        frame: the narrator's own first or last words, not of the source.
    """

    text: str
    seconds: float
    traits: Trait = PLAIN
    points: tuple[str, ...] = ()
    number: int = 0
    bond: int | None = None
    opens: bool = False
    heading: str | None = None
    listed: str | None = None
    reference: bool = False
    polarity: Polarity | None = None
    frame: bool = False

    @property
    def depends(self) -> bool:
        """Not understood without the passage before."""
        return Trait.DEPENDS in self.traits

    @property
    def forbids(self) -> bool:
        """Forbids something, in its words or by a mark, a heading or a lead."""
        return Trait.FORBIDS in self.traits or self.polarity is Polarity.FORBIDDEN

    @property
    def framing(self) -> bool:
        """Greets, says goodbye or announces: the narrator's words or the author's, nothing to learn."""
        return self.frame or Trait.FRAMES in self.traits


@dataclass(frozen=True)
class Section:
    """A chapter to be: its heading, if it has one, and its passages."""

    title: str | None
    passages: tuple[Passage, ...]

    @cached_property
    def seconds(self) -> float:
        """Spoken length."""
        return sum(passage.seconds for passage in self.passages)


def bond(passages: Sequence[Passage], numbers: Iterator[int]) -> list[Passage]:
    """Return the passages bonded, as far as one scene can tell them; a longer run is bonded in parts.

    Args:
        passages: that belong together.
        numbers: fresh numbers for bonds.
    """
    found: list[Passage] = []
    number, seconds = next(numbers), 0.0
    for passage in passages:
        seconds += passage.seconds
        if seconds > LONGEST_BOND and found:
            number, seconds = next(numbers), passage.seconds
        found.append(replace(passage, bond=number))
    return found


def bonded(before: Passage, after: Passage) -> bool:
    """Whether two neighbours are told together or not at all."""
    return before.bond is not None and before.bond == after.bond


def groups(passages: Sequence[Passage]) -> list[list[int]]:
    """Return the indices of what is told together: bonded passages, else each alone."""
    found: list[list[int]] = []
    for index, passage in enumerate(passages):
        if index and bonded(passages[index - 1], passage):
            found[-1].append(index)
        else:
            found.append([index])
    return found
