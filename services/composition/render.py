"""One scene's pictures to one segment file."""

from collections.abc import Mapping
from pathlib import Path

from services.composition.encoder import Cancel, Coded
from services.composition.fade import blend_run
from services.composition.frames import Layer, decode_picture
from services.composition.motion import moving_segment
from services.composition.plan import SegmentPlan
from services.composition.segment import Probe, SegmentHeader, write_segment
from services.composition.static import best_key_frame, luma_grid, still_run


def render_segment(
    plan: SegmentPlan, pictures: Mapping[str, bytes], path: Path, name: str, cancel: Cancel
) -> SegmentHeader:
    """Render a segment of exactly ``plan.frames`` frames into ``path``.

    Args:
        plan: what to show when.
        pictures: PNG files by SHA-256.
        path: the segment file to write.
        name: what an error calls the scene.
        cancel: asked before every frame.

    Raises:
        PermanentError: ``COMPOSE_FAILED``: a picture is damaged or has another size.
        CanceledError: the job was cancelled.
    """
    layers: dict[int, Layer] = {}
    for at, sha in enumerate(plan.pictures):
        cancel.check()
        layers[at] = Layer(decode_picture(pictures[sha], plan.format, name), plan.format)
    if plan.format.moving:
        coded, extradata = moving_segment(plan, layers, cancel)
        encoded = len(coded)
    else:
        coded, extradata, encoded = _static_segment(plan, layers, cancel)
    return write_segment(path, plan.format, extradata, coded, encoded, _probes(plan, layers))


def _static_segment(
    plan: SegmentPlan, layers: Mapping[int, Layer], cancel: Cancel
) -> tuple[list[Coded], bytes, int]:
    coded: list[Coded] = []
    encoded = 0
    extradata = b""
    for run in plan.runs():
        if run.picture is None:
            blended, extradata = blend_run(plan.format, layers, plan.mix, run.start, run.end, cancel)
            coded += blended
            encoded += len(blended)
        else:
            planes = layers[run.picture].at(1.0)
            key, extradata, tries = best_key_frame(planes, plan.format, cancel)
            coded += still_run(key, run.start, run.end - run.start, plan.format)
            encoded += tries
    return coded, extradata, encoded


def _probes(plan: SegmentPlan, layers: Mapping[int, Layer]) -> list[Probe]:
    """Describe the first frame after the fade and the last one, where each shows a single picture."""
    probes = []
    for frame in sorted({min(plan.fade, plan.frames - 1), plan.frames - 1}):
        mix = plan.mix(frame)
        if len(mix) == 1:
            planes = layers[mix[0][0]].at(plan.zoom(mix[0][0], frame))
            probes.append(Probe(frame=frame, luma=luma_grid(planes.y).hex()))
    return probes
