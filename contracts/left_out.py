"""What of a source its script does not tell: counted, named, and told to whoever asked for the script."""

from typing import Annotated

from pydantic import FailFast, Field

from contracts.base import Model, at_most

LONGEST_TOLD = 300
"""Characters of one thing that is told; a sentence is cut behind them. Smaller cuts prohibitions in the
middle; larger, and the account of what is missing is as long as the source."""

MOST_TOLD = 500
"""Things of one kind that are told one by one; what is more is still counted. A source has 20,000 characters,
so at most some thousand sentences."""

Told = Annotated[str, Field(max_length=LONGEST_TOLD, pattern=r"^[^\x00]*$")]
_AllTold = Annotated[tuple[Told, ...], Field(max_length=MOST_TOLD), at_most(MOST_TOLD)]


class Missing(Model):
    """What is missing of one part of the source.

    Attributes:
        heading: under which it stands; ``None`` for what stands before the first.
        reason: ``length`` where the film has no time for it; else the kind of what could not be read:
            ``code``, ``image``, ``link`` and the like.
        whole: whether nothing under this heading is told.
        sentences: how many are missing; things that are no sentences, such as a picture, count as one.
        numbers: figures in them that nothing in the script tells, with their units.
        prohibitions: sentences among them that forbid something or warn of a danger.
        text: how it begins, where it could not be read.
    """

    heading: Told | None = None
    reason: str = Field(default="length", max_length=40, pattern=r"^[^\x00]*$")
    whole: bool = False
    sentences: int = Field(default=0, ge=0)
    numbers: _AllTold = ()
    prohibitions: _AllTold = ()
    text: Told | None = None


class LeftOut(Model):
    """All that a script leaves out of its source.

    Attributes:
        sentences: how many, for length or because they could not be read.
        headings: those that are neither spoken nor shown.
        numbers: figures that are missing, with their units.
        prohibitions: sentences that forbid something or warn of a danger, and are missing.
        parts: the same by heading and reason.
    """

    sentences: int = Field(default=0, ge=0)
    headings: _AllTold = ()
    numbers: _AllTold = ()
    prohibitions: _AllTold = ()
    parts: Annotated[tuple[Missing, ...], Field(max_length=MOST_TOLD), FailFast()] = ()

    def __bool__(self) -> bool:
        """Whether anything is missing."""
        return bool(self.sentences or self.headings or self.parts)
