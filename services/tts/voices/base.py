"""What every voice can do, and what it returns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.events import SentenceTime
from services.runtime.cancel import CancelToken

Pcm = NDArray[np.int16]
"""Mono samples, 48,000 a second."""

Samples = NDArray[np.float64]
"""Mono samples, nominally in -1...1."""

Progress = Callable[[float], None]
"""Called from the voice's thread with the finished share, 0-1."""


class UnspeakableError(ValueError):
    """Nothing of the text can be said: only signs, emoji or characters of a script nobody reads out."""


@dataclass(frozen=True)
class Speech:
    """Spoken text, whole in memory: a short one.

    Attributes:
        pcm: mono, 48 kHz, 16 bit; at least one sample.
        sentences: the text's sentences in order, each with the samples in which it is heard; starts ascend,
            sentences do not overlap, the last ends at or before the end of ``pcm``.
    """

    pcm: Pcm
    sentences: tuple[SentenceTime, ...]


class Voice(Protocol):
    """Something that speaks. May be used by several threads at once.

    Attributes:
        gap_seconds: silence that belongs between two sentences.
    """

    gap_seconds: float

    def say(self, read: str, language: str, cancel: CancelToken) -> Iterator[Samples]:
        """Yield the sound of one sentence piece by piece, 48 kHz; the same sentence gives the same samples.

        A piece is a few seconds long, however long the sentence is: memory must not grow with it.

        Args:
            read: a sentence as it is read out.
            language: two-letter code.
            cancel: asked before every piece.

        Raises:
            CanceledError: the job is dead.
            PermanentError: ``TTS_FAILED``.
            TransientError: ``TTS_FAILED`` or ``STORAGE_FULL``, worth another try.
        """

    def speak(self, text: str, language: str, cancel: CancelToken, progress: Progress) -> Speech:
        """Return a short text spoken, whole in memory.

        See :class:`services.tts.audio.speaking.SentenceVoice`.
        """
