"""Saying a short text at once, whole in memory; the stage itself records to a file (``recording.py``)."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np

from services.runtime.cancel import CancelToken
from services.tts.audio.samples import joined
from services.tts.reading.reading import spoken_sentences
from services.tts.voices.base import Progress, Samples, Speech


class SentenceVoice(ABC):
    """A voice that says one sentence at a time; see :class:`services.tts.voices.base.Voice`."""

    gap_seconds: float

    @abstractmethod
    def say(self, read: str, language: str, cancel: CancelToken) -> Iterator[Samples]:
        """See :class:`services.tts.voices.base.Voice`."""

    def speak(self, text: str, language: str, cancel: CancelToken, progress: Progress) -> Speech:
        """Return ``text`` spoken, as :func:`services.tts.audio.recording.record` writes it.

        Raises:
            UnspeakableError: there is nothing to say.
            CanceledError: the job is dead.
            LecternError: see :meth:`say`.
        """
        sentences = spoken_sentences(text, language)
        spoken: list[tuple[str, Samples]] = []
        for index, (written, read) in enumerate(sentences):
            cancel.check()
            spoken.append((written, np.concatenate(list(self.say(read, language, cancel)))))
            progress((index + 1) / len(sentences))
        return joined(spoken, [self.gap_seconds] * (len(spoken) - 1))
