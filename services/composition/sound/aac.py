"""AAC-LC: one stream over the whole film, encoded in parallel chunks.

Chunks are cut at packet boundaries on a fixed grid, so the bytes do not depend on the number of threads. Each
chunk starts a few packets early and drops them: the encoder's overlap and rate control have settled by then,
and the seam measures like the rest.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags

from contracts.timeline import SAMPLE_RATE
from services.composition.segment.encoder import Cancel
from services.composition.sound.pcm import Samples, SampleSource

PACKET_SAMPLES = 1024
PRIMING = PACKET_SAMPLES
"""Samples the decoder gives before the first real one; the MP4's edit list hides them."""
CHUNK_PACKETS = 256
"""5.5 s: small enough that threads finish together, large enough that the pre-roll is 2 % of the work."""
PRE_ROLL = 4
CODER = "fast"
"""At this bit rate, on speech-like sound, two thirds of the default ``twoloop``'s CPU, the same segmental SNR
and a smaller log-spectral distance (1.4-1.6 dB against 2.4); it spends more of the bits it is given."""
LOOK_AHEAD = 2
BIT_RATE = 128_000
"""Two channels; both carry the same voice, so nearly all of it goes to the sum."""


@dataclass(frozen=True)
class AacStream:
    """An encoded stream in a file.

    Attributes:
        path: the packets, one after another.
        sizes: their lengths in bytes; packet ``k`` starts at sample ``(k - 1) * 1024``.
        samples: how many should be heard.
    """

    path: Path
    sizes: tuple[int, ...]
    samples: int

    def duration(self, packet: int) -> int:
        """Return how many samples of ``packet`` count: all, except of the last one."""
        start = packet * PACKET_SAMPLES - PRIMING
        return max(1, min(PACKET_SAMPLES, self.samples - start))

    def packets(self) -> Iterator[bytes]:
        """Yield the packets."""
        with self.path.open("rb") as file:
            for size in self.sizes:
                yield file.read(size)


def configure(codec: AudioCodecContext) -> None:
    """Set everything that decides the stream on a context that is not open yet."""
    codec.sample_rate = SAMPLE_RATE
    codec.layout = "stereo"
    codec.format = "fltp"
    codec.bit_rate = BIT_RATE
    codec.time_base = Fraction(1, SAMPLE_RATE)
    codec.flags |= int(Flags.global_header) | int(Flags.bitexact)
    # Noise substitution and intensity stereo make left and right differ; mid/side keeps a mono voice mono.
    codec.options = {"aac_coder": CODER, "aac_pns": "0", "aac_is": "0", "aac_ms": "1"}


def encode_aac(pcm: SampleSource, path: Path, threads: int, cancel: Cancel) -> AacStream:
    """Encode mono samples as stereo.

    Args:
        pcm: 16-bit samples of the whole film.
        path: where the packets go.
        threads: how many chunks at a time.
        cancel: asked once a second of sound.
    """
    packets = -(-pcm.size // PACKET_SAMPLES) + 1
    sizes: list[int] = []
    with ThreadPoolExecutor(threads) as pool, path.open("wb") as file:
        starts = range(0, packets, CHUNK_PACKETS)
        futures = deque(pool.submit(_encode_chunk, pcm, first, packets, cancel) for first in starts)
        try:
            while futures:
                for packet in futures.popleft().result():
                    sizes.append(len(packet))
                    file.write(packet)
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    return AacStream(path, tuple(sizes), pcm.size)


def _encode_chunk(pcm: SampleSource, first: int, packets: int, cancel: Cancel) -> list[bytes]:
    """Encode packets ``[first, first + CHUNK_PACKETS)`` of the stream."""
    codec = AudioCodecContext.create("aac", "w")
    assert isinstance(codec, AudioCodecContext)
    configure(codec)
    begin = max(0, first - PRE_ROLL)
    end = min(packets, first + CHUNK_PACKETS)
    frames = range(begin, min(end + LOOK_AHEAD, packets - 1))
    samples = pcm[begin * PACKET_SAMPLES : frames.stop * PACKET_SAMPLES]
    out: list[bytes] = []
    for at in frames:
        if at % 48 == 0:
            cancel.check()
        place = (at - begin) * PACKET_SAMPLES
        frame = _frame(samples[place : place + PACKET_SAMPLES], at)
        out += [bytes(packet) for packet in codec.encode(frame)]
    out += [bytes(packet) for packet in codec.encode(None)]
    return out[first - begin : end - begin]


def _frame(block: Samples, at: int) -> av.AudioFrame:
    both = np.zeros((2, PACKET_SAMPLES), np.float32)
    both[:, : block.size] = block.astype(np.float32) / 32768.0
    frame = av.AudioFrame.from_ndarray(both, format="fltp", layout="stereo")
    frame.sample_rate = SAMPLE_RATE
    frame.pts = at * PACKET_SAMPLES
    frame.time_base = Fraction(1, SAMPLE_RATE)
    return frame
