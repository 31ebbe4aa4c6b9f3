"""Captions and chapters of a film grow with their number; counted, never timed."""

from collections.abc import Callable

import pytest

from contracts.events import Cue
from contracts.subtitles import conformance
from services.composition.film.chapters import chapter_entries, short_title
from services.composition.film.plan import FilmChapter
from services.composition.film.subtitles import srt, track_samples, vtt
from tests.support.hostile_text import FAMILIES
from tests.support.operations import counted

FPS = 24


def cues(count: int) -> list[Cue]:
    texts = list(FAMILIES.values())
    return [
        Cue(start=at * FPS, end=at * FPS + 20, lines=(texts[at % len(texts)](16) or "가",))
        for at in range(count)
    ]


def chapters(count: int) -> list[FilmChapter]:
    return [FilmChapter(at, at + 1, FAMILIES["families of emoji"](300)) for at in range(count)]


@pytest.mark.parametrize(
    "work",
    [
        lambda count: srt(cues(count), FPS),
        lambda count: vtt(cues(count), FPS),
        lambda count: list(track_samples(cues(count), FPS)),
        lambda count: conformance(cues(count), FPS, "ko"),
        lambda count: chapter_entries(chapters(count), FPS),
    ],
    ids=["srt", "vtt", "track", "conformance", "chapters"],
)
def test_2_000_of_them_cost_at_most_2_3_times_the_lines_of_1_000(work: Callable[[int], object]) -> None:
    def cost(count: int) -> int:
        return counted(lambda _: work(count)).total

    assert cost(2_000) <= 2.3 * cost(1_000)


def test_a_title_of_any_text_is_cut_to_what_a_chapter_list_holds() -> None:
    assert all(len(short_title(family(5_000)).encode()) <= 255 for family in FAMILIES.values())
