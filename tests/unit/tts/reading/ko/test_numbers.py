"""How Korean numbers are read, held against strings by kind whose readings were written by hand.

Rows of ``numbers_ko.tsv`` are a kind, a text and the readings a narrator may choose from. Rows of
``combinations_ko.tsv`` put units, ranges, signs, scales and particles together; their readings were composed
from written-out numerals and units, with nothing of the reader under test.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

from services.tts.reading.ko.text import read_korean
from services.tts.reading.ko.units import UNITS
from tests.support.operations import counted

FOLDER = Path(__file__).parents[2] / "readings"
LEAST_ROWS = 1_500


def letters(text: str) -> str:
    """Return what is heard of a reading: spaces and punctuation are not."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if c.isalnum())


def rows() -> Iterator[tuple[str, str, list[str]]]:
    for name in ("numbers_ko.tsv", "combinations_ko.tsv"):
        for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
            kind, written, readings = line.split("\t")
            yield kind, written, [letters(reading) for reading in readings.split("|")]


KINDS = {kind: list(found) for kind, found in groupby(sorted(rows()), key=lambda row: row[0])}


@pytest.mark.parametrize("kind", KINDS)
def test_every_string_of_a_kind_is_read_as_a_narrator_reads_it(kind: str) -> None:
    wrong = {
        written: read_korean(written)
        for _, written, readings in KINDS[kind]
        if letters(read_korean(written)) not in readings
    }
    assert wrong == {}


def test_the_rows_are_many_and_none_is_there_twice() -> None:
    written = [row[1] for found in KINDS.values() for row in found]
    assert len(written) >= LEAST_ROWS
    assert len(set(written)) == len(written)


@pytest.mark.parametrize("symbol", sorted(UNITS))
def test_every_unit_works_in_a_range_with_a_sign_after_a_scale_and_before_a_particle(symbol: str) -> None:
    name = letters(UNITS[symbol])
    low, high = ("세", "다섯") if name in ("시간", "개") else ("삼", "오")
    each = f"{low}{name}에서{high}{name}" if low == "세" else f"삼에서오{name}"
    assert letters(read_korean(f"3~5{symbol}까지")).endswith(f"{each}까지")
    assert letters(read_korean(f"≥5{symbol}")).endswith(f"{high}{name}이상")
    assert letters(read_korean(f"-5{symbol}")).endswith(f"{high}{name}")
    assert letters(read_korean(f"3천~5천{symbol}, 끝")).endswith(f"삼천에서오천{name}끝")
    assert letters(read_korean(f"5{symbol}/인 이하")).endswith(
        f"인당{'화씨' * (symbol == '°F')}{high}{name}이하"
    )


SHAPES = (
    "1~2~", "1:1:", "1 1 ", "제1조", "△1 ", "±1", "1-1-1-", "2024.6.10.~", "1.1.1.1.", "1/1/", "010-1234-",
    "번호 1 ", "1^1", "①", "Ⅱ", "a.b.", "1대1대", "'24.", "을(를)", "N:1", "kg/m^2/", "≥1≥", "20≤x<",
    "1,111", "1천1백", "1만1", "1h1m", "9:00~", "*-1", "△가△1", "▲1▼1", "1x ", "1+", "0x1", "제",
    "1" * 23 + " ",
)  # fmt: skip
"""Texts in which every place may begin another number."""


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_figures_take_twice_the_work(shape: str) -> None:
    def lines(size: int) -> int:
        text = (shape * size)[:size]
        return counted(lambda _: read_korean(text)).total

    half, whole = lines(300), lines(600)
    assert whole <= 2.2 * half + 200, f"{half:,} lines, then {whole:,}"


def test_a_chain_of_comparisons_without_end_does_not_run_out_of_stack() -> None:
    assert read_korean("20≤x<" * 4_000)
