"""Dates and times in Korean text: each way of writing one is a row."""

import re
from collections.abc import Callable

from services.tts.reading.ko.numbers import digits, native, sino
from services.tts.reading.ko.numerals import month
from services.tts.reading.ko.terms import Tail, Term

_Y, _M, _D = r"((?:1[0-9]|20|21)[0-9]{2})", r"(1[0-2]|0?[1-9])", r"(3[01]|[12][0-9]|0?[1-9])"
_WEEKDAY = r"\([월화수목금토일](?:요일)?\)"
_END = r"(?![0-9])"
_PERIOD = re.compile(
    r"(?:기간|일시|일정|접수|신청|모집|행사|휴가|방학|운영|교육|개최|기한|마감|날짜)(?:은|는)? ?:? ?$"
)
"""Before two decimals with a range's sign: they are days."""
_TIME_FOLLOWS = r"(?:[01]?[0-9]:[0-5]|(?:오전|오후|낮|밤) ?[0-9])"
_GOES_ON = rf"(?= ?(?:[~∼〜–-] ?['0-9(가-힣]|까지|부터|자[ 로]|에[ 는도서]|{_TIME_FOLLOWS}))"
"""What follows a date and no decimal: a range, a particle, a time of day."""
_LATIN_BEFORE = re.compile(r"(?:[A-Za-z]|버전|판|빌드) ?[vV]?$")
_DATED = re.compile(r" ?(?:개정|시행|기준|제정|현재|자|발표|공고|작성|고시|까지|부터|이후|이전|,|\)|$|[~–-])")
_PADDED = re.compile(r"[0-9]{2}\.[01][0-9]\.[0-3][0-9]")
_WEEKDAY_FOLLOWS = re.compile(rf" ?{_WEEKDAY}")
_USUAL_FRACTION = re.compile(r"1/(?:[2-9]|10|12|100)|2/[35]|3/[458]|4/5|5/[68]|7/8")
_SHARE_BEFORE = re.compile(r"(?:의|중|가운데|약|총|최대) ?$")


def _date(year: str, month_of_year: str, day: str) -> str:
    parts = [f"{sino(int(year))} 년"] if year else []
    parts += [month(int(month_of_year))] if month_of_year else []
    return " ".join([*parts, *([f"{sino(int(day))} 일"] if day else [])])


def _full(match: re.Match[str]) -> str:
    return _date(*match.groups())


def _year_and_month(match: re.Match[str]) -> str:
    return _date(match[1], match[2], "")


def _short_year(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 8) : match.start()]
    if match[0][0] != "'":
        padded = _PADDED.match(match[0])
        dated = match[0].endswith(".") or _DATED.match(match.string, match.end())
        weekday = _WEEKDAY_FOLLOWS.match(match.string, match.end())
        if _LATIN_BEFORE.search(before) or not (padded or dated or weekday):
            return ""
    return _date(match[1], match[2], match[3] or "")


def _padded(match: re.Match[str]) -> str:
    """24/06/10: two digits each; after a Latin word they are an id's or a version's."""
    before = match.string[max(0, match.start() - 8) : match.start()]
    return "" if _LATIN_BEFORE.search(before) else _date(match[1], match[3], match[4])


def _month_and_day(match: re.Match[str]) -> str:
    return _date("", match[1], match[2])


def _period(match: re.Match[str]) -> str:
    """6.10~6.14 are days after 기간, or where a decimal would not end in a nought."""
    before = match.string[max(0, match.start() - 10) : match.start()]
    return _month_and_day(match) if match[2].endswith("0") or _PERIOD.search(before) else ""


def _slashed_period(match: re.Match[str]) -> str:
    """6/10~6/14 are days; 1/3~2/3 are shares."""
    shares = all(_USUAL_FRACTION.fullmatch(part) for part in (match[0], match[3]))
    return "" if shares else _month_and_day(match)


def _slashed(match: re.Match[str]) -> str:
    """A fraction is no date: 용기의 2/3까지."""
    before = match.string[max(0, match.start() - 8) : match.start()]
    weekday = match.string[match.end() : match.end() + 4].lstrip()[:1] == "("
    if not weekday and (
        _SHARE_BEFORE.search(before)
        or _LATIN_BEFORE.search(before)
        or _USUAL_FRACTION.fullmatch(match[0].replace(" ", ""))
    ):
        return ""
    return _month_and_day(match)


_HISTORY = re.compile(
    r" ?(?:전쟁|사변|혁명|운동|절(?![가-힣])|절[에을은이]|항쟁|민주|광복|만세|테러|계엄|비상계엄|정변"
    r"|쿠데타|민중)"
)
_MORE_HISTORY = re.compile(
    r" ?(?:사건|사태|대책|선언|공동선언|공동성명|참사|군사|의거|합의|총선|대선|지방선거|학살|봉기"
    r"|지진|독립|기념|부동산|반란|동란|당시"
    r"|이후|이전|세대|희생|유공|묘지|정신|체제)"
)
_KNOWN = frozenset({"6·25", "4·19", "5·18", "8·15", "5·16", "12·12", "10·26", "9·11"})


def _historic(match: re.Match[str]) -> str:
    """Days of history are read figure by figure: 6·25 is 육이오, 12·12 십이십이."""
    dotted, at = "·" in match[0], match.end()
    known = dotted and match[0] in _KNOWN
    if not (known or _HISTORY.match(match.string, at) or (dotted and _MORE_HISTORY.match(match.string, at))):
        return ""
    day = match[2]
    whole = len(day) == 1 or day in ("10", "12", "20", "30")
    return sino(int(match[1])) + (sino(int(day)) if whole else digits(day))


def _hour(hour: int) -> str:
    return f"{native(hour) if 1 <= hour <= 12 else sino(hour)} 시"


