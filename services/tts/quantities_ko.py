"""A quantity in Korean text: sign, currency, number, scale, unit, compound unit."""

import re
from dataclasses import replace

from services.tts.counters_ko import COUNTERS, LONGEST_COUNTER, NATIVE_COUNTERS, NOT_COUNTERS
from services.tts.numbers_ko import MAX_DIGITS, number, sino
from services.tts.numerals_ko import WINDOW, counts_people, names_a_thing
from services.tts.terms_ko import BARE, MARK, Quantity, Tail, Term, Unit
from services.tts.units_ko import (
    CURRENCIES,
    LENGTHS,
    NEEDS_AN_END,
    PER,
    RATES,
    SHORT_SCALES,
    UNITS,
)  # fmt: skip

_MARKED = re.compile(f"{MARK}([0-9]+){MARK}")
_NUMBER = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_SIGN = re.compile(r"[△▼] (?=[0-9][0-9,.]*%)|[-+±△▲▼]")
_SIGNED = {"+": "+", "±": "±"}
_MONEY = re.compile(r"(?:US)?\$|[₩€£¥元₿]|(?:KRW|USD|EUR|JPY|CNY|GBP)(?= ?[0-9])")
_SCALE = re.compile(
    r" ?((?:[십백천][만억조])"
    r"|십(?!자)|백(?!신|업|분|색|미러)|천(?!장|연|안|둥|공|문|식)|만(?!큼|료|족|약|들|찬|기|점|나|[은]? ?(?:남|입력|맞|쓰|누르))"
    r"|억(?!지|울|제)|조(?= ?(?:원|달러|위안|엔|유로|[0-9])))"
)
_RANK = {"십": 1, "백": 2, "천": 3, "만": 4, "억": 8, "조": 12}
_LETTERS = re.compile(r" ?([A-Za-zμΩ°%‰′″][A-Za-zμΩ%]{0,5}(?:\(A\))?(?:\^[0-9]+)?)")
_UNIT_ENDS = re.compile(r"(?![A-Za-z0-9^])")
_NOTHING_FOLLOWS = re.compile(r"$|[^가-힣A-Za-z0-9 ]|[을를은는이가의에도로과와] | ?(?:이상|이하|미만|초과|이내|정도|당)")
_NAMED = re.compile(r"동|형|호|구역|반|조|면|타입|관|홀|열|팀|그룹|블록|코스|등급|석")
"""After a letter: it names a part of a building or a kind (3A동)."""
_PER = re.compile(r" ?/ ?(10{0,3}(?= ?[A-Za-zμ]))?")
_PRODUCT = re.compile(r"[·⋅∙]([A-Za-zμΩ]{1,3})(?![A-Za-z0-9])")
_APPROXIMATELY = re.compile(r"여(?= ?[가-힣])")
_PARTICLE = re.compile(
    r"$|[^가-힣]|[이가은는을를의에도로만와과씩당째며나라까부마짜여간]"
    r"|입니다|이내|이상|이하|미만|초과|안에|동안|정도"
)
_TAIL_OF_MONEY = re.compile(r" ?(?:원|달러|유로|엔|위안|파운드|불)")
_BEFORE_SIGN = re.compile(rf"[0-9A-Za-z가-힣)\]*●○■{MARK}]$")
_DEGREES = re.compile(r"[0-9][0-9.]* ?(?:~[-0-9. ]*)?°C")
_COLD = re.compile(r"영하 ?$")
_HOT_OR_COLD = re.compile(r"(?:영하|영상) ?$")


def quantity(text: str, at: int, *, names: bool = False) -> Term | None:
    """Return the quantity that begins at ``at``, if one does.

    Args:
        names: what stands before it (제) makes it the name of a thing.
    """
    start = at
    sign, at = _sign_at(text, at)
    money = _MONEY.match(text, at)
    if money:
        at = money.end() + (text[money.end() : money.end() + 1] == " ")
        if not sign and text[at : at + 1] == "-":
            sign, at = "-", at + 1
    marked = None if money or sign else _MARKED.match(text, at)
    match = marked or _NUMBER.match(text, at)
    if not match or (match[0][0] == "." and (text[start - 1 : start].isalnum() or sign)):
        return None
    digits = (marked[1] if marked else match[0]).replace(",", "")
    if digits[0] == ".":
        digits = f"0{digits}"
    names = names or marked is not None
    scaled, at = _scaled(text, digits, match.end(), short=money is not None)
    if money:
        unit, at = _unit_of_money(text, at, CURRENCIES[money[0]])
    else:
        unit, at = unit_at(text, at)
    scaled, unit, at = _with_approximation(text, digits, scaled, unit, at)
    before, after = text[max(0, start - WINDOW) : start], text[at : at + WINDOW]
    if counts_people(unit.counter, before):
        unit = Unit("분", counter="명", tail=Tail.WORD)
    names = names or names_a_thing(digits, unit.counter, before, after)
    if unit.before and before.rstrip().endswith(unit.before):
        unit = replace(unit, before="")
    if unit.below_zero == "영하" and _HOT_OR_COLD.search(before):
        sign = ""
    found = Quantity(sign, digits, scaled, unit, names)
    tail = unit.tail if unit.after else Tail.FIGURE
    return Term(at, found.spoken(), "quantity", found, tail)


