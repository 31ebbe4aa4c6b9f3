"""Loudness and true peak of mono speech, after ITU-R BS.1770-4 (and EBU R 128 for the gate's block)."""

import math

import numpy as np
from numpy.typing import NDArray

from contracts.events import Loudness
from contracts.timeline import SAMPLE_RATE
from services.tts.voice import Pcm

_BLOCK = SAMPLE_RATE * 4 // 10
_STEP = SAMPLE_RATE // 10
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0

# Annex 1, tables 1 and 2: the two stages of the K weighting at 48 kHz.
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))

_OVERSAMPLING = 4
"""Annex 2: four times at 48 kHz."""


def measure_loudness(pcm: Pcm) -> Loudness:
    """Return the integrated loudness and the true peak of ``pcm``, as one channel.

    Both are ``None`` for digital silence; the loudness alone is ``None`` where everything lies below the
    absolute gate of -70 LUFS. Speech shorter than one 400 ms block is measured as one block.
    """
    if not pcm.size or not pcm.any():
        return Loudness(integrated_lufs=None, true_peak_dbtp=None)
    samples = pcm.astype(np.float64) / 32768
    return Loudness(integrated_lufs=_integrated(samples), true_peak_dbtp=_true_peak(samples))


def _integrated(samples: NDArray[np.float64]) -> float | None:
    padded = np.pad(samples, (0, max(0, _BLOCK - len(samples))))
    power = np.concatenate(([0.0], np.cumsum(_weighted(padded) ** 2)))
    starts = np.arange(0, len(padded) - _BLOCK + 1, _STEP)
    blocks = np.maximum(power[starts + _BLOCK] - power[starts], 1e-30) / _BLOCK
    heard = blocks[_lufs(blocks) > _ABSOLUTE_GATE]
    if not heard.size:
        return None
    gated = heard[_lufs(heard) > float(_lufs(heard.mean())) + _RELATIVE_GATE]
    return round(float(_lufs(gated.mean())), 3)


def _lufs(power: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    return np.asarray(-0.691 + 10 * np.log10(power), dtype=np.float64)


def _weighted(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Apply the K weighting through its frequency response.

    The filters' impulse responses have died away (-200 dB) after the second of padding, so this equals the
    recursive filter, without a loop over samples.
    """
    size = _fast_size(len(samples) + SAMPLE_RATE)
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones_like(delay)
    for numerator, denominator in (_SHELF, _HIGH_PASS):
        response *= np.polyval(numerator[::-1], delay) / np.polyval(denominator[::-1], delay)
    return np.fft.irfft(np.fft.rfft(samples, size) * response, size)[: len(samples)]


def _true_peak(samples: NDArray[np.float64]) -> float:
    """Return the peak of the signal between its samples, dBTP, by a 12-tap-per-phase windowed sinc."""
    half = 12
    padded = np.pad(samples, half)
    peak = float(np.abs(samples).max())
    for phase in range(1, _OVERSAMPLING):
        distance = np.arange(-half, half) + phase / _OVERSAMPLING
        taps = np.sinc(distance) * np.kaiser(2 * half, 6.0)
        peak = max(peak, float(np.abs(np.convolve(padded, taps / taps.sum(), "valid")).max()))
    return round(20 * math.log10(peak), 3)


def _fast_size(least: int) -> int:
    """Return the smallest 2^a * 3^b * 5^c that is even and not below ``least``: fast for the FFT."""
    best = 1 << (least - 1).bit_length()
    for fives in (1, 5, 25, 125):
        for threes in (1, 3, 9, 27, 81):
            odd = fives * threes
            best = min(best, odd << max(1, (-(-least // odd) - 1).bit_length()))
    return best
