"""The offline voice: Kokoro-82M speaking Korean and English through its Japanese voices."""

import re
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from services.runtime.cancel import CancelToken
from services.tts.audio import Samples, doubled, joined, trimmed
from services.tts.kokoro_model import MAX_TOKENS, MODEL_RATE, KokoroModel
from services.tts.reading import phonemes_of, spoken_sentences
from services.tts.voice import Progress, Speech

Blend = tuple[tuple[str, float], ...]

VOICES: Mapping[str, Blend] = {
    **{name: ((name, 1.0),) for name in ("jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo")},
}
"""Voice name to the mixture of the model's styles."""

DEFAULT_VOICE = "jf_nezumi"

VERSION = 2
"""Raised whenever the same text would give other samples: reading, pronunciation, model or joining."""

SPEED = {"ko": 0.9, "en": 0.9}

GAP_SECONDS = 0.35
"""Silence between sentences, beside the 0.14 s that trimming leaves: as a narrator breathes."""

_CLAUSE_GAP_SECONDS = 0.12
_CLAUSES = (re.compile(r"(?<=[,.?!]) "), re.compile(" "))


class KokoroVoice:
    """One voice of the model.

    Args:
        model: shared by all voices and threads of a process.
        name: one of :data:`VOICES`.
    """

    def __init__(self, model: KokoroModel, name: str) -> None:
        self._model = model
        self._style = model.style(VOICES[name])

    def speak(self, text: str, language: str, cancel: CancelToken, progress: Progress) -> Speech:
        """See :class:`services.tts.voice.Voice`."""
        sentences = spoken_sentences(text, language)
        spoken: list[tuple[str, Samples]] = []
        for index, (written, read) in enumerate(sentences):
            spoken.append((written, self._sentence(read, language, cancel)))
            progress((index + 1) / len(sentences))
        return joined(spoken, [GAP_SECONDS] * (len(spoken) - 1))

    def _sentence(self, read: str, language: str, cancel: CancelToken) -> Samples:
        """Return one sentence at 48 kHz; clause by clause where it is longer than the model's context."""
        phonemes = phonemes_of(read, language)
        if phonemes[-1:] not in (".", "!", "?"):
            phonemes += "."  # without it the model swallows the last syllable
        clauses: list[Samples] = []
        for piece in pieces(phonemes, MAX_TOKENS):
            cancel.check()
            samples = self._model.synthesise(self._model.tokens(piece), self._style, SPEED[language])
            sound = trimmed(samples, MODEL_RATE)
            if sound.size:
                clauses += [np.zeros(round(_CLAUSE_GAP_SECONDS * MODEL_RATE)), sound] if clauses else [sound]
        if not clauses:  # a sound so faint that nothing is left still has to have a time
            clauses = [np.zeros(MODEL_RATE // 10)]
        return doubled(np.concatenate(clauses))


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
