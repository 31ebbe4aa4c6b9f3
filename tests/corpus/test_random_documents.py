"""Random documents: what a source says is told, shown or counted; no sign turns; no number changes."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.demands import odd_texts, wrong_signs
from tests.support.documents import COMMON_MARK, GOVERNING, OFFICE, Construct, Lines, in_item, in_quote
from tests.support.film import Film, film_of, left_out_of, tight
from tests.support.pen import Pen, Told

ALL = {**COMMON_MARK, **OFFICE}


def as_it_is(construct: Construct) -> Construct:
    return construct


repeatable = settings(
    derandomize=True,  # the same documents in every run
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a document is small: shrinking it costs more than reading it
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@st.composite
def documents(draw: st.DrawFn, among: tuple[str, ...], most: int) -> tuple[str, str, list[Told]]:
    """Draw a document made of the constructs named; return its language, text and sentences."""
    names = draw(st.lists(st.sampled_from(among), min_size=1, max_size=most))
    korean = any(name in OFFICE for name in names) or draw(st.sampled_from((True, True, False)))
    pen = Pen(lambda options: draw(st.sampled_from(options)), "ko" if korean else "en")
    lines: Lines = ["# 현장 교육" if korean else "# Site Training", ""]
    for before, name in pairwise(["", *names]):
        headed = before in GOVERNING or draw(st.booleans())
        lines += [f"## {pen.heading()}", ""] if headed else []
        nested = name in COMMON_MARK and name not in GOVERNING and most > 1
        within = draw(st.sampled_from((as_it_is, as_it_is, in_quote, in_item))) if nested else as_it_is
        lines += [pen.any(), "", *within(ALL[name])(pen), ""]
    return pen.language, "\n".join(lines), pen.told


def check(document: tuple[str, str, list[Told]], minutes: float, folder: Path) -> None:
    language, text, told = document
    path = folder / "document.md"
    path.write_text(text, encoding="utf-8")
    film = film_of(path, minutes, language)
    everything = tight(film.everything)
    missing = [each for each in told if each.valid and each.marker not in everything]
    left_out = left_out_of(film.script)
    vanished = f"{missing} vanished, {left_out}, of\n{text}\n\nsaid: {film.said}"
    counted = [each for each in missing if each.marker not in left_out.headings]
    items = [each for each in counted if each.kind == "item"]  # several are told in one sentence
    assert left_out.sentences >= len(counted) - len(items) + bool(items), vanished
    assert all(each.marker in left_out.prohibitions for each in missing if each.forbids), vanished
    assert all(each.number in left_out.numbers for each in missing), vanished
    invalid = [each.marker for each in told if not each.valid and each.marker in everything]
    assert invalid == [], f"struck out or hidden, and told, of\n{text}\n\nsaid: {film.said}"
    turned = [problem for each in told for problem in _turned(film, each)]
    assert turned == [], f"of\n{text}\n\nsaid: {film.said}"
    assert _changed(film, text, told) == [], f"of\n{text}\n\nsaid: {film.said}"
    assert list(odd_texts(film)) == [], f"of\n{text}"


def _turned(film: Film, told: Told) -> list[str]:
    if told.forbids is None:
        return []
    return list(wrong_signs(film, told.marker, forbidden=told.forbids, named=told.kind == "item"))


def _changed(film: Film, text: str, told: list[Told]) -> list[str]:
    """Return numbers that the source does not have, and sentences told without theirs."""
    own = set(re.findall(r"\d+", text))
    strange = set(re.findall(r"\d+", f"{film.said} {film.drawn}")) - own
    lost = {each.number for each in told if each.marker in tight(film.said) and each.number not in film.said}
    return sorted(strange | lost)


@pytest.mark.parametrize("name", ALL)
def test_a_construct_is_told_shown_or_counted(name: str, tmp_path: Path) -> None:
    @settings(repeatable, max_examples=8)
    @given(documents((name,), 1))
    def of(document: tuple[str, str, list[Told]]) -> None:
        check(document, 5, tmp_path)

    of()


@pytest.mark.parametrize("name", ["long", "short"])
def test_a_document_of_many_constructs_is_told_shown_or_counted(name: str, tmp_path: Path) -> None:
    @settings(repeatable, max_examples=25)
    @given(documents(tuple(ALL), 4))
    def of(document: tuple[str, str, list[Told]]) -> None:
        check(document, {"long": 10, "short": 0.5}[name], tmp_path)

    of()
