"""Written English as a narrator reads it out: words, apostrophes and sentence punctuation.

Acronyms stay in capitals, so that :mod:`services.tts.phonemes_en` knows what to spell; Hangul stays, the
voice speaks it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable

from contracts.normalization import normalized
from services.tts.numbers_en import MAX_DIGITS, cardinal, number, ordinal, spelled, year

_N = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November",
    "December",
)  # fmt: skip
_UNITS = {
    "%": "percent", "°C": "degrees Celsius", "°F": "degrees Fahrenheit", "°": "degrees", "mm": "millimeters",
    "cm": "centimeters", "m": "meters", "km": "kilometers", "kg": "kilograms", "g": "grams",
    "mg": "milligrams",
    "t": "tons", "L": "liters", "l": "liters", "mL": "milliliters", "ml": "milliliters", "KB": "kilobytes",
    "MB": "megabytes", "GB": "gigabytes", "TB": "terabytes", "Mbps": "megabits per second",
    "Gbps": "gigabits per second", "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz",
    "V": "volts", "kV": "kilovolts", "A": "amps", "mA": "milliamps", "W": "watts", "kW": "kilowatts",
    "kWh": "kilowatt hours", "dB": "decibels", "ms": "milliseconds", "s": "seconds", "sec": "seconds",
    "min": "minutes", "h": "hours", "hr": "hours", "hrs": "hours", "in": "inches", "ft": "feet",
    "lb": "pounds",
    "lbs": "pounds", "oz": "ounces", "mi": "miles", "mph": "miles per hour", "km/h": "kilometers per hour",
    "m/s": "meters per second", "m^2": "square meters", "m^3": "cubic meters", "ppm": "parts per million",
    "rpm": "R P M", "px": "pixels", "fps": "frames per second",
}  # fmt: skip
_CURRENCIES = {
    "$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny"), "₩": ("won", ""), "¥": ("yen",
    ""),
}  # fmt: skip
_PLURALS = {"penny": "pence", "won": "won", "yen": "yen"}
_SCALES = {"k": "thousand", "K": "thousand", "M": "million", "B": "billion", "bn": "billion"}
_ABBREVIATIONS = {
    "mr.": "mister", "mrs.": "missus", "ms.": "miz", "dr.": "doctor", "prof.": "professor",
    "e.g.": "for example,",
    "i.e.": "that is,", "etc.": "et cetera", "vs.": "versus", "vs": "versus", "no.": "number",
    "approx.": "about",
    "dept.": "department", "inc.": "incorporated", "ltd.": "limited", "fig.": "figure", "st.": "saint",
    "w/o": "without", "w/": "with", "r&d": "R and D", "q&a": "Q and A", "wi-fi": "wifi",
    "24/7": "twenty four seven",
    "c++": "C plus plus", "c#": "C sharp", ".net": "dot net", "u.s.": "U S", "a.m.": "A M", "p.m.": "P M",
}  # fmt: skip

_SPACES = r"(?:(?<!\s)\s+)?"
"""White space in front of a sign, tried where it begins and nowhere inside: else a run of it is read once for
each of its places."""

_Step = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _one_of(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def _money(match: re.Match[str]) -> str:
    unit, part = _CURRENCIES[match["currency"]]
    if scale := match["scale"]:
        return f"{number(match['n'])} {_SCALES.get(scale, scale)} {_PLURALS.get(unit, unit + 's')} "
    whole, _, fraction = match["n"].replace(",", "").partition(".")
    if part and len(fraction) == 2:
        cents = int(fraction)
        tail = (
            f" and {cardinal(cents)} {part if cents == 1 else _PLURALS.get(part, part + 's')}"
            if cents
            else ""
        )
        return f"{_amount(whole, unit)}{tail} "
    return f"{_amount(match['n'], unit)} "


def _amount(quantity: str, unit: str) -> str:
    return f"{number(quantity)} {unit if quantity == '1' else _PLURALS.get(unit, unit + 's')}"


def _date(match: re.Match[str]) -> str:
    month, day = int(match[2]), int(match[3])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return " ".join(spelled(part) for part in match.groups())
    return f"{_MONTHS[month - 1]} {ordinal(day)}, {year(int(match[1]))}"


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if not minute:
        return (
            f"{cardinal(hour)} o'clock" if 1 <= hour <= 12 and not match[3] else f"{cardinal(hour)} hundred"
        )
    return f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}"


def _twelve_hours(match: re.Match[str]) -> str:
    hour, minute = cardinal(int(match[1])), int(match[2] or 0)
    read = f" {'oh ' if minute < 10 else ''}{cardinal(minute)}" if minute else ""
    return f"{hour}{read} {match[3][0].upper()} M"


def _unit(match: re.Match[str]) -> str:
    name = _UNITS[match["unit"]]
    if match["n"] == "1" and name.endswith("s") and name != "degrees Celsius":
        name = {"inches": "inch", "feet": "foot"}.get(name, name.replace("s per", " per").removesuffix("s"))
    return f"{'minus ' if match['sign'] else ''}{number(match['n'])} {name}"


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match[1]), int(match[2])
    if bottom == 0 or top >= bottom:
        return f"{cardinal(top)} over {cardinal(bottom)}"
    name = {2: "half", 4: "quarter"}.get(bottom) or ordinal(bottom)
    return f"{cardinal(top)} {name if top == 1 else {'half': 'halves'}.get(name, name + 's')}"


def _address(match: re.Match[str]) -> str:
    text = re.split("[?#]", match.group().split("://")[-1])[0].rstrip("/.")
    for sign, name in ((".", "dot"), ("@", "at"), ("/", "slash"), ("-", "dash"), ("_", "underscore")):
        text = text.replace(sign, f" {name} ")
    return re.sub(r"\bwww\b", "W W W", text)


def _plain(match: re.Match[str]) -> str:
    text = match.group()
    if text.isdigit() and (len(text) > 9 or text in ("911", "119", "112", "999", "101", "404")):
        return spelled(text)
    return number(text)


_STEPS: tuple[_Step, ...] = (
    (re.compile(rf"[0-9]{{{MAX_DIGITS + 1},}}"), lambda m: spelled(m.group())),
    (re.compile(r"```[\w-]*|\*\*|__|~~|`"), lambda _: ""),
    (re.compile(r"!?\[([^\]\n]{0,300})\]\([^)\s]{0,500}\)"), lambda m: m[1]),
    (re.compile(r"(?m)^\s{0,3}(?:#{1,6}|[-*+>])\s+"), lambda _: ""),
    (re.compile(r"</?[A-Za-z][^<>]{0,200}>"), lambda _: " "),
    (
        re.compile(
            r"\b(?:https?://)?[\w.+-]{1,64}@?(?:[\w-]{1,63}\.){0,6}(?:com|net|org|edu|gov|kr|io|dev|ai)\b(?:/[\w./-]*)?(?:[?#]\S*)?",
            re.IGNORECASE | re.ASCII,
        ),
        _address,
    ),
    (
        re.compile(rf"(?<![\w.])(?:{_one_of(_ABBREVIATIONS)})(?!\w)", re.IGNORECASE),
        lambda m: _ABBREVIATIONS[m.group().lower()],
    ),
    (
        re.compile(
            rf"(?P<currency>[$€£₩¥])\s?(?P<n>{_N})\s?(?P<scale>(?:bn|[kKMB])\b|million|billion|thousand|trillion)?"
        ),
        _money,
    ),
    (re.compile(r"(?<![0-9])([12][0-9]{3})[-/.]([01]?[0-9])[-/.]([0-3]?[0-9])(?![0-9])"), _date),
    (re.compile(r"(?<![0-9:])(1[0-2]|[1-9])(?::([0-5][0-9]))?\s?([aApP])\.?[mM]\b\.?"), _twelve_hours),
    (re.compile(r"(?<![0-9:])([01]?[0-9]|2[0-3]):([0-5][0-9])(:[0-5][0-9])?(?![0-9:])"), _time),
    (
        re.compile(
            r"(?<![0-9-])(?:\+?[0-9]{1,3}[- ])?(?:\(?[0-9]{2,4}\)?[- ])?[0-9]{3,4}-[0-9]{4}(?![0-9-])"
        ),
        lambda m: ", ".join(spelled(part) for part in re.findall("[0-9]+", m.group())),
    ),
    (
        re.compile(rf"\b({'|'.join(_MONTHS)}) ([0-9]{{1,2}})(?:st|nd|rd|th)?\b"),
        lambda m: f"{m[1]} {ordinal(int(m[2]))}",
    ),
    (re.compile(r"(?<![0-9])([0-9]{1,9})(?:st|nd|rd|th)\b"), lambda m: ordinal(int(m[1]))),
    (re.compile(rf"(?P<sign>(?<![\w)])-)?(?P<n>{_N})[ -]?(?P<unit>{_one_of(_UNITS)})(?![\w^/])"), _unit),
    (
        re.compile(r"\bv(?:er)?\.?\s?([0-9]+(?:\.[0-9]+)*)"),
        lambda m: "version " + " point ".join(map(number, m[1].split("."))),
    ),
    (
        re.compile(r"(?<![0-9.])([0-9]+(?:\.[0-9]+){2,})(?![0-9])"),
        lambda m: " dot ".join(map(number, m[1].split("."))),
    ),
    (re.compile(r"(?<![0-9/])([0-9]{1,4})/([0-9]{1,4})(?![0-9/])"), _fraction),
    (re.compile(rf"({_N})\s?[-–—~]\s?(?={_N})"), lambda m: f"{number(m[1])} to "),
    (
        re.compile(
            r"(?<![0-9.,])(1[1-9][0-9]{2}|20[0-9]{2})(?![0-9.,]?[0-9])"
            r"(?! (?:people|users|times|employees|items|bytes))"
        ),
        lambda m: year(int(m[1])),
    ),
    (re.compile(r"(?<![\w)])-(?=[0-9])"), lambda _: "minus "),
    (re.compile(r"(?<=[0-9])\s*x\s*(?=[0-9])"), lambda _: " by "),
    (re.compile(_N), lambda m: f" {_plain(m)} "),
    (re.compile(rf"{_SPACES}&\s*"), lambda _: " and "),
    (re.compile(rf"{_SPACES}\+\s*"), lambda _: " plus "),
    (re.compile(rf"{_SPACES}=\s*"), lambda _: " equals "),
    (re.compile(r"@"), lambda _: " at "),
    (re.compile(r"%"), lambda _: " percent "),
    (re.compile(rf"{_SPACES}(?:(?<![-=])[-=]+>|→|⇒|[:;–—|]|--+)\s*"), lambda _: ", "),
    (re.compile(rf"{_SPACES}[(\[{{]\s*|{_SPACES}[)\]}}](?=\s)"), lambda _: ", "),
    (re.compile(r"[^A-Za-z가-힣'.,?!\s]"), lambda _: " "),
    (re.compile(r"(?<![A-Za-z])'|'(?![A-Za-z])"), lambda _: " "),
    (re.compile(r"\s+"), lambda _: " "),
    (re.compile(r" ?,[ ,]*"), lambda _: ", "),
    (re.compile(r"(?:(?<![\s,])[\s,]+)?(?<![.?!])([.?!])[\s.,?!]*(?= |$)"), lambda m: f"{m[1]} "),
    (re.compile(r"\.(?=\w)"), lambda _: " dot "),
    (re.compile(rf"{_SPACES},[\s,]*"), lambda _: ", "),
    (re.compile(r"^[\s.,?!]+|(?<![\s,])[\s,]+$"), lambda _: ""),
    (re.compile(r"\s+"), lambda _: " "),
)


def read_english(text: str) -> str:
    """Return ``text`` as it is spoken: Latin letters, Hangul, apostrophes, single spaces and ``. , ? !``.

    Empty when there is nothing to say.
    """
    kept = "".join(
        c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    kept = kept.replace("’", "'").replace("‘", "'").replace("²", "^2").replace("³", "^3").replace("℃", "°C")
    folded = normalized("NFKC", kept)
    plain = "".join(c for c in normalized("NFD", folded) if not unicodedata.combining(c))
    text = normalized("NFC", plain).replace("⁄", "/")
    text = "".join(str(unicodedata.decimal(c)) if c.isdecimal() and not c.isascii() else c for c in text)
    text = re.sub(r"[^\S\n]+", " ", re.sub(r"\n\s*", "\n", text))
    for pattern, read in _STEPS:
        text = pattern.sub(read, text)
    return text.strip() if re.search("[A-Za-z가-힣]", text) else ""
