"""When pictures are cut in."""

from contracts.events import SentenceTime
from contracts.timeline import SAMPLE_RATE, SceneTiming, time_scene
from services.slides.shots import first_frames


def spoken(*ends: float) -> list[SentenceTime]:
    starts = (0.0, *ends[:-1])
    return [
        SentenceTime(text="말.", start=round(a * SAMPLE_RATE), end=round(b * SAMPLE_RATE))
        for a, b in zip(starts, ends, strict=True)
    ]


def test_one_page_is_there_from_the_start() -> None:
    timing = time_scene(4 * SAMPLE_RATE, 24)
    assert first_frames(1, timing, spoken(4), card=False) == [0]


def test_the_slide_follows_the_card_before_the_voice_starts() -> None:
    timing = time_scene(4 * SAMPLE_RATE, 24, lead_in_seconds=2.5)
    assert first_frames(1, timing, spoken(4), card=True) == [0, 52]


def test_pages_change_before_the_sentence_that_starts_their_share() -> None:
    timing = time_scene(8 * SAMPLE_RATE, 24)
    assert first_frames(2, timing, spoken(2, 4, 6, 8), card=False) == [0, int((0.5 + 4 - 0.3) * 24)]


def test_more_pages_than_sentences_share_the_speech() -> None:
    timing = time_scene(6 * SAMPLE_RATE, 24)
    frames = first_frames(3, timing, spoken(6), card=False)
    assert frames == [0, int((0.5 + 2 - 0.3) * 24), int((0.5 + 4 - 0.3) * 24)]


def test_the_last_picture_is_always_shown_and_frames_rise() -> None:
    timing = SceneTiming(fps=5, lead_in_samples=0, speech_samples=1, frames=2)
    frames = first_frames(4, timing, spoken(0.1), card=True)
    shown = [frame for frame in frames if frame is not None]
    assert frames[-1] is not None
    assert shown == [0, 1]


def test_one_frame_shows_the_last_picture() -> None:
    timing = SceneTiming(fps=5, lead_in_samples=0, speech_samples=1, frames=1)
    assert first_frames(3, timing, spoken(0.1), card=True) == [None, None, None, 0]
