"""The film's speech as raw samples: every scene's WAV, placed by its timing, one scene at a time."""

import io
import wave
from collections.abc import Iterable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from contracts.errors import ErrorCode, PermanentError
from contracts.timeline import SAMPLE_RATE, SceneTiming
from services.composition.encoder import Cancel

Samples = NDArray[np.int16]
S = TypeVar("S", np.int16, np.float32)


class SampleSource(Protocol):
    """Samples in memory or in a file: an array, or a :class:`SampleFile`."""

    @property
    def size(self) -> int:
        """How many there are."""

    def __getitem__(self, span: slice, /) -> Samples:
        """Return a stretch of them."""


class SampleFile(Generic[S]):
    """Raw samples in a file, read a stretch at a time: a film's sound never stands in memory whole."""

    def __init__(self, path: Path, kind: type[S]) -> None:
        """Refer to a file of little-endian samples.

        Args:
            path: the file; it must not change afterwards.
            kind: what it holds, ``np.int16`` or ``np.float32``.
        """
        self._path = path
        self._kind: np.dtype[S] = np.dtype(kind).newbyteorder("<")
        self.size: int = path.stat().st_size // self._kind.itemsize

    def __getitem__(self, span: slice, /) -> NDArray[S]:
        start, stop, _ = span.indices(self.size)
        wanted = max(0, stop - start)
        return np.fromfile(self._path, self._kind, wanted, offset=start * self._kind.itemsize)


def open_pcm(path: Path) -> SampleFile[np.int16]:
    """Return the samples of a raw 16-bit file."""
    return SampleFile(path, np.int16)


def read_speech(data: bytes, timing: SceneTiming, name: str) -> Samples:
    """Decode a scene's speech.

    Args:
        data: a WAV file, 48 kHz, mono, 16 bit.
        timing: says how many samples there must be.
        name: what an error calls the scene.

    Raises:
        PermanentError: ``COMPOSE_FAILED``: damaged, of another kind, or not as long as the scene was timed.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            kind = (file.getframerate(), file.getnchannels(), 8 * file.getsampwidth())
            speech = np.frombuffer(file.readframes(file.getnframes()), np.uint8)
    except (wave.Error, EOFError, ValueError, RuntimeError, MemoryError) as error:
        raise PermanentError(
            ErrorCode.COMPOSE_FAILED, f"the speech of {name} is not a whole WAV file: {error}"
        ) from error
    if kind != (SAMPLE_RATE, 1, 16):
        raise PermanentError(
            ErrorCode.COMPOSE_FAILED,
            f"the speech of {name} is {kind} (Hz, channels, bits), not (48000, 1, 16)",
        )
    if speech.size != 2 * timing.speech_samples:
        raise PermanentError(
            ErrorCode.COMPOSE_FAILED,
            f"the speech of {name} has {speech.size // 2} samples, it was timed for {timing.speech_samples}",
        )
    return speech.view("<i2").astype(np.int16, copy=False)


def place_speech(speech: Samples, timing: SceneTiming) -> Samples:
    """Return a whole scene: silence before, speech, silence up to the last sample of the last frame."""
    scene = np.zeros(timing.samples, np.int16)
    end = min(timing.lead_in_samples + speech.size, timing.samples)
    scene[timing.lead_in_samples : end] = speech[: max(0, end - timing.lead_in_samples)]
    return scene


def write_pcm(path: Path, scenes: Iterable[tuple[Path, SceneTiming, str]], cancel: Cancel) -> int:
    """Write the whole film's speech as little-endian 16-bit mono.

    Args:
        path: where to.
        scenes: WAV file, timing and name of each scene, in order.
        cancel: asked before every scene.

    Returns:
        The film's length in samples.
    """
    total = 0
    with path.open("wb") as file:
        for wav, timing, name in scenes:
            cancel.check()
            scene = place_speech(read_speech(wav.read_bytes(), timing, name), timing)
            file.write(scene.astype("<i2", copy=False).tobytes())
            total += scene.size
    return total
