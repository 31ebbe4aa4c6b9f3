"""Units and counters behind a number: the longest that is a word of its own, and what it is per."""

import re
from dataclasses import replace

from services.tts.reading.ko.counters import COUNTERS, LONGEST_COUNTER, NOT_COUNTERS
from services.tts.reading.ko.numbers import number
from services.tts.reading.ko.terms import BARE, Tail, Unit
from services.tts.reading.ko.units import COUNTED, CURRENCIES, LENGTHS, NEEDS_AN_END, PER, RATES, UNITS

UNIT_ENDS = re.compile(r"(?![A-Za-z0-9^Ω])")
"""Where a symbol of letters may end."""

_LETTERS = re.compile(r" ?([A-Za-zμΩ°%‰′″][A-Za-zμΩ%′]{0,6}(?:\(A\))?(?:\^[0-9]+)?)")
_NOTHING_FOLLOWS = re.compile(
    r"$|[^가-힣A-Za-z0-9 ]|[을를은는이가의에도로과와] | ?(?:이상|이하|미만|초과|이내|정도|당)"
)
_NAMED = re.compile(r"동|형|호|구역|반|조|면|타입|관|홀|열|팀|그룹|블록|코스|등급|석")
"""After a letter: it names a part of a building or a kind (3A동)."""
_PER = re.compile(r" ?/ ?(10{0,3}(?= ?[A-Za-zμ]))?")
_PRODUCT = re.compile(r"[·⋅∙]([A-Za-zμΩ]{1,3})(?![A-Za-z0-9])")
_PARTICLE = re.compile(
    r"$|[^가-힣]|[이가은는을를의에도로만와과씩당째며나라까부마짜여간]"
    r"|입니다|이내|이상|이하|미만|초과|안에|동안|정도|으로|보다|처럼|밖에|뿐"
)
_MONEY_BEHIND = re.compile(r" ?([$₩€£¥]|(?:KRW|USD|EUR|JPY|CNY|GBP)(?![A-Za-z]))")
_DAY = re.compile("day(?![A-Za-z])")


def unit_at(text: str, at: int) -> tuple[Unit, int]:
    """Return the unit at ``at``, with what it is per, and its end; a bare one if there is none."""
    symbol, end = _symbol_at(text, at)
    if not symbol:
        if money := _MONEY_BEHIND.match(text, at):
            return per(text, money.end(), Unit(CURRENCIES[money[1]], tail=Tail.SYMBOL), "")
        counter, end = counter_at(text, at)
        if not counter:
            return BARE, at
        return per(text, end, Unit(counter, counter=counter, tail=Tail.WORD), "")
    if symbol in ("°C", "°F"):
        scale = "화씨" if symbol == "°F" else ""
        unit = Unit("도", scale, below_zero="영하", above_zero="영상", tail=Tail.SYMBOL)
        return per(text, end, unit, symbol)
    name = UNITS[symbol]
    if (product := _PRODUCT.match(text, end)) and product[1] in UNITS:
        name, end = name + UNITS[product[1]], product.end()
    unit = Unit(name, counter=name if name in COUNTED else "", tail=Tail.SYMBOL)
    return per(text, end, unit, symbol)


def _symbol_at(text: str, at: int) -> tuple[str, int]:
    """Return the longest unit symbol at ``at`` that ends where a word may end, and its end."""
    letters = _LETTERS.match(text, at)
    if not letters:
        return "", at
    run, start = letters[1], letters.start(1)
    for size in range(len(run), 0, -1):
        end = start + size
        if run[:size] in UNITS and (not run[size - 1].isalnum() or UNIT_ENDS.match(text, end)):
            if run[:size] not in NEEDS_AN_END:
                return run[:size], end
            ends = _NOTHING_FOLLOWS.match(text, end) if start > at else not _NAMED.match(text, end)
            return (run[:size], end) if ends else ("", at)
    return "", at


def counter_at(text: str, at: int) -> tuple[str, int]:
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


def per(text: str, at: int, unit: Unit, symbol: str, *, again: bool = False) -> tuple[Unit, int]:
    """Return ``unit`` per what stands behind a slash, and its end: mg/L is read 리터당 … 밀리그램.

    Args:
        text: what is read.
        at: where the unit ends.
        unit: what is measured.
        symbol: how it is written, if by a symbol: a length per time is a speed.
        again: a slash came before; a third one is another thing.
    """
    slash = _PER.match(text, at)
    if not slash:
        return unit, at
    base, end = _symbol_at(text, slash.end())
    if base:
        if symbol in LENGTHS and base in RATES and not slash[1]:
            return replace(unit, before=RATES[base]), end
        before = PER.get(base, f"{UNITS[base]}당")
        if slash[1]:
            before = f"{number(slash[1])} {UNITS[base]}당"
        unit = replace(unit, before=f"{before} {unit.before}".strip(), tail=Tail.SYMBOL)
        return (unit, end) if again else per(text, end, unit, "", again=True)
    base, end = counter_at(text, slash.end())
    if not base or slash[1] or not _PARTICLE.match(text, end):
        day = _DAY.match(text, slash.end())
        if not day:
            return unit, at
        base, end = "day", day.end()
    before = f"{PER.get(base, f'{base}당')} {unit.before}".strip()
    return replace(unit, before=before, tail=Tail.SYMBOL), end
