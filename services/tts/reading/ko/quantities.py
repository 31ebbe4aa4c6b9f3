"""A quantity in Korean text: sign, currency, number, scale, unit."""

import re
from dataclasses import replace

from services.tts.reading.ko.measures import UNIT_ENDS, counter_at, per, unit_at
from services.tts.reading.ko.numbers import number
from services.tts.reading.ko.numerals import WINDOW, counts_people, names_a_thing
from services.tts.reading.ko.terms import BARE, MARK, Quantity, Tail, Term, Unit
from services.tts.reading.ko.units import CURRENCIES, SHORT_SCALES

_MARKED = re.compile(f"{MARK}([0-9]+){MARK}")
_NUMBER = re.compile(
    r"[0-9]{1,3}(?:,[0-9]{3}){1,7}(?![0-9])(?:\.[0-9]{1,20})?|[0-9]{1,24}(?:\.[0-9]{1,24})?|\.[0-9]{1,24}"
)
_SIGN = re.compile(r"[△▲▼] (?=[0-9][0-9,.]*%)|△ (?=[0-9]{1,3},[0-9]{3})|± |[-–+±△▲▼]")
_BULLETS = {sign: re.compile(rf"{sign} ?[가-힣A-Za-z]") for sign in "△▲"}
"""Lists of the press begin their items with these: △안전모 △장갑 3켤레."""
_SIGNED = {"+": "+", "±": "±"}
_TRIANGLES = "△▲▼"
_NEAR = 80
"""Characters to either side of ▲ in which a ▼ makes it its opposite: one table row, one sentence."""
_SHARE = re.compile(r"[0-9][0-9,.]{0,12} ?(?:%|퍼센트|포인트)")
_CHANGES = re.compile(
    r"^ ?(?:[가-힣]{1,4} )?(?:늘|줄|오르|올[라랐]|올려|내[리린려렸]|떨어|높[아이]|낮[아추]|증가|감소"
    r"|상승|하락|인상|인하|확대|축소"
    r"|급증|급감|급등|급락|성장|절감|단축|증액|감액|개선|악화)"
)
"""Words behind a figure that say which way it went: its triangle says no more than they do."""
_NAMES_A_LIST = re.compile(r" ?(?:가지|단계|대 [가-힣]|종류|항목)")
_MONEY = re.compile(r"(?:US)?\$|[₩€£¥元₿]|(?:KRW|USD|EUR|JPY|CNY|GBP)(?= ?[0-9])")
_SCALE = re.compile(
    r" ?((?:[십백천][만억조])"
    r"|십(?!자)|백(?!신|업|분|색|미러)|천(?!장|연|안|둥|공|문|식)|만(?!큼|료|족|약|들|찬|기|점|나"
    r"|[은]? ?(?:남|입력|맞|쓰|누르))"
    r"|억(?!지|울|제)|조(?= ?(?:원|달러|위안|엔|유로|[0-9])))"
)
_RANK = {"십": 1, "백": 2, "천": 3, "만": 4, "억": 8, "조": 12}
_APPROXIMATELY = re.compile(r"여(?= ?[가-힣])")
_TAIL_OF_MONEY = re.compile(r" ?(?:원|달러|유로|엔|위안|파운드|불)")
_BEFORE_SIGN = re.compile(rf"[0-9A-Za-z가-힣)\]*●○■{MARK}]$")
_DEGREES = re.compile(r"[0-9][0-9.]{0,6} ?(?:~[-0-9. ]{0,8})?°C")
_HOT_OR_COLD = re.compile(r"(?:영하|영상) ?$")


