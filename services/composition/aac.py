"""AAC-LC: one stream over the whole film, encoded in parallel chunks.

Chunks are cut at packet boundaries on a fixed grid, so the bytes do not depend on the number of threads. Each
chunk starts a few packets early and drops them: the encoder's overlap and rate control have settled by then,
and the seam measures like the rest.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags

from contracts.timeline import SAMPLE_RATE
from services.composition.encoder import Cancel
from services.composition.pcm import Samples

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
    """Packets ``k`` start at sample ``(k - 1) * 1024``; ``samples`` is what should be heard."""

    packets: tuple[bytes, ...]
    samples: int

    def duration(self, packet: int) -> int:
        """Return how many samples of ``packet`` count: all, except of the last one."""
        start = packet * PACKET_SAMPLES - PRIMING
        return max(1, min(PACKET_SAMPLES, self.samples - start))


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


def encode_aac(pcm: Samples, threads: int, cancel: Cancel) -> AacStream:
    """Encode mono samples as stereo.

    Args:
        pcm: 16-bit samples of the whole film.
        threads: how many chunks at a time.
        cancel: asked before every chunk and once a second within.
    """
    packets = -(-pcm.size // PACKET_SAMPLES) + 1
    starts = range(0, packets, CHUNK_PACKETS)
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(_encode_chunk, pcm, first, packets, cancel) for first in starts]
        try:
            chunks: Sequence[list[bytes]] = [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    return AacStream(tuple(packet for chunk in chunks for packet in chunk), pcm.size)


def _encode_chunk(pcm: Samples, first: int, packets: int, cancel: Cancel) -> list[bytes]:
    """Encode packets ``[first, first + CHUNK_PACKETS)`` of the stream."""
    codec = AudioCodecContext.create("aac", "w")
    assert isinstance(codec, AudioCodecContext)
    configure(codec)
    begin = max(0, first - PRE_ROLL)
    end = min(packets, first + CHUNK_PACKETS)
    out: list[bytes] = []
    for at in range(begin, min(end + LOOK_AHEAD, packets - 1)):
        if at % 48 == 0:
            cancel.check()
        out += [bytes(packet) for packet in codec.encode(_frame(pcm, at))]
    out += [bytes(packet) for packet in codec.encode(None)]
    return out[first - begin : end - begin]


def _frame(pcm: Samples, at: int) -> av.AudioFrame:
    block = pcm[at * PACKET_SAMPLES : (at + 1) * PACKET_SAMPLES]
    both = np.zeros((2, PACKET_SAMPLES), np.float32)
    both[:, : block.size] = block.astype(np.float32) / 32768.0
    frame = av.AudioFrame.from_ndarray(both, format="fltp", layout="stereo")
    frame.sample_rate = SAMPLE_RATE
    frame.pts = at * PACKET_SAMPLES
    frame.time_base = Fraction(1, SAMPLE_RATE)
    return frame
