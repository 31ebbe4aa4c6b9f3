"""What intake is told about the length of a text, held against how the text is really read out."""

import unicodedata
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.speech import ESTIMATE_ERROR, LETTERS_A_SECOND, MOST_SECONDS_A_CHARACTER, estimated_seconds
from services.tts.reading.en import amounts, units
from services.tts.reading.en import words as en_words
from services.tts.reading.ko import identifiers, loanwords
from services.tts.reading.ko import units as ko_units
from services.tts.reading.reading import read_out

LANGUAGES = ("ko", "en")
LETTER_OF_HANGUL = LETTERS_A_SECOND["en"] / LETTERS_A_SECOND["ko"]

TABLES = (
    loanwords.LOANWORDS, loanwords.ACRONYM_WORDS, loanwords.SYMBOLIC, ko_units.UNITS,
    ko_units.PER, ko_units.CURRENCIES, identifiers.SERVICE_NUMBERS, units.UNITS,
    en_words._ABBREVIATIONS, en_words._BEFORE_NUMBER, en_words._GREEK, amounts._CURRENCIES,
    amounts._CODES, amounts._SCALES, amounts._COMPARISONS,
)  # fmt: skip


def really(text: str, language: str) -> float:
    """Return the seconds that the text takes as it is read out."""
    read = read_out(text, language)
    hangul = LETTER_OF_HANGUL if language == "en" else 1.0
    letters = sum(hangul if "가" <= c <= "힣" else float(c.isalnum()) for c in read)
    return letters / LETTERS_A_SECOND[language]


def told_too_little(text: str, language: str, factor: float = 1.0) -> bool:
    return really(text, language) > factor * estimated_seconds(text, language) + 1e-9


def characters() -> Iterator[str]:
    """Yield every character that folds to others, and a sample of those of which there are thousands."""
    for code in range(0x20, 0x20000):
        character = chr(code)
        if unicodedata.category(character) in ("Cs", "Co", "Cn", "Cc"):
            continue
        folds = unicodedata.normalize("NFKC", character) != character
        if folds and not "가" <= character <= "힣":
            if unicodedata.category(character) in ("Lu", "Ll") and code > 0xFFFF and code % 13:
                continue  # a thousand mathematical letters
            yield character
        elif code < 0x3000 or code % 97 == 0:
            yield character


def test_no_character_takes_longer_to_say_than_intake_is_told() -> None:
    worst = [
        (language, pattern)
        for character in characters()
        for language in LANGUAGES
        for pattern in (f"{character} ", f"1{character} ")
        if told_too_little(pattern * 6, language, 1.3)
    ]
    assert worst == []
    longest = max(estimated_seconds(each, language) for each in characters() for language in LANGUAGES)
    assert longest <= MOST_SECONDS_A_CHARACTER


def test_no_word_of_the_readings_tables_takes_more_than_half_again_as_long_as_told() -> None:
    words = {word for table in TABLES for word in table}
    assert len(words) > 700
    worst = [
        (language, pattern)
        for word in words
        for written in (word, word.upper())
        for language in LANGUAGES
        for pattern in (f"{written} ", f"1{written} ", f"-1{written} ", f"7,777{written} ", f"{written}.com ")
        if told_too_little(pattern * 4, language, 1.51)
    ]
    assert worst == []


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["1", "7", "w", "W", "HA", "kWh", "%", "㈜", "-", "/", ".com", "@", "a", "e", "x", "aX", "wW",
            "+", "&", " ", " ", ".", ",", "~", "시", "₩", "$", "m", "^2", "T", "K8s", "co2", "(", ")", ":",
            "漢", "not", "api", "ppm", "ㅃ", "10", "=", "asap", "http://", "가", "월", "번", "#", "c", "×"]
        ),
        min_size=2,
        max_size=12,
    ),
    st.sampled_from(LANGUAGES),
)  # fmt: skip
def test_no_mixture_takes_more_than_twice_as_long_as_told(parts: list[str], language: str) -> None:
    assert not told_too_little("".join(parts) * 4, language, ESTIMATE_ERROR)
