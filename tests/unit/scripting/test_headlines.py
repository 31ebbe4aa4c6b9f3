"""Headlines and points keep the conditions, exceptions, negations and numbers of their sentences.

``data/headlines.tsv``: language, sentence, and the parts that no short form of it may lack.
"""

from pathlib import Path

import pytest

from contracts.faithful import whole
from services.scripting.writer.english.english import English
from services.scripting.writer.korean.korean import Korean
from services.scripting.writer.language import Language
from services.slides.planning.condense import condensed, point

LANGUAGES: dict[str, Language] = {"ko": Korean(), "en": English()}
ROWS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "data" / "headlines.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#")
]
_NEGATED = ("않", "지 마", "안 ", "없", "못", "금지", "말고", "아님")


def lacking(form: str, parts: str) -> list[str]:
    low = form.lower()
    return [part for part in parts.split(" | ") if not _stands(part, low)]


def _stands(part: str, form: str) -> bool:
    if part in {"않", "없음"}:
        return any(negated in form for negated in _NEGATED)
    return part.lower() in form


@pytest.mark.parametrize(("code", "sentence", "parts"), ROWS, ids=[row[1] for row in ROWS])
def test_a_short_form_holds_what_makes_its_sentence_true(code: str, sentence: str, parts: str) -> None:
    language = LANGUAGES[code]
    forms = [
        language.headline(sentence),
        language.point(sentence),
        condensed(sentence, 44),
        condensed(sentence, 30),
        point(sentence, 60),
    ]
    for form in filter(None, forms):
        assert lacking(form, parts) == [], form
        assert whole(form)


def test_most_sentences_have_a_short_form_all_the_same() -> None:
    named = [row for row in ROWS if LANGUAGES[row[0]].headline(row[1])]
    assert len(named) >= 0.9 * len(ROWS)