_HALVES = {"a": "오전", "p": "오후"}


def _clock(match: re.Match[str]) -> str:
    half = _HALVES.get((match["first"] or match["last"] or "")[:1].lower(), "")
    spoken = " ".join(filter(None, (half, _hour(int(match["hour"])))))
    minute, second = int(match["minute"] or 0), int(match["second"] or 0)
    if minute or second:
        spoken += f" {sino(minute)} 분"
    return spoken + (f" {sino(second)} 초" if second else "")


def _lasting(match: re.Match[str]) -> str:
    hours, minutes = int(match[1]), int(match[2])
    read = native(hours) if 1 <= hours < 20 else sino(hours)
    return f"{read} 시간 {sino(minutes)} 분"


_HALF = r"[AaPp]\.?[Mm](?:\.|(?![A-Za-z]))"
_HOUR = r"(?P<hour>1[0-2]|0?[1-9])(?P<minute>)(?P<second>)"
_CLOCK = (
    rf"(?:(?P<first>{_HALF}) ?)?(?P<hour>[01]?[0-9]"
    rf"|2[0-4]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?"
    rf"(?![0-9:]|,[0-9]{{3}}|\.[0-9])(?: ?(?P<last>{_HALF})|분(?!기|의 ?[0-9]|간|마다|씩))?"
)
_ROWS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    ("date", re.compile(rf"{_Y} ?[-./] ?{_M} ?[-./] ?{_D}{_END}\.?"), _full),
    ("month", re.compile(rf"{_Y}[-./](0[1-9]|1[0-2]){_END}(?!-|\.[0-9]| ?[호번%A-Za-z])\.?"),
     _year_and_month),
    ("month", re.compile(rf"{_Y}\. ?(1[0-2]|[1-9])\.(?![0-9])"), _year_and_month),
    ("month", re.compile(rf"{_Y}\. ?(1[0-2]|[1-9])(?:월(?![가-힣]{{2}})| ?(?=[~∼–-] ?[0-9]{{4}}\.))"),
     _year_and_month),
    ("date", re.compile(rf"'([0-9]{{2}})\. ?{_M}\. ?{_D}{_END}\.?"), _short_year),
    ("month", re.compile(rf"'([0-9]{{2}})\. ?{_M}()(?:월|\.(?![0-9])|{_END})"), _short_year),
    ("date", re.compile(r"([0-9]{2})([-/])(0[1-9]|1[0-2])\2([0-2][0-9]|3[01])(?![-/0-9])"), _padded),
    ("date", re.compile(rf"([0-9]{{2}})\.{_M}\.{_D}(?![0-9]|\.[0-9])\.?"), _short_year),
    ("date", re.compile(rf"{_M}\. ?{_D}\.?(?= ?{_WEEKDAY})"), _month_and_day),
    ("date", re.compile(rf"{_M}\. ?{_D}\.{_END}{_GOES_ON}"), _month_and_day),
    ("date", re.compile(rf"{_M}\.{_D}(?= {_TIME_FOLLOWS})"), _month_and_day),
    ("date", re.compile(rf"(?:(?<=[(~])|(?<=~ )){_M}\. ?{_D}\.{_END}"), _month_and_day),
    ("date", re.compile(rf"{_M}\.{_D}(?= ?[~∼〜–-] ?{_M}\.{_D}(?![0-9.%A-Za-z]| ?[가-힣]))"), _period),
    ("date", re.compile(rf"{_M}/{_D}(?= ?[~∼〜–-] ?({_M}/{_D})(?![0-9/]))"), _slashed_period),
    ("date", re.compile(rf"{_M} ?/ ?{_D}(?![0-9/])(?= ?(?:{_WEEKDAY}|까지|부터))"), _slashed),
    ("time", re.compile(_CLOCK), _clock),
    ("time", re.compile(rf"(?P<first>{_HALF}) ?{_HOUR}(?P<last>)(?! ?[시0-9:.])"), _clock),
    ("time", re.compile(rf"(?P<first>){_HOUR} ?(?P<last>{_HALF})"), _clock),
    ("lasting", re.compile(r"([0-9]{1,3}) ?h(?:r|rs)? ?([0-5]?[0-9]) ?m(?:in|ins)?(?![A-Za-z0-9^/])"),
     _lasting),
    ("historic", re.compile(rf"{_M}[·.]{_D}(?![0-9·.])"), _historic),
)  # fmt: skip


_INSIDE = re.compile(r"[0-9][.:]?$")
"""Digits before: what begins here is the rest of another number."""


def date_or_time(text: str, at: int) -> Term | None:
    """Return the date or time of day that begins at ``at``, if one does."""
    if _INSIDE.search(text[max(0, at - 2) : at]):
        return None
    for kind, pattern, read in _ROWS:
        if (match := pattern.match(text, at)) and (spoken := read(match)):
            return Term(match.end(), spoken, kind, tail=Tail.WORD)
    return None


_LAST = re.compile(r" ?([0-9]{1,2})\.(?![0-9])")

_LAST_DAY = re.compile(rf" ?{_M}[./] ?{_D}(?![0-9]|\.[0-9])\.?")


def rest_of_date(text: str, at: int, kind: str) -> Term | None:
    """Return the upper end of a range of days or months that leaves out what it shares: 6.10.~12."""
    if kind == "date" and (match := _LAST_DAY.match(text, at)):
        return Term(match.end(), _month_and_day(match), kind)
    match = _LAST.match(text, at)
    if not match:
        return None
    value = int(match[1])
    if kind == "month":
        return Term(match.end(), month(value), kind) if 1 <= value <= 12 else None
    return Term(match.end(), f"{sino(value)} 일", kind) if 1 <= value <= 31 else None
