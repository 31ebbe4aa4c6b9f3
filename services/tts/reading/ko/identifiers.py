"""Numbers that name and are dictated: telephones, accounts, codes, versions, network addresses."""

import re
from collections.abc import Callable

from services.tts.reading.ko.numbers import MAX_DIGITS, digits, number
from services.tts.reading.ko.quantities import quantity
from services.tts.reading.ko.terms import Tail, Term

SERVICE_NUMBERS = frozenset(
    map(
        str,
        (
            110, 111, 112, 113, 114, 117, 118, 119, 122, 125, 128, 131, 132, 182, 188,
            1301, 1330, 1332, 1333, 1335, 1339, 1345, 1350, 1357, 1366, 1372, 1377, 1379, 1382, 1388,
            1390, 1391, 1393, 1397, 1398,
        ),
    )
)  # fmt: skip
"""Korean special-service telephone numbers (국번 없이 119): read digit by digit when nothing is counted."""

_MASK = r"*＊●○■Xx"
_NOT_BEFORE = re.compile(r"[0-9][.,-]?$")
_COUNTED = re.compile(
    r"[0-9A-Za-z]| ?(?:자리|글자|자[ 로를리]|개|번째|회|차례|가지|건|명|번|줄|단계|종|분|초|일|년|월"
    r"|시|%|이상|이하|만 |점|원|[.,][0-9])"
)
_ID_BEFORE = re.compile(
    r"(?:번호|코드|암호|사번|학번|군번|순번|계좌|비번|비밀번호|패스워드|일련번호|내선|핀|끝자리|뒷자리|앞자리|PIN|OTP|ID|아이디|CVC|코드명)"
    r"(?:은|는|이|가|인|을|를|란에|에|란|로|으로)?\s?[:：]?\s?[(\"'\[]?(?:[A-Za-z]{1,3}-?)?$"
)
_DICTATED_ID = re.compile(rf"[0-9][0-9{_MASK}]{{0,23}}(?:[ -][0-9{_MASK}]{{1,12}}){{0,5}}")
_PLATES = "가나다라마거너더러머버서어저고노로모보소오구누두루무부우허하호"
_MASKED = re.compile(r"[*●○■]{2}")
_MASK_BEFORE = re.compile(r"[*●○■]-?$")
_STANDARD_BEFORE = re.compile(r"(?:ISO|IEC|RFC|KS [A-Z]|IEEE|ISO/IEC|ASTM|EN|UL|JIS [A-Z]|UN|CVE)[ -]?$")


def _dictated(text: str) -> str:
    """Return groups of digits, a pause between; signs of a mask are not said."""
    return " ".join(filter(None, (digits(group) for group in re.findall(r"[0-9]+", text))))


def _phone(match: re.Match[str]) -> str:
    plus = "플러스 " if match[0][0] == "+" else ""
    return plus + _dictated(match[0])


def _resident(match: re.Match[str]) -> str:
    return " 다시 ".join(filter(None, (digits(match[1]), digits(match[2]))))


_COUNTED_DIGITS = 2
"""Digits up to which a number after 번호 is a place in a row: 번호 35."""


def _after_a_word(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 12) : match.start()]
    short = len(match[0]) <= _COUNTED_DIGITS and match[0][0] != "0"
    if short or _COUNTED.match(match.string, match.end()):
        return ""
    return _dictated(match[0]) if _ID_BEFORE.search(before) else ""


def _plate(match: re.Match[str]) -> str:
    """A car's number: 123가4567, with a space only where a car is spoken of."""
    if match[3] and "차" not in match.string[max(0, match.start() - 10) : match.start()]:
        return ""
    return f"{digits(match[1])} {match[2]} {digits(match[4])}"


def _masked(match: re.Match[str]) -> str:
    return _dictated(match[0]) if _MASKED.search(match[0]) else ""


def _hexadecimal(match: re.Match[str]) -> str:
    return "영엑스 " + "".join(digits(c) if c.isdigit() else c.upper() for c in match[1])


def _after_a_mask(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 2) : match.start()]
    return digits(match[0]) if _MASK_BEFORE.search(before) else ""


def _account(match: re.Match[str]) -> str:
    return _dictated(match[0]) if sum(c.isdigit() for c in match[0]) >= _DIGITS_OF_AN_ID else ""


_DIGITS_OF_AN_ID = 9
"""Digits from which three groups with hyphens are an id and no chapter (3-2-1). Fewer: outlines are dictated.
More: business numbers are read as sums."""


