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
    "services.runtime.redaction",
    "services.scripting.answer_fields",
    "services.scripting.answer_members",
    "services.scripting.answers",
    "services.scripting.beats",
    "services.scripting.decoding",
    "services.scripting.frontmatter",
    "services.scripting.headings",
    "services.scripting.html_blocks",
    "services.scripting.inline",
    "services.scripting.korean_polite",
    "services.scripting.korean_speech",
    "services.scripting.marks",
    "services.scripting.markdown_lines",
    "services.scripting.markup",
    "services.scripting.office",
    "services.scripting.outline_marks",
    "services.scripting.pages",
    "services.scripting.left_out",
    "services.scripting.loose_json",
    "services.scripting.loose_quotes",
    "services.scripting.pieces",
    "services.scripting.polarity",
    "services.scripting.rows",
    "services.scripting.source",
    "services.scripting.tables",
    "services.scripting.text",
    "services.scripting.wording",
    "services.scripting.wrapping",
    "services.slides.planning.cleaning",
    "services.tts.abbreviations_ko",
    "services.tts.amounts_en",
    "services.tts.codes_en",
    "services.tts.counters_ko",
    "services.tts.dates_ko",
    "services.tts.folding_ko",
    "services.tts.identifiers_ko",
    "services.tts.measures_ko",
    "services.tts.quantities_ko",
    "services.tts.ratios_ko",
    "services.tts.reading_en",
    "services.tts.reading_ko",
    "services.tts.reading_latin_ko",
    "services.tts.reading_numbers_ko",
    "services.tts.terms_ko",
    "services.tts.times_en",
    "services.tts.units_en",
    "services.tts.words_en",
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
