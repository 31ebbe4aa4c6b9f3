"""The film's speech as raw samples: every scene's WAV, placed by its timing, one scene at a time."""

import io
import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from contracts.errors import ErrorCode, PermanentError
from contracts.timeline import SAMPLE_RATE, SceneTiming
from services.composition.segment.encoder import Cancel

Samples = NDArray[np.int16]
S = TypeVar("S", np.int16, np.float32)

BLOCK = 10 * SAMPLE_RATE
"""Samples in memory at once, 1 MB. Smaller: more calls for the same work. Larger: a cancel waits for it."""


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


def speech_blocks(source: Path | BinaryIO, timing: SceneTiming, name: str) -> Iterator[Samples]:
    """Yield a scene's speech a few seconds at a time.

    Args:
        source: a WAV file, 48 kHz, mono, 16 bit.
        timing: says how many samples there must be.
        name: what an error calls the scene.

    Raises:
        PermanentError: ``COMPOSE_FAILED``: damaged, of another kind, or not as long as the scene was timed.
    """
    read = 0
    try:
        with wave.open(str(source) if isinstance(source, Path) else source) as file:
            kind = (file.getframerate(), file.getnchannels(), 8 * file.getsampwidth())
            if kind != (SAMPLE_RATE, 1, 16):
                raise PermanentError(
                    ErrorCode.COMPOSE_FAILED,
                    f"the speech of {name} is {kind} (Hz, channels, bits), not (48000, 1, 16)",
                )
            while read <= timing.speech_samples and len(data := file.readframes(BLOCK)) > 1:
                block = np.frombuffer(data, "<i2", len(data) // 2).astype(np.int16, copy=False)
                read += block.size
                yield block
    except (wave.Error, EOFError, ValueError, RuntimeError, MemoryError) as error:
        raise PermanentError(
            ErrorCode.COMPOSE_FAILED, f"the speech of {name} is not a whole WAV file: {error}"
        ) from error
    if read != timing.speech_samples:
        raise PermanentError(
            ErrorCode.COMPOSE_FAILED,
            f"the speech of {name} has {read} samples, or more, it was timed for {timing.speech_samples}",
        )


def read_speech(data: bytes, timing: SceneTiming, name: str) -> Samples:
    """Return a short scene's speech whole, see :func:`speech_blocks`."""
    blocks = list(speech_blocks(io.BytesIO(data), timing, name))
    return np.concatenate([*blocks, np.empty(0, np.int16)])


def place_speech(speech: Samples, timing: SceneTiming) -> Samples:
    """Return a short scene whole, as :func:`write_pcm` writes it."""
    return np.concatenate(list(_placed([speech], timing)))


def write_pcm(path: Path, scenes: Iterable[tuple[Path, SceneTiming, str]], cancel: Cancel) -> int:
    """Write the whole film's speech as little-endian 16-bit mono.

    Args:
        path: where to.
        scenes: WAV file, timing and name of each scene, in order.
        cancel: asked before every few seconds of sound.

    Returns:
        The film's length in samples.
    """
    total = 0
    with path.open("wb") as file:
        for wav, timing, name in scenes:
            for block in _placed(speech_blocks(wav, timing, name), timing):
                cancel.check()
                file.write(block.astype("<i2", copy=False).tobytes())
                total += block.size
    return total


def _placed(speech: Iterable[Samples], timing: SceneTiming) -> Iterator[Samples]:
    """Yield a whole scene: silence before, speech, silence up to the last sample of the last frame."""
    left = timing.samples
    for block in _silence(min(timing.lead_in_samples, timing.samples)):
        left -= block.size
        yield block
    for block in speech:
        part = block[:left]
        left -= part.size
        yield part
    yield from _silence(left)


def _silence(samples: int) -> Iterator[Samples]:
    for start in range(0, samples, BLOCK):
        yield np.zeros(min(BLOCK, samples - start), np.int16)
