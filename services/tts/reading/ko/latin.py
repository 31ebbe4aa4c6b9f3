"""Latin script in Korean text, in Hangul: addresses, acronyms, loan words, the rest by sound."""

import re
import unicodedata
from collections.abc import Mapping

from services.tts.reading.ko.inflection import compound, inflected
from services.tts.reading.ko.loanwords import (
    ACRONYM_WORDS,
    DOMAIN_PARTS,
    LETTER_NAMES,
    LOANWORDS,
    PATH_PARTS,
    SYMBOLIC,
)
from services.tts.reading.ko.numbers import digits, number
from services.tts.reading.ko.transliteration import to_hangul
from services.tts.voices.english_pronunciation import is_known, pronounce_word

_ADDRESS = re.compile(
    r"(?P<scheme>\b(?:https?|ftp)://)?(?P<user>[A-Za-z0-9._%+-]{1,64}@)?"
    r"(?P<host>(?:[A-Za-z0-9-]{1,63}\.){1,8}(?:com|net|org|edu|gov|kr|io|ai|dev|app|jp|us|me|info|co))"
    r"(?![A-Za-z0-9])(?P<path>(?:/[\w./%~-]*)?)(?:[?#][^\s가-힣)]*)?",
    re.IGNORECASE | re.ASCII,
)
_LOOSE_ADDRESS = re.compile(r"\b[a-z]{2,10}://([A-Za-z0-9._/-]{1,200})[^\s가-힣]*", re.IGNORECASE)
_DRIVE_PATH = re.compile(r"(?<![\w.])([A-Za-z]):((?:\\[\w가-힣.-]{1,100}){1,20})\\?", re.ASCII)
_PATH = re.compile(
    r"(?<![\w/.)가-힣~])(?:~|\.{1,2})?(?:/[A-Za-z_.][A-Za-z0-9_.@+-]{0,100}){1,30}/?"
    r"|(?<![\w/.@-])(?:[A-Za-z0-9_-]{1,60}/){1,20}[A-Za-z0-9_-]{1,60}\.[a-z]{1,4}(?![\w/])",
    re.ASCII,
)
_FILE = re.compile(r"(?<=[A-Za-z0-9가-힣_)])\.([A-Za-z][A-Za-z0-9]{1,4})(?![A-Za-z0-9])")
_SYMBOLIC = re.compile(
    "|".join(
        rf"(?<![A-Za-z0-9])(?<![0-9]\.){re.escape(word)}(?![A-Za-z0-9])"
        for word in sorted(SYMBOLIC, key=len, reverse=True)
    ),
    re.IGNORECASE,
)
_TITLE = re.compile(r"\b(Mr|Mrs|Ms|Dr|Prof)\.(?= ?[A-Z가-힣])")
_ACCENTED = re.compile("[À-ɏ]")
_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]")


def read_addresses(text: str) -> str:
    """Return ``text`` with web and e-mail addresses as they are dictated; query strings are left out."""
    text = _ADDRESS.sub(_address, text)
    text = _LOOSE_ADDRESS.sub(lambda match: _dictated(match[1]), text)
    text = _DRIVE_PATH.sub(_drive_path, text)
    return _PATH.sub(lambda match: f" {_dictated(match.group().rstrip('/.'), PATH_PARTS)} ", text)


def read_symbolic(text: str) -> str:
    """Return ``text`` with words such as R&D, Wi-Fi, C# and 5G read; runs before numbers are read."""
    text = _ACCENTED.sub(lambda match: unicodedata.normalize("NFD", match.group())[0], text)
    text = _TITLE.sub(r"\1", text)
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
    """Return one Latin word in Hangul: the dictionary first, transliteration last."""
    lower = word.lower()
    if found := _listed(word):
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
    if word.isupper() and (len(word) <= 4 or not _is_word(lower)) and len(word) <= 6:
        return "".join(LETTER_NAMES[letter] for letter in lower if letter in LETTER_NAMES)
    lower = lower[:60]
    return (
        inflected(lower, LOANWORDS.get)
        or compound(lower, LOANWORDS.get, known=is_known(lower))
        or to_hangul(pronounce_word(lower), lower)
    )


def _listed(word: str) -> str | None:
    if word == "Ms":
        return "미즈"
    first, second = (ACRONYM_WORDS, LOANWORDS) if word.isupper() else (LOANWORDS, ACRONYM_WORDS)
    return first.get(word.lower()) or second.get(word.lower())


def _is_word(lower: str) -> bool:
    return is_known(lower) or inflected(lower, LOANWORDS.get) is not None


def _drive_path(match: re.Match[str]) -> str:
    parts = (_dictated(part, PATH_PARTS).strip() for part in match[2].split("\\") if part)
    return f" {LETTER_NAMES[match[1].lower()]} 드라이브 {', '.join(parts)} "


def _address(match: re.Match[str]) -> str:
    user = (match["user"] or "").removesuffix("@")
    spoken = f"{_dictated(user)} 골뱅이 " if user else ""
    path = "" if user else (match["path"] or "").rstrip("./")
    return f" {spoken}{_dictated(match['host'])}{_dictated(path[:80])} "


def _dictated(text: str, names: Mapping[str, str] = DOMAIN_PARTS) -> str:
    spoken: list[str] = []
    for piece in re.findall(r"[A-Za-z]+|[0-9]+|[가-힣]+|[./_%~+-]", text):
        if piece in "./_%~+-":
            spoken.append(
                {".": "점", "/": "슬래시", "_": "언더바", "-": "하이픈", "+": "플러스", "~": "틸드"}.get(
                    piece, ""
                )
            )
        elif piece.isdigit():
            spoken.append(digits(piece) if len(piece) > 3 or piece[0] == "0" else number(piece))
        else:
            hangul = piece if not piece.isascii() else names.get(piece.lower()) or read_word(piece)
            spoken.append(hangul)
    return (
        " ".join(spoken).replace("슬래시", " 슬래시").strip() if text[:1] != "/" else " " + " ".join(spoken)
    )
