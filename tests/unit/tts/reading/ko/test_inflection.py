"""English words that are inflected or compound, and what Koreans make of them."""

import pytest

from services.tts.reading.ko.inflection import compound, inflected
from services.tts.reading.ko.latin import read_word
from services.tts.reading.ko.loanwords import ACRONYM_WORDS, LOANWORDS


@pytest.mark.parametrize(
    ("word", "hangul"),
    [
        ("debugging", "디버깅"), ("mapping", "매핑"), ("tagging", "태깅"), ("planning", "플래닝"),
        ("scrolling",
        "스크롤링"), ("pushing", "푸싱"), ("caching", "캐싱"), ("filtering", "필터링"),
        ("previewing", "프리뷰잉"),
        ("coded", "코디드"), ("clicked", "클릭트"), ("merged", "머지드"), ("scanner", "스캐너"),
        ("pusher", "푸셔"),
        ("policies", "폴리시"), ("branches", "브랜치"), ("testers", "테스터"),
    ],
)  # fmt: skip
def test_endings_join_the_hangul_of_the_stem(word: str, hangul: str) -> None:
    without = {key: value for key, value in LOANWORDS.items() if key != word}
    assert inflected(word, without.get) == hangul


def test_a_compound_is_read_by_its_parts_unless_english_has_a_word_of_its_own() -> None:
    assert compound("healthcheck", LOANWORDS.get, known=False) == "헬스체크"
    assert compound("logfiles", LOANWORDS.get, known=False) == "로그파일"
    words = {"man": "맨", "age": "에이지"}
    assert compound("manage", words.get, known=True) is None
    assert compound("manage", words.get, known=False) == "맨에이지"


def test_capitals_are_acronyms_first_and_small_letters_words_first() -> None:
    assert (read_word("WHO"), read_word("who")) == ("더블유에이치오", "후")
    assert (read_word("Ms"), read_word("MS")) == ("미즈", "엠에스")


@pytest.mark.parametrize("table", [LOANWORDS, ACRONYM_WORDS])
def test_the_dictionaries_hold_small_latin_words_and_hangul(table: dict[str, str]) -> None:
    assert all(word == word.lower() and word.isascii() for word in table)
    assert all("가" <= letter <= "힣" or letter == " " for hangul in table.values() for letter in hangul)
    assert list(table) == sorted(table)
