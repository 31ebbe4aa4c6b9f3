"""Which numeral stands before a counter: native, Sino-Korean, or the irregular name of a month."""

import re
from dataclasses import dataclass

from services.tts.reading.ko.counters import (
    COUNTED_MACHINES,
    MACHINES_BEFORE,
    NATIVE_COUNTERS,
    NUMBERED_AFTER,
    NUMBERED_BEFORE,
    PEOPLE_BEFORE,
    SINO_AGES,
)  # fmt: skip
from services.tts.reading.ko.numbers import MAX_DIGITS, native, number, sino

WINDOW = 14
"""Characters to either side that may say whether a number counts or names. Smaller: the longest words of the
tables do not fit. Larger: another figure's words decide."""

_CALENDAR = frozenset({"년", "월", "일", "시", "분", "초", "년도", "시간"})
"""Counters before which a leading zero is no digit of an id: 09시 05분."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A numeral as it is read before its counter.

    Attributes:
        regular: it is Sino-Korean, so that a range may leave the counter of its lower end out.
    """

    spoken: str
    regular: bool = True


def month(value: int) -> str:
    """Return the name of a month: 유월 and 시월 lose a consonant."""
    return {6: "유월", 10: "시월"}.get(value, f"{sino(value)}월")


def numeral(digits: str, counter: str, *, names: bool) -> Numeral:
    """Return the numeral that ``counter`` wants.

    Args:
        digits: a number as written, without grouping commas.
        counter: what is counted; empty for symbols and bare numbers.
        names: the number is the name of a thing (1번 출구), never counted in native numerals.
    """
    if counter in _CALENDAR and digits.isdigit():
        digits = digits.lstrip("0") or "0"
    if counter == "월" and digits.isdigit() and len(digits) <= 2 and 1 <= int(digits) <= 12:
        return Numeral(month(int(digits)).removesuffix("월"), regular=False)
    zero_led = len(digits) > 1 and digits[0] == "0"
    if digits.isdigit() and len(digits) <= MAX_DIGITS and not names and not zero_led:
        value = int(digits)
        if counter == "번째" and value == 1:
            return Numeral("첫", regular=False)
        if 1 <= value <= NATIVE_COUNTERS.get(counter, 0):
            return Numeral(native(value), regular=False)
    return Numeral(number(digits))


_NOUN = re.compile(" [가-힣]{2}")
_IN_A_LIST = re.compile(r"제 ?[0-9]{1,4} ?[·,] ?$")
"""제1·2종: what 제 says of the first is true of all."""


def names_a_thing(digits: str, counter: str, before: str, after: str) -> bool:
    """Return whether the words around a counter say that the number names a thing.

    Args:
        digits: the number as written.
        counter: what stands after the number.
        before: at most :data:`WINDOW` characters before the number.
        after: the same behind the counter.
    """
    if counter == "대" and MACHINES_BEFORE.search(before):
        return False
    if counter == "대" and digits == "10" and SINO_AGES.match(after):
        return True
    if counter == "대" and not before and _NOUN.match(after) and not COUNTED_MACHINES.match(after):
        return True
    if _IN_A_LIST.search(before):
        return True
    follows, precedes = NUMBERED_AFTER.get(counter), NUMBERED_BEFORE.get(counter)
    return bool((follows and follows.match(after)) or (precedes and precedes.search(before)))


def counts_people(counter: str, before: str) -> bool:
    """Return whether 분 are people (손님 세 분) and no minutes."""
    return counter == "분" and PEOPLE_BEFORE.search(before) is not None
