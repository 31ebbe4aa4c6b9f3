"""Whether a sentence has one figure that is its point, drawn large; and which.

A figure is a picture where the sentence says how much or how long. It is none where it only says of what or
when the sentence is true (3톤 이상 지게차, 1천 명이 넘으면), what another one is counted by (1년에 15일), or
where it is a mere one; nor is one of two that weigh the same.
"""

import re
from dataclasses import dataclass

from contracts.faithful import excepts
from services.slides.planning.cleaning import clipped
from services.slides.planning.patterns import MONEY_EN, NUMBER, STRONG_UNIT
from services.slides.planning.sentences import sentences

_YEAR = re.compile(r"^(?:1[89]|20)\d\d$")
_COUNTS = re.compile(r"^(?:만 ?)?(?:명|건)$|^people$|^employees$", re.IGNORECASE)
_DATES = re.compile(r"간(?![가-힣])| ?동안|째(?![가-힣])|차(?![가-힣])|의 | old\b| ago\b")
_TIME_UNIT = re.compile(
    r"^(?:초|분|시간|일|주|개월|년|회|(?:second|minute|hour|day|week|month|year)s?)$", re.IGNORECASE
)
_UNITS = {"퍼센트": "%", "프로": "%", "percent": "%", "per cent": "%"}
_LONGEST_DIGITS = 12

_BELOW_ZERO = re.compile(r"(?:(?:^|(?<=[\s(:]))[-−]|영하 ?|마이너스 ?)$")
_TRIANGLE = re.compile(r"[△▲▼±+] ?$")
_PER = re.compile(r"(?:에|당|마다) ")
"""What stands behind a figure that another one is counted by."""
_OF_A_THING = re.compile(r"(?:인|의|짜리|급|용) ?(?=[가-힣])")
_NEXT_WORD = re.compile(r" ([가-힣]{2,12})(?= )")
_MEASURED = re.compile(
    r"^(?:간격|거리|높이|깊이|폭|너비|두께|길이|속도|온도|농도|압력|용량|무게|공간|여유|이내|이상|이하|안에|떨어|앞|뒤|위|아래)"
)
_VERBAL = re.compile(r"(?:게|로|까지|부터|씩|마다|만|하기|하여|해서|하고|하며|두고|넘는|넘게)$")
_CONDITION = re.compile(
    r"[가-힣](?<![화장서표도측정수평반전지])면,? (?=\S)|(?:[을ㄹ은ㄴ는] ?때|[을ㄹ할될갈칠울] 때"
    r"|경우)(?:에는|에|는)?,? (?=\S)"
)
_CONDITION_EN = re.compile(r"^(?:if|when(?:ever)?|unless|while|once|before|after)\b[^,]*$", re.IGNORECASE)
_NAMED = re.compile(r"[은는] (?P<noun>[가-힣A-Za-z]{2,12}) $")
_NO_NAME = re.compile(
    r"^(?:약|최대|최소|총|전체|평균|무려|현재|연간|불과|거의|모두|각각|매년|하루|추가|누적|최고|이미|다시|겨우|고작)$"
    r"|(?:보다|대비|중|에서|으로|가운데|당|에|은|는|이|가|을|를|의|만|도|로)$"
)
_SAYS_IT_IS = re.compile(r"(?:입니다|이다|임|예요|이에요)?[.!]?$")
_ALTERNATIVE = re.compile(r"또는|혹은|이거나|거나|및|\bor\b|\band\b", re.IGNORECASE)
_GROWS = re.compile(
    r"증가|늘|오르|올[라랐]|상승|인상|급증|더 |높아|\b(?:ris|rose|grow|grew|increas|more|up)", re.IGNORECASE
)
"""Words of a rise, whose figure is no part of a whole; of a fall, it is the part that is gone."""
_FALLS = re.compile(r"감소|줄|하락|인하|할인|절감|단축|급감|낮[아추은]|떨어|내[려렸]")


@dataclass(frozen=True)
class Figure:
    """A figure as it is drawn.

    Attributes:
        digits: with a minus where it is below zero.
        unit: with its limit (%, 시간 이내).
        text: all of it as it stands in the sentence.
        share: 0-1, of a whole; ``None`` for what is no share.
    """

    digits: str
    unit: str
    text: str
    share: float | None = None


