"""Hangul syllables taken apart and put together (Unicode 16, section 3.12)."""

ONSETS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
CODAS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")

FIRST, LAST = 0xAC00, 0xD7A3


def is_syllable(character: str) -> bool:
    """Return whether ``character`` is one composed Hangul syllable."""
    return len(character) == 1 and FIRST <= ord(character) <= LAST


def split(syllable: str) -> tuple[str, str, str]:
    """Return onset, vowel and coda of a syllable; the coda may be empty."""
    index = ord(syllable) - FIRST
    return ONSETS[index // 588], VOWELS[index % 588 // 28], CODAS[index % 28]


def join(onset: str, vowel: str, coda: str = "") -> str:
    """Return the syllable of three compatibility jamo."""
    return chr(FIRST + ONSETS.index(onset) * 588 + VOWELS.index(vowel) * 28 + CODAS.index(coda))


def coda_of(text: str) -> str:
    """Return the coda of the last character of ``text``; empty for anything but a closed syllable."""
    return split(text[-1])[2] if text and is_syllable(text[-1]) else ""
