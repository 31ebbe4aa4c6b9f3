"""Strings by kind with the readings that are right, alternatives apart by " "
"| "; spaces, case and punctuation do
not count. Written before the code they judge, and not by running it.
"""

from pathlib import Path

import pytest

from services.tts.reading.reading import read_out

CORPUS = Path(__file__).parent / "corpus"


def letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def by_kind(name: str) -> dict[str, list[tuple[str, list[str]]]]:
    kinds: dict[str, list[tuple[str, list[str]]]] = {}
    for line in (CORPUS / name).read_text(encoding="utf-8").splitlines()[1:]:
        kind, written, read = line.split("\t")
        kinds.setdefault(kind, []).append((written, [letters(one) for one in read.split(" | ")]))
    return kinds


CASES = [
    (name, language, kind)
    for name, language in (("english.tsv", "en"), ("loanwords.tsv", "ko"))
    for kind in by_kind(name)
]


@pytest.mark.parametrize(("name", "language", "kind"), CASES)
def test_every_string_of_a_kind_is_read_as_a_narrator_reads_it(name: str, language: str, kind: str) -> None:
    read = {written: read_out(written, language) for written, _ in by_kind(name)[kind]}
    wrong = [written for written, right in by_kind(name)[kind] if letters(read[written]) not in right]
    assert not wrong, "; ".join(f"{written!r} is read {read[written]!r}" for written in wrong)


@pytest.mark.parametrize(("name", "least"), [("english.tsv", 500), ("loanwords.tsv", 300)])
def test_the_corpora_hold_what_they_promise(name: str, least: int) -> None:
    assert len({written for cases in by_kind(name).values() for written, _ in cases}) >= least
