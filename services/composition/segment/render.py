"""One scene's pictures to one segment file."""

from collections.abc import Callable, Mapping
from pathlib import Path

from services.composition.segment.blend import blend_run
from services.composition.segment.encoder import Cancel, Coded
from services.composition.segment.file import Probe, SegmentHeader, SegmentWriter
from services.composition.segment.frames import Layers, Planes, decode_picture
from services.composition.segment.moving import moving_segment
from services.composition.segment.plan import SegmentPlan
from services.composition.segment.still import best_key_frame, luma_grid, still_run


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

    def load(picture: int) -> Planes:
        cancel.check()
        return decode_picture(pictures[plan.pictures[picture]], plan.format, name)

    layers = Layers(load, plan.format)
    with SegmentWriter(path, plan.format) as writer:
        if plan.format.moving:
            extradata, encoded = moving_segment(plan, layers, writer.add, cancel), plan.frames
        else:
            extradata, encoded = _static_segment(plan, layers, writer.add, cancel)
        return writer.finish(extradata, encoded, _probes(plan, layers))


def _static_segment(
    plan: SegmentPlan, layers: Layers, add: Callable[[Coded], None], cancel: Cancel
) -> tuple[bytes, int]:
    encoded = 0
    extradata = b""
    for run in plan.runs():
        if run.picture is None:
            extradata = blend_run(plan.format, layers, plan.mix, run.start, run.end, add, cancel)
            encoded += run.end - run.start
        else:
            planes = layers[run.picture].at(1.0)
            key, extradata, tries = best_key_frame(planes, plan.format, cancel)
            for coded in still_run(key, run.start, run.end - run.start, plan.format):
                if coded.key:
                    cancel.check()
                add(coded)
            encoded += tries
    return extradata, encoded


def _probes(plan: SegmentPlan, layers: Layers) -> list[Probe]:
    """Describe the first frame after the fade and the last one, where each shows a single picture."""
    probes = []
    for frame in sorted({min(plan.fade, plan.frames - 1), plan.frames - 1}):
        mix = plan.mix(frame)
        if len(mix) == 1:
            planes = layers[mix[0][0]].at(plan.zoom(mix[0][0], frame))
            probes.append(Probe(frame=frame, luma=luma_grid(planes.y).hex()))
    return probes
