"""English pronunciation in Hangul, after the rules for loan words (외래어 표기법, 3.1)."""

import re

from services.tts.reading.ko.hangul import join

_VOWELS = {
    "æ": "ㅐ", "ɑ": "ㅏ", "ɔ": "ㅗ", "ə": "ㅓ", "ɛ": "ㅔ", "ɜ": "ㅓ", "ɪ": "ㅣ", "i": "ㅣ", "u": "ㅜ",
    "ʊ": "ㅜ",
    "ʌ": "ㅓ", "A": "ㅔㅣ", "I": "ㅏㅣ", "O": "ㅗ", "W": "ㅏㅜ", "Y": "ㅗㅣ", "ᵊ": "ㅡ", "ᵻ": "ㅣ",
}  # fmt: skip
_SHORT = "æɑɔəɛɪʌʊᵻ"
_ONSETS = {
    "b": "ㅂ", "d": "ㄷ", "f": "ㅍ", "ɡ": "ㄱ", "h": "ㅎ", "k": "ㅋ", "l": "ㄹ", "m": "ㅁ", "n": "ㄴ",
    "p": "ㅍ",
    "ɹ": "ㄹ", "s": "ㅅ", "t": "ㅌ", "ɾ": "ㅌ", "ʔ": "ㅌ", "v": "ㅂ", "z": "ㅈ", "ð": "ㄷ", "θ": "ㅅ",
    "ʃ": "ㅅ",
    "ʒ": "ㅈ", "ʤ": "ㅈ", "ʧ": "ㅊ", "ŋ": "ㅇ",
}  # fmt: skip
_CODAS = {"m": "ㅁ", "n": "ㄴ", "ŋ": "ㅇ", "l": "ㄹ"}
_STOPS = {"p": "ㅂ", "t": "ㅅ", "k": "ㄱ", "ʔ": "ㅅ"}
_IOTATED = {"ㅏ": "ㅑ", "ㅐ": "ㅒ", "ㅓ": "ㅕ", "ㅔ": "ㅖ", "ㅗ": "ㅛ", "ㅜ": "ㅠ", "ㅣ": "ㅣ", "ㅡ": "ㅠ"}
_ROUNDED = {"ㅏ": "ㅘ", "ㅐ": "ㅙ", "ㅓ": "ㅝ", "ㅔ": "ㅞ", "ㅗ": "ㅝ", "ㅜ": "ㅜ", "ㅣ": "ㅟ", "ㅡ": "ㅜ"}


def to_hangul(symbols: str, spelling: str = "") -> str:
    """Return Hangul for the pronunciation of an English word.

    Args:
        symbols: as :func:`services.tts.voices.english_pronunciation.pronounce_word` returns them.
        spelling: the word; Koreans follow it where it says *o* for American ɑ (bot → 봇) or *d* for a flap.
    """
    sounds = re.sub("[ˈˌː]", "", symbols).replace("ʔn", "tᵊn")
    sounds = _spelled_schwas(sounds, spelling)
    if "o" in spelling and not re.search("a(?!n)", spelling):
        sounds = re.sub("ɑ(?!ɹ)", "ɔ", sounds)
    if "t" not in spelling:
        sounds = sounds.replace("ɾ", "d")
    syllables: list[list[str]] = []
    at = 0
    while at < len(sounds):
        at = _next(sounds, at, syllables)
    return "".join(join(*syllable) for syllable in syllables)


def _spelled_schwas(sounds: str, spelling: str) -> str:
    """Give ə the quality of the letter it is written with where Koreans follow the letter."""
    letters = re.findall("[aeiouy]+", re.sub("e$", "", spelling))
    places = [i for i, sound in enumerate(sounds) if sound in _VOWELS]
    if len(letters) == len(places):
        for place, letter in zip(places, letters, strict=True):
            by_letter = letter == "i" or (letter == "e" and place == places[0])  # decision: 디시전
            if sounds[place] == "ə" and by_letter and sounds[place + 1 : place + 2] != "ɹ":
                sounds = f"{sounds[:place]}ɪ{sounds[place + 1 :]}"
            elif sounds[place] == "ɑ" and letter == "o" and sounds[place + 1 : place + 2] != "ɹ":
                sounds = f"{sounds[:place]}ɔ{sounds[place + 1 :]}"
    if spelling.endswith(("et", "ess", "ets")):
        sounds = re.sub("ə(?=[ts]s?$)", "ɛ", sounds)
    if not re.search("le[sdr]?$", spelling):  # 시그널, 인바이런먼트; but 테이블, 버튼, 레슨
        sounds = re.sub("(?<![tdsz])ᵊ|ᵊ(?=l)", "ə", sounds)
    if spelling.startswith("du"):
        sounds = re.sub("^du", "dju", sounds)
    return re.sub("ə$", "ɑ", sounds) if spelling.endswith("a") else sounds


