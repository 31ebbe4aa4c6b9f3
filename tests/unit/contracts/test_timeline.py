"""Scenes last whole frames, long enough for what is said in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.timeline import (
    GAP_FRAMES,
    PAUSE_SECONDS,
    SAMPLE_RATE,
    frame_of_sample,
    nearest_frame,
    shortest_frames,
    time_scene,
)

RATES = [fps for fps in range(1, 61) if SAMPLE_RATE % fps == 0]
speech = st.integers(1, 600 * SAMPLE_RATE)
rates = st.sampled_from(RATES)
lead_ins = st.floats(0, 5)


@given(samples=speech, fps=rates, lead_in=lead_ins)
def test_a_scene_holds_lead_in_speech_and_pause_and_less_than_a_frame_more(
    samples: int, fps: int, lead_in: float
) -> None:
    timing = time_scene(samples, fps, lead_in_seconds=lead_in)
    needed = timing.lead_in_samples + samples + round(PAUSE_SECONDS * SAMPLE_RATE)
    assert needed <= timing.samples < needed + SAMPLE_RATE // fps


@given(samples=speech, fps=rates, lead_in=lead_ins)
def test_everything_falls_on_whole_frames(samples: int, fps: int, lead_in: float) -> None:
    timing = time_scene(samples, fps, lead_in_seconds=lead_in)
    per_frame = SAMPLE_RATE // fps
    assert timing.samples % per_frame == timing.lead_in_samples % per_frame == 0
    assert abs(timing.lead_in_samples - lead_in * SAMPLE_RATE) <= per_frame / 2 + 1e-6
    assert timing.seconds == timing.frames / fps == timing.samples / SAMPLE_RATE


@given(scenes=st.lists(speech, min_size=1, max_size=40), fps=rates)
def test_offsets_of_scenes_add_up_exactly_in_frames_and_in_samples(scenes: list[int], fps: int) -> None:
    timings = [time_scene(samples, fps) for samples in scenes]
    frames = sum(timing.frames for timing in timings)
    assert sum(timing.samples for timing in timings) * fps == frames * SAMPLE_RATE


@given(samples=speech, fps=rates, wished=st.floats(0, 3600))
def test_a_wish_lengthens_to_twice_at_most_and_never_shortens(samples: int, fps: int, wished: float) -> None:
    plain, timing = time_scene(samples, fps), time_scene(samples, fps, wished_seconds=wished)
    assert plain.frames <= timing.frames <= 2 * plain.frames
    if plain.frames <= round(wished * fps) <= 2 * plain.frames:
        assert timing.frames == round(wished * fps)


@given(samples=speech, fps=rates, more=st.integers(0, SAMPLE_RATE))
def test_more_speech_never_makes_a_scene_shorter(samples: int, fps: int, more: int) -> None:
    assert time_scene(samples + more, fps).frames >= time_scene(samples, fps).frames


@given(samples=speech, fps=rates, share=st.floats(0, 1))
def test_after_the_last_sentence_began_there_is_room_for_its_caption(
    samples: int, fps: int, share: float
) -> None:
    last = int(samples * share)
    timing = time_scene(samples, fps, last_sentence=last)
    shown = nearest_frame(timing.lead_in_samples + last, fps)
    assert timing.frames >= shown + shortest_frames(fps) + GAP_FRAMES
    needed = (shortest_frames(fps) + GAP_FRAMES + 1) / fps
    if (samples - last) / SAMPLE_RATE + PAUSE_SECONDS > needed:
        assert timing == time_scene(samples, fps)


def test_a_frame_of_24_is_two_thousand_samples() -> None:
    timing = time_scene(48_000, 24)
    assert (timing.lead_in_samples, timing.frames, timing.samples) == (24_000, 48, 96_000)


@pytest.mark.parametrize(("sample", "frame"), [(0, 0), (1999, 0), (2000, 1), (48_000, 24), (95_999, 47)])
def test_a_sample_sounds_while_its_frame_is_shown(sample: int, frame: int) -> None:
    assert frame_of_sample(sample, 24) == frame


@given(frame=st.integers(0, 10**6), fps=rates)
def test_a_frames_own_samples_lead_back_to_it(frame: int, fps: int) -> None:
    per_frame = SAMPLE_RATE // fps
    assert (
        frame_of_sample(frame * per_frame, fps) == frame_of_sample((frame + 1) * per_frame - 1, fps) == frame
    )


@given(sample=st.integers(0, 10**9), fps=st.sampled_from([10, 12, 24, 25, 30, 60]))
def test_the_nearest_frame_is_at_most_half_a_frame_away(sample: int, fps: int) -> None:
    start = nearest_frame(sample, fps) * SAMPLE_RATE // fps
    assert abs(start - sample) * 2 <= SAMPLE_RATE // fps
