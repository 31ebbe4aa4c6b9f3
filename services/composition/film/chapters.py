"""Chapters of the MP4."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from services.composition.film.plan import FilmChapter

if TYPE_CHECKING:  # a name of PyAV's stubs, not of its modules
    from av.container.core import Chapter

_MOST_BYTES = 255
"""The chapter list of MP4 (``chpl``) counts a title's bytes in one byte."""


def short_title(title: str) -> str:
    """Return ``title`` on one line, cut between characters to what a chapter list can hold."""
    return " ".join(title.split()).encode()[:_MOST_BYTES].decode(errors="ignore")


def chapter_entries(chapters: Sequence[FilmChapter], fps: int) -> "list[Chapter]":
    """Return the chapters as PyAV takes them, in frames."""
    return [
        {
            "id": number,
            "start": chapter.start,
            "end": chapter.end,
            "time_base": Fraction(1, fps),
            "metadata": {"title": short_title(chapter.title)},
        }
        for number, chapter in enumerate(chapters, start=1)
    ]
