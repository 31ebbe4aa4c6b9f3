"""The silent voice for tests: the right length and the right sentence times, without a model."""

import numpy as np

from contracts.timeline import SAMPLE_RATE
from services.runtime.cancel import CancelToken
from services.tts.audio import joined
from services.tts.reading import spoken_sentences
from services.tts.voice import Progress, Speech

CHARACTERS_PER_SECOND = {"ko": 6.5, "en": 15.0}
"""Letters, spaces not counted, of the text as read out: measured on the Kokoro voice for Korean; English is
150 words a minute of six letters."""

_SHORTEST_SECONDS = 0.4
_GAP_SECONDS = 0.35


class MockVoice:
    """Silence of plausible length."""

    def speak(self, text: str, language: str, cancel: CancelToken, progress: Progress) -> Speech:
        """See :class:`services.tts.voice.Voice`."""
        sentences = spoken_sentences(text, language)
        spoken = []
        for index, (written, read) in enumerate(sentences):
            cancel.check()
            letters = sum(character.isalnum() for character in read)
            seconds = max(_SHORTEST_SECONDS, letters / CHARACTERS_PER_SECOND[language])
            spoken.append((written, np.zeros(round(seconds * SAMPLE_RATE))))
            progress((index + 1) / len(sentences))
        return joined(spoken, [_GAP_SECONDS] * (len(spoken) - 1))
