"""Exact 8-bit coverage masks of shapes, from signed distance fields in float32 numpy.

The distance to the edge, in pixels, gives the coverage of an edge pixel without supersampling. Only + - x
÷ √ min max are used, which IEEE 754 rounds the same on every machine.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float32]
Distance = Callable[[Floats, Floats], Floats]
"""Signed distance in px from points (x row, y column) to a shape's edge; negative inside."""

Point = tuple[float, float]


def coverage(distance: Distance, box: tuple[int, int, int, int], scale: float) -> Image.Image:
    """Return the mask of a shape over ``box`` (device px: left, top, right, bottom).

    Args:
        distance: in design px.
        box: the pixels to fill.
        scale: device px for one design px.
    """
    left, top, right, bottom = box
    x = (np.arange(left, right, dtype=np.float32) + np.float32(0.5)) / np.float32(scale)
    y = (np.arange(top, bottom, dtype=np.float32) + np.float32(0.5)) / np.float32(scale)
    inside = np.clip(np.float32(0.5) - distance(x, y[:, None]) * np.float32(scale), 0, 1)
    return Image.fromarray((inside * 255 + np.float32(0.5)).astype(np.uint8))


def rounded(width: int, height: int, radius: float, soft: int = 0) -> tuple[Image.Image, int]:
    """Return the mask of a rounded rectangle, in device px, and its padding on each side.

    A nine-patch: only the corners are computed, edges and middle are repeated.

    Args:
        width: of the rectangle.
        height: of the rectangle.
        radius: of its corners.
        soft: 0 for a hard edge; else half the width of a smooth ramp around the edge (a shadow).
    """
    pad = soft + 1
    radius = min(radius, width / 2, height / 2)
    corner = int(radius + 2 * pad + 2)
    full_w, full_h = width + 2 * pad, height + 2 * pad
    patch_w, patch_h = min(full_w, 2 * corner + 1), min(full_h, 2 * corner + 1)
    mask = _patch(patch_w - 2 * pad, patch_h - 2 * pad, radius, soft, pad)
    mask = _stretched(_stretched(mask, full_w, 1), full_h, 0)
    return Image.fromarray(np.ascontiguousarray(mask)), pad


def _stretched(mask: npt.NDArray[np.uint8], size: int, axis: int) -> npt.NDArray[np.uint8]:
    have = mask.shape[axis]
    if have >= size:
        return mask
    repeats = np.ones(have, dtype=np.int64)
    repeats[have // 2] = size - have + 1
    return np.repeat(mask, repeats, axis=axis)


@lru_cache(256)
def _patch(width: int, height: int, radius: float, soft: int, pad: int) -> npt.NDArray[np.uint8]:
    full_w, full_h = width + 2 * pad, height + 2 * pad
    x = np.abs(np.arange(full_w, dtype=np.float32) + 0.5 - full_w / 2) - (width / 2 - radius)
    y = (np.abs(np.arange(full_h, dtype=np.float32) + 0.5 - full_h / 2) - (height / 2 - radius))[:, None]
    out_x, out_y = np.maximum(x, 0), np.maximum(y, 0)
    far = np.sqrt(out_x * out_x + out_y * out_y) + np.minimum(np.maximum(x, y), 0) - radius
    if soft:
        ramp = np.clip((soft - far) / (2 * soft), 0, 1)
        share = ramp * ramp * (3 - 2 * ramp)
    else:
        share = np.clip(0.5 - far, 0, 1)
    return np.asarray(share * 255 + 0.5, dtype=np.uint8)


def _as_floats(values: npt.NDArray[Any]) -> Floats:
    return np.asarray(values, dtype=np.float32)


def disc(centre: Point, radius: float) -> Distance:
    """Return a disc."""
    cx, cy = centre

    def distance(x: Floats, y: Floats) -> Floats:
        return _as_floats(np.sqrt((x - cx) ** 2 + (y - cy) ** 2) - radius)

    return distance


def quarter(corner: Point, box: tuple[float, float, float, float]) -> Distance:
    """Return the disc around ``corner`` inside the square ``box`` (left, top, right, bottom)."""
    left, top, right, bottom = box
    whole = disc(corner, right - left)

    def distance(x: Floats, y: Floats) -> Floats:
        square = np.maximum(np.maximum(left - x, x - right), np.maximum(top - y, y - bottom))
        return _as_floats(np.maximum(whole(x, y), square))

    return distance


def ring(centre: Point, radius: float, width: float, fraction: float = 1.0) -> Distance:
    """Return an annulus of mid radius ``radius``, or its ``fraction`` clockwise from 12 o'clock.

    The ends are flat: round caps would overstate a figure.
    """
    cx, cy = centre
    angle = 2 * math.pi * fraction
    end_x, end_y = math.sin(angle), -math.cos(angle)

    def distance(x: Floats, y: Floats) -> Floats:
        dx, dy = x - cx, y - cy
        band = np.abs(np.sqrt(dx * dx + dy * dy) - np.float32(radius)) - np.float32(width / 2)
        if fraction >= 1:
            return _as_floats(band)
        start, stop = -dx, dx * -end_y + dy * end_x
        sector = np.maximum(start, stop) if fraction <= 0.5 else np.minimum(start, stop)
        return _as_floats(np.maximum(band, sector))

    return distance


def segment(start: Point, end: Point, width: float) -> Distance:
    """Return a line with round ends."""
    (x0, y0), (x1, y1) = start, end
    dx, dy = x1 - x0, y1 - y0
    square = dx * dx + dy * dy or 1.0

    def distance(x: Floats, y: Floats) -> Floats:
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / square, 0, 1)
        off_x, off_y = x - x0 - along * dx, y - y0 - along * dy
        return _as_floats(np.sqrt(off_x * off_x + off_y * off_y) - width / 2)

    return distance


def polygon(points: Sequence[Point], radius: float = 0.0) -> Distance:
    """Return a convex polygon given clockwise on screen, its corners rounded by ``radius``."""
    corners = _inset(points, radius) if radius else list(points)
    edges = list(zip(corners, [*corners[1:], corners[0]], strict=True))

    def distance(x: Floats, y: Floats) -> Floats:
        outside = nearest = None
        for (x0, y0), (x1, y1) in edges:
            dx, dy = x1 - x0, y1 - y0
            length = dx * dx + dy * dy
            px, py = x - x0, y - y0
            along = np.clip((px * dx + py * dy) / length, 0, 1)
            gap = (px - along * dx) ** 2 + (py - along * dy) ** 2
            side = (px * dy - py * dx) / np.float32(math.sqrt(length))
            nearest = gap if nearest is None else np.minimum(nearest, gap)
            outside = side if outside is None else np.maximum(outside, side)
        assert outside is not None
        assert nearest is not None
        return _as_floats(np.where(outside > 0, np.sqrt(nearest), outside) - radius)

    return distance


def _inset(points: Sequence[Point], by: float) -> list[Point]:
    """Move every edge of a convex polygon inwards and return the new corners."""
    lines = []
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        length = math.hypot(x1 - x0, y1 - y0)
        normal_x, normal_y = (y1 - y0) / length, -(x1 - x0) / length
        lines.append((normal_x, normal_y, normal_x * x0 + normal_y * y0 - by))
    corners = []
    for (ax, ay, ac), (bx, by_, bc) in zip([lines[-1], *lines[:-1]], lines, strict=True):
        cross = ax * by_ - ay * bx
        corners.append(((ac * by_ - bc * ay) / cross, (ax * bc - bx * ac) / cross))
    return corners
