"""Written text as it is read out, by language."""

from collections.abc import Callable, Mapping

from services.tts.reading.en.text import read_english
from services.tts.reading.ko.text import read_korean
from services.tts.sentences import split_sentences
from services.tts.voices.base import UnspeakableError
from services.tts.voices.phonemes_en import phonemes as english_phonemes
from services.tts.voices.phonemes_ko import phonemes as korean_phonemes

_READERS: Mapping[str, Callable[[str], str]] = {"ko": read_korean, "en": read_english}
_SPELLERS: Mapping[str, Callable[[str], str]] = {"ko": korean_phonemes, "en": english_phonemes}


def read_out(text: str, language: str) -> str:
    """Return ``text`` as a narrator reads it out; empty when there is nothing to say."""
    return _READERS[language](text)


def phonemes_of(read: str, language: str) -> str:
    """Return the model's symbols for text that was read out."""
    return _SPELLERS[language](read)


def spoken_sentences(text: str, language: str) -> tuple[tuple[str, str], ...]:
    """Return the sentences of ``text``, each as written and as read out.

    A sentence in which there is nothing to say (an emoji, a row of signs) is joined to the one before it,
    or to the one after it at the beginning, so that every sentence is heard and no text is lost.

    Raises:
        UnspeakableError: there is nothing to say in the whole text.
    """
    spoken: list[tuple[str, str]] = []
    silent = ""
    for sentence in split_sentences(text, language):
        read = read_out(sentence, language)
        if read:
            spoken.append((f"{silent} {sentence}".strip(), read))
            silent = ""
        elif spoken:
            spoken[-1] = (f"{spoken[-1][0]} {sentence}", spoken[-1][1])
        else:
            silent = f"{silent} {sentence}".strip()
    if not spoken:
        raise UnspeakableError("there is nothing to say in the text")
    return tuple(spoken)
