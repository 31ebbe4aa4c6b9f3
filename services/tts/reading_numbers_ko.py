"""Numbers in Korean text, read as a narrator would: dates, times, ranges, counters, units, currency."""

import re
from collections.abc import Callable, Iterable

from services.tts.counters_ko import (
    CURRENCIES,
    LENGTHS,
    NATIVE_COUNTERS,
    PER,
    RATES,
    SERVICE_NUMBERS,
    SINO_BEFORE,
    SINO_COUNTERS,
    UNITS,
)  # fmt: skip
from services.tts.hangul import coda_of
from services.tts.numbers_ko import MAX_DIGITS, digits, native, number, sino

_N = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
"""A quantity: grouping commas and one point."""


def _one_of(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_COUNTER = _one_of({*NATIVE_COUNTERS, *SINO_COUNTERS} - {"분의"})
_PARTICLE = (
    r"(?=$|[^가-힣]|[이가은는을를의에도로만와과씩당째며나라까부마]"
    r"|입니다|이내|이상|이하|미만|초과|안에|동안|정도)"
)
_SPACED_COUNTER = rf"(?:(?:{_COUNTER})|\s(?:{_COUNTER}){_PARTICLE})"
_UNIT = _one_of(UNITS)
_PER_UNIT = rf"(?:{_UNIT})/(?:{_one_of(PER)})(?![A-Za-z0-9])"
_UNIT_END = r"(?![A-Za-z0-9^])"
_MAGNITUDE = (
    r"(?:[십백천]만|[십백천]억|십|백(?!신|업|분)|천|만(?!큼|료|족|약|들)|억|조(?=\s*(?:원|달러|[0-9])))"
)
_TO = r"(?:\s*[~∼〜～]\s*|[–—-])"
_PHONE = re.compile(
    r"(?<![0-9.,-])(?:\+82[- ]?[0-9]{1,2}|0[0-9]{1,2})[-) .]\s?[0-9]{3,4}[- .][0-9]{4}(?![0-9-])"
    r"|(?<![0-9.,-])1[0-9]{3}-[0-9]{4}(?![0-9-])"
)
_HOURS = r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]))?(?![0-9:])"


def read_numbers(text: str) -> str:
    """Return ``text`` with every number (ASCII digits) and what belongs to it written in Hangul."""
    for pattern, read in _STEPS:
        text = pattern.sub(read, text)
    return text


def _phone(match: re.Match[str]) -> str:
    text = match.group().replace("+82", "82 " if match.group()[3:4] == "0" else "플러스 82 ")
    return (
        " ".join(digits(part) if part[0].isdigit() else part for part in re.findall(r"[0-9]+|플러스", text))
        + " "
    )


def _date(match: re.Match[str]) -> str:
    year, month, day = (int(part) for part in match.groups()[:3])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match.group()
    return f"{sino(year)} 년 {_month(month)} {sino(day)} 일"


def _month(month: int) -> str:
    return {6: "유월", 10: "시월"}.get(month, f"{sino(month)}월")


def _hour(hour: int) -> str:
    return f"{native(hour) if 1 <= hour <= 12 else sino(hour)} 시"


def _time(match: re.Match[str]) -> str:
    hour, minute, second = match.groups()
    read = _hour(int(hour))
    if int(minute) or int(second or 0):
        read += f" {sino(int(minute))} 분"
    return read + (f" {sino(int(second))} 초" if int(second or 0) else "")


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match[1]), int(match[2])
    if (
        re.match(r"\s*(?:까지|부터|\([월화수목금토일]\))", match.string[match.end() :])
        and top <= 12
        and bottom <= 31
        and top
    ):
        return f"{_month(top)} {sino(bottom)} 일"
    if bottom == 0 or top >= bottom:
        return f"{sino(top)} 대 {sino(bottom)}"
    return f"{sino(bottom)} 분의 {sino(top)}"


def _counted(quantity: str, counter: str, following: str) -> str:
    """Return the numeral that ``counter`` wants."""
    if counter == "월" and quantity.isdigit() and 1 <= int(quantity) <= 12:
        return _month(int(quantity)).removesuffix("월")
    whole = quantity.replace(",", "")
    numbered = any(counter == name and pattern.match(following) for name, pattern in SINO_BEFORE)
    if whole.isdigit() and not numbered and not (len(whole) > 1 and whole[0] == "0"):
        value = int(whole) if len(whole) <= MAX_DIGITS else 0
        if counter == "번째" and value == 1:
            return "첫"
        if 1 <= value <= NATIVE_COUNTERS.get(counter, 0):
            return native(value)
    return number(quantity)


