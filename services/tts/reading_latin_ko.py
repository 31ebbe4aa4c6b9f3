"""Latin script in Korean text, in Hangul: addresses, acronyms, loan words, the rest by sound."""

import re

from services.tts.english_pronunciation import is_known, pronounce_word
from services.tts.loanwords_ko import ACRONYM_WORDS, DOMAIN_PARTS, LETTER_NAMES, LOANWORDS, SYMBOLIC
from services.tts.numbers_ko import digits, number
from services.tts.transliteration_ko import to_hangul

_ADDRESS = re.compile(
    r"(?P<scheme>\b(?:https?|ftp)://)?(?P<user>[A-Za-z0-9._%+-]{1,64}@)?"
    r"(?P<host>(?:[A-Za-z0-9-]{1,63}\.){1,8}(?:com|net|org|edu|gov|kr|io|ai|dev|app|jp|us|me|info|co))"
    r"(?![A-Za-z0-9])(?P<path>(?:/[\w./%~-]*)?)(?:[?#][^\s가-힣)]*)?",
    re.IGNORECASE | re.ASCII,
)
_LOOSE_ADDRESS = re.compile(r"\b[a-z]{2,10}://([A-Za-z0-9._/-]{1,200})[^\s가-힣]*", re.IGNORECASE)
_FILE = re.compile(r"(?<=[A-Za-z0-9가-힣_)])\.([A-Za-z][A-Za-z0-9]{1,4})(?![A-Za-z0-9])")
_SYMBOLIC = re.compile(
    "|".join(
        rf"(?<![A-Za-z0-9])(?<![0-9]\.){re.escape(word)}(?![A-Za-z0-9])"
        for word in sorted(SYMBOLIC, key=len, reverse=True)
    ),
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]")


def read_addresses(text: str) -> str:
    """Return ``text`` with web and e-mail addresses as they are dictated; query strings are left out."""
    text = _ADDRESS.sub(_address, text)
    return _LOOSE_ADDRESS.sub(lambda match: _dictated(match[1]), text)


def read_symbolic(text: str) -> str:
    """Return ``text`` with words such as R&D, Wi-Fi, C# and 5G read; runs before numbers are read."""
    return _SYMBOLIC.sub(_symbolic, text)


_GRAMS = frozenset({"3g", "4g", "5g"})
"""Generations of mobile networks are written with a capital; these are weights."""


def _symbolic(match: re.Match[str]) -> str:
    word = match.group()
    return word if word in _GRAMS else f" {SYMBOLIC[word.lower()]}"


def read_latin(text: str) -> str:
    """Return ``text`` with every Latin word in Hangul."""
    text = _FILE.sub(r" 점 \1", text)
    text = re.sub(r"(?<=[A-Za-z])[-_](?=[A-Za-z])", " ", text)
    return _WORD.sub(lambda match: read_word(match.group()), text)


def read_word(word: str) -> str:
    """Return one Latin word in Hangul."""
    lower = word.lower()
    if found := LOANWORDS.get(lower) or ACRONYM_WORDS.get(lower):
        return found
    if word.endswith("'s"):
        return read_word(word[:-2]) + "스"
    if len(word) == 1:
        return LETTER_NAMES[lower]
    if word.endswith("s") and len(word) > 2 and word[:-1].isupper():
        return read_word(word[:-1])  # Koreans leave the plural of an acronym out
    parts = _PARTS.findall(word)
    if len(parts) > 1 and not word.isupper() and "'" not in word:
        return "".join(map(read_word, parts))
    if word.isupper() and (len(word) <= 4 or not is_known(word)) and len(word) <= 6:
        return "".join(LETTER_NAMES[letter] for letter in lower if letter in LETTER_NAMES)
    if lower.endswith("s") and (found := LOANWORDS.get(lower[:-1])):
        return found + ("스" if lower[-2] in "ptkf" else "즈")
    return to_hangul(pronounce_word(lower[:60]), lower)


def _address(match: re.Match[str]) -> str:
    user = (match["user"] or "").removesuffix("@")
    spoken = f"{_dictated(user)} 골뱅이 " if user else ""
    path = "" if user else (match["path"] or "").rstrip("./")
    return f" {spoken}{_dictated(match['host'])}{_dictated(path[:80])} "


def _dictated(text: str) -> str:
    spoken = []
    for piece in re.findall(r"[A-Za-z]+|[0-9]+|[./_%~+-]", text):
        if piece in "./_%~+-":
            spoken.append(
                {".": "점", "/": "슬래시", "_": "언더바", "-": "하이픈", "+": "플러스"}.get(piece, "")
            )
        elif piece.isdigit():
            spoken.append(digits(piece) if len(piece) > 3 or piece[0] == "0" else number(piece))
        else:
            spoken.append(DOMAIN_PARTS.get(piece.lower()) or read_word(piece))
    return (
        " ".join(spoken).replace("슬래시", " 슬래시").strip() if text[:1] != "/" else " " + " ".join(spoken)
    )
