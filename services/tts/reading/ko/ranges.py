"""Two terms with a range's sign between them, as one reading: any unit, any sign, any scale, any kind."""

from dataclasses import replace

from services.tts.reading.ko.quantities import with_scale
from services.tts.reading.ko.terms import BARE, Quantity, Tail, Term, Unit
from services.tts.reading.ko.units import CURRENCIES

_PAIRS = {
    (1, 2): "한두", (2, 3): "두세", (3, 4): "서너", (4, 5): "네다섯", (5, 6): "대여섯", (6, 7): "예닐곱",
    (7, 8): "일고여덟",
}  # fmt: skip
"""What a few things are called: 2~3개 is 두세 개."""

_HYPHENATED = frozenset(
    ("호", "번지", "동", "조", "항", "과", "호실", "번길", "반", "가", "차", "판", "절", "편", "버전")
)
"""Counters of names that hold a hyphen themselves: 101-1203호, 산 3-1번지."""
_MOST_TIMES = 50
"""How many times its lower end a range may reach for both to be of one scale: 5~10만 is 오만에서 십만.
Smaller, and 1~20만 원 would begin with one won; larger, and 1~100만 개 with ten thousand instead of one."""
_MONEY = frozenset(CURRENCIES.values())
_MOST_DIGITS = 6
_YEAR = 4
_DATES = frozenset({"date", "month", "time"})


def between(first: Term, second: Term) -> Term:
    """Return the reading of ``first`` to ``second``.

    A unit or a scale that stands behind the upper end only counts both; what stands in front of a number
    (시속, 영하) is said of the lower one.
    """
    a, b = first.quantity, second.quantity
    if a and b and first.kind != "ordinal":
        b = _with_money(a, b)
        a = _with_scale(a, b)
        spoken, tail = _quantities(a, b), second.tail if b is second.quantity else Tail.SYMBOL
    else:
        spoken, tail = f"{first.spoken}에서 {second.spoken}", second.tail
    return Term(second.end, spoken, second.kind, tail=tail)


def _with_money(a: Quantity, b: Quantity) -> Quantity:
    """$5~10 are dollars to the end."""
    return replace(b, unit=a.unit) if _in_front(a) and not b.unit.after else b


def _in_front(quantity: Quantity) -> bool:
    """Whether the unit of a quantity is a currency's sign, which stands in front of the number."""
    return quantity.unit.tail is Tail.SYMBOL and quantity.unit.after in CURRENCIES.values()


def _with_scale(a: Quantity, b: Quantity) -> Quantity:
    """Return the lower end with the scale that stands behind the upper one only: 5~10만 원, 1~2억 원, $5~10M.

    5천~1만 has one of its own, 500~1천 could not be 오백천, and 5원~10만 원 names a unit in between.
    """
    if a.scaled or not b.scale or (a.unit.after and not _in_front(a)):
        return a
    low, high = float(a.digits), float(b.digits)
    if not 0 < low < high <= _MOST_TIMES * low:
        return a
    return replace(a, scaled=with_scale(a.digits, b.scale), scale=b.scale, inherits=True)


def _quantities(a: Quantity, b: Quantity) -> str:
    own = bool(a.unit.after) and a.unit != b.unit
    unit = a.unit if own else b.unit
    if b.names or (b.scaled and not a.unit.after):
        a = replace(a, names=True)
    low, high = a.numeral(unit), b.numeral(b.unit)
    if not a.unit.after and not (low.regular or high.regular) and (pair := _pair(a, b)):
        return f"{pair} {b.unit.after}"
    thaws = a.sign == "-" and not b.sign and b.unit.below_zero != BARE.below_zero
    if thaws and float(b.digits) > 0:
        b = replace(b, sign="+")
    said = bool(a.unit.after) and a.unit.tail is Tail.WORD
    paid = a.inherits and unit.after in _MONEY  # 오만 원에서 십만 원: a price is said whole
    twice = own or thaws or said or paid or not low.regular
    lower = a.spoken(unit=unit, last=twice)
    return f"{lower}에서 {b.spoken(first=own and _differs(a.unit, b.unit))}"


def _differs(a: Unit, b: Unit) -> bool:
    return a.before != b.before


def _pair(a: Quantity, b: Quantity) -> str:
    if b.unit.counter in ("시", "월") or a.sign or b.sign:
        return ""
    return _PAIRS.get((int(a.digits), int(b.digits)), "")


def goes_up(first: Term, second: Term, *, apart: bool) -> bool:
    """Return whether a hyphen between two terms is a range's sign, and no part of a name.

    Args:
        first: what stands before the hyphen.
        second: what stands behind it.
        apart: spaces stand around the hyphen.
    """
    if first.kind in _DATES or second.kind in _DATES:
        return first.kind == second.kind
    a, b = first.quantity, second.quantity
    if not a or not b or a.names or b.names or b.sign or a.digits[0] == "0" or b.digits[0] == "0":
        return _from_zero(a, b)
    if len(a.digits) > _MOST_DIGITS or len(b.digits) > _MOST_DIGITS:
        return False
    if not a.scaled and not b.scaled and float(a.digits) >= float(b.digits):
        return False
    if a.unit.after:
        return a.unit.after == b.unit.after and b.unit.counter not in _HYPHENATED
    if not b.unit.after:
        return not apart and _is_year(a) and _is_year(b)
    return not apart and b.unit.counter not in _HYPHENATED


def _from_zero(a: Quantity | None, b: Quantity | None) -> bool:
    """0-5kg and 0.5-1% begin with a nought and are ranges."""
    if not a or not b or a.names or b.names or b.sign or not b.unit.after:
        return False
    nought = a.digits == "0" or a.digits.startswith("0.")
    return nought and b.unit.counter not in _HYPHENATED and float(a.digits) < float(b.digits)


def _is_year(quantity: Quantity) -> bool:
    return len(quantity.digits) == _YEAR and quantity.digits[:2] in ("19", "20") and not quantity.scaled