def _with_counter(match: re.Match[str]) -> str:
    quantity, counter = match["n"], match["counter"].strip()
    read = _counted(quantity, counter, match.string[match.end() :])
    if counter == "월":
        return f"{read}월" if quantity.isdigit() and 1 <= int(quantity) <= 12 else f"{read} 월"
    return f"{_sign(match)}{read} {counter}"


def _sign(match: re.Match[str]) -> str:
    return "마이너스 " if match.groupdict().get("sign") else ""


_PAIRS = {
    (1, 2): "한두", (2, 3): "두세", (3, 4): "서너", (4, 5): "네다섯", (5, 6): "대여섯", (6, 7): "예닐곱",
    (7, 8): "일고여덟",
}  # fmt: skip


def _counted_range(match: re.Match[str]) -> str:
    first, second, counter = match["a"], match["b"], match["counter"].strip()
    following = match.string[match.end() :]
    if match["first"] not in (None, counter):
        high = _counted(second, counter, following)
        return f"{_counted(first, match['first'], '')} {match['first']}에서 {high} {counter}"
    low, high = _counted(first, counter, following), _counted(second, counter, following)
    if low != number(first):
        pair = _PAIRS.get((int(first), int(second)))
        return f"{pair} {counter}" if pair and counter != "시" else f"{low} {counter}에서 {high} {counter}"
    if counter == "월":
        return f"{low}월에서 {high}월"
    return f"{low}에서 {high} {counter}"


def _range(match: re.Match[str]) -> str:
    return f"{number(match['a'])}에서 {number(match['b'])}"


def _with_unit(match: re.Match[str]) -> str:
    unit, sign = match["unit"], _sign(match)
    read = UNITS[unit]
    if unit in ("°C", "°F"):
        scale = "화씨 " if unit == "°F" else ""
        return f"{scale}{'영하 ' if sign else ''}{number(match['n'])} 도 "
    return f"{sign}{number(match['n'])} {read} "


def _per(match: re.Match[str]) -> str:
    unit, _, base = match["unit"].partition("/")
    first = RATES[base] if unit in LENGTHS and base in RATES else PER[base]
    return f"{first} {number(match['n'])} {UNITS[unit]} "


def _currency(match: re.Match[str]) -> str:
    scale = {"K": "천", "M": "백만", "B": "십억"}.get(match["scale"] or "", match["scale"] or "")
    read = number(match["n"])
    if scale and "." in match["n"] and scale in ("천", "백만", "십억"):
        scale = {"천": " 천", "백만": " 밀리언", "십억": " 빌리언"}[scale]
    tail = re.match(r"\s*(?:원|달러|유로|엔)", match.string[match.end() :])
    return f"{_sign(match)}{_joined(read, scale)} {'' if tail else CURRENCIES[match['currency']]} "


def _joined(read: str, magnitude: str) -> str:
    """일 + 만 is 만, 일 + 천 is 천; 일억 and 일조 keep their 일."""
    return magnitude if read == "일" and magnitude[:1] in ("십", "백", "천", "만") else read + magnitude


def _magnitude(match: re.Match[str]) -> str:
    return f"{_sign(match)}{_joined(number(match['n']), match['magnitude'])} "


def _plain(match: re.Match[str]) -> str:
    text = match.group()
    if text in SERVICE_NUMBERS:
        return digits(text)
    if text.isdigit() and (len(text) > 9):
        return digits(text)
    return number(text)


def _dotted(match: re.Match[str]) -> str:
    """A version or an address: each part by itself, three-digit parts digit by digit in an address."""
    parts = match["dotted"].split(".")
    address = len(parts) == 4
    spoken = [digits(part) if address and len(part) == 3 else number(part) for part in parts]
    return (" 버전 " if match["v"] else "") + " 점 ".join(spoken)


def _arithmetic(match: re.Match[str]) -> str:
    return {
        "+": " 더하기 ",
        "×": " 곱하기 ",
        "x": " 곱하기 ",
        "X": " 곱하기 ",
        "÷": " 나누기 ",
        "*": " 곱하기 ",
    }[match[1]]


def _equals(match: re.Match[str]) -> str:
    before = match.string[: match.start()].rstrip()
    digit = {"0": "ㅇ", "1": "ㄹ", "3": "ㅁ", "6": "ㄱ", "7": "ㄹ", "8": "ㄹ"}
    closed = digit.get(before[-1:]) or coda_of(before)
    return "은 " if closed else "는 "