def _sign_at(text: str, at: int) -> tuple[str, int]:
    """Return the sign at ``at`` and where the number begins; △ and ▲ are a minus in Korean figures."""
    match = _SIGN.match(text, at)
    if not match:
        return "", at
    sign = match[0][0]
    if sign in "-+" and _BEFORE_SIGN.search(text[max(0, at - 1) : at]):
        hangul = "가" <= text[at - 1] <= "힣"
        if not (hangul and _DEGREES.match(text, match.end())):
            return "", at
    if sign == "▲" and "▼" in text[max(0, at - 60) : at + 60]:
        sign = "+"
    return _SIGNED.get(sign, "-"), match.end()


def _scaled(text: str, digits: str, at: int, *, short: bool) -> tuple[str, int]:
    """Return a number read with the scales behind it (3천4백만, 1억 5,000만, 100K), and their end."""
    letter = text[at : at + 1]
    if letter in SHORT_SCALES and (short or letter in "KkM") and _UNIT_ENDS.match(text, at + 1):
        return _multiplied(digits, SHORT_SCALES[letter]), at + 1
    said, last, room, above = "", digits, 99, 99
    while scale := _SCALE.match(text, at):
        word, begins = scale[1], not said or said.endswith(" ")
        read = number(last)
        if begins and word[0] in "십백천" and last.isdigit() and int(last) >= _GROUPED:
            read, word = _multiplied(last, 10 ** sum(map(_RANK.__getitem__, word))), ""
        said += word if begins and read == "일" and word[:1] in _SILENT_ONE else read + word
        at, large = scale.end(), scale[1][-1] in "만억조"
        room, above = (4, _RANK[scale[1][-1]]) if large else (_RANK[scale[1][0]], above)
        said += " " if large else ""
        more = _next_part(text, at, room, above, large=large)
        if not more:
            break
        last, at = more[0].replace(",", ""), more.end()
        if not _SCALE.match(text, at):
            return said + number(last), at
    return said.strip(), at

_GROUPED = 10
"""From here on 천 and 백만 are units of a table (1,234천원), and the sum is said."""
_SILENT_ONE = ("십", "백", "천", "만")


def _next_part(text: str, at: int, room: int, above: int, *, large: bool) -> re.Match[str] | None:
    """Return the number that goes on with the one before: 5천 in 3만 5천, 4백만 in 3천4백만.

    Args:
        room: decimal places that the scale before leaves.
        above: rank of the last 만, 억 or 조.
        large: the scale before was one of those.
    """
    apart = text[at : at + 1] == " "
    more = _NUMBER.match(text, at + apart)
    if not more or "." in more[0] or more[0][0] == "0":
        return None
    places = len(more[0].replace(",", ""))
    scale = _SCALE.match(text, more.end())
    if not scale:
        return more if places <= room and (large or not apart) else None
    word = scale[1]
    small = _RANK[word[0]] if word[0] in "십백천" else 0
    falls = word[-1] not in "만억조" or _RANK[word[-1]] < above
    return more if falls and places + small <= room else None


