"""How a film's speech is judged: figures written otherwise are equal, figures heard otherwise are not."""

import pytest

from ops.tools.transcribe import Heard, figures_of
from services.tts.reading.reading import read_out
from tests.support.speech import character_error_rate, same_writing, sounds, word_error_rate, words


def heard(written: str, recognised: str, language: str = "ko") -> Heard:
    return Heard(written, read_out(written, language), recognised)


@pytest.mark.parametrize(
    ("written", "recognised"),
    [
        ("25일 안에 3명이 이수합니다.", "25 일 안에 세 명이 이수 합니다"),
        ("25일 안에 3명이 이수합니다.", "이십 오일 안에 3 명이 이수합니다"),
        ("분당 100~120회", "분당 100 에서 120 회"),
    ],
)
def test_digits_and_words_of_one_number_are_no_error(written: str, recognised: str) -> None:
    assert figures_of([heard(written, recognised)], "ko")["cer"] == 0


def test_another_number_is_an_error_in_digits_too() -> None:
    figures = figures_of([heard("25일 안에 이수합니다.", "35 일 안에 이수합니다")], "ko")
    assert figures["cer"] == round(1 / 11, 3), "삼 for 이"


def test_what_is_read_out_already_is_not_read_again() -> None:
    for text in ("이십오 일 안에 세 명이", "백이십 회, 오 센티미터", "제삼조 제이항에 따라 육십 점 이상"):
        assert character_error_rate(text, same_writing(text, "ko")) == 0


def test_english_numerals_and_hyphens_are_written_alike() -> None:
    said = "A passphrase of at least 14 characters costs $12,000."
    pair = heard(said, "a passphrase of at least fourteen", "en")
    whole = "A pass phrase of at least 14 characters costs 12,000 dollars"
    missing = ["characters", "costs", "twelve", "thousand", "dollars"]
    assert figures_of([pair], "en")["wer"] == round(len(missing) / 11, 3)
    assert word_error_rate("multi-factor, don’t", "multi factor dont") == 0
    assert words(same_writing(whole, "en"))[-3:] == ["twelve", "thousand", "dollars"]


def test_homophones_are_equal_as_they_sound_only() -> None:
    figures = figures_of([heard("내가 같이 왜", "네가 가치 외")], "ko")
    assert figures["sounds_wrong"] == 0
    assert figures["cer"] == round(4 / 5, 3)
    assert "".join(sounds("값이")) == "ㄱㅏㅂㅆㅣ"
    assert figures_of([heard("안전모", "안정모")], "ko")["sounds_wrong"] == round(1 / 7, 3)


def test_scenes_with_and_without_figures_are_told_apart_and_weigh_by_their_length() -> None:
    pieces = [heard("3명", "세 병"), heard("안전모를 씁니다", "안전모를 씁니다")]
    figures = figures_of(pieces, "ko")
    assert (figures["cer_with_figures"], figures["cer_without"]) == (0.5, 0)
    assert (figures["cer"], figures["cer_mean"]) == (round(1 / 9, 3), 0.25)
    assert figures_of([], "ko")["cer"] is None
