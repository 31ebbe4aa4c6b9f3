"""Hanja read in Korean, with the initial-sound rule (두음법칙) at the start of a word."""

import re
from functools import cache
from importlib.resources import files

from services.tts.reading.ko.hangul import join, split

_RUN = re.compile("[一-鿿㐀-䶿]+")
_USUAL = {"樂": "락", "串": "관", "不": "불", "金": "금"}
_WORDS = {
    "不正": "부정",
    "不當": "부당",
    "不足": "부족",
    "不動": "부동",
    "不到": "부도",
    "不在": "부재",
    "音樂": "음악",
    "金氏": "김씨",
}


@cache
def _readings() -> dict[str, str]:
    table: dict[str, str] = {}
    for line in files("services.tts").joinpath("data/hanja_ko.txt").read_text(encoding="utf-8").splitlines():
        reading, characters = line.split()
        table.update(dict.fromkeys(characters, reading))
    return {**table, **_USUAL}


def read_hanja(text: str) -> str:
    """Return ``text`` with hanja in Hangul; characters outside KS X 1001 are dropped.

    A hanja gloss in brackets after Hangul (안전(安全)) repeats what was said and is dropped.
    """
    if not _RUN.search(text):
        return text
    text = re.sub(r"(?<=[가-힣])\([一-鿿㐀-䶿]+\)", "", text)
    for word, reading in _WORDS.items():
        text = text.replace(word, reading)
    return _RUN.sub(_read, text)


def _read(match: re.Match[str]) -> str:
    syllables = [_readings()[c] for c in match.group() if c in _readings()]
    before = match.string[match.start() - 1 : match.start()]
    if syllables and not re.match("[가-힣]", before):
        syllables[0] = _initial(syllables[0])
    return "".join(syllables)


def _initial(syllable: str) -> str:
    onset, vowel, coda = split(syllable)
    if onset in "ㄴㄹ" and vowel in "ㅑㅕㅖㅛㅠㅣ":
        onset = "ㅇ"
    elif onset == "ㄹ":
        onset = "ㄴ"
    return join(onset, vowel, coda)
