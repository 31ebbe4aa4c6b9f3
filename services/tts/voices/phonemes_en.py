"""English as read out to the symbols of the Kokoro voice."""

import re

from services.tts.voices.english_pronunciation import LETTERS, is_known, pronounce_word, spell_out
from services.tts.voices.phonemes_ko import phonemes as korean_phonemes

_TOKEN = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)*|[가-힣]+|[^A-Za-z가-힣]+")
_VOWEL_SOUNDS = "AIOWYæɑɔəɛɜɪiuʊʌ"
_WEAK = {"a": "ɐ", "an": "ən", "and": "ənd", "of": "ʌv", "for": "fɔɹ", "or": "ɔɹ", "are": "ɑɹ", "i": "ˈI"}
"""Function words as they sound inside a sentence."""


_READ_AS_WORDS = frozenset(("ram", "rom", "pin", "lan", "wan", "sim", "gif"))
"""Acronyms of three letters that are words; longer ones are words when the dictionary has them."""


def phonemes(text: str) -> str:
    """Return the model's symbols for English ``text`` (words, spaces and punctuation).

    Words in capitals that the dictionary lacks are spelled; Hangul is spoken as Korean.
    """
    out: list[str] = []
    for word in reversed(_TOKEN.findall(text)):  # from the end: the and to depend on the sound that follows
        following = next((part for part in reversed(out) if part.strip(" .,?!")), "")
        out.append(_sound(word, following.lstrip("ˈˌ")))
    return "".join(reversed(out))


def _sound(word: str, following: str) -> str:
    lower = word.lower()
    if not word[0].isalpha():
        return word
    if not word.isascii():
        return korean_phonemes(word)
    if lower in ("the", "to"):
        before_vowel = following[:1] in _VOWEL_SOUNDS and following != ""
        return {"the": "ði" if before_vowel else "ðə", "to": "tʊ" if before_vowel else "tə"}[lower]
    if len(word) == 1 and word != "a":
        return LETTERS[lower]
    if lower in _WEAK:
        return _WEAK[lower]
    capitals = word.removesuffix("s")
    if capitals.isupper() and len(capitals) > 1 and not _is_word(lower):
        return spell_out(capitals) + ("z" if capitals != word else "")
    return pronounce_word(lower[:60])


def _is_word(lower: str) -> bool:
    return lower in _READ_AS_WORDS or (len(lower) > 3 and is_known(lower))
