"""Frames that change without a camera: fades and cut blends of a static film, as GOPs of their own."""

from collections.abc import Callable, Mapping

from services.composition.encoder import Cancel, Coded, Encoder, VideoFormat
from services.composition.frames import Canvas, Layer
from services.composition.plan import Mix

BLEND_QP = 24
"""Half a second of two slides at once: coarser than either, and nobody sees it."""


def blend_run(
    format_: VideoFormat,
    layers: Mapping[int, Layer],
    mix: Callable[[int], Mix],
    first: int,
    end: int,
    cancel: Cancel,
) -> tuple[list[Coded], bytes]:
    """Encode frames ``[first, end)`` of a static segment as one closed GOP.

    Args:
        format_: the film's format.
        layers: the pictures.
        mix: what is on screen at a frame.
        first: first frame.
        end: frame after the last one.
        cancel: asked before every frame.

    Returns:
        Coded pictures in decoding order, and the parameter sets.
    """
    encoder = Encoder(format_, BLEND_QP, frames=end - first, first=first)
    canvas = Canvas(format_)
    coded: list[Coded] = []
    for frame in range(first, end):
        canvas.show([(layers[picture].at(1.0), weight) for picture, weight in mix(frame)])
        coded += encoder.encode(canvas.frame, cancel)
    return [*coded, *encoder.finish()], encoder.extradata
