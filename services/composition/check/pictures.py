"""What the decoded pictures of a film are."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from contracts.base import Model
from services.composition.check.spans import Span, SpanFinder
from services.composition.film.plan import FilmPlan
from services.composition.segment.encoder import Cancel
from services.composition.segment.file import SegmentHeader
from services.composition.segment.frames import luma_of_frame
from services.composition.segment.still import luma_grid

BLACK_MEAN = 24
BLACK_MOST = 48
"""Luma (limited range, black = 16) under which a frame counts as black: on average, and at its brightest. The
darkest slide background (#0E1A16) with any text on it is brighter."""
BLACK_SECONDS = 0.5
FROZEN_SECONDS = 2.0
SAMPLED = 8
"""Every eighth pixel of every eighth row is looked at."""


class PictureFacts(Model):
    """The decoded video.

    Attributes:
        frames: decoded frames.
        irregular: frames that are not shown exactly one frame after the one before.
        width: pixels.
        height: pixels.
        profile: H.264 profile.
        pixel_format: libav's name.
        bt709_limited: whether range, primaries, transfer and matrix are tagged so.
        key_interval: largest distance of key frames, in frames.
        black: black spans of at least 0.5 s.
        frozen: unchanged spans of at least 2 s; a static film consists of them.
        probes: frames compared with the pictures they were made from.
        largest_deviation: largest difference of a grid cell's luma in them, grey levels.
    """

    frames: int
    irregular: int
    width: int
    height: int
    profile: str
    pixel_format: str
    bt709_limited: bool
    key_interval: int
    black: tuple[Span, ...]
    frozen: tuple[Span, ...]
    probes: int
    largest_deviation: int


def expected_grids(plan: FilmPlan, headers: Sequence[SegmentHeader]) -> dict[int, bytes]:
    """Return what the segments say about frames of the film."""
    return {
        scene.first_frame + probe.frame: bytes.fromhex(probe.luma)
        for scene, header in zip(plan.scenes, headers, strict=True)
        for probe in header.probes
    }


def inspect_pictures(
    path: Path, fps: int, grids: Mapping[int, bytes], threads: int, cancel: Cancel
) -> PictureFacts:
    """Decode every frame of a film.

    Args:
        path: the MP4.
        fps: frames a second as planned.
        grids: what some frames must look like, see :func:`services.composition.segment.still.luma_grid`.
        threads: decoder threads.
        cancel: asked before every frame.
    """
    black = SpanFinder(fps, BLACK_SECONDS)
    frozen = SpanFinder(fps, FROZEN_SECONDS)
    frames = irregular = deviation = 0
    keys: list[int] = []
    before = None
    dark = False
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        codec = stream.codec_context
        codec.thread_count, stream.thread_type = threads, "AUTO"
        for frame in container.decode(stream):
            cancel.check()
            luma = luma_of_frame(frame)
            look = luma[SAMPLED // 2 :: SAMPLED, SAMPLED // 2 :: SAMPLED].copy()
            unchanged = before is not None and np.array_equal(look, before)
            if not unchanged:
                dark = bool(look.max() < BLACK_MOST and look.mean() < BLACK_MEAN)
            frozen.add(unchanged)
            black.add(dark)
            before = look
            at = frame.pts * (frame.time_base or Fraction(0)) * fps if frame.pts is not None else None
            irregular += at != frames
            if frame.key_frame:
                keys.append(frames)
            if frames in grids:
                seen = np.frombuffer(luma_grid(luma), np.uint8).astype(int)
                want = np.frombuffer(grids[frames], np.uint8).astype(int)
                deviation = max(deviation, int(np.abs(seen - want).max()))
            frames += 1
        tags = (codec.color_range, codec.color_primaries, codec.color_trc, codec.colorspace)
        return PictureFacts(
            frames=frames,
            irregular=irregular,
            width=codec.width,
            height=codec.height,
            profile=codec.profile or "",
            pixel_format=codec.pix_fmt or "",
            bt709_limited=tags == (1, 1, 1, 1),
            key_interval=max(np.diff([*keys, frames]).tolist(), default=frames),
            black=black.spans(),
            frozen=frozen.spans(),
            probes=sum(1 for at_frame in grids if at_frame < frames),
            largest_deviation=deviation,
        )
