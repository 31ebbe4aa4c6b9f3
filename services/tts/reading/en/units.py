"""English names of units: simple ones from a table, compound ones (mg/L, N·m, m/s^2) made from those."""

import re
from collections.abc import Iterable

_TABLE = """
meter m nμmck | gram g nμmk | liter L μmcd | liter l μmcdk | second s nμm | second sec | second secs
amp A μmk | volt V μmkM | watt W μmkMGT | hertz Hz kMGT - | pascal Pa hkMG | newton N mk | joule J mkMG
byte B kKMGTP | bit bit kKMG | bit b kMGT | ohm Ω mkM | microfarad μF | nanofarad nF | sievert Sv μm
becquerel Bq kM | gray Gy mμ | calorie cal k | mole mol mμ | electronvolt eV | lux lx - | lux lux -
lumen lm | candela cd | watt_hour Wh kMGT | amp_hour Ah m | volt_amp VA kM | tesla T m | kelvin K - -
bar bar m - | decibel dB | bit_per_second bps kMG bits_per_second | minute min | minute mins | hour h
hour hr | hour hrs | month mo | month mos | week wk | week wks | year yr | year yrs | inch in - inches
foot ft - feet | yard yd | yard yds | mile mi | mile_per_hour mph - miles_per_hour | pound lb | pound lbs
ounce oz | gallon gal | request req - requests | point pt | ton t k | hectare ha | knot kn
newton_meter Nm k | square_foot sq_ft - square_feet | square_meter sq_m
square_inch sq_in - square_inches | square_foot ft2 - square_feet | cubic_foot cu_ft - cubic_feet
cubic_meter cu_m | cubic_centimeter cc | kilogram_force kgf - kilograms_force
kilometer_per_hour kph - kilometers_per_hour | kilometer_per_hour kmh - kilometers_per_hour
beat_per_minute bpm - beats_per_minute | pixel px
frame_per_second fps - frames_per_second | dot_per_inch dpi - dots_per_inch
revolution_per_minute RPM - R_P_M | revolution_per_minute rpm - R_P_M | P_S_I psi - - | atmosphere atm
percent % - - | part_per_million ppm - parts_per_million | part_per_billion ppb - parts_per_billion
per_mille ‰ - - | millimeter_of_mercury mmHg - millimeters_of_mercury
degree_Celsius °C - degrees_Celsius | degree ° | degree_Fahrenheit °F - degrees_Fahrenheit
degree_Fahrenheit F - degrees_Fahrenheit | percentage_point %p | basis_point bp
decibel_A dB(A) - decibels_A | decibel_A dBA - decibels_A | percent_by_weight wt% - -
percent_by_volume vol% - -
"""
"""A unit: its name, its symbol, the prefixes it takes, its plural where that is more than an s (- is none,
or the name itself)."""

_PREFIXES = {
    "p": "pico", "n": "nano", "μ": "micro", "m": "milli", "c": "centi", "d": "deci", "h": "hecto",
    "k": "kilo",
    "K": "kilo", "M": "mega", "G": "giga", "T": "tera", "P": "peta",
}  # fmt: skip

_PER = (
    "capita", "case", "customer", "cycle", "day", "dose", "employee", "head", "hour", "inch", "item",
    "minute",
    "mo", "month", "night", "page", "person", "piece", "request", "roll", "seat", "second", "serving",
    "shift",
    "student", "ticket", "time", "unit", "user", "visit", "week", "wk", "worker", "year",
)  # fmt: skip
_PER_SHORT = {"mo": "month", "wk": "week", "d": "day"}

_EXPONENT = r"(?:\^-?[1-3]|(?<=m)[23])?"


def _units() -> dict[str, tuple[str, str]]:
    units: dict[str, tuple[str, str]] = {}
    for row in re.split(r"\s*[|\n]\s*", _TABLE.strip()):
        name, symbol, prefixes, plural = (*row.replace("\n", "").split(), "", "")[:4]
        name, symbol = name.replace("_", " "), symbol.replace("_", " ")
        unchanged = plural == "-" or (prefixes == "-" and not plural)
        several = name if unchanged else plural.replace("_", " ") or f"{name}s"
        units.setdefault(symbol, (name, several))
        for prefix in prefixes.replace("-", ""):
            units.setdefault(prefix + symbol, (_PREFIXES[prefix] + name, _PREFIXES[prefix] + several))
    del units["b"]  # Phase 2b
    return units


UNITS = _units()
"""Symbol to singular and plural."""


def one_of(words: Iterable[str]) -> str:
    """Return an expression for any of ``words``, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_INCHES = (
    r"in(?=\.|\s*(?:$|[,;)x×]|wide\b|long\b|tall\b|high\b|deep\b|thick\b|pipe\b|hose\b|bolt\b))|(?<=[0-9-])in"
)
_ATOM = rf"(?:{one_of(symbol for symbol in UNITS if symbol != 'in')}|{_INCHES}){_EXPONENT}"
UNIT = (
    rf"(?:{_ATOM})(?:·(?:{_ATOM}))?(?:\s?/\s?(?:\((?:{_ATOM})[·/](?:{_ATOM})\)|{_ATOM}"
    rf"|(?:{one_of((*_PER, *_PER_SHORT))})\b)){{0,2}}"
)
"""A unit, simple or compound, as an expression."""

UNIT_END = r"(?![\w^'’]|/[A-Za-z])(?:\.(?=\s+[a-z0-9]))?"
"""What may follow a unit; the full stop of an abbreviation goes with it where the sentence goes on."""

PER = re.compile(
    rf"(?<=[A-Za-z)])\s?/\s?((?:{one_of((*_PER, *_PER_SHORT))})\b|(?:[km]?g|[mk]?m(?:\^?[23])?"
    rf"|m?L|hr?|s|min)(?!\w))"
)
"""The stroke that is read *per* behind what is no unit: three times/week, five dollars/kg."""


LONE = re.compile(
    rf"(?<![\w/^])(?=[A-Za-zμΩ°%^23]{{2,6}}/[A-Za-z(]|m/s|[A-Z]/m\^)(?:{_ATOM})/(?:\((?:{_ATOM})[·/](?:{_ATOM})\)|(?:{_ATOM}))"
    r"(?![\w/^])|(?<![\w^/])(?<!/\()[kcm]?m\^[23](?![\w^])"
)
"""A unit without a number, where letters can be nothing else: in mg/L, per m^2."""


def unit_name(written: str, *, plural: bool) -> str:
    """Return the name of a unit that :data:`UNIT` matched."""
    above, *below = re.split(r"\s?/\s?", written)
    below = [unit for part in below for unit in part.strip("()").split("·")]
    *factors, last = above.split("·")
    names = [_atom(factor, plural=False) for factor in factors] + [_atom(last, plural=plural)]
    return " per ".join([" ".join(names), *(_atom(unit, plural=False) for unit in below)])


def _atom(written: str, *, plural: bool) -> str:
    symbol, exponent = written, ""
    if found := re.fullmatch(r"(.+?)\^?-?([1-3])", written):
        symbol, exponent = (written, "") if written in UNITS else (found[1], found[2])
    singular, several = UNITS.get(symbol) or (_PER_SHORT.get(symbol, symbol),) * 2
    name = several if plural else singular
    if exponent in ("", "1"):
        return name
    if singular == "second":
        return f"{name} {'squared' if exponent == '2' else 'cubed'}"
    return f"{'square' if exponent == '2' else 'cubic'} {name}"
