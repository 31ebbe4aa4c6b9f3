"""Pictures as Y, U and V planes: decoding, colour conversion, blending, and the camera.

Everything from here to the encoder stays in 4:2:0 BT.709 limited range with left-sited chroma (H.264's
default), so a frame of a moving scene costs one warp of three planes and no colour conversion.
"""

import io
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import NamedTuple

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from numpy.typing import NDArray
from PIL import Image

from contracts.errors import ErrorCode, PermanentError
from services.composition.segment.camera import travel
from services.composition.segment.encoder import VideoFormat
from services.composition.segment.zoom import Plane, ZoomablePlane

TRAVEL_EPSILON = 0.2
"""Pixels the fastest visible point must move before a picture is warped anew: a third of the CPU is saved,
the RMS error at the picture's edge is 0.07 px."""

BAND_ROWS = 64
"""Rows converted at once, an even number; as 32-bit integers they take ten times what the picture does.
Smaller: more calls for the same work. Larger: more memory, 250 MB for a whole picture at 4K."""

PICTURES_HELD = 3
"""Pictures in memory at once, 9 MB each at 720p, 80 MB at 4K: what a cut inside a fade shows. Smaller: those
frames load a picture each. Larger: a scene of twelve slides keeps them all."""

_LUMA = (0.2126, 0.7152, 0.0722)  # ITU-R BT.709-6, item 3.2
_FIXED = 1 << 16


class Planes(NamedTuple):
    """Y (height x width), U and V (half that) of one picture, uint8."""

    y: Plane
    u: Plane
    v: Plane


