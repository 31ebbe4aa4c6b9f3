"""The offline voice: Kokoro-82M speaking Korean and English through its Japanese voices."""

import re
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from services.runtime.cancel import CancelToken
from services.tts.audio.samples import Doubler, trimmed
from services.tts.audio.speaking import SentenceVoice
from services.tts.reading.reading import phonemes_of
from services.tts.voices.base import Samples
from services.tts.voices.kokoro_model import MODEL_RATE, KokoroModel, heard_while_running

Blend = tuple[tuple[str, float], ...]

VOICES: Mapping[str, Blend] = {
    **{name: ((name, 1.0),) for name in ("jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo")},
}
"""Voice name to the mixture of the model's styles."""

DEFAULT_VOICE = "jf_nezumi"

VERSION = 4
"""Raised whenever the same text would give other samples: reading, pronunciation, model or joining."""

SPEED = {"ko": 0.9, "en": 0.9}

GAP_SECONDS = 0.35
"""Silence between sentences, beside the 0.14 s that trimming leaves: as a narrator breathes."""

_CLAUSE_GAP_SECONDS = 0.12
_CLAUSES = (re.compile(r"(?<=[,.?!]) "), re.compile(" "))


LONGEST_PIECE = 120
"""Symbols that the model says in one breath, some 45 syllables; longer sentences are cut at clauses. A symbol
takes 2.4 MB while it is said. Smaller: sentences that people write (up to 113 in our lessons) lose their
melody at a cut. Larger: the model takes up to 510, and 1.2 GB for them."""


class KokoroVoice(SentenceVoice):
    """One voice of the model.

    Args:
        model: shared by all voices and threads of a process.
        name: one of :data:`VOICES`.
    """

    gap_seconds = GAP_SECONDS

    def __init__(self, model: KokoroModel, name: str) -> None:
        self._model = model
        self._style = model.style(VOICES[name])

    def say(self, read: str, language: str, cancel: CancelToken) -> Iterator[Samples]:
        """See :class:`services.tts.voices.base.Voice`; clause by clause where a sentence is long."""
        phonemes = phonemes_of(read, language)
        if phonemes[-1:] not in (".", "!", "?"):
            phonemes += "."  # without it the model swallows the last syllable
        doubler = Doubler()
        heard = False
        for piece in pieces(phonemes, LONGEST_PIECE):
            cancel.check()
            with heard_while_running(cancel):
                samples = self._model.synthesise(self._model.tokens(piece), self._style, SPEED[language])
            sound = trimmed(samples, MODEL_RATE)
            if not sound.size:
                continue
            if heard:
                yield doubler.push(np.zeros(round(_CLAUSE_GAP_SECONDS * MODEL_RATE)))
            yield doubler.push(sound)
            heard = True
        if not heard:  # a sound so faint that nothing is left still has to have a time
            yield doubler.push(np.zeros(MODEL_RATE // 10))
        yield doubler.finish()


def pieces(phonemes: str, longest: int) -> list[str]:
    """Cut ``phonemes`` into pieces of at most ``longest`` symbols: at clauses, at words, or anywhere."""
    if len(phonemes) <= longest:
        return [phonemes]
    for boundary in _CLAUSES:
        parts = boundary.split(phonemes)
        if len(parts) > 1:
            break
    else:
        return [phonemes[at : at + longest] for at in range(0, len(phonemes), longest)]
    packed: list[str] = []
    for part in parts:
        if packed and len(packed[-1]) + 1 + len(part) <= longest:
            packed[-1] += f" {part}"
        else:
            packed.append(part)
    return [piece for part in packed for piece in pieces(part, longest)]


_loading = threading.Lock()


def load_model(folder: Path) -> KokoroModel:
    """Return the process's model; loads it (1-2 s, 300 MB) at the first call."""
    with _loading:
        return _loaded(folder)


@cache
def _loaded(folder: Path) -> KokoroModel:
    return KokoroModel(folder)