def _next(sounds: str, at: int, syllables: list[list[str]]) -> int:
    """Read one sound (or a consonant with the vowel it opens) at ``at``; return where to go on."""
    sound = sounds[at]
    if sound in _VOWELS or sound in "jw":
        return _vowel(sounds, at, "ㅇ", syllables)
    after = sounds[at + 1 : at + 2]
    glided = sounds[at + 2 : at + 3] in _VOWELS and sounds[at + 2 : at + 3] != ""
    if after and (after in _VOWELS or (after in "jw" and glided)):
        if sound == "l" and syllables and not syllables[-1][2]:
            syllables[-1][2] = "ㄹ"
        if sound == "ŋ" and syllables:
            syllables[-1][2] = "ㅇ"
        if after == "w" and sound not in "kɡh":
            _close(sounds, at, syllables)
            return at + 1
        return _vowel(sounds, at + 1, _ONSETS[sound], syllables, soft=sound == "ʃ")
    _close(sounds, at, syllables)
    return at + 1


def _vowel(sounds: str, at: int, onset: str, syllables: list[list[str]], *, soft: bool = False) -> int:
    glide = sounds[at] if sounds[at] in "jw" else ""
    at += bool(glide)
    if at >= len(sounds) or sounds[at] not in _VOWELS:
        syllables.append([onset, "ㅣ" if glide == "j" else "ㅜ", ""])
        return at
    vowels = _VOWELS[sounds[at]]
    first = vowels[0]
    if glide == "w":
        first = _ROUNDED[first]
    elif (glide == "j" and onset not in "ㅈㅊ") or soft:
        first = _IOTATED[first]
    syllables.append([onset, first, ""])
    if len(vowels) == 2:
        syllables.append(["ㅇ", vowels[1], ""])
    if sounds[at + 1 : at + 2] == "ɹ" and sounds[at + 2 : at + 3] not in (*_VOWELS, "j"):
        if (at + 2 >= len(sounds) and sounds[at] in "ɛɪʊ") or (at + 2 >= len(sounds) and sounds[at] == "ɔ"):
            syllables.append(["ㅇ", "ㅓ", ""])
        return at + 2
    return at + 1


def _close(sounds: str, at: int, syllables: list[list[str]]) -> None:
    """Write a consonant that no vowel follows: as a coda, or with the filler vowel."""
    sound, before, after = sounds[at], sounds[at - 1 : at], sounds[at + 1 : at + 2]
    open_before = bool(syllables) and not syllables[-1][2]
    if sound in _CODAS and open_before and (before in _VOWELS or before == "ɹ" or sound == "l"):
        syllables[-1][2] = _CODAS[sound]
    elif (
        sound in _STOPS and open_before and before and before in _SHORT and after not in ("l", "ɹ", "m", "n")
    ):
        if sound == "t" and after == "s":
            syllables.append(["ㅊ", "ㅡ", ""])
        else:
            syllables[-1][2] = _STOPS[sound]
    elif sound == "s" and before == "t" and open_before and syllables[-1][0] == "ㅊ":
        return
    elif sound in "ʤʧʒ":
        syllables.append([_ONSETS[sound], "ㅣ", ""])
    elif sound == "ʃ":
        syllables.append(["ㅅ", "ㅠ" if after else "ㅣ", ""])
    elif sound in _ONSETS and sound != "ŋ":
        syllables.append([_ONSETS[sound], "ㅡ", ""])