def decode_picture(data: bytes, format_: VideoFormat, name: str) -> Planes:
    """Decode a PNG of exactly the film's size.

    Args:
        data: the file.
        format_: the film's format.
        name: what an error calls the picture, such as ``scene 3 of job j``.

    Raises:
        PermanentError: ``COMPOSE_FAILED``: no PNG, damaged, or of another size. A picture is never scaled:
            that would blur its text, and means that whoever drew it used other settings.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            size = image.size
            rgb = np.asarray(image.convert("RGB")) if size == (format_.width, format_.height) else None
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        raise PermanentError(
            ErrorCode.COMPOSE_FAILED, f"a picture of {name} is not a whole PNG: {error}"
        ) from error
    if rgb is None:
        raise PermanentError(
            ErrorCode.COMPOSE_FAILED,
            f"a picture of {name} is {size[0]}x{size[1]}, the film is {format_.width}x{format_.height}",
        )
    return planes_of_rgb(rgb)


def planes_of_rgb(rgb: NDArray[np.uint8]) -> Planes:
    """Convert RGB (height x width x 3, even sizes) to BT.709 limited range 4:2:0, chroma sited left.

    Integer arithmetic throughout: the same bytes on every machine.
    """
    kr, kg, kb = _LUMA
    y_row = [219 / 255 * k for k in _LUMA]
    u_row = [224 / 255 * k / (2 - 2 * kb) for k in (-kr, -kg, 1 - kb)]
    v_row = [224 / 255 * k / (2 - 2 * kr) for k in (1 - kr, -kg, -kb)]
    height, width, _ = rgb.shape
    half = (height // 2, width // 2)
    planes = Planes(np.empty((height, width), np.uint8), np.empty(half, np.uint8), np.empty(half, np.uint8))
    for top in range(0, height, BAND_ROWS):
        band = rgb[top : top + BAND_ROWS]
        rows = band[0::2].astype(np.int32) + band[1::2]
        left = np.concatenate([rows[:, :1], rows[:, 1:-1:2]], axis=1)  # the column before each even one
        chroma = left + 2 * rows[:, 0::2] + rows[:, 1::2]
        planes.y[top : top + BAND_ROWS] = _weighted(band, y_row, 1, 16)
        planes.u[top // 2 : (top + BAND_ROWS) // 2] = _weighted(chroma, u_row, 8, 128)
        planes.v[top // 2 : (top + BAND_ROWS) // 2] = _weighted(chroma, v_row, 8, 128)
    return planes


def _weighted(rgb: NDArray[np.uint8] | NDArray[np.int32], row: list[float], scale: int, offset: int) -> Plane:
    red, green, blue = (round(k * _FIXED / scale) for k in row)
    total = rgb[..., 0] * np.int32(red) + rgb[..., 1] * np.int32(green) + rgb[..., 2] * np.int32(blue)
    value: Plane = np.clip((total + (offset * _FIXED + _FIXED // 2)) >> 16, 0, 255).astype(np.uint8)
    return value


class Layer:
    """One picture under a camera; draws only when the camera has moved visibly."""

    def __init__(self, planes: Planes, format_: VideoFormat, zoom: float | None = None) -> None:
        """Prepare a picture; upsampled at once if the film moves.

        Args:
            planes: the picture.
            format_: the film's format.
            zoom: at which it was last drawn, if it was put away since.
        """
        self._format = format_
        self._drawn = planes
        self.zoom: float | None = None
        if format_.moving:
            self._source = [ZoomablePlane(plane, chroma=at > 0) for at, plane in enumerate(planes)]
        if zoom is not None:
            self.at(zoom)

    def at(self, zoom: float) -> Planes:
        """Return the picture at ``zoom``."""
        if self._format.moving and not self.shows(zoom):
            self._drawn = Planes(*(source.at(zoom) for source in self._source))
            self.zoom = zoom
        return self._drawn

    def shows(self, zoom: float) -> bool:
        """Whether what is drawn can stand for ``zoom``."""
        if not self._format.moving:
            return True
        at = self.zoom
        return at is not None and travel(at, zoom, self._format.width, self._format.height) < TRAVEL_EPSILON


class Layers:
    """The pictures of a segment, of which only those on screen are in memory.

    One that was put away comes back as it was, so the bytes do not depend on how many are held.
    """

    def __init__(self, load: Callable[[int], Planes], format_: VideoFormat) -> None:
        """Begin with none.

        Args:
            load: returns a picture by its place in the plan.
            format_: the film's format.
        """
        self._load = load
        self._format = format_
        self._held: OrderedDict[int, Layer] = OrderedDict()
        self._zooms: dict[int, float | None] = {}

    def __getitem__(self, picture: int) -> Layer:
        """Return a picture, loaded if need be."""
        layer = self._held.get(picture)
        if layer is None:
            if len(self._held) >= PICTURES_HELD:
                self._put_away()
            layer = self._held[picture] = Layer(self._load(picture), self._format, self._zooms.get(picture))
        self._held.move_to_end(picture)
        return layer

    def keep(self, pictures: Collection[int]) -> None:
        """Put away all but these: what a frame no longer shows takes 31 bytes a pixel."""
        for picture in [each for each in self._held if each not in pictures]:
            self._zooms[picture] = self._held.pop(picture).zoom

    def _put_away(self) -> None:
        """Let go of the picture that was wanted longest ago."""
        picture, layer = self._held.popitem(last=False)
        self._zooms[picture] = layer.zoom


class Canvas:
    """A frame for the encoder and views of its planes; one is enough for a whole segment."""

    def __init__(self, format_: VideoFormat) -> None:
        """Allocate a frame."""
        self.frame = av.VideoFrame(format_.width, format_.height, "yuv420p")
        self.planes = planes_of_frame(self.frame)

    def show(self, parts: list[tuple[Planes, float]]) -> None:
        """Blend pictures; the weights sum to 1."""
        for at, target in enumerate(self.planes):
            share = 0.0
            for planes, weight in parts:
                share += weight
                if share == weight:
                    np.copyto(target, planes[at])
                else:  # a running mean: the first n pictures keep their proportions
                    new = round(256 * weight / share) / 256  # products are exact: no CPU rounds otherwise
                    cv2.addWeighted(target, 1.0 - new, planes[at], new, 0.0, dst=target)


def planes_of_frame(frame: av.VideoFrame) -> Planes:
    """Return views of a yuv420p frame's planes, without its line padding."""
    y, u, v = frame.planes
    half = (frame.height // 2, frame.width // 2)
    return Planes(_view(y, frame.height, frame.width), _view(u, *half), _view(v, *half))


def luma_of_frame(frame: av.VideoFrame) -> Plane:
    """Return a view of a yuv420p frame's luma, without its line padding."""
    return _view(frame.planes[0], frame.height, frame.width)


def _view(plane: VideoPlane, height: int, width: int) -> Plane:
    lines = np.frombuffer(memoryview(plane), np.uint8)
    return lines[: height * plane.line_size].reshape(height, plane.line_size)[:, :width]
