"""Loudness and true peak of mono speech, after ITU-R BS.1770-4 (and EBU R 128 for the gate's block).

Measured in blocks as the speech goes by, so that memory does not grow with its length.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from contracts.events import Loudness
from contracts.timeline import SAMPLE_RATE
from services.tts.voices.base import Pcm

_STEP = SAMPLE_RATE // 10
_STEPS_A_BLOCK = 4
"""A gating block is 400 ms, its neighbour begins 100 ms later."""
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0

# Annex 1, tables 1 and 2: the two stages of the K weighting at 48 kHz.
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))

_MEMORY = SAMPLE_RATE
"""Samples after which the K weighting's impulse response has died away: -200 dB after a second."""
_CHUNK = 50 * _STEP
"""Samples weighted at once, 5 s. Smaller: the second of memory before each is most of the work. Larger: more
memory, and a cancel waits for it."""
_FFT = 288_000
"""At least a chunk and its memory; 2^8 * 3^2 * 5^3, fast."""

_OVERSAMPLING = 4
"""Annex 2: four times at 48 kHz."""
_HALF_TAPS = 12


class LoudnessMeter:
    """Measures speech that comes in pieces, as one channel."""

    def __init__(self) -> None:
        self._before = np.zeros(_MEMORY)
        self._held: list[Pcm] = []
        self._waiting = 0
        self._steps: list[float] = []
        self._sound = False
        self._peak = 0.0

    def push(self, pcm: Pcm) -> None:
        """Take more samples."""
        self._held.append(pcm)
        self._waiting += pcm.size
        while self._waiting >= _CHUNK:
            held = np.concatenate(self._held)
            self._measure(held[:_CHUNK].astype(np.float64) / 32768)
            self._held, self._waiting = [held[_CHUNK:]], held.size - _CHUNK

    def result(self) -> Loudness:
        """Return the measurement; the meter takes no more samples.

        Both figures are ``None`` for digital silence; the loudness alone is ``None`` where everything lies
        below the absolute gate of -70 LUFS. Speech shorter than one 400 ms block is measured as one block.
        """
        rest = np.concatenate([*self._held, np.empty(0, np.int16)]).astype(np.float64) / 32768
        least = _STEP * max(0, _STEPS_A_BLOCK - len(self._steps))
        # The filters that find the peaks see silence behind the end, the gates do not.
        self._measure(np.pad(rest, (0, max(_HALF_TAPS, least - rest.size))), last=max(rest.size, least))
        if not self._sound:
            return Loudness(integrated_lufs=None, true_peak_dbtp=None)
        return Loudness(
            integrated_lufs=_gated(np.array(self._steps)),
            true_peak_dbtp=round(20 * math.log10(self._peak), 3),
        )

    def _measure(self, chunk: NDArray[np.float64], last: int | None = None) -> None:
        """Measure at most a chunk (and what pads the end); ``last`` samples of it count for the gates."""
        self._sound = self._sound or bool(chunk.any())
        self._peak = max(self._peak, _true_peak(np.concatenate((self._before[-2 * _HALF_TAPS :], chunk))))
        joined = np.concatenate((self._before, chunk))
        counted = chunk.size if last is None else last
        if not joined.any():  # nothing to weigh: pauses, and the silent voice
            self._steps += [0.0] * (counted // _STEP)
            return
        weighted = np.fft.irfft(np.fft.rfft(joined, _FFT) * _response(), _FFT)[_MEMORY : _MEMORY + counted]
        whole = weighted[: weighted.size // _STEP * _STEP].reshape(-1, _STEP)
        self._steps += (whole**2).sum(axis=1).tolist()
        self._before = joined[-_MEMORY:]


def measure_loudness(pcm: Pcm) -> Loudness:
    """Return the integrated loudness and the true peak of ``pcm``, see :class:`LoudnessMeter`."""
    meter = LoudnessMeter()
    for start in range(0, pcm.size, _CHUNK):
        meter.push(pcm[start : start + _CHUNK])
    return meter.result()


def _gated(steps: NDArray[np.float64]) -> float | None:
    """Return the loudness of what both gates let through, from the energies of every 100 ms."""
    sums = np.convolve(steps, np.ones(_STEPS_A_BLOCK), "valid")
    blocks = np.maximum(sums, 1e-30) / (_STEPS_A_BLOCK * _STEP)
    heard = blocks[_lufs(blocks) > _ABSOLUTE_GATE]
    if not heard.size:
        return None
    gated = heard[_lufs(heard) > float(_lufs(heard.mean())) + _RELATIVE_GATE]
    return round(float(_lufs(gated.mean())), 3)


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(power), dtype=np.float64)


@cache
def _response() -> NDArray[np.complex128]:
    """Return the frequency response of the K weighting: equals the recursive filter, without its loop."""
    delay = np.exp(-2j * np.pi * np.arange(_FFT // 2 + 1) / _FFT)
    response: NDArray[np.complex128] = np.ones_like(delay)
    for numerator, denominator in (_SHELF, _HIGH_PASS):
        response *= np.polyval(numerator[::-1], delay) / np.polyval(denominator[::-1], delay)
    return response


def _true_peak(samples: NDArray[np.float64]) -> float:
    """Return the largest magnitude at and between the samples, by a 24-tap windowed sinc a phase."""
    peak = float(np.abs(samples).max(initial=0.0))
    for taps in _interpolators():
        peak = max(peak, float(np.abs(np.convolve(samples, taps, "valid")).max(initial=0.0)))
    return peak


@cache
def _interpolators() -> tuple[NDArray[np.float64], ...]:
    rows = []
    for phase in range(1, _OVERSAMPLING):
        distance = np.arange(-_HALF_TAPS, _HALF_TAPS) + phase / _OVERSAMPLING
        taps = np.sinc(distance) * np.kaiser(2 * _HALF_TAPS, 6.0)
        rows.append(taps / taps.sum())
    return tuple(rows)
