"""Regular expressions that read whole texts, over texts made to send them back and forth: steps grow with the
text. A match cannot be interrupted, and holds the whole process while it lasts.
"""

import importlib
import re
from collections.abc import Iterator

import pytest

from tests.support.regex_steps import Stepper, TooManyStepsError

MODULES = (
    "contracts.faithful",
    "contracts.markup",
    "contracts.normalization",
    "contracts.polarity",
    "contracts.text_language",
    "services.runtime.observability.redaction",
    "services.scripting.llm.answer_fields",
    "services.scripting.llm.answer_members",
    "services.scripting.llm.parsing",
    "services.scripting.writer.grouping",
    "services.scripting.reading.decoding",
    "services.scripting.reading.front_matter",
    "services.scripting.reading.headings",
    "services.scripting.reading.html_blocks",
    "services.scripting.reading.inline",
    "services.scripting.writer.korean.polite",
    "services.scripting.writer.korean.speech",
    "services.scripting.reading.marks",
    "services.scripting.reading.markdown_lines",
    "services.scripting.reading.markup",
    "services.scripting.reading.office",
    "services.scripting.reading.outline_marks",
    "services.scripting.reading.pages",
    "services.scripting.left_out",
    "services.scripting.llm.loose_json",
    "services.scripting.llm.loose_quotes",
    "services.scripting.writer.splitting",
    "services.scripting.polarity",
    "services.scripting.reading.rows",
    "services.scripting.reading.source",
    "services.scripting.reading.tables",
    "services.scripting.text",
    "services.scripting.reading.wording",
    "services.scripting.reading.wrapping",
    "services.slides.planning.cleaning",
    "services.tts.reading.ko.abbreviations",
    "services.tts.reading.en.amounts",
    "services.tts.reading.en.codes",
    "services.tts.reading.ko.counters",
    "services.tts.reading.ko.dates",
    "services.tts.reading.ko.folding",
    "services.tts.reading.ko.identifiers",
    "services.tts.reading.ko.measures",
    "services.tts.reading.ko.quantities",
    "services.tts.reading.ko.ratios",
    "services.tts.reading.en.text",
    "services.tts.reading.ko.text",
    "services.tts.reading.ko.latin",
    "services.tts.reading.ko.grammar",
    "services.tts.reading.ko.terms",
    "services.tts.reading.en.times",
    "services.tts.reading.en.units",
    "services.tts.reading.en.words",
)
LARGE, FAR = 60, 300
"""Alternatives and bounds from which counting takes seconds: those of the readers of numbers and links."""

EXCUSED = (r"\s?[-–—~]\s?(?=", r"[\s.,?!]*(?= |$)")
"""Parts of what is quadratic in texts that narrations do not have: groups of thousands, line breaks without
end; a scene's 5,000 characters of them take some 10 ms."""


def held(value: object, depth: int = 3) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif depth and isinstance(value, tuple | list):
        for item in value:
            yield from held(item, depth - 1)


@pytest.mark.parametrize("module", MODULES)
def test_steps_grow_with_the_text(module: str) -> None:
    for pattern in held(list(vars(importlib.import_module(module)).values())):
        stepper = Stepper(pattern)
        far = stepper.longest_bound > FAR and module.startswith("services.tts")
        if not (stepper.size > LARGE or far or any(excused in pattern.pattern for excused in EXCUSED)):
            _measure(stepper, pattern.pattern)


def _measure(stepper: Stepper, pattern: str) -> None:
    """Three times as many characters as each may cost steps: what is quadratic runs out of them."""
    each = 20 + stepper.size + 2 * stepper.longest_bound
    text = ""
    try:
        for text in stepper.attacks(3 * each):
            stepper.search_all(text, budget=each * len(text))
    except TooManyStepsError:
        pytest.fail(f"{pattern!r} takes more than {each} steps a character over {text[:30]!r}")