def _standard(match: re.Match[str]) -> str:
    before = match.string[max(0, match.start() - 9) : match.start()]
    return " ".join(map(digits, match[0].split("-"))) if _STANDARD_BEFORE.search(before) else ""


def _address(match: re.Match[str]) -> str:
    parts = [digits(part) if len(part) == 3 else number(part) for part in match[1].split(".")]
    port = f" 콜론 {digits(match[2])}" if match[2] else ""
    return " 점 ".join(parts) + port + (f" 슬래시 {number(match[3])}" if match[3] else "")


def _version(match: re.Match[str]) -> str:
    return " 점 ".join(map(number, match[0].split(".")))


def _marked_version(match: re.Match[str]) -> str:
    return "버전 " + " 점 ".join(map(number, match[1].split(".")))


_ROWS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    # first, because other patterns would take quadratic time over them
    (re.compile(rf"[0-9]{{{MAX_DIGITS + 1},}}"), lambda m: digits(m[0])),
    (re.compile(r"\+[0-9]{1,3}[ -]?\(?0?\)?[0-9]{1,4}\)?(?:[ -][0-9]{2,4}){1,4}(?![0-9-])"), _phone),
    (re.compile(rf"\(?0[0-9]{{1,3}}[-) .] ?[0-9{_MASK}]{{3,4}}[- .][0-9{_MASK}]{{4}}(?![0-9-])"), _phone),
    (re.compile(r"1[0-9]{3}-[0-9]{4}(?![0-9-])(?! ?년)"), _phone),
    (re.compile(rf"([0-9]{{6}})-([0-9{_MASK}]{{7}})(?![0-9])"), _resident),
    (re.compile(rf"[0-9]{{4}}([- ])[0-9{_MASK}]{{4}}\1[0-9{_MASK}]{{4}}\1[0-9{_MASK}]{{4}}(?![0-9])"),
     lambda m: _dictated(m[0])),
    (re.compile(rf"([0-9]{{2,3}})([{_PLATES}])( ?)([0-9]{{4}})(?![0-9])"), _plate),
    (re.compile(r"[0-9][-0-9*●○■]{3,30}"), _masked),
    (_DICTATED_ID, _after_a_word),
    (re.compile(r"0[xX]([0-9A-Fa-f]{1,16})(?![0-9A-Za-z])"), _hexadecimal),
    (re.compile(r"[0-9]{2,8}(?![0-9])"), _after_a_mask),
    (re.compile(rf"[0-9]{{2,8}}(?:-[0-9{_MASK}]{{1,8}}){{2,4}}(?![0-9-])"), _account),
    (re.compile(r"[0-9]{4,6}(?:-[0-9]{1,5})?(?![0-9.,])"), _standard),
    (re.compile(r"((?:[0-9]{1,3}\.){3}[0-9]{1,3})(?![0-9]|\.[0-9])(?::([0-9]{1,5}))?(?:/([0-9]{1,2}))?"),
     _address),
    (re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){2,12}(?![0-9])"), _version),
    (re.compile(r"[vV](?:er)?\.? ?([0-9]{1,9}(?:\.[0-9]{1,9})*)(?![0-9])"), _marked_version),
)  # fmt: skip


_ROAD = re.compile(r"(?:대로|[가-힣0-9]길) ?$")
_LONGEST_QUANTITY = 9
"""Digits without commas up to which a number with nothing behind it is read as one."""


def dictated(text: str, at: int) -> Term | None:
    """Return a number that counts nothing and is read digit by digit: 119, 20260115123."""
    found = quantity(text, at)
    bare = found and found.quantity
    if not found or not bare or bare.scaled or bare.unit.after or bare.sign or not text[at].isdigit():
        return None
    written = text[at : found.end]
    long = written.isdigit() and len(written) > _LONGEST_QUANTITY
    service = written in SERVICE_NUMBERS and not _ROAD.search(text[max(0, at - 4) : at])
    if long or service:
        return Term(found.end, digits(bare.digits), "identifier", bare, Tail.FIGURE)
    return None


def identifier(text: str, at: int) -> Term | None:
    """Return the number that is dictated and begins at ``at``, if one does."""
    if _NOT_BEFORE.search(text[max(0, at - 2) : at]) and not _STANDARD_BEFORE.search(
        text[max(0, at - 9) : at]
    ):
        return None
    for pattern, read in _ROWS:
        if (match := pattern.match(text, at)) and (spoken := read(match)):
            return Term(match.end(), spoken, "identifier", tail=Tail.WORD)
    return None
