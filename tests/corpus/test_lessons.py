"""Lessons of many kinds, each with what its author would demand of the film: ``lessons.yaml`` says what."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.errors import LecternError
from contracts.normalization import normalized
from tests.support.demands import broken
from tests.support.film import film_of

HERE = Path(__file__).parent
CASES: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "lessons.yaml").read_text(encoding="utf-8"))


def stored(name: str, case: dict[str, Any], folder: Path) -> Path:
    """Return the lesson as its author's machine would store it: the corpus keeps it as readable UTF-8."""
    path = HERE / "lessons" / name
    if not case.keys() & {"encoding", "form", "newline"}:
        return path
    text = path.read_text(encoding="utf-8")
    if case.get("form") == "NFD":
        text = normalized("NFD", text)
    if case.get("newline") == "crlf":
        text = text.replace("\n", "\r\n")
    written = folder / name
    written.write_bytes(text.encode(case.get("encoding", "utf-8")))
    return written


def problems_of(name: str, folder: Path) -> list[str]:
    """Return what a case's film lacks, or has too much."""
    case = CASES[name]
    try:
        film = film_of(stored(name, case, folder), float(case.get("minutes", 3)))
    except LecternError as error:
        return [] if case.get("error") == error.code else [f"refused: {error}"]
    if case.get("error"):
        return [f"accepted as {film.language}"]
    wrong = case.get("language", film.language) != film.language
    return [*([f"language {film.language}"] if wrong else []), *broken(film, case)]


@pytest.mark.parametrize("name", CASES)
def test_a_film_is_what_its_author_demands(name: str, tmp_path: Path) -> None:
    assert problems_of(name, tmp_path) == []


def test_every_lesson_has_demands_and_every_demand_a_lesson() -> None:
    assert {path.name for path in (HERE / "lessons").iterdir()} == set(CASES)
    assert all(set(case) - {"kind", "minutes", "encoding", "form", "newline"} for case in CASES.values())
