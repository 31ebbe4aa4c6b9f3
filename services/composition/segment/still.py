"""Pictures that stand still: one coded picture, then packets that say "the same again".

A P-frame in which every macroblock is skipped does not depend on what the picture shows, so it is encoded
once per format and used behind every key frame. Nothing can change inside a static scene, and a scene of a
minute costs the encoding of one frame.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from services.composition.segment.encoder import Cancel, Coded, Encoder, VideoFormat
from services.composition.segment.frames import Canvas, Planes
from services.composition.segment.zoom import Plane

STILL_QP = 14
"""Quantiser of a picture that is looked at for seconds: about 58 dB on slides, 40-60 KB."""
COARSEST_STILL_QP = 34
STILL_BITS_PER_PIXEL = 1.0
"""Largest key frame: 115 KB at 720p. Repeated every two seconds that is 0.5 Mbit/s; noisy photographs get a
coarser quantiser instead of more."""


class _Never:
    def check(self) -> None:
        return


@lru_cache(maxsize=8)
def repeats(format_: VideoFormat) -> tuple[bytes, ...]:
    """Return the packets that repeat a key frame 1, 2, … GOP-1 times; depends on nothing but the format."""
    encoder = Encoder(format_, STILL_QP, frames=format_.gop)
    canvas = Canvas(format_)
    for plane in canvas.planes:
        plane.fill(128)
    coded = [c for _ in range(format_.gop) for c in encoder.encode(canvas.frame, _Never())]
    return tuple(c.data for c in [*coded, *encoder.finish()][1:])


def key_frame(planes: Planes, format_: VideoFormat, qp: int, cancel: Cancel) -> tuple[bytes, bytes]:
    """Encode one picture alone; return its packet and the parameter sets."""
    encoder = Encoder(format_, qp, frames=format_.gop)
    canvas = Canvas(format_)
    canvas.show([(planes, 1.0)])
    coded = [*encoder.encode(canvas.frame, cancel), *encoder.finish()]
    return b"".join(c.data for c in coded), encoder.extradata


def best_key_frame(planes: Planes, format_: VideoFormat, cancel: Cancel) -> tuple[bytes, bytes, int]:
    """Encode one picture as finely as its share of the film's bits allows.

    Returns:
        The packet, the parameter sets, and how many times it was encoded.
    """
    limit = STILL_BITS_PER_PIXEL * format_.width * format_.height / 8
    tries, qp = 1, STILL_QP
    data, extradata = key_frame(planes, format_, qp, cancel)
    while len(data) > limit and qp < COARSEST_STILL_QP:
        tries, qp = tries + 1, qp + 4
        data, extradata = key_frame(planes, format_, qp, cancel)
    return data, extradata, tries


def still_run(key: bytes, first: int, frames: int, format_: VideoFormat) -> Iterator[Coded]:
    """Yield ``frames`` coded pictures from frame ``first`` on, a key frame at least every GOP."""
    again = repeats(format_)
    at = 0
    while at < frames:
        gop = min(format_.gop, frames - at)
        gop -= frames - at - gop == 1  # never leave a key frame alone: see encoder.key_interval
        yield Coded(first + at, key=True, data=key)
        for k in range(1, gop):
            yield Coded(first + at + k, key=False, data=again[k - 1])
        at += gop


def luma_grid(luma: Plane) -> bytes:
    """Return the mean luma of a 16 x 9 grid of cells, row by row: enough to tell one slide from another."""
    height, width = luma.shape
    rows = np.linspace(0, height, 10).astype(int)
    columns = np.linspace(0, width, 17).astype(int)
    sums = np.add.reduceat(np.add.reduceat(luma, rows[:-1], 0, np.int64), columns[:-1], 1)
    areas = np.diff(rows)[:, None] * np.diff(columns)[None, :]
    return bytes((sums // areas).astype(np.uint8).ravel())
