"""Dates, times of day, decades and weekdays in English. One expression and one reader for each kind."""

import re
from collections.abc import Callable

from services.tts.reading.en.numbers import cardinal, decade, ordinal, plural, spelled, year
from services.tts.reading.en.units import one_of

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NAMED = {short: month for month in MONTHS for short in (month, month[:3])} | {"Sept": "September"}
_WEEKDAYS = {short: day for day in _DAYS for short in (day, day[:3])} | {
    "Tues": "Tuesday", "Thur": "Thursday", "Thurs": "Thursday"}  # fmt: skip

_TO = r"\s?[-–—~]\s?"
_MONTH = rf"\b(?P<month>{one_of(_NAMED)})\b\.?"
_DAY = r"[0-9]{1,2}(?:st|nd|rd|th)?(?![0-9:/]|\s?[ap]\.?m)"
_YEAR = r"(?:,?\s(?P<year>[12][0-9]{3})(?![0-9,.]*[0-9]))?"
_WEEKDAY = one_of(_WEEKDAYS)

_CLOCK = r"(?:[01]?[0-9]|2[0-4]):[0-5][0-9](?::[0-5][0-9])?"
_HALF = r"\s?[aApP]\.?\s?[mM]\b"
_TIME = rf"(?:{_CLOCK}(?:{_HALF})?|(?:1[0-2]|0?[1-9]){_HALF})"

Step = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def _said(month: int, day: int, in_year: int | None = None) -> str:
    return f" {MONTHS[month - 1]} {ordinal(day)}{f', {year(in_year)}' if in_year else ''} "


