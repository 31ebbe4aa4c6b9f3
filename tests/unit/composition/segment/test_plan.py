from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ErrorCode, PermanentError
from services.composition.segment.camera import Camera
from services.composition.segment.encoder import VideoFormat
from services.composition.segment.plan import SegmentPlan, plan_segment
from tests.support.composition import Scene, Studio

FORMAT = VideoFormat(320, 180, 24, moving=False)


def plan(frames: int, shots: tuple[tuple[int, int], ...], fade: int) -> SegmentPlan:
    pictures = tuple(f"{k:064x}" for k in range(10))
    return SegmentPlan(FORMAT, frames, pictures, shots, fade, 5, Camera(1.0, 1.0, frames), 1.0)


def test_the_fade_leads_from_the_previous_picture_into_the_scene() -> None:
    segment = plan(100, ((1, 0),), 12)
    weights = [dict(segment.mix(frame)) for frame in range(13)]
    assert [w.get(0, 0.0) for w in weights] == sorted((w.get(0, 0.0) for w in weights), reverse=True)
    assert 0 < weights[0][1] < weights[11][1] < 1
    assert weights[12] == {1: 1.0}


def test_a_cut_is_a_short_blend() -> None:
    segment = plan(100, ((0, 0), (1, 50)), 0)
    assert segment.mix(49) == ((0, 1.0),)
    assert len(segment.mix(50)) == 2
    assert segment.mix(55) == ((1, 1.0),)
    assert [(run.start, run.end, run.picture) for run in segment.runs()] == [
        (0, 50, 0), (50, 55, None), (55, 100, 1),
    ]  # fmt: skip


@given(
    frames=st.integers(1, 300),
    fade=st.integers(0, 60),
    cuts=st.lists(st.integers(1, 299), unique=True, max_size=6),
)
def test_runs_cover_every_frame_once_and_tell_the_truth(frames: int, fade: int, cuts: list[int]) -> None:
    firsts = [0, *sorted(cut for cut in cuts if cut < frames)]
    segment = plan(frames, tuple((k + 1, first) for k, first in enumerate(firsts)), min(fade, frames))
    runs = segment.runs()
    assert [run.start for run in runs] == [0, *(run.end for run in runs[:-1])]
    assert runs[-1].end == frames
    for run in runs:
        for frame in range(run.start, run.end):
            mix = segment.mix(frame)
            assert sum(weight for _, weight in mix) == pytest.approx(1.0)
            assert all(weight > 0 for _, weight in mix)
            if run.picture is not None:
                assert mix == ((run.picture, 1.0),)


async def planned(tmp_path: Path, scenes: list[Scene], at: int, **settings: Any) -> SegmentPlan:
    return plan_segment((await Studio(tmp_path, **settings).drawn(scenes))[at])


async def test_the_first_scene_does_not_fade_in(tmp_path: Path) -> None:
    assert (await planned(tmp_path, [Scene(), Scene(pictures=(1,))], 0)).fade == 0
    assert (await planned(tmp_path, [Scene(), Scene(pictures=(1,))], 1)).fade == 12


async def test_a_fade_longer_than_its_scene_is_clipped(tmp_path: Path) -> None:
    segment = await planned(tmp_path, [Scene(), Scene(0.1, (1,))], 1, fade_duration=2)
    assert segment.fade == segment.frames < 48


async def test_the_same_slide_again_is_no_fade(tmp_path: Path) -> None:
    assert (await planned(tmp_path, [Scene(), Scene()], 1)).fade == 0


async def test_a_fade_of_one_frame_would_stutter(tmp_path: Path) -> None:
    assert (await planned(tmp_path, [Scene(), Scene(pictures=(1,))], 1, fade_duration=0.04)).fade == 0


async def test_a_shot_after_the_end_is_never_seen(tmp_path: Path) -> None:
    assert len((await planned(tmp_path, [Scene(1, (0, 1), (500,))], 0)).shots) == 1


async def test_a_scene_without_a_first_picture_is_an_error(tmp_path: Path) -> None:
    (event,) = await Studio(tmp_path).drawn([Scene()])
    broken = event.model_copy(update={"shots": (event.shots[0].model_copy(update={"first_frame": 3}),)})
    with pytest.raises(PermanentError, match="scene 1 of job job-1") as caught:
        plan_segment(broken)
    assert caught.value.code is ErrorCode.COMPOSE_FAILED


async def test_a_style_that_this_release_does_not_know_is_refused_by_the_stage(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="basic, animated") as caught:
        await planned(tmp_path, [Scene()], 0, visual_style="origami")
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
