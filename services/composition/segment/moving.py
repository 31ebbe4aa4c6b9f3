"""Moving scenes: every frame through one encoder, a picture warped anew only when it has visibly moved.

When nothing moved by more than a fraction of a pixel the same frame is sent again, which x264 skips at a
third of the cost: cost follows motion.
"""

from collections.abc import Callable

from services.composition.segment.encoder import Cancel, Coded, Encoder
from services.composition.segment.frames import Canvas, Layers
from services.composition.segment.plan import Mix, SegmentPlan
from services.composition.segment.still import key_frame

MOTION_QP = 22
"""Quantiser for slides of text and flat colour: VMAF 95-97 against ideal motion, 1.1 Mbit/s at 720p."""
NOISY_MOTION_QP = 26
"""Quantiser for noisy pictures, where the eye does not see the difference but the file does."""
NOISY_BITS_PER_PIXEL = 1.6
"""Key frames (at ``MOTION_QP``) from which a picture counts as noisy: 180 KB at 720p."""


def moving_segment(plan: SegmentPlan, layers: Layers, add: Callable[[Coded], None], cancel: Cancel) -> bytes:
    """Encode a whole segment.

    Args:
        plan: what to show when.
        layers: the pictures.
        add: takes the coded pictures, in decoding order.
        cancel: asked before every frame.

    Returns:
        The parameter sets.
    """
    encoder = Encoder(plan.format, _quantiser(plan, layers, cancel), frames=plan.frames)
    canvas = Canvas(plan.format)
    shown: Mix = ()
    for frame in range(plan.frames):
        mix = plan.mix(frame)
        if mix != shown or not all(layers[p].shows(plan.zoom(p, frame)) for p, _ in mix):
            layers.keep({picture for picture, _ in mix})
            canvas.show([(layers[p].at(plan.zoom(p, frame)), weight) for p, weight in mix])
            shown = mix
        for coded in encoder.encode(canvas.frame, cancel):
            add(coded)
    for coded in encoder.finish():
        add(coded)
    return encoder.extradata


def _quantiser(plan: SegmentPlan, layers: Layers, cancel: Cancel) -> int:
    picture = plan.shots[-1][0]
    data, _ = key_frame(layers[picture].at(plan.zoom(picture, 0)), plan.format, MOTION_QP, cancel)
    noisy = len(data) * 8 > NOISY_BITS_PER_PIXEL * plan.format.width * plan.format.height
    return NOISY_MOTION_QP if noisy else MOTION_QP
