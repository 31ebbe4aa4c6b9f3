"""The meters that are ours say what libav's says, which the composition stage measures films with.

Two of them are by hand: the speech stage has no libav (its wheel is under the GPL), and the limiter asks
where a peak is, which libav does not tell.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from contracts.events import Loudness
from contracts.timeline import SAMPLE_RATE
from services.composition.sound import loudness
from services.composition.sound.limiter import limited, true_peaks
from services.tts.audio.loudness import measure_loudness
from services.tts.audio.samples import doubled
from services.tts.voices.base import Pcm

DUAL_MONO = 10 * np.log10(2)
"""A film's two channels carry the same, and are as much louder than one."""


def libavs(samples: NDArray[np.float32]) -> Loudness:
    meter = loudness.LoudnessMeter()
    for start in range(0, samples.size, SAMPLE_RATE):
        meter.push(samples[start : start + SAMPLE_RATE])
    return meter.result()


def pcm_of(samples: NDArray[np.float64]) -> Pcm:
    return np.asarray(np.rint(np.clip(samples, -1, 1) * 32767), np.int16)


def signal(kind: str) -> Pcm:
    """Return a signal of a voice's band: half the rate is doubled, as for the voice that comes at 24 kHz."""
    time = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE
    noise = doubled(np.random.default_rng(2).standard_normal(time.size // 2))
    match kind:
        case "tone":
            return pcm_of(np.sin(2 * np.pi * 997 * time))
        case "peaks between samples":
            return pcm_of(0.5 * np.hanning(time.size) * np.sin(np.pi / 2 * np.arange(time.size) + np.pi / 4))
        case "swelling noise":
            return pcm_of(0.2 * np.clip(np.sin(2 * time), 0, 1) * noise)
        case "faint, then loud":
            return pcm_of(np.where(time < 4, 0.002, 0.3) * noise)
        case _:
            return pcm_of(0.4 * np.sin(2 * np.pi * 140 * time) * np.clip(np.sin(9 * time), 0, 1))


@pytest.mark.parametrize(
    "kind", ["tone", "peaks between samples", "swelling noise", "faint, then loud", "syllables"]
)
def test_the_speech_stages_meter_is_libavs_to_a_fiftieth(kind: str) -> None:
    pcm = signal(kind)
    ours, theirs = measure_loudness(pcm), libavs(pcm.astype(np.float32) / np.float32(32768))
    assert ours.integrated_lufs is not None
    assert theirs.integrated_lufs is not None
    assert ours.integrated_lufs == pytest.approx(theirs.integrated_lufs - DUAL_MONO, abs=0.02)
    assert ours.true_peak_dbtp == pytest.approx(theirs.true_peak_dbtp, abs=0.02)


@pytest.mark.parametrize("kind", ["peaks between samples", "swelling noise", "faint, then loud", "syllables"])
def test_what_the_limiter_lets_pass_is_no_peak_to_libav_either(kind: str) -> None:
    ceiling = -2.2
    pieces = [block.samples for block in limited(signal(kind), 6.0, 10 ** (ceiling / 20))]
    limited_ = np.concatenate(pieces)
    own = 20 * np.log10(true_peaks(limited_.astype(np.float64)).max())
    theirs = libavs(limited_).true_peak_dbtp
    assert theirs is not None
    assert theirs == pytest.approx(own, abs=0.2)
    assert theirs <= ceiling + 0.2
