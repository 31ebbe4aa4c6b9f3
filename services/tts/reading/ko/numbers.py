"""Korean numerals: Sino-Korean (이십오), native (스물다섯), and digit by digit (공일공)."""

_DIGITS = "영일이삼사오육칠팔구"
_SMALL = ("", "십", "백", "천")
_LARGE = ("", "만", "억", "조", "경", "해")
_NATIVE_ONES = ("", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉")
_NATIVE_TENS = ("", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔")
_BEFORE_COUNTER = {"하나": "한", "둘": "두", "셋": "세", "넷": "네", "스물": "스무"}

MAX_DIGITS = 24
"""Longer digit strings are no quantities: they are read digit by digit."""


def sino(value: int) -> str:
    """Return ``value`` (0 or more, below 10**24) in Sino-Korean, a space after each group of 10,000."""
    if value == 0:
        return "영"
    groups: list[str] = []
    for unit in _LARGE:
        value, group = divmod(value, 10_000)
        if group:
            read = "" if group == 1 and unit == "만" and not value else _group(group)
            groups.append(read + unit)
    return " ".join(reversed(groups))


def _group(value: int) -> str:
    read = ""
    for place, name in reversed(list(enumerate(_SMALL))):
        digit = value // 10**place % 10
        if digit:
            read += ("" if digit == 1 and place else _DIGITS[digit]) + name
    return read


def native(value: int, *, before_counter: bool = True) -> str:
    """Return 1-99 in native Korean, by default in the form that stands before a counter (세, 스무)."""
    tens, ones = divmod(value, 10)
    parts = [_NATIVE_TENS[tens], _NATIVE_ONES[ones]]
    if before_counter:
        last = 1 if ones else 0
        parts[last] = _BEFORE_COUNTER.get(parts[last], parts[last])
    return "".join(parts)


def digits(text: str, *, zero: str = "공") -> str:
    """Return the digits of ``text`` one by one; ``zero`` is 공 in telephone numbers, 영 after a point."""
    return "".join(zero if digit == "0" else _DIGITS[int(digit)] for digit in text if digit in "0123456789")


def number(text: str) -> str:
    """Return a written number (digits, grouping commas, at most one point) in Sino-Korean."""
    whole, _, fraction = text.replace(",", "").partition(".")
    if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole.startswith("0") and not fraction):
        return digits(whole)
    read = sino(int(whole or "0"))
    return f"{read} 점 {digits(fraction, zero='영')}" if fraction else read
