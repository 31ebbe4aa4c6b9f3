"""What is read of sources of many kinds: each case of ``data/readings.txt`` is one, and what is read."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from contracts.commands import MAX_SOURCE_CHARACTERS
from services.scripting.reading.source import parse_source
from tests.support.drawn_blocks import drawn
from tests.support.hostile_text import FAMILIES
from tests.support.operations import counted

CASES = (Path(__file__).parent / "data" / "readings.txt").read_text(encoding="utf-8").split("====== ")[1:]

GROWTH = 2.6
"""Most that twice the text may cost: 2, and what markdown-it-py adds for tables and lists in lists."""

LINES = 5_000_000
"""Lines that the interpreter may execute to read the largest source: a second on one core."""

UNITS = {
    "an outline of offices": "□ 가\n ㅇ 나 다.\n\n  - 다\n",
    "paragraphs of statutes": "제1조(가) ① 나 ② 다\n1. 라\n",
    "circles": "① 가 ② 나 ③ 다\n",
    "rows without marks": "가나\n",
    "labels": "가: 나\n",
    "pages": "- 1 -\n가\n",
    "leaders": "가 .... 1\n",
    "indented paragraphs": "    가 다.\n\n",
    "open fences": "```\n가나다 라마바.\n",
    "open tags": "<a <b <td>",
    "rows that reach down": "<td rowspan=99>가",
    "open comments": "<!-- ",
    "footnotes": "[^1] x\n\n[^1]: a\n\n",
    "struck out": "~~가 ",
    "formulas": "$a \\[",
    "attributes": '{a="b ',
    "containers": ":::a\n",
    "admonitions": "!!! a\n    ",
    "headings": "# 가\n",
    "rules under text": "가\n---\n",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.partition("\n")[0])
def test_a_source_is_read_as_what_it_is(case: str) -> None:
    source, _, expected = case.partition("\n")[2].partition("\n------ read as\n")
    assert drawn(parse_source(source + "\n")) == expected.rstrip("\n")


def _read(text: str, _: Callable[[], None]) -> object:
    return parse_source(text)


@pytest.mark.parametrize("name", UNITS)
def test_reading_costs_about_twice_as_much_for_twice_the_text(name: str) -> None:
    unit = UNITS[name]
    half, whole = (
        counted(partial(_read, (unit * (size // len(unit) + 1))[:size]))
        for size in (MAX_SOURCE_CHARACTERS // 8, MAX_SOURCE_CHARACTERS // 4)
    )
    assert whole.total <= GROWTH * half.total, f"{half.total:,} lines, then {whole.total:,}"
    assert whole.total <= LINES / 4


@pytest.mark.parametrize("family", [name for name in FAMILIES if "nested" in name or "inside" in name])
def test_what_is_nested_without_end_is_read(family: str) -> None:
    assert counted(lambda _: parse_source(FAMILIES[family](MAX_SOURCE_CHARACTERS))).total <= LINES
