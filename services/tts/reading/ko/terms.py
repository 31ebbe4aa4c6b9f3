"""What the grammar of Korean numbers is made of: terms, and quantities that a range can put together."""

import re
from dataclasses import dataclass
from enum import StrEnum

from services.tts.reading.ko.hangul import coda_of
from services.tts.reading.ko.numerals import Numeral, numeral

MARK = "\x01"
"""Stands on both sides of a number that was written as one sign (①, Ⅱ): it names, and its digits end there.
No text holds it: control characters are dropped before."""


class Tail(StrEnum):
    """What a term ends in, as it is written: it decides how the next word is joined."""

    FIGURE = "figure"
    SYMBOL = "symbol"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted or measured.

    Attributes:
        after: read behind the number; empty for a bare number.
        before: read in front of it (시속, 리터당, 화씨).
        counter: chooses the numeral; empty where it is always Sino-Korean.
        below_zero: what a minus is read as.
        above_zero: what a plus is read as.
        tail: what the unit ends in.
    """

    after: str = ""
    before: str = ""
    counter: str = ""
    below_zero: str = "마이너스"
    above_zero: str = "플러스"
    tail: Tail = Tail.FIGURE


BARE = Unit()
_MONTH = "월"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its sign, scale and unit.

    Attributes:
        sign: ``-``, ``+``, ``±`` or nothing.
        digits: the number as written, without commas.
        scaled: its Sino-Korean reading with its scale (삼천, 일억 오천만); empty without a scale.
        names: the number names a thing and counts nothing.
        scale: the scale right behind the digits, as written (천, 만, K); empty without one.
        inherits: the scale is that of the other end of a range.
    """

    sign: str
    digits: str
    scaled: str = ""
    unit: Unit = BARE
    names: bool = False
    scale: str = ""
    inherits: bool = False

    def numeral(self, unit: Unit) -> Numeral:
        """Return the number as it is read before ``unit``."""
        if self.scaled:
            return Numeral(self.scaled)
        return numeral(self.digits, unit.counter, names=self.names)

    def spoken(self, *, unit: Unit | None = None, first: bool = True, last: bool = True) -> str:
        """Return the reading.

        Args:
            unit: the unit to read it with, if not its own.
            first: say what stands in front of the number.
            last: say what stands behind it.
        """
        unit = unit or self.unit
        sign = {"-": unit.below_zero, "+": unit.above_zero, "±": "플러스마이너스"}.get(self.sign, "")
        number = self.numeral(unit)
        said = number.spoken
        if last and unit.counter == _MONTH and not number.regular:
            said += _MONTH
        elif last and unit.after:
            said += f" {unit.after}"
        return " ".join(filter(None, (unit.before if first else "", sign, said)))


@dataclass(frozen=True, slots=True)
class Term:
    """One thing with figures in a text.

    Attributes:
        end: where the text goes on.
        spoken: how the term is read by itself.
        kind: what found it.
        quantity: what a range may put together anew.
        tail: what it ends in.
    """

    end: int
    spoken: str
    kind: str
    quantity: Quantity | None = None
    tail: Tail = Tail.WORD


_JOINED = re.compile(
    r"(?!이상|이하|이내|이전|이후|이외|의무|의견|도달|도중|도입|만원|만큼|만 |가량|가격|가능|인상"
    r"|인하|과다|과대|과도|로그|은행|당시"
    r"|당월|당사|에너지|보관|보다는|나누|마스|라인|이동|이용|이었던|인터|인원|고객|고정|고압|와이|를|을)"
    r"(?:[은는이가과와의에도만씩당보로나며고인라이대짜마]|까지|부터|입니다|으로|처럼)|[을를]"
)
_AGREEING = {
    "을": "을를", "를": "을를", "은": "은는", "는": "은는", "이": "이가", "가": "이가", "과": "과와",
    "와": "과와",
}  # fmt: skip
_AGREES = re.compile(
    r"([을를은는이가과와])(?![가-힣0-9A-Za-z])|(?:으로|로)(?![가-힣0-9])|(?:으로|로)(?=[는도만])"
)


def joined(spoken: str, tail: Tail, text: str, at: int) -> tuple[str, int]:
    """Return a reading joined to what follows it in ``text``, and where the text goes on.

    A particle stays with it, and after a symbol or a figure agrees with what is heard (5kg를
    is 오 킬로그램을); any other word gets a space.
    """
    following = text[at : at + 4]
    if tail is Tail.WORD or not following or not "가" <= following[0] <= "힣":
        return spoken, at
    if not _JOINED.match(following):
        return f"{spoken} ", at
    agreeing = _AGREES.match(following)
    if agreeing and not (tail is Tail.FIGURE and following[0] == "가"):  # 종로3가 is a place
        return spoken + _agreeing(spoken, agreeing.group()), at + agreeing.end()
    return spoken, at


def _agreeing(spoken: str, particle: str) -> str:
    coda = coda_of(spoken)
    if particle in ("으로", "로"):
        return "으로" if coda not in ("", "ㄹ") else "로"
    return _AGREEING[particle][0 if coda else 1]