def quantity(text: str, at: int, *, names: bool = False) -> Term | None:
    """Return the quantity that begins at ``at``, if one does.

    Args:
        text: what is read.
        at: where it begins.
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
    scaled, scale, at = _scaled(text, digits, match.end(), short=money is not None)
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
    if text[start] in _TRIANGLES and (_CHANGES.match(after) or _NAMES_A_LIST.match(text, match.end())):
        sign = ""
    found = Quantity(sign, digits, scaled, unit, names, scale)
    tail = unit.tail if unit.after else Tail.FIGURE
    return Term(at, found.spoken(), "quantity", found, tail)


def _sign_at(text: str, at: int) -> tuple[str, int]:
    """Return the sign at ``at`` and where the number begins.

    △ is a minus in Korean figures, ▼ a fall. ▲ is a rise before a share and where ▼ stands near; before an
    amount alone it is how accounts write a minus.
    """
    match = _SIGN.match(text, at)
    if not match:
        return "", at
    sign = match[0][0]
    if sign in "△▲" and _BULLETS[sign].search(text[max(0, at - 40) : at + 40]):
        return "", match.end()
    if sign in "-–+" and _BEFORE_SIGN.search(text[max(0, at - 1) : at]):
        hangul = "가" <= text[at - 1] <= "힣"
        if not (hangul and _DEGREES.match(text, match.end())):
            return "", at
    rises = "▼" in text[max(0, at - _NEAR) : at + _NEAR] or _SHARE.match(text, match.end())
    if sign == "▲" and rises:
        sign = "+"
    return _SIGNED.get(sign, "-"), match.end()


def _scaled(text: str, digits: str, at: int, *, short: bool) -> tuple[str, str, int]:
    """Return a number read with its scales (3천4백만, 1억 5,000만, 100K), their first, and their end."""
    letter = text[at : at + 1]
    if letter == "K" and not short and _GOLD.match(text, at):
        return f"{number(digits)} 케이", "", at + 1
    if letter in SHORT_SCALES and (short or letter in "KkM") and UNIT_ENDS.match(text, at + 1):
        return with_scale(digits, letter), letter, at + 1
    said, last, first, room, above = "", digits, "", 99, 99
    while scale := _SCALE.match(text, at):
        first = first or scale[1]
        said += with_scale(last, scale[1], begins=not said or said.endswith(" "))
        at, large = scale.end(), scale[1][-1] in "만억조"
        room, above = (4, _RANK[scale[1][-1]]) if large else (_RANK[scale[1][0]], above)
        said += " " if large else ""
        more = _next_part(text, at, room, above, large=large)
        if not more:
            break
        last, at = more[0].replace(",", ""), more.end()
        if not _SCALE.match(text, at):
            return said + number(last), first, at
    return said.strip(), first, at


def with_scale(digits: str, scale: str, *, begins: bool = True) -> str:
    """Return the reading of a number with one scale behind it: 5만 is 오만, 1천만 is 천만, 1.5K is 천오백.

    Args:
        digits: the number.
        scale: one of Korean (만, 천만) or a letter.
        begins: no larger scale was said in front of it.
    """
    if scale in SHORT_SCALES:
        return _multiplied(digits, SHORT_SCALES[scale])
    read, word = number(digits), scale
    if begins and word[0] in "십백천" and digits.isdigit() and int(digits) >= _GROUPED:
        read, word = _multiplied(digits, sum(map(_RANK.__getitem__, word))), ""
    return word if begins and read == "일" and word[:1] in _SILENT_ONE else read + word


_GOLD = re.compile(r"K ?(?:금|골드|도금|반지|목걸이)")
_GROUPED = 10
"""From here on 천 and 백만 are units of a table (1,234천원), and the sum is said."""
_SILENT_ONE = ("십", "백", "천", "만")


def _next_part(text: str, at: int, room: int, above: int, *, large: bool) -> re.Match[str] | None:
    """Return the number that goes on with the one before: 5천 in 3만 5천, 4백만 in 3천4백만.

    Args:
        text: what is read.
        at: where the scale before ends.
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


def _multiplied(digits: str, places: int) -> str:
    """Return the reading of a number with its point moved: 1.5K is 천오백."""
    whole, _, fraction = digits.partition(".")
    moved = fraction.ljust(places, "0")
    before, behind = (whole + moved[:places]).lstrip("0") or "0", moved[places:].rstrip("0")
    return number(f"{before}.{behind}" if behind else before)


def _unit_of_money(text: str, at: int, name: str) -> tuple[Unit, int]:
    if tail := _TAIL_OF_MONEY.match(text, at):
        return Unit(tail[0].strip(), tail=Tail.WORD), tail.end()
    return per(text, at, Unit(name, tail=Tail.SYMBOL), "")


def _with_approximation(text: str, digits: str, scaled: str, unit: Unit, at: int) -> tuple[str, Unit, int]:
    """Read 여 between a number and its counter (30여 명): such numbers are Sino-Korean."""
    if unit is BARE and (about := _APPROXIMATELY.match(text, at)):
        counter, end = counter_at(text, about.end())
        if counter:
            return f"{scaled or number(digits)}여", Unit(counter, counter=counter, tail=Tail.WORD), end
    return scaled, unit, at
