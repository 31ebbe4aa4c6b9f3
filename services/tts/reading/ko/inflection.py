"""Inflected and compound English words, from the words that the loan-word dictionary has.

Koreans inflect the Hangul form: 테스트, 테스팅, 테스터; they leave the plural out.
"""

from collections.abc import Callable, Iterator

from services.tts.reading.ko.hangul import is_syllable, join, split

Lookup = Callable[[str], str | None]

_CARRIED = {"ㄱ": "ㅋ", "ㅂ": "ㅍ", "ㅅ": "ㅌ", "ㄴ": "ㄴ", "ㅁ": "ㅁ", "ㄷ": "ㄷ"}
"""A coda as it sounds in front of a vowel: 맵, 매핑; the letter tells voiced from voiceless (태그, 태깅)."""

_VOICED = {"b": "ㅂ", "d": "ㄷ", "g": "ㄱ"}

_SHORTEST_STEM = 3
"""Letters. Smaller: thing and her begin with a word; larger: ads and maps are left to their sound."""

_SHORTEST_PART = 3
"""Letters of either half of a compound that no dictionary knows; one more where English knows the word, so
that manage is not man and age."""


def inflected(word: str, lookup: Lookup) -> str | None:
    """Return the Hangul of a plural, -ing, -ed or -er form; ``None`` where no word is its stem."""
    for ending, write in (("s", _plain), ("ing", _ing), ("ed", _past), ("er", _agent), ("ers", _agent)):
        if not word.endswith(ending):
            continue
        for stem in _stems(word, ending):
            if len(stem) >= _SHORTEST_STEM and (found := lookup(stem)):
                return write(found, stem)
    return None


def compound(word: str, lookup: Lookup, *, known: bool) -> str | None:
    """Return the Hangul of two words of the dictionary side by side (healthcheck), the longest first."""
    shortest = _SHORTEST_PART + known
    for cut in range(len(word) - shortest, shortest - 1, -1):
        first = lookup(word[:cut])
        if first and (second := lookup(word[cut:]) or inflected(word[cut:], lookup)):
            return first + second
    return None


def _stems(word: str, ending: str) -> Iterator[str]:
    root = word[: -len(ending)]
    yield root
    if ending == "s":
        if root.endswith("ie"):
            yield f"{root[:-2]}y"
        if root.endswith(("se", "xe", "che", "she", "ze")):
            yield root[:-1]
        return
    yield f"{root}e"
    if root.endswith("i"):
        yield f"{root[:-1]}y"
    if len(root) > _SHORTEST_STEM and root[-1] == root[-2]:
        yield root[:-1]


def _plain(hangul: str, _stem: str) -> str:
    return hangul


def _ing(hangul: str, stem: str) -> str:
    return _with_vowel(hangul, stem, "ㅣ", "ㅇ")


def _agent(hangul: str, stem: str) -> str:
    return _with_vowel(hangul, stem, "ㅓ", "")


def _past(hangul: str, stem: str) -> str:
    sound = stem.removesuffix("e")
    if sound[-1] in "td":
        return f"{_with_vowel(hangul, stem, 'ㅣ', '')}드"
    voiceless = sound.endswith(("p", "k", "s", "x", "f", "ch", "sh", "c"))
    return f"{hangul}{'트' if voiceless else '드'}"


def _with_vowel(hangul: str, stem: str, vowel: str, coda: str) -> str:
    """Return ``hangul`` with an ending that begins with a vowel."""
    if not is_syllable(hangul[-1]):
        return hangul
    head, (onset, last, closing) = hangul[:-1], split(hangul[-1])
    if closing == "ㄹ":
        return f"{hangul}{join('ㄹ', vowel, coda)}"
    if closing in _CARRIED:
        letter = stem.removesuffix("e")[-1]
        return f"{head}{join(onset, last)}{join(_VOICED.get(letter, _CARRIED[closing]), vowel, coda)}"
    if closing:
        return f"{hangul}{join('ㅇ', vowel, coda)}"
    if last == "ㅡ" or (last == "ㅣ" and onset in "ㅅㅊㅈ" and not stem.endswith("y")):
        softened = {"ㅓ": "ㅕ"}.get(vowel, vowel) if onset == "ㅅ" and last == "ㅣ" else vowel
        return f"{head}{join(onset, softened, coda)}"
    if stem.removesuffix("e").endswith("r"):
        return f"{hangul}{join('ㄹ', vowel, coda)}"
    return f"{hangul}{join('ㅇ', vowel, coda)}"