def figure_of(text: str, *, strong: bool) -> Figure | None:
    """Return the figure that is the point of ``text``, if it has one.

    Args:
        text: a sentence or caption.
        strong: only a share, a multiple or a sum of money, which tell something wherever they stand.
    """
    if any(map(excepts, sentences(text)[1:])):
        return None  # a rule and its exception: neither figure alone is true
    if sums := MONEY_EN.findall(text):
        return (
            _money(text)
            if len(sums) == 1 and not _CONDITION_EN.search(text.partition(sums[0][0])[0])
            else None
        )
    figures = [found for found in NUMBER.finditer(text) if _tells(text, found, strong=strong)]
    if not figures:
        return None
    # A share or a sum says more than a number of people, and that more than a length of time.
    chosen = min(figures, key=lambda f: (*_rank(f), f.start()))
    weighs = sum(_rank(found) == _rank(chosen) for found in figures)
    if weighs > 1 or any(_beside(text, chosen, found) for found in NUMBER.finditer(text)):
        return None
    return _figure(text, chosen)


def _money(text: str) -> Figure | None:
    found = MONEY_EN.search(text)
    return found and Figure(found[1] + found[2], (found[3] or "").strip(), found[0])


def _figure(text: str, found: re.Match[str]) -> Figure:
    digits, unit, limit = found.groups()
    shown = _UNITS.get(unit.lower(), unit)
    before = text[: found.start()]
    if shown.lower() == "km" and before.rstrip().endswith("시속"):
        shown = "km/h"
    share = None
    if (
        shown == "%"
        and digits.replace(",", "").replace(".", "").isdigit()
        and not _GROWS.search(text[found.end() :])
    ):
        share = float(digits.replace(",", "")) / 100
    sign = _BELOW_ZERO.search(before)
    return Figure(
        f"-{digits}" if sign else digits,
        clipped(f"{shown} {limit}" if limit else shown, 16),
        f"{sign[0] if sign else ''}{found[0]}",
        share if share is not None and share <= 1 and not sign else None,
    )


def _rank(found: re.Match[str]) -> tuple[bool, bool]:
    return STRONG_UNIT.match(found[2]) is None, _COUNTS.match(found[2]) is None


def _beside(text: str, one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether two figures are alternatives, of which neither is the point: 3년 이하 또는 5천만 원 이하."""
    first, second = sorted((one, other), key=lambda found: found.start())
    if first.start() == second.start():
        return False
    return _ALTERNATIVE.search(text, first.end(), second.start()) is not None


def _tells(text: str, found: re.Match[str], *, strong: bool) -> bool:
    """Whether a figure may be the point of its sentence."""
    digits, unit, limit = found.groups()
    before, after = text[: found.start()], text[found.end() :]
    strength = STRONG_UNIT.match(unit) is not None
    if len(digits) > _LONGEST_DIGITS or (strong and not strength):
        return False
    if (unit == "년" and _YEAR.match(digits)) or (_TIME_UNIT.match(unit) and _DATES.match(after)):
        return False
    if (
        _CONDITION.search(after)
        or _CONDITION_EN.search(before)
        or (_PER.match(after) and NUMBER.search(after))
    ):
        return False
    if _TRIANGLE.search(before[-2:]) and not (_GROWS.search(after[:12]) or _FALLS.search(after[:12])):
        return False
    if strength:
        named = _NAMED.search(before[-16:]) if _SAYS_IT_IS.fullmatch(after) else None
        return unit == "원" or not named or _NO_NAME.search(named["noun"]) is not None
    return digits != "1" and not _qualifies(unit, limit, after)


def _qualifies(unit: str, limit: str | None, after: str) -> bool:
    """Whether a figure only says which thing is meant: 3톤 이상 지게차 면허, 입사 5년 이상인 직원."""
    if limit and _OF_A_THING.match(after):
        return True
    following = _NEXT_WORD.match(after)
    if following is None or _TIME_UNIT.match(unit):
        return False
    return not (_MEASURED.match(following[1]) or _VERBAL.search(following[1]))
