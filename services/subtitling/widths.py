"""Words of a narration: where it may be broken, how wide each is, how long each takes to say."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from contracts.normalization import normalized
from contracts.subtitles import SubtitleLimits

_CUT_AFTER = frozenset("/.?&=_-,;:@#%")
"""Characters after which an address or a path is best cut."""

_SENTENCE_PAUSE = 4.0
_CLAUSE_PAUSE = 2.0
"""What a full stop or a comma inside a sentence takes to say, in letters; a voice rests there."""


@dataclass(frozen=True)
class Word:
    """A piece of text that stays on one line.

    Attributes:
        text: without whitespace.
        units: its width.
        glued: it continues the piece before, without a space; a piece of a word wider than a line.
    """

    text: str
    units: float
    glued: bool = False


def words_of(text: str, limits: SubtitleLimits) -> list[Word]:
    """Return the words of ``text`` in order; a word wider than a line comes in pieces that are not."""
    return [word for token in text.split() for word in _pieces(token, limits)]


def joined(words: list[Word]) -> str:
    """Return the words as one line of text."""
    return "".join(word.text if word.glued or not i else f" {word.text}" for i, word in enumerate(words))


def _pieces(token: str, limits: SubtitleLimits) -> Iterator[Word]:
    units = limits.units(token)
    if units <= limits.units_per_line:
        yield Word(token, units)
        return
    # Pieces of about equal width: the last is never a lone particle or a lone full stop.
    count = int(-(-units // limits.units_per_line))
    aim = units / count
    graphemes = [part for cluster in regex.findall(r"\X", token) for part in _bounded(cluster, limits)]
    piece, width, first = "", 0.0, True
    for grapheme in graphemes:
        grown = width + limits.units(grapheme)
        natural = bool(piece) and piece[-1] in _CUT_AFTER and width >= 0.6 * aim
        if piece and (grown > limits.units_per_line or width >= aim or natural):
            yield Word(piece, width, glued=not first)
            piece, width, first = "", 0.0, False
            grown = limits.units(grapheme)
        piece, width = piece + grapheme, grown
    yield Word(piece, width, glued=not first)


def _bounded(cluster: str, limits: SubtitleLimits) -> Iterator[str]:
    """Yield a grapheme; one that is itself wider than a line (hostile) by code point."""
    if limits.units(cluster) <= limits.units_per_line:
        yield cluster
    else:
        yield from cluster


def spoken_weight(text: str, language: str) -> float:
    """Return how long ``text`` takes to say, relative to one letter of the language.

    A digit is read as a word (about two syllables in Korean, five letters in English), a Latin capital in
    Korean as the name of the letter; punctuation is a rest. Only the ratios within a sentence matter.
    """
    weight = 0.0
    for char in normalized("NFC", text):
        category = unicodedata.category(char)
        if char in ".?!…":
            weight += _SENTENCE_PAUSE
        elif char in ",;:—":
            weight += _CLAUSE_PAUSE
        elif category == "Nd":
            weight += 1.5 if language == "ko" else 5.0
        elif language == "ko" and char.isascii() and char.isalpha():
            weight += 1.4 if char.isupper() else 0.5
        elif category[0] == "L":
            weight += 1.0
        elif category == "Sm" or char in "%&":
            weight += 3.0
    return max(weight, 0.1)
