"""The longest narration is split, read out and spelled in time that grows with it; counted, never timed."""

import pytest

from services.tts.reading.reading import phonemes_of, read_out
from services.tts.sentences import split_sentences
from tests.support.hostile_text import FAMILIES
from tests.support.operations import counted

LONGEST = 5_000
LINES = 3_000_000
"""Lines that the longest narration may cost, all its sentences: half a second."""


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    "family",
    [
        "different short sentences", "one syllable without end", "ranges", "companies", "opening quotes",
        "quotations", "different English words",
    ],
)  # fmt: skip
def test_5_000_characters_cost_at_most_2_3_times_the_lines_of_2_500(family: str, language: str) -> None:
    def read(size: int) -> int:
        text = FAMILIES[family](size)
        return counted(
            lambda _: [
                phonemes_of(read_out(said, language), language) for said in split_sentences(text, language)
            ]
        ).total

    half, whole = read(LONGEST // 2), read(LONGEST)
    assert whole <= max(2.3 * half, 50_000), f"{half:,} lines, then {whole:,}"
    assert whole <= LINES


@pytest.mark.parametrize("family", FAMILIES)
def test_any_text_is_read_out_in_600_lines_a_character(family: str) -> None:
    text = FAMILIES[family](150)
    assert counted(lambda _: phonemes_of(read_out(text, "ko"), "ko")).total <= 600 * 150
    assert counted(lambda _: phonemes_of(read_out(text, "en"), "en")).total <= 600 * 150
