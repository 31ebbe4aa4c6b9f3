import io
import tracemalloc

import av
import numpy as np
import pytest
from PIL import Image

from contracts.errors import ErrorCode, PermanentError
from services.composition.segment.encoder import VideoFormat
from services.composition.segment.frames import Layer, decode_picture, planes_of_frame, planes_of_rgb
from tests.support.composition import picture

STILL = VideoFormat(320, 180, 24, moving=False)
MOVING = VideoFormat(320, 180, 24, moving=True)


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),  # ITU-R BT.709, 8-bit limited range
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
    ],
)
def test_primaries_are_those_of_bt709(rgb: tuple[int, int, int], yuv: tuple[int, int, int]) -> None:
    planes = planes_of_rgb(np.full((8, 8, 3), rgb, np.uint8))
    assert [int(plane[2, 2]) for plane in planes] == list(yuv)


def test_conversion_agrees_with_swscale() -> None:
    rgb = np.asarray(Image.open(io.BytesIO(picture(3))).convert("RGB"))
    reference = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(
        format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
    )
    for ours, theirs in zip(planes_of_rgb(rgb), planes_of_frame(reference), strict=True):
        assert np.abs(ours.astype(int) - theirs).mean() < 1.5  # swscale dithers and filters otherwise


def test_a_zoom_moves_points_away_from_the_centre() -> None:
    rgb = np.zeros((180, 320, 3), np.uint8)
    rgb[89:91, 239:241] = 255  # centred on (239.5, 89.5); the picture's centre is (159.5, 89.5)
    layer = Layer(planes_of_rgb(rgb), MOVING)
    for zoom in (1.0, 1.05, 1.1):
        bright = layer.at(zoom).y.astype(float) - 16
        x = (bright.sum(axis=0) * np.arange(320)).sum() / bright.sum()
        y = (bright.sum(axis=1) * np.arange(180)).sum() / bright.sum()
        assert x == pytest.approx(159.5 + 80 * zoom, abs=0.05)
        assert y == pytest.approx(89.5, abs=0.05)


def test_a_picture_is_drawn_again_only_when_it_has_moved() -> None:
    layer = Layer(planes_of_rgb(np.zeros((180, 320, 3), np.uint8)), MOVING)
    layer.at(1.0)
    assert layer.shows(1.0 + 0.19 / 183.6)
    assert not layer.shows(1.0 + 0.21 / 183.6)


@pytest.mark.parametrize("damage", ["truncated", "empty", "text", "jpeg", "bit"])
def test_a_damaged_picture_is_named(damage: str) -> None:
    png = picture(1)
    jpeg = io.BytesIO()
    Image.new("RGB", (320, 180)).save(jpeg, "JPEG")
    data = {
        "truncated": png[: len(png) // 2],
        "empty": b"",
        "text": b"<html>not found</html>",
        "jpeg": jpeg.getvalue(),
        "bit": png[:300] + bytes([png[300] ^ 0xFF]) + png[301:],
    }[damage]
    with pytest.raises(PermanentError, match="scene 7 of job j") as caught:
        decode_picture(data, STILL, "scene 7 of job j")
    assert caught.value.code is ErrorCode.COMPOSE_FAILED


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(PermanentError, match="640x360, the film is 320x180"):
        decode_picture(picture(1, width=640, height=360), STILL, "scene 1")


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1"])
def test_other_kinds_of_png_are_understood(mode: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (320, 180), "white").convert(mode).save(buffer, "PNG")
    assert decode_picture(buffer.getvalue(), STILL, "scene 1").y.min() == 235


def test_a_picture_of_4k_is_converted_in_no_more_than_40_mb() -> None:
    rgb = np.zeros((2_160, 3_840, 3), np.uint8)
    tracemalloc.start()
    try:
        planes = planes_of_rgb(rgb)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert planes.y.shape == (2_160, 3_840)
    assert peak < 40_000_000, f"{peak / 1e6:.0f} MB; the planes have 12"
