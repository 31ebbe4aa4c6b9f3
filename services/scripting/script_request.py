"""What a script is asked to be; the same for every writer."""

from dataclasses import dataclass
from typing import Protocol

from contracts.commands import MAX_SOURCE_CHARACTERS
from contracts.errors import ErrorCode, PermanentError
from contracts.script import Script
from contracts.text_language import language_of
from services.runtime.cancel import CancelToken
from services.scripting.reading.decoding import decoded
from services.scripting.text import clean, letters

_LEAST_LETTERS_SHARE = 0.2
"""Below this share of letters and digits a text is a picture, a key or a broken file, not a lesson."""


@dataclass(frozen=True)
class Brief:
    """The order for a script.

    Attributes:
        language: two-letter code of the narration.
        target_minutes: length of the film aimed at.
        max_chapters: at most so many chapters.
        max_scenes_per_chapter: at most so many scenes in each.
        style: tone; ``friendly…`` and ``formal…`` greet and say goodbye, each in its way.
    """

    language: str
    target_minutes: float
    max_chapters: int
    max_scenes_per_chapter: int
    style: str


class Writer(Protocol):
    """Turns a source text into a script."""

    @property
    def identity(self) -> dict[str, str]:
        """What, besides text and brief, decides the script: part of its cache key."""

    async def write(self, source: str, brief: Brief, cancel: CancelToken) -> Script:
        """Write the script.

        Raises:
            PermanentError: ``SOURCE_TEXT_EMPTY`` or ``SCRIPT_GENERATION_FAILED``.
            CanceledError: nobody waits for it any more.
        """


def readable_source(data: bytes) -> str:
    """Return a stored source as text that is worth writing about.

    Raises:
        PermanentError: ``SOURCE_TEXT_EMPTY``, ``SOURCE_TEXT_TOO_LONG`` or ``LANGUAGE_UNSUPPORTED``.
    """
    text = decoded(data)
    if len(text) > MAX_SOURCE_CHARACTERS:
        raise PermanentError(
            ErrorCode.SOURCE_TEXT_TOO_LONG,
            f"the source text has {len(text):,} characters; "
            f"at most {MAX_SOURCE_CHARACTERS:,} make one script",
        )
    text = clean(text)
    if not text.strip():
        raise PermanentError(ErrorCode.SOURCE_TEXT_EMPTY, "the source text is empty")
    visible = sum(not char.isspace() for char in text)
    if not letters(text) or letters(text) < _LEAST_LETTERS_SHARE * visible:
        raise PermanentError(
            ErrorCode.SOURCE_TEXT_EMPTY,
            "the source text holds no words, only symbols; there is nothing to narrate",
        )
    language_of(text)
    return text
