import pytest

from services.composition.segment.camera import camera_of_scene, eased, travel


def test_the_camera_rests_at_both_ends_and_never_turns_back() -> None:
    camera = camera_of_scene(0, 1.1, 240)
    zooms = [camera.zoom(frame) for frame in range(240)]
    assert zooms[0] == 1.0
    assert zooms[-1] == pytest.approx(1.1)
    assert zooms == sorted(zooms)
    assert zooms[1] - zooms[0] < 0.1 * (zooms[121] - zooms[120])


@pytest.mark.parametrize("index", range(4))
def test_a_scene_starts_where_the_one_before_stopped(index: int) -> None:
    before, after = camera_of_scene(index, 1.3, 100), camera_of_scene(index + 1, 1.3, 57)
    assert after.zoom(0) == pytest.approx(before.zoom(99))


def test_a_zoom_of_one_does_not_move() -> None:
    assert not camera_of_scene(3, 1.0, 100).moves


def test_a_scene_of_one_frame_shows_its_end() -> None:
    assert camera_of_scene(0, 1.2, 1).zoom(0) == 1.2


def test_travel_is_that_of_the_corner() -> None:
    assert travel(1.0, 1.1, 1280, 720) == pytest.approx(0.1 * (640**2 + 360**2) ** 0.5)
    assert eased(-1) == 0
    assert eased(2) == 1
