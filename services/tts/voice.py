"""What every voice can do, and what it returns."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.events import SentenceTime
from services.runtime.cancel import CancelToken

Pcm = NDArray[np.int16]
"""Mono samples, 48,000 a second."""

Progress = Callable[[float], None]
"""Called from the voice's thread with the finished share, 0-1."""


class UnspeakableError(ValueError):
    """Nothing of the text can be said: only signs, emoji or characters of a script nobody reads out."""


@dataclass(frozen=True)
class Speech:
    """Spoken text.

    Attributes:
        pcm: mono, 48 kHz, 16 bit; at least one sample.
        sentences: the text's sentences in order, each with the samples in which it is heard; starts ascend,
            sentences do not overlap, the last ends at or before the end of ``pcm``.
    """

    pcm: Pcm
    sentences: tuple[SentenceTime, ...]


class Voice(Protocol):
    """Something that speaks. May be used by several threads at once."""

    def speak(self, text: str, language: str, cancel: CancelToken, progress: Progress) -> Speech:
        """Return ``text`` spoken; the same text gives the same samples.

        Raises:
            UnspeakableError: there is nothing to say.
            CanceledError: the job is dead; checked once a sentence at least.
            PermanentError: ``TTS_FAILED``.
            TransientError: ``TTS_FAILED`` or ``STORAGE_FULL``, worth another try.
        """
