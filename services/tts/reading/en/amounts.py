"""Amounts in English: a number with all that belongs to it, alone or joined (20-25 °C, 20 ± 2 kg, 3 x 4 m).

    amounts := amount (joiner amount)*
    amount  := comparison? sign? currency? number scale? unit?

Each part has one expression and one table; a unit, a currency or a scale that stands once belongs to all.
"""

import re
from dataclasses import dataclass

from services.tts.reading.en.numbers import cardinal, number, spelled, year
from services.tts.reading.en.units import UNIT, UNIT_END, one_of, unit_name

NUMBER = r"(?:(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+)"
"""A written number as an expression."""

_COMPARISONS = {
    "≥": "at least", "≧": "at least", "⩾": "at least", ">=": "at least", "≤": "at most", "≦": "at most",
    "⩽": "at most", "<=": "at most", ">": "more than", "<": "less than", "≈": "about", "~": "about",
    "±": "plus or minus",
}  # fmt: skip

_CURRENCIES = {
    "$": ("dollar", "dollars", "cent", "cents"), "€": ("euro", "euros", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"), "₩": ("won", "won", "", ""), "¥": ("yen", "yen", "", ""),
    "₹": ("rupee", "rupees", "", ""), "¢": ("cent", "cents", "", ""),
}  # fmt: skip
_DOLLARS = {
    "US": "U S", "US ": "U S", "A": "Australian", "AU": "Australian", "C": "Canadian",
    "CA": "Canadian", "HK": "Hong Kong",
    "NT": "Taiwan", "S": "Singapore", "NZ": "New Zealand",
}  # fmt: skip
_CODES = {
    "USD": ("U S dollar", "U S dollars"), "EUR": ("euro", "euros"), "GBP": ("British pound",
    "British pounds"),
    "JPY": ("Japanese yen", "Japanese yen"), "KRW": ("Korean won", "Korean won"),
    "CNY": ("Chinese yuan", "Chinese yuan"), "AUD": ("Australian dollar", "Australian dollars"),
    "CAD": ("Canadian dollar", "Canadian dollars"), "CHF": ("Swiss franc", "Swiss francs"),
    "INR": ("Indian rupee", "Indian rupees"),
}  # fmt: skip
_SCALES = {"k": "thousand", "K": "thousand", "m": "million", "M": "million", "B": "billion", "bn": "billion",
           "T": "trillion", "tn": "trillion"}  # fmt: skip
_JOINERS = {"±": "plus or minus", "x": "by", "×": "by", "*": "times"}

_SYMBOL = rf"(?:{one_of(_DOLLARS)})?\$|[€£₩¥₹]|(?:{one_of(_CODES)})\s?(?=[0-9.])"
_HEAD = re.compile(
    rf"(?:(?<![-=<>])(?P<compare>{one_of(_COMPARISONS)})\s?)?(?P<sign>(?<![\w)])[-+–])?"
    rf"(?:(?<![A-Za-z])(?P<currency>{_SYMBOL})\s?)?(?P<inner>-)?(?P<n>{NUMBER})"
)
_NEXT = re.compile(
    rf"(?P<joiner>\s?(?:[-–—~±]|[x×*](?=\s?[0-9.]))\s?)(?P<sign>[-+])?(?P<currency>{_SYMBOL})?(?P<inner>-)?"
    rf"(?P<n>{NUMBER})"
)
_SCALE = re.compile(r"\s?(thousand|million|billion|trillion)\b|(bn|tn|[kKmMBT])(?![\w/^])")
_UNIT = re.compile(rf"(?!-A\b|K)(?P<gap>[ -]?)(?P<unit>{UNIT}){UNIT_END}")
_AFTER = re.compile(rf"\s?(?:(?P<code>{one_of(_CODES)})\b|(?P<sign>[€₩¢¥]|\$(?![\s]?[0-9])))")
_TIMES = re.compile(r"x(?!\w|\s?[-+=])")

_OF_A_YEAR = re.compile(
    r"(?:\b(?:in|since|by|of|from|to|until|till|through|before|after|during|around|circa|year|early|late|mid|and"
    r"|class|FY|Q[1-4]|the|spring|summer|autumn|fall|winter|to)|©|[-–,])\s?$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r" (?:people|(?!(?:is|was|has|as|its|this|does|vs|plus|versus|us|thus|perhaps)\b)[a-z]{2,}(?<!s)s)\b"
)

_LONGEST_QUANTITY = 9
"""Digits without commas that are a quantity; longer strings are numbers of accounts and the like."""


@dataclass
class _Amount:
    start: int
    written: str
    lead: str
    sign: str
    currency: str
    scale: str = ""
    unit: str = ""
    adjective: bool = False

    @property
    def bare(self) -> bool:
        return not (self.scale or self.unit or self.currency)


def read_amounts(text: str) -> str:
    """Return ``text`` with every number in it, and what belongs to it, in words."""
    out: list[str] = []
    at = 0
    while head := _HEAD.search(text, at):
        glued = head.start() and (
            text[head.start() - 1].isalpha()
            or (text[head.start() - 1] == "-" and text[max(0, head.start() - 2)].isalpha())
        )
        if glued and not head["currency"] and not head["compare"]:
            out += [text[at : head.start()], _apart(text, head.start(), _plain(head["n"]), head.end())]
            at = head.end()
            continue
        amount, end = _amount(text, head, head["compare"] or "")
        amounts, joiners = [amount], []
        while joined := _NEXT.match(text, end):
            amount, end = _amount(text, joined, "")
            amounts.append(amount)
            joiners.append(joined["joiner"].strip())
        said = _said(amounts, joiners, text, end)
        out += [text[at : head.start()], _apart(text, head.start(), said, end)]
        at = end
    return "".join([*out, text[at:]])


def _apart(text: str, start: int, said: str, end: int) -> str:
    """Return ``said`` with the spaces that its neighbors in ``text`` need."""
    before = "" if not start or text[start - 1].isspace() else " "
    return f"{before}{said}{'' if text[end : end + 1].isspace() else ' '}"


def _amount(text: str, found: re.Match[str], compare: str) -> tuple[_Amount, int]:
    """Return what begins with ``found``, and where it ends."""
    currency = (found["currency"] or "").strip()
    amount = _Amount(found.start("n"), found["n"], compare, found["sign"] or found["inner"] or "", currency)
    end = found.end()
    if (scale := _SCALE.match(text, end)) and _is_scale(scale, amount):
        amount.scale, end = scale[1] or _SCALES[scale[2]], scale.end()
    if not currency and (after := _AFTER.match(text, end)):
        amount.currency, end = after["code"] or after["sign"], after.end()
    elif not currency and (unit := _UNIT.match(text, end)) and not _is_label(unit, amount):
        amount.unit, amount.adjective, end = unit["unit"], unit["gap"] == "-", unit.end()
    elif not currency and not amount.scale and (times := _TIMES.match(text, end)):
        amount.unit, end = "times", times.end()
    return amount, end


def _is_scale(scale: re.Match[str], amount: _Amount) -> bool:
    """Return whether a letter is one: 5 B are bytes, 4K is a screen, m are meters, T is tesla."""
    letter, value = scale[2], float(amount.written.replace(",", ""))
    if letter is None or amount.currency or letter in ("bn", "tn", "M"):
        return True
    return {"k": True, "K": value >= 10, "B": "." in amount.written}.get(letter, False)


def _is_label(unit: re.Match[str], amount: _Amount) -> bool:
    """Return whether a letter counts and measures nothing: oven at 350 F, but floor 1F."""
    return unit["unit"] == "F" and len(amount.written) < 2


def _said(amounts: list[_Amount], joiners: list[str], text: str, end: int) -> str:
    last = amounts[-1]
    if amounts[0].currency and not last.currency and not last.unit:  # $5-10M
        last.currency = amounts[0].currency
        for amount in amounts[:-1]:
            amount.currency = ""
    years = last.bare and not joiners and _is_year(last, text, end)
    spans = len(amounts) == 2 and joiners[0] in "-–—~" and all(map(_may_be_year, amounts))
    words = [_one(amount, single=not joiners, as_year=years or spans) for amount in amounts]
    if joiners.count("-") > 1 and all(amount.bare for amount in amounts):
        return ", ".join(words)
    said = words[0]
    for joiner, word in zip(joiners, words[1:], strict=True):
        said += f" {_JOINERS.get(joiner, 'to')} {word}"
    return said


def _one(amount: _Amount, *, single: bool, as_year: bool) -> str:
    value = year(int(amount.written)) if as_year else _plain(amount.written)
    lead = _COMPARISONS.get(amount.lead, "")
    if amount.sign:
        lead += " plus" if amount.sign == "+" else " minus"
    one = amount.written == "1" and single and not amount.scale
    if amount.currency:
        value = _money(amount, one=one)
    elif amount.scale:
        value = f"{value} {amount.scale}"
    if amount.unit:
        name = (
            "times"
            if amount.unit == "times"
            else unit_name(amount.unit, plural=not (one or amount.adjective))
        )
        value = f"{value} {name}"
    return f"{lead} {value}".strip()


def _money(amount: _Amount, *, one: bool) -> str:
    code = amount.currency
    if code in _CODES:
        unit, units, part, parts = (*_CODES[code], "", "")
    else:
        unit, units, part, parts = _CURRENCIES[code[-1]]
        if adjective := _DOLLARS.get(code[:-1]):
            unit, units = f"{adjective} {unit}", f"{adjective} {units}"
    if amount.scale:
        return f"{_plain(amount.written)} {amount.scale} {units}"
    whole, _, cents = amount.written.replace(",", "").partition(".")
    if part and len(cents) == 2:
        change = f"{cardinal(int(cents))} {part if cents == '01' else parts}"
        if not int(whole or 0):
            return change if int(cents) else f"zero {units}"
        base = f"{number(whole)} {unit if whole == '1' else units}"
        return f"{base} and {change}" if int(cents) else base
    return f"{_plain(amount.written)} {unit if one else units}"


def _plain(written: str) -> str:
    if written.isdigit() and len(written) > _LONGEST_QUANTITY:
        return spelled(written)
    return number(written)


def _may_be_year(amount: _Amount) -> bool:
    return amount.bare and bool(re.fullmatch("19[0-9]{2}|20[0-9]{2}", amount.written))


def _is_year(amount: _Amount, text: str, end: int) -> bool:
    """Return whether a number of four digits is a year: by what stands before it and after it."""
    if amount.lead or amount.sign or not re.fullmatch("1[0-9]{3}|20[0-9]{2}", amount.written):
        return False
    before = text[max(0, amount.start - 12) : amount.start]
    counted = bool(_COUNTED.match(text, end))
    if _OF_A_YEAR.search(before):
        return not counted or before.rstrip().lower().endswith("the")
    return not counted and _may_be_year(amount)
