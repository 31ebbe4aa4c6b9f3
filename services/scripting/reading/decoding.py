"""Bytes of a lesson to text: UTF-8, UTF-16, UTF-32, and what Windows writes in Korea; else refused by name.

Stricter than guessing by statistics: what decodes must read like Korean, letter by letter.
"""

import codecs
import re
from typing import Final

from contracts.errors import ErrorCode, PermanentError
from contracts.normalization import normalized

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks; that of UTF-32 begins with that of UTF-16."""

_PLAUSIBLE: Final = 0.9
"""Share of a decoded text's letters beyond ASCII that must be common Hangul. Smaller, and Japanese and
Chinese of the same bytes pass for Korean; larger, and a lesson with a few Chinese characters is refused."""

_OTHERS: Final = (
    ("shift_jis", "Shift_JIS, Japanese", re.compile("[ぁ-ヿ]"), 0.4),
    ("euc_jp", "EUC-JP, Japanese", re.compile("[ぁ-ヿ]"), 0.4),
    ("cp1251", "Windows-1251, Cyrillic", re.compile("[а-яё]"), 0.8),
    ("koi8_r", "KOI8-R, Cyrillic", re.compile("[а-яё]"), 0.8),
    ("gb18030", "GB18030 or Big5, Chinese", re.compile("[一-鿿]"), 0.6),
    ("big5", "Big5, Chinese", re.compile("[一-鿿]"), 0.6),
)
"""What bytes that are none of ours are said to be: by the first that makes at least such a share of its own
letters of what is beyond ASCII. Another's bytes turn into capitals, signs and rare characters. Only a message
depends on it."""

_WESTERN: Final = 0.3
"""Share of bytes beyond ASCII below which a text is in Latin letters."""

_TYPOGRAPHY: Final = frozenset(b"\x85\x91\x92\x93\x94\x95\x96\x97\x99\xa0\xa9\xae\xb0\xb7")
"""Quotation marks, dashes and signs that Windows puts into English: no letters that could be another's."""

_BINARY: Final = (
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a ZIP, as Word, PowerPoint and HWPX files are"),
    (b"\xd0\xcf\x11\xe0", "an old Office or HWP file"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)


def decoded(data: bytes, name: str = "the source") -> str:
    """Return the text in ``data``, in NFC, without byte order mark.

    Args:
        data: as stored or read from a file.
        name: what messages call it.

    Raises:
        PermanentError: ``SOURCE_TEXT_EMPTY``: it is no text in an encoding that is read here; the message
            names what it seems to be.
    """
    for start, what in _BINARY:
        if data.startswith(start):
            raise _refused(name, f"is {what}, not text", "export it as plain text or Markdown")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(data, encoding, name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _guessed(data, name, error.start)
    if "\0" in text and (wide := _wide(data)) is not None:
        return wide
    return normalized("NFC", text)


def _marked(data: bytes, encoding: str, name: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _refused(
            name,
            f"begins like {encoding.removesuffix('-sig').upper()} and is damaged at byte {error.start}",
            "save it as UTF-8",
        ) from None
    if encoding != "utf-8-sig" and not any(char.isascii() or "가" <= char <= "힣" for char in text):
        raise _refused(name, f"begins like {encoding.upper()} and holds no words", "save it as UTF-8")
    return normalized("NFC", text.removeprefix("\ufeff"))


def _guessed(data: bytes, name: str, at: int) -> str:
    beyond = {byte for byte in data if byte > 0x7F}
    if beyond <= _TYPOGRAPHY and b"\0" not in data:
        return data.decode("cp1252")
    try:
        korean = data.decode("cp949")
    except UnicodeDecodeError:
        korean = ""
    if korean and _reads_like_korean(korean):
        return normalized("NFC", korean)
    wide = _wide(data)
    if wide is not None:
        return wide
    seems = _other(data)
    seems = f"; it seems to be {seems}" if seems else ""
    raise _refused(name, f"is not UTF-8 (byte {at}), UTF-16 or CP949{seems}", "save it as UTF-8")


def _wide(data: bytes) -> str | None:
    """Return UTF-16 without a mark: every other byte of its spaces and line ends is NUL."""
    if len(data) % 2 or len(data) < 4:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = sum((char.isascii() or not char.isalpha()) and _is_text(char) for char in text)
        hangul = sum("가" <= char <= "힣" for char in text)
        if plain + hangul >= _PLAUSIBLE * len(text):
            return normalized("NFC", text)
    return None


def _is_text(char: str) -> bool:
    return char.isprintable() or char.isspace()


def _reads_like_korean(text: str) -> bool:
    """Whether the letters beyond ASCII are Hangul as people write it, and nothing is a control character."""
    beyond = [char for char in text if not char.isascii() and char.isalpha()]
    common = sum("가" <= char <= "힣" and _is_common(char) for char in beyond)
    controls = any(ord(char) < 32 and char not in "\t\n\r\f\v\x1a" for char in text)
    return bool(beyond) and not controls and common >= _PLAUSIBLE * len(beyond)


def _is_common(syllable: str) -> bool:
    """Whether a syllable is one of the 2,350 of KS X 1001, all that Korean texts use but for slang."""
    try:
        syllable.encode("euc-kr")
    except UnicodeEncodeError:
        return False
    return True


def _other(data: bytes) -> str:
    if b"\0" in data:
        return ""
    if sum(byte > 0x7F for byte in data) < _WESTERN * len(data):
        return "Windows-1252, Western European"
    for encoding, name, own, least in _OTHERS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        beyond = sum(not char.isascii() for char in text)
        if len(own.findall(text)) >= least * beyond:
            return name
    return ""


def _refused(name: str, what: str, advice: str) -> PermanentError:
    return PermanentError(ErrorCode.SOURCE_TEXT_EMPTY, f"{name} {what}; {advice}")
