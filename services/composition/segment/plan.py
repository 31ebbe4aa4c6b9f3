"""What a segment shows at each frame: which pictures, with which weights, and how the camera stands. Pure.

A segment is one scene: a cross-fade out of the previous slide's last state, then the scene's shots, cut with
short blends. The camera moves on through fade and cuts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from contracts.errors import ErrorCode, PermanentError
from contracts.events import SceneDrawn
from contracts.rendering import VisualStyle, known_style
from services.composition.segment.camera import Camera, camera_of_scene, last_zoom
from services.composition.segment.encoder import VideoFormat

CUT_SECONDS = 0.2
"""Blend at a cut inside a scene: shorter looks like a jump, longer lags behind the voice."""

LEAST_STILL_FRAMES = 3
"""A still run shorter than this is encoded with the blends beside it: not worth a key frame, and two key
frames in a row would need different ``idr_pic_id`` (H.264, 7.4.3)."""

Mix = tuple[tuple[int, float], ...]
"""Pictures on screen and their weights, which sum to 1."""


@dataclass(frozen=True)
class Run:
    """Frames ``[start, end)`` that show one picture unchanged (``picture``) or change (``None``)."""

    start: int
    end: int
    picture: int | None


@dataclass(frozen=True)
class SegmentPlan:
    """One segment.

    Attributes:
        format: frame size and rate, and whether pictures move.
        frames: length of the segment.
        pictures: SHA-256 of every picture, the previous scene's last one first where there is a fade.
        shots: index into ``pictures`` and first frame, ascending; the first shot starts at frame 0.
        fade: length of the cross-fade in frames, 0 = none.
        cut: length of the blend at a cut, in frames.
        camera: path over the scene.
        previous_zoom: where the camera of the scene before stopped.
    """

    format: VideoFormat
    frames: int
    pictures: tuple[str, ...]
    shots: tuple[tuple[int, int], ...]
    fade: int
    cut: int
    camera: Camera
    previous_zoom: float

    def inputs(self) -> dict[str, Any]:
        """Return everything the segment's bytes depend on, and nothing else."""
        return asdict(self)

    def zoom(self, picture: int, frame: int) -> float:
        """Return the zoom of one picture: the previous slide stays frozen, the scene's own ones move."""
        return self.previous_zoom if self.fade and picture == 0 else self.camera.zoom(frame)

    def mix(self, frame: int) -> Mix:
        """Return what is on screen at ``frame``."""
        scene = self._shots_at(frame)
        if frame >= self.fade:
            return scene
        share = (frame + 1) / (self.fade + 1)
        return ((0, 1.0 - share), *((picture, weight * share) for picture, weight in scene))

    def _shots_at(self, frame: int) -> Mix:
        at = max(k for k, (_, first) in enumerate(self.shots) if first <= frame)
        picture, first = self.shots[at]
        if at == 0:
            return ((picture, 1.0),)
        end = self.shots[at + 1][1] if at + 1 < len(self.shots) else self.frames
        blend = min(self.cut, end - first - 1)
        if frame - first >= blend:
            return ((picture, 1.0),)
        share = (frame - first + 1) / (blend + 1)
        return ((self.shots[at - 1][0], 1.0 - share), (picture, share))

    def runs(self) -> tuple[Run, ...]:
        """Return the segment as runs of frames that do not change and runs that do (camera ignored)."""
        runs: list[Run] = []
        for run in self._exact_runs():
            if runs and runs[-1].picture is None and run.picture is None:
                runs[-1] = Run(runs[-1].start, run.end, None)
            else:
                runs.append(run)
        return tuple(runs)

    def _exact_runs(self) -> Iterator[Run]:
        edges = {0, self.frames, min(self.fade, self.frames)}
        for _, first in self.shots[1:]:
            edges |= {first, min(first + self.cut, self.frames)}
        marks = sorted(edges)
        for start, end in pairwise(marks):
            # Between two edges a mix stands still or changes with every frame: its ends tell which.
            mixes = {self.mix(start), self.mix(end - 1)}
            still = len(mixes) == 1 and len(next(iter(mixes))) == 1
            long_enough = end - start >= min(LEAST_STILL_FRAMES, self.frames)
            yield Run(start, end, next(iter(mixes))[0][0] if still and long_enough else None)


def plan_segment(event: SceneDrawn) -> SegmentPlan:
    """Plan the segment of ``event``.

    Shots that start after the scene's end are never seen and left out; one that starts in its last frames is
    moved to where it can be seen, because the next scene fades out of it; of several that start at the
    same frame the last one counts; a shot with the picture of the one before is no cut.

    Raises:
        PermanentError: ``COMPOSE_FAILED`` if no shot starts at frame 0; ``SETTINGS_INVALID`` if there is no
            such style.
    """
    settings, timing = event.settings, event.timing
    animated = known_style(settings.visual_style) is VisualStyle.ANIMATED
    largest = settings.kenburns_zoom if animated else 1.0
    index = event.context.index
    latest = max(0, timing.frames - LEAST_STILL_FRAMES)
    wanted = {
        min(shot.first_frame, latest): shot.picture.sha256
        for shot in sorted(event.shots, key=lambda shot: shot.first_frame)
        if shot.first_frame < timing.frames
    }
    if 0 not in wanted:
        raise PermanentError(
            ErrorCode.COMPOSE_FAILED, f"scene {index + 1} of job {event.job_id} has no picture at frame 0"
        )
    cuts = sorted(wanted.items())
    cuts = [cut for k, cut in enumerate(cuts) if k == 0 or cut[1] != cuts[k - 1][1]]
    fade = min(_blend_frames(settings.fade_duration, settings.fps), timing.frames)
    previous = event.previous_picture.sha256 if event.previous_picture and index else None
    if previous is None or previous == cuts[0][1]:
        fade = 0
    pictures = _distinct([previous] if previous and fade else [], [sha for _, sha in cuts])
    return SegmentPlan(
        format=VideoFormat(settings.width, settings.height, settings.fps, moving=largest > 1.0),
        frames=timing.frames,
        pictures=pictures,
        shots=tuple((pictures.index(sha, 1 if fade else 0), first) for first, sha in cuts),
        fade=fade,
        cut=_blend_frames(CUT_SECONDS, settings.fps),
        camera=camera_of_scene(index, largest, timing.frames),
        previous_zoom=last_zoom(index - 1, largest) if fade else 1.0,
    )


def _blend_frames(seconds: float, fps: int) -> int:
    """Return the length of a blend; one frame would be no blend but a stutter."""
    frames = round(seconds * fps)
    return frames if frames > 1 else 0


def _distinct(first: Sequence[str], rest: Sequence[str]) -> tuple[str, ...]:
    """Keep the previous picture apart even if a later shot shows it again: its camera stands still."""
    return (*first, *dict.fromkeys(rest))
