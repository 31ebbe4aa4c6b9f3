"""Sample arithmetic: resampling, trimming, fading, joining, WAV. NumPy only, so that samples repeat."""

import io
import wave
from collections.abc import Sequence

import numpy as np

from contracts.events import SentenceTime
from contracts.timeline import SAMPLE_RATE
from services.tts.voices.base import Pcm, Samples, Speech

_HALF_TAPS = 48
"""Taps on each side of a new sample. Fewer: the passband sags below 11 kHz. More: only cost."""

_SILENCE_DB = -42.0
"""Level, relative to the loudest 10 ms, under which the ends of a sentence are silence: room noise of the
voice lies at -60 dB, the faintest final consonants at -35 dB."""

PEAK = 10 ** (-1.0 / 20)
"""Largest sample that leaves this stage, -1 dBFS: the model may overshoot full scale."""


def _midpoints() -> Samples:
    """Kaiser-windowed sinc at half-sample distances (Oppenheim & Schafer, section 7.6; beta 9: -90 dB)."""
    distance = np.arange(-_HALF_TAPS, _HALF_TAPS) + 0.5
    taps = np.sinc(distance) * np.kaiser(2 * _HALF_TAPS, 9.0)
    return np.asarray(taps / taps.sum(), dtype=np.float64)


_MIDPOINTS = _midpoints()


class Doubler:
    """Doubles the rate of a stream: the old samples, and band-limited ones half-way between.

    The same samples come out wherever the stream is cut.
    """

    def __init__(self) -> None:
        self._held = np.zeros(_HALF_TAPS - 1)

    def push(self, samples: Samples) -> Samples:
        """Return what can be told with ``samples``; the newest are held back until their neighbours come."""
        held = np.concatenate((self._held, samples))
        ready = len(held) - (2 * _HALF_TAPS - 1)
        if ready <= 0:
            self._held = held
            return held[:0]
        out = np.empty(2 * ready)
        out[0::2] = held[_HALF_TAPS - 1 :][:ready]
        out[1::2] = np.convolve(held, _MIDPOINTS, "valid")
        self._held = held[ready:]
        return out

    def finish(self) -> Samples:
        """Return the rest; silence follows the stream."""
        return self.push(np.zeros(_HALF_TAPS))


def doubled(samples: Samples) -> Samples:
    """Return ``samples`` at twice their rate, see :class:`Doubler`."""
    doubler = Doubler()
    return np.concatenate((doubler.push(samples), doubler.finish()))


def trimmed(samples: Samples, rate: int, *, lead: float = 0.04, tail: float = 0.10) -> Samples:
    """Return ``samples`` without silent ends, but for ``lead`` and ``tail`` seconds of them, faded."""
    window = rate // 100
    frames = samples[: len(samples) // window * window].reshape(-1, window)
    if not frames.size:
        return samples
    level = np.sqrt((frames**2).mean(axis=1))
    loud = np.flatnonzero(level > level.max() * 10 ** (_SILENCE_DB / 20))
    if not loud.size or level.max() == 0:
        return samples[:0]
    start = max(0, int(loud[0]) * window - round(lead * rate))
    end = min(len(samples), (int(loud[-1]) + 1) * window + round(tail * rate))
    return faded(samples[start:end], round(0.008 * rate), round(0.03 * rate))


def faded(samples: Samples, fade_in: int, fade_out: int) -> Samples:
    """Return ``samples`` with raised-cosine ends of the given lengths, so that no cut clicks."""
    out = samples.copy()
    for length, at_end in ((min(fade_in, len(out)), False), (min(fade_out, len(out)), True)):
        if length:
            ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)
            out[len(out) - length if at_end else 0 :][:length] *= ramp[::-1] if at_end else ramp
    return out


def peak_of(samples: Samples) -> float:
    """Return the largest magnitude; 0 of none."""
    return float(np.abs(samples).max(initial=0.0))


def to_pcm(samples: Samples, peak: float | None = None) -> Pcm:
    """Return 16-bit samples, scaled down as a whole where a peak would pass :data:`PEAK`.

    Args:
        samples: of a whole speech, or a part of one.
        peak: the largest magnitude of the whole; ``None`` where ``samples`` are all of it.
    """
    peak = peak_of(samples) if peak is None else peak
    if peak > PEAK:
        samples = samples * (PEAK / peak)
    return np.round(samples * 32767).astype(np.int16)


def joined(spoken: Sequence[tuple[str, Samples]], gaps: Sequence[float]) -> Speech:
    """Join sentences (text and 48 kHz samples) with silence between them.

    Args:
        spoken: one or more sentences, none of them empty.
        gaps: seconds of silence after each sentence but the last.
    """
    parts: list[Samples] = []
    times: list[SentenceTime] = []
    at = 0
    for index, (text, samples) in enumerate(spoken):
        if index:
            silence = round(gaps[index - 1] * SAMPLE_RATE)
            parts.append(np.zeros(silence))
            at += silence
        parts.append(samples)
        times.append(SentenceTime(text=text, start=at, end=at + len(samples)))
        at += len(samples)
    return Speech(to_pcm(np.concatenate(parts)), tuple(times))


def wav_bytes(pcm: Pcm) -> bytes:
    """Return a WAV file: RIFF, PCM, mono, 48 kHz, 16 bit."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm.astype("<i2").tobytes())
    return buffer.getvalue()
