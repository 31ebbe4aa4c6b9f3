"""What forbids and what does not, input by input: leads of lists, headings, negations, titles, crosses.

``data/signs.tsv`` holds them: the kind, what the text says, the text.
"""

import csv
from pathlib import Path

import pytest

from contracts.polarity import Polarity, heading_polarity, states_not
from services.scripting.outline import outline
from services.scripting.polarity import Signed, signed
from services.scripting.reading.blocks import Listing, Paragraph, Table
from services.scripting.writer.english.english import English
from services.scripting.writer.korean.korean import Korean
from services.slides.planning.crosses import act, crossed

with (Path(__file__).parent / "data" / "signs.tsv").open(encoding="utf-8") as file:
    ROWS = [(row["kind"], row["sign"], row["text"]) for row in csv.DictReader(file, delimiter="\t")]


def of_kind(kind: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("sign", "text"), [row[1:] for row in ROWS if row[0] == kind])


@of_kind("lead")
def test_a_paragraph_forbids_the_list_below_it_only_where_it_points_to_it(sign: str, text: str) -> None:
    items = ("장갑을 끼기", "기계를 끄기") if text[0] > "가" else ("Wear gloves", "Stop the machine")
    _, below = signed([Paragraph(text), Listing(ordered=False, items=items)])
    forbidden = isinstance(below, Signed) and all(p is Polarity.FORBIDDEN for p, _ in below.items)
    assert forbidden == (sign == "forbidden")
    assert forbidden or isinstance(below, Listing)


@of_kind("heading")
def test_a_heading_says_what_stands_below_it(sign: str, text: str) -> None:
    found = heading_polarity(text)
    assert (found.value if found else "none") == sign


@of_kind("not")
def test_only_the_negation_of_the_act_itself_negates_it(sign: str, text: str) -> None:
    assert states_not(text) == (sign == "forbidden")


@of_kind("title")
def test_no_title_ends_before_the_words_that_forbid(sign: str, text: str) -> None:
    assert sign == "none"
    assert not (Korean().topic(text) or "").endswith("면")


@of_kind("cross")
def test_a_cross_stands_before_the_act_itself(sign: str, text: str) -> None:
    assert act(text).endswith(sign)
    assert not states_not(act(text))


def test_what_cannot_be_turned_gets_no_cross() -> None:
    assert crossed(("누구도 혼자 못 들어감", "뛰지 않기"), (True, True)) == (
        ("누구도 혼자 못 들어감", "뛰기"),
        (False, True),
    )


def test_a_crossed_row_of_a_table_forbids_whatever_its_words_are() -> None:
    rows = (("Water", "✅"), ("Glass bottles", "❌"))
    _, (section,) = outline([Table(("Thing", "Allowed"), rows)], English(), lambda: None)
    assert [passage.forbids for passage in section.passages] == [False, True]
    _, (needed,) = outline([Table(("Thing", "Required"), rows)], English(), lambda: None)
    assert not any(passage.forbids for passage in needed.passages)
