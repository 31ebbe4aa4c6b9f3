"""Zooming one plane of a picture about its centre, to a fraction of a pixel, at every frame of a scene.

The plane is upsampled once (Lanczos), so that the linear filter of each frame neither blurs nor jitters.
OpenCV's ``resize`` then does the zoom in half the time of a general warp, but it can only start at whole
source pixels. A zoom is rarely a whole ratio, though: pixel ``d`` of its output lies at another fraction for
each ``d``, so it may begin a few pixels outside the picture, at one whose fraction is the wanted one, and the
surplus is cut off. Where no start fits (zooms near 1), the plane is remapped instead. Both give the same
bytes with and without AVX2, which ``warpAffine`` does not.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

cv2.setNumThreads(1)  # scenes are the unit of parallelism: OpenCV's own threads would only fight over cores

UPSAMPLING = 2
STARTS = 32
"""Pixels outside the picture at which a zoom may begin; drawn and cut off, 1-2 % of a frame on average."""
ALLOWED_ERROR = 0.03
"""Pixels on screen by which the start may miss; the eye sees steps of a tenth in a slow zoom."""
_MARGIN = UPSAMPLING * STARTS + 4


class ZoomablePlane:
    """A plane prepared for being drawn at many zooms."""

    def __init__(self, plane: Plane, *, chroma: bool) -> None:
        """Upsample a plane.

        Args:
            plane: height x width, uint8.
            chroma: whether it is a left-sited 4:2:0 chroma plane: its samples lie a quarter of their
                distance left of the middle of what they stand for.
        """
        self._height, self._width = plane.shape
        self._centre = (
            (2 * self._width - 1) / 4 if chroma else (self._width - 1) / 2,
            (self._height - 1) / 2,
        )
        size = (UPSAMPLING * self._width, UPSAMPLING * self._height)
        large = cv2.resize(plane, size, interpolation=cv2.INTER_LANCZOS4)
        sides = (_MARGIN,) * 4
        self._source = np.asarray(cv2.copyMakeBorder(large, *sides, cv2.BORDER_REPLICATE), np.uint8)

    def at(self, zoom: float) -> Plane:
        """Return the plane at ``zoom`` (>= 1)."""
        step = UPSAMPLING / zoom
        # Where the first pixel lies: the centre stays, and pixel centres of both grids are half a pixel in.
        first = [UPSAMPLING * c * (1 - 1 / zoom) + (UPSAMPLING - 1) / 2 + _MARGIN for c in self._centre]
        starts = [_start(at, step) for at in first]
        if max(error for _, _, error in starts) > ALLOWED_ERROR * step:
            return self._remapped(first, step)
        (x, columns, _), (y, rows, _) = starts
        width, height = self._width + columns, self._height + rows
        part = self._source[y : y + math.ceil(height * step) + 2, x : x + math.ceil(width * step) + 2]
        drawn = cv2.resize(part, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_LINEAR)
        return np.asarray(drawn[rows:height, columns:width], np.uint8)

    def _remapped(self, first: list[float], step: float) -> Plane:
        x = np.empty((self._height, self._width), np.float32)
        y = np.empty_like(x)
        x[:] = first[0] + step * np.arange(self._width)
        y[:] = (first[1] + step * np.arange(self._height))[:, None]
        return np.asarray(cv2.remap(self._source, x, y, cv2.INTER_LINEAR), np.uint8)


def _start(first: float, step: float) -> tuple[int, int, float]:
    """Return a whole source pixel to start at, how many pixels to cut off there, and the error made.

    ``resize`` puts its pixel ``d`` at ``start + (d + 0.5) * step - 0.5``.
    """
    cut = np.arange(STARTS)
    exact = first - (cut + 0.5) * step + 0.5
    errors = np.abs(exact - np.rint(exact))
    best = int(np.argmin(errors))
    return int(np.rint(exact[best])), best, float(errors[best])
