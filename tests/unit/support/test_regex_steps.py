"""The counter of a regular expression's steps matches what the real one does, and sees what is quadratic."""

import re

import pytest

from tests.support.regex_steps import Stepper, TooManyStepsError


@pytest.mark.parametrize(
    ("pattern", "flags", "text"),
    [
        (r"\d+(?:,\d{3})*%?", 0, "a 1,000% 12 %"),
        (r"^\s*[-*]\s+|(?<=가)나(?!다)", re.MULTILINE, "- 가나\n * 가나다 가나"),
        (r"(?:a|ab)(?:c|bcd)+?d", re.IGNORECASE, "ABCD abcbcdd acd"),
        (r"[^\W_]{2,3}?\b", 0, "ab_c가나다 d"),
    ],
)
def test_it_counts_the_walk_that_the_real_matcher_takes(pattern: str, flags: int, text: str) -> None:
    stepper = Stepper(re.compile(pattern, flags))
    assert stepper.spans(text) == [match.span() for match in re.finditer(pattern, text, flags)]


@pytest.mark.parametrize("pattern", [r"\s+x", r"\d+%", r"(?:a+)+b", r"(a|b)+c", r"^\s*[-*]\s+"])
def test_it_sees_an_expression_that_is_not_linear(pattern: str) -> None:
    stepper = Stepper(re.compile(pattern, re.MULTILINE))
    attacks = list(stepper.attacks(600))
    with pytest.raises(TooManyStepsError):
        assert [stepper.search_all(text, budget=100 * len(text)) for text in attacks]
