"""JSON of others: as deep, as long and as unambiguous as ours would be."""

import codecs
import json
import math
from typing import Any, NoReturn

MAX_VALUES = 400_000
"""Commas and brackets of a text, so about its values. Fewer: a long course full of lists is refused. More:
4 MB of empty lists, ``[],[],…``, become 90 MB in memory."""

MAX_NUMBER_CHARACTERS = 64
"""Characters of a number. Fewer: exact decimals of others are refused. More: ten thousand digits take a
hundred times as long as a thousand."""


class NotJsonError(ValueError):
    """It is no JSON in UTF-8; says where."""


class UnreasonableJsonError(ValueError):
    """It is JSON, but nobody's who means well; says why, and repeats nothing of it."""


def read_json(data: bytes | str, *, strict: bool = True) -> Any:
    """Return what a JSON text says.

    Args:
        data: the text; bytes are UTF-8, a mark of it at the beginning is ignored (RFC 8259, 8.1).
        strict: whether control characters in strings are refused.

    Raises:
        NotJsonError: it is no JSON; ``NaN`` and infinities are none.
        UnreasonableJsonError: too deep, too many values, a number too long, or a name twice in one object, of
            which two readers would see two different ones.
    """
    if isinstance(data, bytes):
        try:
            text = data.removeprefix(codecs.BOM_UTF8).decode()
        except UnicodeDecodeError as error:
            raise NotJsonError(f"no UTF-8 at byte {error.start:,}") from None
    else:
        text = data
    if text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise UnreasonableJsonError(f"has more than {MAX_VALUES:,} values")
    try:
        return json.loads(
            text,
            strict=strict,
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_real,
            parse_constant=_no_number,
        )
    except json.JSONDecodeError as error:
        raise NotJsonError(f"{error.msg} at line {error.lineno} column {error.colno}") from None
    except RecursionError:
        raise UnreasonableJsonError("is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise UnreasonableJsonError("names something twice in one object")
    return made


def _whole(digits: str) -> int:
    return int(_short(digits))


def _real(digits: str) -> float:
    number = float(_short(digits))
    if not math.isfinite(number):
        raise UnreasonableJsonError("holds a number that is out of all range")
    return number


def _short(digits: str) -> str:
    if len(digits) > MAX_NUMBER_CHARACTERS:
        raise UnreasonableJsonError(f"holds a number of more than {MAX_NUMBER_CHARACTERS} characters")
    return digits


def _no_number(_: str) -> NoReturn:
    raise NotJsonError("NaN and infinities are no JSON")