def _multiplied(digits: str, factor: int) -> str:
    whole, _, fraction = digits.partition(".")
    value = int(whole + fraction) * factor
    places = 10 ** len(fraction)
    return sino(value // places) if value % places == 0 and len(digits) < MAX_DIGITS else number(digits)


def _unit_of_money(text: str, at: int, name: str) -> tuple[Unit, int]:
    if tail := _TAIL_OF_MONEY.match(text, at):
        return Unit(tail[0].strip(), tail=Tail.WORD), tail.end()
    return _per(text, at, Unit(name, tail=Tail.SYMBOL), "")


def unit_at(text: str, at: int) -> tuple[Unit, int]:
    """Return the unit that begins at ``at``, with what it is per, and its end; a bare one if there is none."""
    symbol, end = _symbol_at(text, at)
    if not symbol:
        if money := _MONEY_BEHIND.match(text, at):
            return _per(text, money.end(), Unit(CURRENCIES[money[1]], tail=Tail.SYMBOL), "")
        counter, end = _counter_at(text, at)
        if not counter:
            return BARE, at
        return _per(text, end, Unit(counter, counter=counter, tail=Tail.WORD), "")
    if symbol in ("°C", "°F"):
        scale = "화씨" if symbol == "°F" else ""
        return Unit("도", scale, below_zero="영하", above_zero="영상", tail=Tail.SYMBOL), end
    name = UNITS[symbol]
    if (product := _PRODUCT.match(text, end)) and product[1] in UNITS:
        name, end = name + UNITS[product[1]], product.end()
    unit = Unit(name, counter=name if name in NATIVE_COUNTERS else "", tail=Tail.SYMBOL)
    return _per(text, end, unit, symbol)


_MONEY_BEHIND = re.compile(r" ?([$₩€£¥]|(?:KRW|USD|EUR|JPY|CNY|GBP)(?![A-Za-z]))")


def _symbol_at(text: str, at: int) -> tuple[str, int]:
    """Return the longest unit symbol at ``at`` that ends where a word may end, and its end."""
    letters = _LETTERS.match(text, at)
    if not letters:
        return "", at
    run, start = letters[1], letters.start(1)
    for size in range(len(run), 0, -1):
        end = start + size
        if run[:size] in UNITS and (not run[size - 1].isalnum() or _UNIT_ENDS.match(text, end)):
            if run[:size] not in NEEDS_AN_END:
                return run[:size], end
            ends = _NOTHING_FOLLOWS.match(text, end) if start > at else not _NAMED.match(text, end)
            return (run[:size], end) if ends else ("", at)
    return "", at


def _counter_at(text: str, at: int) -> tuple[str, int]:
    """Return the longest counter at ``at``; after a space only one that is a word of its own."""
    apart = text[at : at + 1] == " "
    start = at + apart
    if not "가" <= text[start : start + 1] <= "힣":
        return "", at
    run = text[start : start + LONGEST_COUNTER + 1]
    for size in range(LONGEST_COUNTER, 0, -1):
        word = run[:size]
        if word in COUNTERS and len(word) == size:
            if size == 1 and run[:2] in NOT_COUNTERS:
                return "", at
            if apart and not _PARTICLE.match(text, start + size):
                return "", at
            return word, start + size
    return "", at


def _per(text: str, at: int, unit: Unit, symbol: str, *, again: bool = False) -> tuple[Unit, int]:
    """Return ``unit`` per what stands behind a slash: mg/L is read 리터당 … 밀리그램."""
    slash = _PER.match(text, at)
    if not slash:
        return unit, at
    base, end = _symbol_at(text, slash.end())
    if base:
        if symbol in LENGTHS and base in RATES and not slash[1]:
            return Unit(unit.after, RATES[base], unit.counter, tail=Tail.SYMBOL), end
        before = PER.get(base, f"{UNITS[base]}당")
        if slash[1]:
            before = f"{number(slash[1])} {UNITS[base]}당"
        unit = Unit(unit.after, f"{before} {unit.before}".strip(), unit.counter, tail=Tail.SYMBOL)
        return (unit, end) if again else _per(text, end, unit, "", again=True)
    base, end = _counter_at(text, slash.end())
    if not base or slash[1] or not _PARTICLE.match(text, end):
        day = _DAY.match(text, slash.end())
        if not day:
            return unit, at
        base, end = "day", day.end()
    before = f"{PER.get(base, f'{base}당')} {unit.before}".strip()
    return Unit(unit.after, before, unit.counter, tail=Tail.SYMBOL), end


_DAY = re.compile("day(?![A-Za-z])")


def _with_approximation(
    text: str, digits: str, scaled: str, unit: Unit, at: int
) -> tuple[str, Unit, int]:
    """Read 여 between a number and its counter (30여 명): such numbers are Sino-Korean."""
    if unit is BARE and (about := _APPROXIMATELY.match(text, at)):
        counter, end = _counter_at(text, about.end())
        if counter:
            return f"{scaled or number(digits)}여", Unit(counter, counter=counter, tail=Tail.WORD), end
    return scaled, unit, at
