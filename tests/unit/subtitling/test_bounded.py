"""Cues of the longest narration are cut in time that grows with it, and hear a cancel; counted, not timed."""

from collections.abc import Callable

import pytest

from contracts.events import SentenceTime
from contracts.timeline import SAMPLE_RATE, time_scene
from services.scripting.text import one_line
from services.subtitling.cues import make_cues
from tests.support.hostile_text import FAMILIES
from tests.support.operations import Operations, counted

LONGEST = 5_000
LINES = 25_000_000
"""Lines that the longest narration may cost: some 2 s."""

COSTLY = ("different short sentences", "words of one syllable", "spaced letters", "full stops")
"""What makes the most words and the most cues."""


def cut(text: str, language: str) -> Callable[[Callable[[], None]], object]:
    said = one_line(text) or "가"
    samples = max(1, len(said) * SAMPLE_RATE // 8)
    timing = time_scene(samples, 24, lead_in_seconds=0.4, wished_seconds=None, last_sentence=0)
    sentence = SentenceTime(text=said, start=0, end=samples)
    return lambda check: make_cues([sentence], timing, language, check)


def cost(family: str, size: int, language: str) -> Operations:
    return counted(cut(FAMILIES[family](size), language))


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("family", COSTLY)
def test_600_characters_cost_at_most_2_3_times_as_many_lines_as_300(family: str, language: str) -> None:
    half, whole = cost(family, 300, language), cost(family, 600, language)
    assert whole.total <= 2.3 * half.total, f"{half.total:,} lines, then {whole.total:,}"


def test_5_000_characters_of_words_of_one_cost_at_most_25_million_lines_and_hear_a_cancel() -> None:
    whole = cost("words of one syllable", LONGEST, "ko")
    assert whole.total <= LINES, f"{whole.total:,} lines"
    assert whole.deafest <= 1_000_000


@pytest.mark.parametrize("family", FAMILIES)
def test_any_60_characters_cost_at_most_5_000_lines_each(family: str) -> None:
    for language in ("ko", "en"):
        assert cost(family, 60, language).total <= LINES // LONGEST * 60
