"""Frames that change without a camera: fades and cut blends of a static film, as GOPs of their own."""

from collections.abc import Callable

from services.composition.segment.encoder import Cancel, Coded, Encoder, VideoFormat
from services.composition.segment.frames import Canvas, Layers
from services.composition.segment.plan import Mix

BLEND_QP = 24
"""Half a second of two slides at once: coarser than either, and nobody sees it."""


def blend_run(
    format_: VideoFormat,
    layers: Layers,
    mix: Callable[[int], Mix],
    first: int,
    end: int,
    add: Callable[[Coded], None],
    cancel: Cancel,
) -> bytes:
    """Encode frames ``[first, end)`` of a static segment as one closed GOP.

    Args:
        format_: the film's format.
        layers: the pictures.
        mix: what is on screen at a frame.
        first: first frame.
        end: frame after the last one.
        add: takes the coded pictures, in decoding order.
        cancel: asked before every frame.

    Returns:
        The parameter sets.
    """
    encoder = Encoder(format_, BLEND_QP, frames=end - first, first=first)
    canvas = Canvas(format_)
    for frame in range(first, end):
        canvas.show([(layers[picture].at(1.0), weight) for picture, weight in mix(frame)])
        for coded in encoder.encode(canvas.frame, cancel):
            add(coded)
    for coded in encoder.finish():
        add(coded)
    return encoder.extradata
