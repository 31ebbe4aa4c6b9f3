"""Korean pronunciation to the symbols of the Kokoro voice.

The model was trained on Japanese, English and other languages, not on Korean: each Korean sound is written
with the symbol the model knows that a Korean listener (here: a recogniser) takes for it. The table was
chosen by measured character error rate, see ``services/tts/README.md``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.tts.reading.ko.hangul import split
from services.tts.voices.pronunciation_ko import pronounce


def _table(text: str) -> Mapping[str, str]:
    return dict(pair.split("=") for pair in text.split())


@dataclass(frozen=True)
class Alphabet:
    """How each Korean sound is written for the model.

    Attributes:
        onsets: at the start of a word or after an obstruent.
        voiced: lax stops between voiced sounds.
        vowels: with their glides.
        codas: the seven codas.
        tense_mark: written before a tense onset inside a word.
        word_mark: written before every word.
    """

    onsets: Mapping[str, str] = field(
        default_factory=lambda: _table(
            "ㄱ=k ㄲ=k ㄴ=n ㄷ=t ㄸ=t ㄹ=ɾ ㅁ=m ㅂ=p ㅃ=p ㅅ=s ㅆ=ss ㅇ= ㅈ=ʨ ㅉ=ʨ "
            "ㅊ=ʨʰ ㅋ=kʰ ㅌ=tʰ ㅍ=pʰ ㅎ=h"
        )
    )
    voiced: Mapping[str, str] = field(default_factory=lambda: _table("ㄱ=ɡ ㄷ=d ㅂ=b ㅈ=ʥ"))
    vowels: Mapping[str, str] = field(
        default_factory=lambda: _table(
            "ㅏ=a ㅐ=ɛ ㅑ=ja ㅒ=jɛ ㅓ=ɔ ㅔ=e ㅕ=jɔ ㅖ=je ㅗ=o ㅘ=wa ㅙ=wɛ ㅚ=we ㅛ=jo ㅜ=u "
            "ㅝ=wɔ ㅞ=we ㅟ=wi ㅠ=ju ㅡ=ɨ ㅢ=ɰi ㅣ=i"
        )
    )
    codas: Mapping[str, str] = field(default_factory=lambda: _table("ㄱ=k ㄴ=n ㄷ=ʔ ㄹ=l ㅁ=m ㅂ=p ㅇ=ŋ"))
    tense_mark: str = ""
    word_mark: str = ""
    palatal: str = "ɕ"


ALPHABET = Alphabet()
_WORD = re.compile(r"[가-힣]+")


def phonemes(text: str, alphabet: Alphabet = ALPHABET) -> str:
    """Return the model's symbols for Korean ``text`` (Hangul, spaces and punctuation)."""
    return _WORD.sub(lambda match: alphabet.word_mark + _spell(match.group(), alphabet), pronounce(text))


def _spell(spoken: str, alphabet: Alphabet) -> str:
    symbols: list[str] = []
    before: str | None = None
    for character in spoken:
        onset, vowel, coda = split(character)
        consonant = alphabet.onsets[onset]
        if onset in alphabet.voiced and before is not None and before in "ㄴㄹㅁㅇ":
            consonant = alphabet.voiced[onset]
        elif onset == "ㄹ" and before == "ㄹ":
            consonant = "l"
        elif onset in "ㄲㄸㅃㅆㅉ" and before is not None:
            consonant = alphabet.tense_mark + consonant
        glide = alphabet.vowels[vowel]
        if onset in "ㅅㅆ" and (glide[0] in "ij" or vowel == "ㅟ"):
            consonant = consonant.replace("s", alphabet.palatal)
            glide = glide.removeprefix("j")
        symbols.append(consonant + glide + alphabet.codas.get(coda, ""))
        before = coda
    return "".join(symbols)
