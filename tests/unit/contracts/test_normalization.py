"""Normal forms of any text: what the standard library gives, without its swaps."""

import itertools
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.normalization import Form, normalized
from contracts.renderspec import normalise_render_spec
from tests.support.hostile_text import FAMILIES
from tests.support.operations import counted

MARKS = "\u0316\u0301\u0302\u0327\u0344\u0345\u05b0\u064b\u0f71\u0f72\u0f73\u302e\u3099\u1dc0\u20d0"
runs = st.lists(st.sampled_from(MARKS), max_size=120).map("".join)
texts = st.lists(st.tuples(st.sampled_from("a가é1! ｅ²\u1112\u0958"), runs), max_size=4).map(
    lambda parts: "".join(base + run for base, run in parts)
)
FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")


@settings(max_examples=200, deadline=None)
@given(texts, st.sampled_from(FORMS))
def test_it_is_what_the_standard_library_gives(text: str, form: Form) -> None:
    assert normalized(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize(
    "family", ["combining marks in turn", "marked letters", "punctuation", "conjoining jamo"]
)
def test_so_it_is_for_long_runs(family: str) -> None:
    text = "…!" * 300 if family == "punctuation" else FAMILIES[family](600)
    for form in FORMS:
        assert normalized(form, text) == unicodedata.normalize(form, text)


def test_the_library_is_given_marks_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    swaps = 0
    real = unicodedata.normalize

    def watched(form: Form, text: str) -> str:
        nonlocal swaps
        classes = [unicodedata.combining(char) for char in text]
        swaps += sum(0 < after < before for before, after in itertools.pairwise(classes))
        return real(form, text)

    monkeypatch.setattr(unicodedata, "normalize", watched)
    normalized("NFC", "a" + "\u0316\u0301" * 10_000)
    assert swaps <= 1  # of 10,000 neighbours


def test_a_spec_of_400_scenes_of_marks_is_validated_in_lines_that_grow_with_them() -> None:
    def cost(scenes: int) -> int:
        marks = "a" + "\u0316\u0301" * 2_499
        spec = {"scenes": [{"scene_id": 1, "narration": marks}] * scenes}
        return counted(lambda _: normalise_render_spec(spec)).total

    assert cost(20) <= 2.3 * cost(10)
