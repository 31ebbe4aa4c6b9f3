"""The camera of a scene: an eased Ken Burns zoom about the centre of the picture. Pure arithmetic.

Even scenes zoom in, odd scenes zoom out, so that each scene starts at the zoom at which the one before ended:
the frozen last state of the previous slide is a natural start of the cross-fade.
"""

from dataclasses import dataclass


def eased(share: float) -> float:
    """Return the smoothstep 3u²-2u³ of ``share``, clamped to 0-1: at rest at both ends."""
    u = min(1.0, max(0.0, share))
    return u * u * (3.0 - 2.0 * u)


@dataclass(frozen=True)
class Camera:
    """A zoom path.

    Attributes:
        start: zoom at the first frame, 1.0 = the whole picture.
        end: zoom at the last frame.
        frames: length of the path, >= 1.
    """

    start: float
    end: float
    frames: int

    def zoom(self, frame: int) -> float:
        """Return the zoom at ``frame`` (0-based); frames past the end keep the last state."""
        if self.frames < 2:
            return self.end
        return self.start + (self.end - self.start) * eased(frame / (self.frames - 1))

    @property
    def moves(self) -> bool:
        """Whether the picture changes at all."""
        return self.start != self.end


def first_zoom(index: int, largest: float) -> float:
    """Return the zoom with which scene ``index`` (0-based) starts."""
    return 1.0 if index % 2 == 0 else largest


def last_zoom(index: int, largest: float) -> float:
    """Return the zoom with which scene ``index`` ends: where the next one starts."""
    return first_zoom(index + 1, largest)


def camera_of_scene(index: int, largest: float, frames: int) -> Camera:
    """Return the path of scene ``index`` of a film whose largest zoom is ``largest`` (1.0 = static)."""
    return Camera(first_zoom(index, largest), last_zoom(index, largest), frames)


def travel(before: float, after: float, width: int, height: int) -> float:
    """Return how far the fastest visible point, a corner, moves between two zooms, in pixels."""
    radius = 0.5 * (width * width + height * height) ** 0.5
    return float(radius * abs(after / before - 1.0))