def _is_date(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def _year_first(match: re.Match[str]) -> str:
    month, day = int(match[3]), int(match[4])
    if not _is_date(month, day):
        return " ".join((spelled(match[1]), spelled(match[3]), spelled(match[4])))
    return _said(month, day, int(match[1]))


def _year_last(match: re.Match[str]) -> str:
    month, day = int(match[1]), int(match[2])
    if not _is_date(month, day):
        month, day = day, month
    in_year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
    if not _is_date(month, day):
        return f" {cardinal(int(match[1]))}, {cardinal(int(match[2]))}, {year(in_year)} "
    return _said(month, day, in_year)


def _no_year(match: re.Match[str]) -> str:
    month, day = int(match[2]), int(match[3])
    return f"{match[1]} {_said(month, day).strip()}" if _is_date(month, day) else match.group()


def _month_and_day(match: re.Match[str]) -> str:
    first, second = (int(re.sub(r"\D", "", day)) if day else 0 for day in (match["day"], match["last"]))
    name = _NAMED[match["month"]]
    if not (1 <= first <= 31 and second <= 31):
        return match.group()
    days = f"{ordinal(first)} to {ordinal(second)}" if second else ordinal(first)
    ending = f", {year(int(match['year']))}" if match["year"] else ""
    return f"{name} {days}{ending}{' to ' if match['to'] else ''}"


def _day_and_month(match: re.Match[str]) -> str:
    day = int(re.sub(r"\D", "", match["day"]))
    if not 1 <= day <= 31:
        return match.group()
    ending = f", {year(int(match['year']))}" if match["year"] else ""
    return f"{_NAMED[match['month']]} {ordinal(day)}{ending}{' to ' if match['to'] else ''}"


def _time(match: re.Match[str]) -> str:
    hour, minute, second = int(match["hour"]), match["minute"], match["second"]
    half = f" {match['half'].strip()[0].upper()} M" if match["half"] else ""
    if minute is None or (not int(minute) and half):
        said = cardinal(hour)
    elif int(minute):
        said = f"{cardinal(hour)} {'oh ' if int(minute) < 10 else ''}{cardinal(int(minute))}"
    else:
        said = f"{cardinal(hour)} {chr(39).join(('o', 'clock')) if 1 <= hour <= 12 else 'hundred'}"
    if second and int(second):
        said += f" and {cardinal(int(second))} second{'' if int(second) == 1 else 's'}"
    stop = (
        "." if half and match.group().endswith(".") and _NEW_SENTENCE.match(match.string, match.end()) else ""
    )
    return f"{said}{half}{stop} "


_NEW_SENTENCE = re.compile(rf"\s+(?!(?:{one_of(_DAYS)}|{one_of(MONTHS)})\b)[A-Z][a-z]")


def _four_figures(match: re.Match[str]) -> str:
    hour, minute = match[1] or match[3], int(match[2] or match[4])
    oh = "oh " if hour[0] == "0" and hour != "00" else ""
    return f"{oh}{cardinal(int(hour))} {cardinal(minute) if minute else 'hundred'} hours"


def _ratio(match: re.Match[str]) -> str:
    return match.group().replace(":", " to ")


STEPS: tuple[Step, ...] = (
    (
        re.compile(
            r"(?<![\w./-])([12][0-9]{3})([-/.])([01]?[0-9])\2([0-3]?[0-9])(?![0-9])\.?(?:T(?=[0-9]))?"
        ),
        _year_first,
    ),
    (re.compile(r"(?<![\w/.-])([0-9]{1,2})/([0-9]{1,2})/([12][0-9]{3}|[0-9]{2})(?![\w/])"), _year_last),
    (
        re.compile(r"(?<![\w./-])(19[0-9]{2}|20[0-9]{2})[-.](0[1-9]|1[0-2])(?![\w/-]|\.[0-9]|\s?[%°])"),
        lambda m: f"{MONTHS[int(m[2]) - 1]} {year(int(m[1]))}",
    ),
    (
        re.compile(
            r"\b(on|by|until|till|from|due|before|after|since|dated|through|starting|effective|between|and)"
            r" ([0-9]{1,2})/([0-9]{1,2})(?![\w/])",
            re.IGNORECASE,
        ),
        _no_year,
    ),
    (
        re.compile(
            rf"{_MONTH}\s(?P<day>{_DAY})(?:{_TO}(?P<last>{_DAY}))?{_YEAR}(?P<to>{_TO}(?=(?:{one_of(_NAMED)})\b))?"
        ),
        _month_and_day,
    ),
    (
        re.compile(
            rf"(?<![\w.:,-])(?P<day>[0-9]{{1,2}}(?:st|nd|rd|th)?)\s{_MONTH}{_YEAR}(?P<to>{_TO}(?=[0-9]{{1,2}}\s(?:{one_of(_NAMED)})\b))?"
        ),
        _day_and_month,
    ),
    (re.compile(rf"{_MONTH}{_TO}(?=(?:{one_of(_NAMED)})\b)"), lambda m: f"{_NAMED[m['month']]} to "),
    (re.compile(r"(?<=[0-9])\s?[-–—]\s?(?=Q[1-4]\b)"), lambda _: " to "),
    (
        re.compile(rf"{_MONTH},?\s([12][0-9]{{3}})(?![0-9])"),
        lambda m: f"{_NAMED[m['month']]} {year(int(m[2]))}",
    ),
    (re.compile(r"\b(Jan|Feb|Aug|Sept?|Oct|Nov|Dec)\b\.?(?![\w'])"), lambda m: _NAMED[m[1]]),
    (
        re.compile(rf"\b({_WEEKDAY})\b\.?(?:{_TO}({_WEEKDAY})\b\.?)"),
        lambda m: f"{_WEEKDAYS[m[1]]} to {_WEEKDAYS[m[2]]}",
    ),
    (
        re.compile(
            rf"\b({_WEEKDAY})(?:\.(?=\s[a-z])|(?=\)|,?\s[0-9]|,\s(?:{_WEEKDAY})\b)"
            rf"|\.?(?=,? (?:{one_of(MONTHS)}))|\.(?=,|$))"
        ),
        lambda m: _WEEKDAYS[m[1]],
    ),
    (re.compile(rf"(?<=day, )({_WEEKDAY})\b\.?"), lambda m: _WEEKDAYS[m[1]]),
    (
        re.compile(r"(?<![\w/])(19[0-9]{2}|20[0-9]{2})/([0-9]{2})(?![\w/])"),
        lambda m: (
            f"{year(int(m[1]))} to {cardinal(int(m[2]))}" if int(m[1]) % 100 + 1 == int(m[2]) else m.group()
        ),
    ),
    (re.compile(r"\b(FY|CY) ?(19[0-9]{2}|20[0-9]{2})\b"), lambda m: f"{m[1]} {year(int(m[2]))}"),
    (
        re.compile(r"(?<!\w)(1[1-9][0-9]|20[0-9])0'?s\b(\s?[-–—~]\s?(?=[12][0-9]{2}0'?s\b))?"),
        lambda m: f"{decade(int(m[1]) * 10)}{' to ' if m[2] else ''}",
    ),
    (
        re.compile(r"(?<!\w)(1000|100|10)s(?= (?:of|and)\b)"),
        lambda m: {"1000": "thousands", "100": "hundreds", "10": "tens"}[m[1]],
    ),
    (
        re.compile(
            r"(?:(?<!\w)'|\b(?P<lead>(?:the|their|his|her|my|our|your|mid|early|late)[ -]))"
            r"(?P<tens>[2-9])0s\b"
            r"(?!-| (?:timeout|delay|interval|window|pause|limit|video|clip|wait|mark|break|timer))",
            re.IGNORECASE,
        ),
        lambda m: f"{m['lead'] or ''}{plural(cardinal(int(m['tens']) * 10))}",
    ),
    (
        re.compile(r"(?<=ties )(and|or|to) ([2-9])0s\b"),
        lambda m: f"{m[1]} {plural(cardinal(int(m[2]) * 10))}",
    ),
    (
        re.compile(r"(?<!\w)'([0-9]{2})(?!\w)"),
        lambda m: f"{'oh ' if m[1][0] == '0' else ''}{cardinal(int(m[1]))}",
    ),
    (
        re.compile(
            r"\b(?:ratio|scale|dilut(?:e|ed|ion)|mix(?:ed)?|odds|proportion)\b[^.:0-9\n]{0,30}"
            r"[0-9,]{1,12}(?::[0-9,]{1,12}){1,3}",
            re.IGNORECASE,
        ),
        _ratio,
    ),
    (
        re.compile(
            r"(?<![\w:.,])(?:[0-9]{1,3}(?::[0-9](?![0-9])){1,3}|[0-9]{1,3}:[0-9]{3,6}(?:,[0-9]{3})*|[0-9]{1,3}:[A-Z]\b"
            r"|(?:16|21|32):(?:9|10)\b|[0-9]{1,3}:[0-9]{1,3},[0-9]{3})(?![\w:])"
        ),
        _ratio,
    ),
    (
        re.compile(
            r"(?<![\w.,:-])(?:([01][0-9]|2[0-3])([0-5][0-9])(?= ?hrs\b)|(0[0-9])([0-5][0-9])(?= ?hours\b))"
            r" ?(?:hrs|hours)"
        ),
        _four_figures,
    ),
    (
        re.compile(rf"(?<![\w:.,$€£₩-])({_TIME}\.?|[0-9]{{1,2}}){_TO}(?={_TIME})"),
        lambda m: f"{m[1]} to ",
    ),
    (
        re.compile(r"\b(UTC|GMT)\s?([+-])\s?([0-9]{1,2})(?::([0-5][0-9]))?(?![0-9])"),
        lambda m: (
            f"{m[1]} {'plus' if m[2] == '+' else 'minus'} {cardinal(int(m[3]))}"
            f"{f' {cardinal(int(m[4]))}' if int(m[4] or 0) else ''}"
        ),
    ),
    (
        re.compile(
            rf"(?<![\w:.])(?P<hour>[01]?[0-9]|2[0-4])(?=:[0-5][0-9]|{_HALF})(?::(?P<minute>[0-5][0-9]))?"
            rf"(?::(?P<second>[0-5][0-9])(?:\.[0-9]{{1,9}})?)?(?![0-9:])Z?(?:(?P<half>{_HALF})\.?(?!\w))?"
        ),
        _time,
    ),
    (re.compile(r"(?<![\w.])([0-9]{1,4})h\s?([0-9]{1,2})m(?:in)?\b"), lambda m: f"{m[1]} h {m[2]} min"),
)
"""The kinds, in the order in which they are looked for."""
