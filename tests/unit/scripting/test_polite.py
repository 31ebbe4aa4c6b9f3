"""Sentences as authors end them, and as a narrator says them; ``data/polite.tsv``, one a line."""

import re
from pathlib import Path

import pytest

from services.scripting.korean import Korean

KOREAN = Korean()
ROWS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "data" / "polite.tsv").read_text("utf-8").splitlines()
]
_BROKEN = re.compile(
    r"한습니다|는습니다|다입니다|요입니다|까입니다|[함됨음]입니다|[)\]]입니다|[.．。?!]입니다|/입니다|\.\.$"
)


@pytest.mark.parametrize(("written", "spoken"), ROWS, ids=[row[0] for row in ROWS])
def test_a_sentence_is_made_polite(written: str, spoken: str) -> None:
    assert KOREAN.spoken(written) == spoken
    assert _BROKEN.search(spoken) is None


@pytest.mark.parametrize("spoken", [row[1] for row in ROWS])
def test_what_is_polite_stays_as_it_is(spoken: str) -> None:
    assert KOREAN.spoken(spoken) == spoken
