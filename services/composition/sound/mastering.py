"""The film's sound at its delivery loudness: gain and limiter, measured after the fact and corrected."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.events import Loudness
from services.composition.segment.encoder import Cancel
from services.composition.sound.limiter import BLOCK, limited
from services.composition.sound.loudness import integrated_lufs
from services.composition.sound.pcm import SampleSource, open_pcm

TARGET_LUFS = -16.0
"""Integrated loudness of the decoded film (speech practice; AES TD1008 says -18 ± 2, Apple -16)."""
TOLERANCE_LU = 0.5
MAX_TRUE_PEAK_DBTP = -1.5
CEILING_DBTP = -2.2
"""What the limiter allows: AAC raises peaks again, by up to about half a decibel on speech."""
MAX_GAIN_DB = 40.0
"""A quieter recording is noise; making it loud would not make it speech."""
_MOST_PASSES = 4
_CLOSE_LU = 0.1


@dataclass(frozen=True)
class Mastering:
    """What the limiter is asked for: loudness in LUFS, true peak in dBTP."""

    target_lufs: float = TARGET_LUFS
    ceiling_dbtp: float = CEILING_DBTP

    def corrected(self, heard: Loudness) -> "Mastering":
        """Return the setting to try when the decoded film is ``heard`` to be off."""
        lufs, peak = heard.integrated_lufs, heard.true_peak_dbtp
        over = max(0.0, (peak or -99.0) - MAX_TRUE_PEAK_DBTP)
        return Mastering(
            self.target_lufs + (TARGET_LUFS - lufs if lufs is not None else 0.0),
            self.ceiling_dbtp - (over + 0.1 if over else 0.0),
        )


def on_target(heard: Loudness) -> bool:
    """Whether a film sounds as it is to be delivered; a silent one does."""
    if heard.integrated_lufs is None:
        return True
    peak = heard.true_peak_dbtp
    return abs(heard.integrated_lufs - TARGET_LUFS) <= TOLERANCE_LU and (
        peak is None or peak <= MAX_TRUE_PEAK_DBTP
    )


def blocks_of(pcm: SampleSource, cancel: Cancel | None = None) -> Iterator[NDArray[np.float32]]:
    """Yield 16-bit samples as floats, in blocks; ``cancel`` is asked before each."""
    for start in range(0, pcm.size, BLOCK):
        if cancel is not None:
            cancel.check()
        yield pcm[start : start + BLOCK].astype(np.float32) / np.float32(32768)


def master(
    pcm: SampleSource, source_lufs: float | None, setting: Mastering, path: Path, cancel: Cancel
) -> None:
    """Write ``pcm`` at its delivery loudness to ``path``, 16 bit little-endian.

    Limiting makes a film quieter, so the gain is corrected until the result is on target. A film that is
    silent throughout stays as it is.

    Args:
        pcm: 16-bit samples of the whole film.
        source_lufs: its loudness, None for silence.
        setting: what to aim at.
        path: where to.
        cancel: asked before every block.
    """
    if source_lufs is None:
        _write(pcm, 1.0, 1.0, path, cancel)
        return
    gain_db = min(setting.target_lufs - source_lufs, MAX_GAIN_DB)
    ceiling = 10 ** (setting.ceiling_dbtp / 20)
    for _ in range(_MOST_PASSES):
        if not _write(pcm, 10 ** (gain_db / 20), ceiling, path, cancel):
            return  # nothing was limited: the gain is exact
        result = integrated_lufs(blocks_of(open_pcm(path), cancel))
        if result is None or abs(setting.target_lufs - result) < _CLOSE_LU:
            return
        gain_db = min(gain_db + setting.target_lufs - result, MAX_GAIN_DB)


def _write(pcm: SampleSource, gain: float, ceiling: float, path: Path, cancel: Cancel) -> bool:
    """Write limited samples; return whether any had to be reduced."""
    reduced = False
    with path.open("wb") as file:
        for block in limited(pcm, gain, ceiling):
            cancel.check()
            reduced |= block.reduced
            samples = np.clip(np.rint(block.samples * np.float32(32768)), -32768, 32767)
            file.write(samples.astype("<i2").tobytes())
    return reduced
