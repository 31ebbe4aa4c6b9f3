"""English numerals in words."""

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_LARGE = ("", "thousand", "million", "billion", "trillion", "quadrillion")
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip

MAX_DIGITS = 18
"""Longer digit strings are no quantities: they are read digit by digit."""


def cardinal(value: int) -> str:
    """Return ``value`` (0 or more, below 10**18) in words."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10] + (f" {_ONES[value % 10]}" if value % 10 else "")
    if value < 1000:
        return f"{_ONES[value // 100]} hundred" + (f" {cardinal(value % 100)}" if value % 100 else "")
    groups = []
    for name in _LARGE:
        value, group = divmod(value, 1000)
        if group:
            groups.append(f"{cardinal(group)} {name}".strip())
    return " ".join(reversed(groups))


def ordinal(value: int) -> str:
    """Return ``value`` as an ordinal."""
    head, _, last = cardinal(value).rpartition(" ")
    if last in _ORDINALS:
        last = _ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return f"{head} {last}".strip()


def year(value: int) -> str:
    """Return a year, 1000-2999: nineteen eighty four, two thousand five, twenty twenty six."""
    century, rest = divmod(value, 100)
    if value % 1000 < 10:
        return cardinal(value)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def decade(value: int) -> str:
    """Return a decade by its first year: nineteen nineties, nineteen hundreds, two thousands, twenty tens."""
    head, _, last = year(value).rpartition(" ")
    return f"{head} {plural(last)}".strip()


def plural(word: str) -> str:
    """Return the plural of a numeral: nineties, tens, thousands, sixes."""
    if word.endswith("y"):
        return f"{word[:-1]}ies"
    return f"{word}{'es' if word.endswith('x') else 's'}"


def fraction(top: int, bottom: int) -> str:
    """Return a fraction, ``bottom`` above 1: one half, three quarters, five eighths."""
    name = {2: "half", 4: "quarter"}.get(bottom) or ordinal(bottom).removeprefix("one ")
    return f"{cardinal(top)} {name if top == 1 else {'half': 'halves'}.get(name, f'{name}s')}"


def roman(text: str) -> int:
    """Return a Roman numeral of I, V, X and L as a number."""
    values = [{"I": 1, "V": 5, "X": 10, "L": 50}[letter] for letter in text]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def spelled(text: str) -> str:
    """Return the digits of ``text`` one by one."""
    return " ".join(_ONES[int(digit)] for digit in text if digit in "0123456789")


def number(text: str) -> str:
    """Return a written number: digits, grouping commas, at most one point."""
    whole, _, fraction = text.replace(",", "").partition(".")
    if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole.startswith("0")):
        return spelled(whole)
    read = cardinal(int(whole or "0"))
    return f"{read} point {spelled(fraction)}" if fraction else read
