"""Loudness and true peak as ITU-R BS.1770-4 / EBU R 128 define them, measured by libav's ``ebur128``."""

from collections.abc import Iterable
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from contracts.events import Loudness
from contracts.timeline import SAMPLE_RATE

ABSOLUTE_GATE = -70.0
"""LUFS; what is not louder than this is silence (BS.1770-4)."""


class LoudnessMeter:
    """Measures a stream of samples piece by piece."""

    def __init__(self, channels: int = 1, *, peak: bool = True) -> None:
        """Open a meter.

        Args:
            channels: 2 for stereo; 1 is measured as both channels of a stereo film carrying the same.
            peak: whether the true peak is wanted; it takes most of the time.
        """
        self._layout = "stereo" if channels == 2 else "mono"
        self._graph = av.filter.Graph()
        source = self._graph.add_abuffer(
            sample_rate=SAMPLE_RATE, format="flt", layout=self._layout, time_base=Fraction(1, SAMPLE_RATE)
        )
        dual_mono = "true" if channels == 1 else "false"
        meter = self._graph.add(
            "ebur128", f"metadata=1:peak={'true' if peak else 'none'}:dualmono={dual_mono}"
        )
        sink = self._graph.add("abuffersink")
        self._graph.link_nodes(source, meter, sink).configure()
        self._samples = 0
        self._last: dict[str, str] = {}

    def push(self, samples: NDArray[np.float32]) -> None:
        """Measure more samples, full scale 1.0: mono (n,) or stereo (n, 2)."""
        flat = np.ascontiguousarray(samples, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(flat, format="flt", layout=self._layout)
        frame.sample_rate = SAMPLE_RATE
        frame.pts = self._samples
        frame.time_base = Fraction(1, SAMPLE_RATE)
        self._samples += frame.samples
        self._graph.push(frame)
        self._drain()

    def _drain(self) -> None:
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            self._last = frame.metadata or self._last

    def result(self) -> Loudness:
        """Return the measurement; the meter takes no more samples."""
        self._graph.push(None)
        self._drain()
        lufs = float(self._last.get("lavfi.r128.I", ABSOLUTE_GATE))
        peaks = [float(v) for k, v in self._last.items() if k.startswith("lavfi.r128.true_peaks_ch")]
        peak = max(peaks, default=0.0)
        return Loudness(
            integrated_lufs=round(lufs, 2) if lufs > ABSOLUTE_GATE else None,
            true_peak_dbtp=round(20 * float(np.log10(peak)), 2) if peak > 0 else None,
        )


def integrated_lufs(blocks: Iterable[NDArray[np.float32]]) -> float | None:
    """Return the loudness of a mono stream as a stereo film will have it; None for silence."""
    meter = LoudnessMeter(peak=False)
    for block in blocks:
        meter.push(block)
    return meter.result().integrated_lufs
