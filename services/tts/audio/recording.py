"""A scene's narration to a WAV file, sentence by sentence: memory does not grow with the scene's length.

What a voice says goes to a file as it comes. Only when all of it is there is it known by how much the whole
has to be scaled down; a second pass then writes the 16-bit samples and measures them, block by block.
"""

import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from contracts.errors import ErrorCode, PermanentError
from contracts.events import Loudness, SentenceTime
from contracts.speech import ESTIMATE_ERROR, LETTERS_A_SECOND, MAX_SCENE_SECONDS
from contracts.timeline import SAMPLE_RATE
from services.runtime.artifacts.files import storage_errors
from services.runtime.cancel import CancelToken
from services.tts.audio.loudness import LoudnessMeter
from services.tts.audio.samples import peak_of, to_pcm
from services.tts.reading.reading import spoken_sentences
from services.tts.voices.base import Progress, Samples, Voice

MAX_RECORDED_SECONDS = ESTIMATE_ERROR * MAX_SCENE_SECONDS
"""Longest speech of a scene that is recorded, seconds. Smaller: what intake let in, whose estimate may be
wrong by as much, fails here. Larger: a scene fills the disk, a gigabyte for this, before anybody is told."""

SECONDS_A_LETTER = 1.0
SECONDS_A_SENTENCE = 10.0
"""Longest sound of a sentence: this, and as much for each letter of it as read out, five times a slow
speaker's. Smaller: a sentence that is drawled is refused. Larger: a voice without an end is listened to."""

_BLOCK = 5 * SAMPLE_RATE
"""Samples read back at once. Smaller: more calls for the same work. Larger: memory, and a cancel waits."""


@dataclass(frozen=True)
class Recording:
    """A recorded narration.

    Attributes:
        wav: RIFF, PCM, mono, 48 kHz, 16 bit.
        samples: how many; at least one.
        sentences: the sentences in order, each with the samples in which it is heard; starts ascend,
            sentences do not overlap, the last ends with the file.
        loudness: of the file.
    """

    wav: Path
    samples: int
    sentences: tuple[SentenceTime, ...]
    loudness: Loudness


def record(
    voice: Voice, text: str, language: str, folder: Path, cancel: CancelToken, progress: Progress
) -> Recording:
    """Have ``text`` said and written to a file in ``folder``.

    Args:
        voice: who says it.
        text: the narration.
        language: two-letter code.
        folder: where the file, and for a while one of four times its size, may lie.
        cancel: asked before every few seconds of sound.
        progress: told the finished share after every sentence.

    Raises:
        UnspeakableError: there is nothing to say.
        CanceledError: the job is dead.
        PermanentError: ``NARRATION_TOO_LONG``, or ``TTS_FAILED``, as when the voice does not come to an end.
        TransientError: ``STORAGE_FULL`` or ``STORAGE_UNAVAILABLE``, or what the voice raises.
    """
    sentences = spoken_sentences(text, language)
    letters = sum(character.isalnum() for _, read in sentences for character in read)
    if letters / LETTERS_A_SECOND[language] > MAX_RECORDED_SECONDS:
        raise _too_long()  # before hours are spent on it
    raw, wav = folder / "speech.f64", folder / "speech.wav"
    with storage_errors("recording speech"):
        with raw.open("wb") as file:
            take = _Take(file)
            for index, (written, read) in enumerate(sentences):
                cancel.check()
                if index:
                    take.silence(voice.gap_seconds)
                take.sentence(written, read, voice.say(read, language, cancel))
                progress((index + 1) / len(sentences))
        try:
            loudness = _finish(raw, take, wav, cancel.check)
        finally:
            raw.unlink()
    return Recording(wav, take.samples, tuple(take.times), loudness)


class _Take:
    """Samples on their way to a file, and when each sentence of them is heard."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.samples = 0
        self.peak = 0.0
        self.times: list[SentenceTime] = []

    def silence(self, seconds: float) -> None:
        self._write(np.zeros(round(seconds * SAMPLE_RATE)))

    def sentence(self, written: str, read: str, sound: Iterator[Samples]) -> None:
        start = self.samples
        letters = sum(character.isalnum() for character in read)
        most = start + round((SECONDS_A_SENTENCE + SECONDS_A_LETTER * letters) * SAMPLE_RATE)
        for piece in sound:
            if self.samples + len(piece) > most:
                raise PermanentError(
                    ErrorCode.TTS_FAILED,
                    f"the voice did not come to an end: more than {(most - start) // SAMPLE_RATE} s of sound "
                    f"for {letters} letters, sentence {len(self.times) + 1}",
                )
            self._write(piece)
        if self.samples == start:
            raise PermanentError(
                ErrorCode.TTS_FAILED, f"the voice returned no sound for sentence {len(self.times) + 1}"
            )
        self.times.append(SentenceTime(text=written, start=start, end=self.samples))

    def _write(self, samples: Samples) -> None:
        if self.samples + len(samples) > MAX_RECORDED_SECONDS * SAMPLE_RATE:
            raise _too_long()
        if not np.isfinite(samples).all():
            raise PermanentError(ErrorCode.TTS_FAILED, "the voice returned samples that are no numbers")
        self.peak = max(self.peak, peak_of(samples))
        self._file.write(np.ascontiguousarray(samples, np.float64).data)
        self.samples += len(samples)


def _too_long() -> PermanentError:
    return PermanentError(
        ErrorCode.NARRATION_TOO_LONG,
        f"the narration takes more than {MAX_RECORDED_SECONDS / 60:.0f} minutes to say; a scene may take "
        f"{MAX_SCENE_SECONDS // 60}: write it shorter, or split it into several scenes",
    )


def _finish(raw: Path, take: _Take, wav: Path, check: Callable[[], None]) -> Loudness:
    """Write the WAV file of what was recorded, and measure it."""
    meter = LoudnessMeter()
    with wave.open(str(wav), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.setnframes(take.samples)
        for start in range(0, take.samples, _BLOCK):
            check()
            pcm = to_pcm(np.fromfile(raw, np.float64, _BLOCK, offset=8 * start), take.peak)
            file.writeframesraw(pcm.astype("<i2", copy=False).tobytes())
            meter.push(pcm)
    return meter.result()
