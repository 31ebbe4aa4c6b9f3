"""What the decoded sound of a film is, and whether every sentence is heard when it should be."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from contracts.base import Model
from contracts.events import Loudness
from contracts.timeline import SAMPLE_RATE
from services.composition.check.spans import Span, SpanFinder
from services.composition.film.plan import FilmPlan, ScenePlace
from services.composition.segment.encoder import Cancel
from services.composition.sound.loudness import LoudnessMeter
from services.composition.sound.pcm import BLOCK, SampleFile, SampleSource

SILENT_PEAK = 10 ** (-60 / 20)
SILENT_SECONDS = 0.5
_BLOCK = SAMPLE_RATE // 100
_HEARD_RMS = 10 ** (-50 / 20)
_SPOKEN_RMS = 10 ** (-65 / 20)
_WINDOW = 2 * SAMPLE_RATE
_LARGEST_LAG = SAMPLE_RATE // 4


class SoundFacts(Model):
    """The decoded sound.

    Attributes:
        samples: decoded samples a channel; the last AAC packet may run past the track's end.
        sample_rate: samples a second.
        channels: 2 for stereo.
        mono: whether all channels carry the same, as the source does.
        loudness: ITU-R BS.1770-4, integrated and true peak.
        silent: spans of at least 0.5 s below -60 dBFS.
        lag_samples: largest distance between where a scene's speech was placed and where it is heard.
        drift_samples: how much that changes from the first spoken scene to the last.
        sentences: sentences whose speech is not silent.
        missing: those of them that are not heard, as ``scene/sentence``, counted from 1.
    """

    samples: int
    sample_rate: int
    channels: int
    mono: bool
    loudness: Loudness
    silent: tuple[Span, ...]
    lag_samples: int
    drift_samples: int
    sentences: int
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Heard:
    """A film's decoded sound: its loudness, the left channel's samples in a file, and its form."""

    loudness: Loudness
    samples: Path
    sample_rate: int
    channels: int
    mono: bool


def decode_sound(path: Path, target: Path, cancel: Cancel) -> Heard:
    """Decode a film's sound and measure it.

    Args:
        path: the MP4.
        target: where to write the left channel, float32.
        cancel: asked before every frame.
    """
    meter = LoudnessMeter()  # of the left channel as both: exact as long as both are the same
    mono = True
    with av.open(str(path)) as container, target.open("wb") as file:
        codec = container.streams.audio[0].codec_context
        rate, channels = codec.sample_rate, codec.layout.nb_channels
        for block in _decoded_seconds(container.decode(audio=0), cancel):
            meter.push(block[0])
            mono = mono and all(np.array_equal(block[0], other) for other in block[1:])
            file.write(block[0].astype("<f4").tobytes())
    return Heard(meter.result(), target, rate, channels, mono)


def _decoded_seconds(frames: Iterator[av.AudioFrame], cancel: Cancel) -> Iterator[NDArray[np.float32]]:
    """Join decoded frames (channels x samples) to blocks of about a second: fewer, larger calls."""
    held: list[NDArray[np.float32]] = []
    for frame in frames:
        cancel.check()
        held.append(frame.to_ndarray().astype(np.float32, copy=False))
        if len(held) == 48:
            yield np.concatenate(held, axis=1)
            held = []
    if held:
        yield np.concatenate(held, axis=1)


def inspect_sound(plan: FilmPlan, source: SampleSource, heard: Heard, cancel: Cancel) -> SoundFacts:
    """Compare what is heard with what was placed.

    Args:
        plan: the film.
        source: its speech before mastering.
        heard: what :func:`decode_sound` found.
        cancel: asked before every scene, and every ten seconds of one.
    """
    sound = SampleFile(heard.samples, np.float32)
    lags: list[int] = []
    missing: list[str] = []
    sentences = 0
    for scene in plan.scenes:
        cancel.check()
        lag = _lag(scene, source, sound)
        if lag is not None:
            lags.append(lag)
        for number, (start, end) in enumerate(scene.sentence_samples(), start=1):
            if _rms_between(source, start, end, cancel) > _SPOKEN_RMS * 32768:
                sentences += 1
                if _rms_between(sound, start, end, cancel) < _HEARD_RMS:
                    missing.append(f"{scene.event.context.index + 1}/{number}")
    return SoundFacts(
        samples=sound.size,
        sample_rate=heard.sample_rate,
        channels=heard.channels,
        mono=heard.mono,
        loudness=heard.loudness,
        silent=_silent_spans(sound, cancel),
        lag_samples=max((abs(lag) for lag in lags), default=0),
        drift_samples=lags[-1] - lags[0] if lags else 0,
        sentences=sentences,
        missing=tuple(missing),
    )


def _rms_between(
    source: SampleSource | SampleFile[np.float32], start: int, end: int, cancel: Cancel
) -> float:
    """Return the level of ``[start, end)``, a block at a time: a sentence may be as long as its scene."""
    squares, count = 0.0, 0
    for at in range(start, end, BLOCK):
        cancel.check()
        block = source[at : min(at + BLOCK, end)].astype(np.float32)
        squares += float(np.square(block).sum(dtype=np.float64))
        count += block.size
    return float(np.sqrt(squares / count)) if count else 0.0


def _rms(samples: NDArray[np.float32]) -> float:
    return float(np.sqrt(np.mean(np.square(samples), dtype=np.float64))) if samples.size else 0.0


def _lag(scene: ScenePlace, source: SampleSource, sound: SampleFile[np.float32]) -> int | None:
    """Return by how many samples the scene's first words are heard late; None for a silent scene."""
    start = scene.first_sample + scene.event.timing.lead_in_samples
    length = min(_WINDOW, scene.event.timing.speech_samples)
    said = source[start : start + length].astype(np.float32) / np.float32(32768)
    low = max(0, start - _LARGEST_LAG)
    heard = sound[low : start + length + _LARGEST_LAG]
    if _rms(said) < _SPOKEN_RMS or heard.size < said.size:
        return None
    size = 1 << (heard.size + said.size - 1).bit_length()
    match = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(said, size)), size)
    return int(np.argmax(match[: heard.size - said.size + 1])) - (start - low)


def _silent_spans(sound: SampleFile[np.float32], cancel: Cancel) -> tuple[Span, ...]:
    finder = SpanFinder(SAMPLE_RATE / _BLOCK, SILENT_SECONDS)
    step = 1000 * _BLOCK
    for start in range(0, sound.size - _BLOCK + 1, step):
        cancel.check()
        part = np.abs(sound[start : start + step])
        for peak in part[: part.size - part.size % _BLOCK].reshape(-1, _BLOCK).max(axis=1):
            finder.add(bool(peak < SILENT_PEAK))
    return finder.spans()
