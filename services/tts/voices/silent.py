"""The silent voice for tests: the right length and the right sentence times, without a model."""

from collections.abc import Iterator

import numpy as np

from contracts.speech import LETTERS_A_SECOND
from contracts.timeline import SAMPLE_RATE
from services.runtime.cancel import CancelToken
from services.tts.audio.speaking import SentenceVoice
from services.tts.voices.base import Samples

_SHORTEST_SECONDS = 0.4
_GAP_SECONDS = 0.35
_PIECE = 5 * SAMPLE_RATE


class MockVoice(SentenceVoice):
    """Silence of plausible length."""

    gap_seconds = _GAP_SECONDS

    def say(self, read: str, language: str, cancel: CancelToken) -> Iterator[Samples]:
        """See :class:`services.tts.voices.base.Voice`."""
        letters = sum(character.isalnum() for character in read)
        seconds = max(_SHORTEST_SECONDS, letters / LETTERS_A_SECOND[language])
        left = round(seconds * SAMPLE_RATE)
        while left > 0:
            cancel.check()
            piece = min(left, _PIECE)
            yield np.zeros(piece)
            left -= piece