_SIGN = r"(?:(?<![0-9가-힣A-Za-z)])(?P<sign>[-−]))?"
_STEPS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    # first, because the patterns below would take quadratic time over them
    (re.compile(rf"[0-9]{{{MAX_DIGITS + 1},}}"), lambda m: digits(m.group())),
    (_PHONE, _phone),
    (
        re.compile(r"(?<![0-9])([0-9]{6})-([0-9*]{7})(?![0-9])"),
        lambda m: digits(m[1]) + " 다시 " + digits(m[2]),
    ),
    (
        re.compile(r"(?<![0-9.])([12][0-9]{3})\s?[-./]\s?([01]?[0-9])\s?[-./]\s?([0-3]?[0-9])\.?(?![0-9])"),
        _date,
    ),
    (re.compile(rf"(?<![0-9:]){_HOURS}"), _time),
    (re.compile(rf"(?<=시|분|초){_TO}(?=[가-힣])"), lambda _: "에서 "),
    (re.compile(r"\b(?P<v>[vV](?:er)?\.?\s?)(?P<dotted>[0-9]+(?:\.[0-9]+)*)"), _dotted),
    (re.compile(r"(?<![0-9.])(?P<v>)(?P<dotted>[0-9]+(?:\.[0-9]+){2,})(?![0-9])"), _dotted),
    (
        re.compile(r"\b((?:ISO|IEC|RFC|KS [A-Z]|IEEE|ISO/IEC)[ -]?)([0-9]{4,6})"),
        lambda m: f"{m[1]} {digits(m[2])}",
    ),
    (re.compile(r"(?<![0-9])([1-4])/4\s?분기"), lambda m: f"{sino(int(m[1]))}사분기"),
    (
        re.compile(r"([0-9]{1,6})\s?분의\s?([0-9]{1,6})"),
        lambda m: f"{sino(int(m[1]))} 분의 {sino(int(m[2]))}",
    ),
    (re.compile(r"(?<![0-9/.])([0-9]{1,4})/([0-9]{1,4})(?![0-9/.])"), _fraction),
    (
        re.compile(r"(?<![0-9:])([0-9]{1,3})\s?:\s?([0-9]{1,3})(?![0-9:])"),
        lambda m: f"{sino(int(m[1]))} 대 {sino(int(m[2]))}",
    ),
    (
        re.compile(
            rf"{_SIGN}(?P<currency>{_one_of(CURRENCIES)})\s?(?P<n>{_N})(?P<scale>[KMB](?![A-Za-z])|{_MAGNITUDE})?"
        ),
        _currency,
    ),
    (
        re.compile(rf"{_SIGN}(?P<n>{_N})\s?(?P<currency>[$₩€£¥]|(?:KRW|USD|EUR|JPY|CNY|GBP)\b)(?P<scale>)"),
        _currency,
    ),
    (re.compile(rf"제\s?({_N})\s?(?={_COUNTER})"), lambda m: f"제{number(m[1])} "),
    (re.compile(rf"(?P<n>{_N})\s?(?P<unit>{_PER_UNIT})"), _per),
    (
        re.compile(
            rf"(?P<a>{_N})\s?(?P<unit>{_UNIT})?{_TO}(?P<b>{_N})\s?(?={_UNIT}(?![A-Za-z0-9^])|{_MAGNITUDE})"
        ),
        _range,
    ),
    (re.compile(rf"{_SIGN}(?P<n>{_N})\s?(?P<magnitude>{_MAGNITUDE})"), _magnitude),
    (re.compile(rf"{_SIGN}(?P<n>{_N})\s?(?P<unit>{_UNIT}){_UNIT_END}"), _with_unit),
    (
        re.compile(rf"(?P<a>{_N})(?P<first>{_COUNTER})?{_TO}(?P<b>{_N})(?P<counter>{_SPACED_COUNTER})"),
        _counted_range,
    ),
    (re.compile(rf"{_SIGN}(?P<n>{_N})(?P<counter>{_SPACED_COUNTER})"), _with_counter),
    (re.compile(rf"(?P<a>{_N})\s*[~∼〜～]\s*(?P<b>{_N})"), _range),
    (re.compile(r"(?<=[0-9])\s*([+×÷*xX])\s*(?=[0-9])"), _arithmetic),
    (re.compile(r"(?<=[0-9가-힣)])\s*=\s*(?=[0-9가-힣])"), _equals),
    (re.compile(r"(?<![0-9가-힣A-Za-z)])[-−](?=[0-9])"), lambda _: "마이너스 "),
    (re.compile(r"(?<=[0-9])-(?=[0-9])"), lambda _: " 다시 "),
    (re.compile(r"(?<=[0-9])#"), lambda _: "샵"),
    (re.compile(_N), _plain),
)
