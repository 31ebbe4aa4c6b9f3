import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.composition.segment.zoom import ZoomablePlane

HEIGHT, WIDTH = 180, 320


def dot(x: int, y: int) -> NDArray[np.uint8]:
    plane = np.zeros((HEIGHT, WIDTH), np.uint8)
    plane[y - 2 : y + 3, x - 2 : x + 3] = 200
    return plane


def centroid(plane: NDArray[np.uint8]) -> tuple[float, float]:
    weights = plane.astype(float)
    total = weights.sum()
    x = (weights.sum(axis=0) * np.arange(plane.shape[1])).sum() / total
    return float(x), float((weights.sum(axis=1) * np.arange(plane.shape[0])).sum() / total)


@given(zoom=st.floats(1.0, 1.5), x=st.integers(90, 230), y=st.integers(50, 130))
@settings(max_examples=60, deadline=None)
def test_every_point_is_where_the_zoom_puts_it(zoom: float, x: int, y: int) -> None:
    seen = centroid(ZoomablePlane(dot(x, y), chroma=False).at(zoom))
    assert seen[0] == pytest.approx(159.5 + (x - 159.5) * zoom, abs=0.08)
    assert seen[1] == pytest.approx(89.5 + (y - 89.5) * zoom, abs=0.08)


def test_chroma_is_zoomed_about_the_same_point_of_the_picture() -> None:
    # Left-sited chroma sample k lies at luma 2k; the picture's centre, luma 319.5, is chroma 159.75.
    seen = centroid(ZoomablePlane(dot(240, 90), chroma=True).at(1.25))
    assert seen[0] == pytest.approx(159.75 + (240 - 159.75) * 1.25, abs=0.05)


@given(zoom=st.floats(1.0, 1.5))
@settings(max_examples=60, deadline=None)
def test_a_flat_picture_stays_flat_up_to_its_edges(zoom: float) -> None:
    drawn = ZoomablePlane(np.full((HEIGHT, WIDTH), 77, np.uint8), chroma=False).at(zoom)
    assert drawn.shape == (HEIGHT, WIDTH)
    assert (drawn == 77).all()


def test_a_slow_zoom_does_not_jitter() -> None:
    plane = ZoomablePlane(dot(250, 90), chroma=False)
    zooms = np.linspace(1.0, 1.1, 200)
    errors = [centroid(plane.at(zoom))[0] - (159.5 + 90.5 * zoom) for zoom in zooms]
    assert np.std(errors) < 0.03


_RENDER = """
import hashlib, sys
from pathlib import Path
from services.composition.segment.camera import camera_of_scene
from services.composition.segment.encoder import VideoFormat
from services.composition.segment.plan import SegmentPlan
from services.composition.segment.render import render_segment
from services.runtime.cancel import CancelToken
from tests.support.composition import picture
data = [picture(1), picture(2)]
names = tuple(hashlib.sha256(d).hexdigest() for d in data)
camera = camera_of_scene(1, 1.1, 40)
plan = SegmentPlan(VideoFormat(320, 180, 24, True), 40, names, ((1, 0),), 12, 5, camera, 1.1)
render_segment(plan, dict(zip(names, data)), Path(sys.argv[1]), "it", CancelToken())
"""


def test_bytes_do_not_depend_on_what_the_processor_can_do(tmp_path: Path) -> None:
    hashes = set()
    for name, disabled in (("all", ""), ("few", "AVX2,AVX,FMA3,FP16,SSE4.2")):
        environment = {**os.environ, "OPENCV_CPU_DISABLE": disabled}
        command = [sys.executable, "-c", _RENDER, str(tmp_path / name)]
        subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[4], timeout=60)
        hashes.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(hashes) == 1
