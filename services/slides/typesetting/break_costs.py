"""How bad a line break between two words is: Korean and English words that belong to their neighbour."""

import re

_LEANS_FORWARD = frozenset(
    (  # noqa: SIM905 - words read best as text
        "시속 최대 최소 평균 자기 우리 모든 어떤 다른 여러 이런 그런 저런 이 그 저 한 두 세 네 각 매 "
        "총 약 첫 단 및 또 더 꼭 안 못 내 제 새 전 제일 가장 매우 아주 "
        "a an the of to in on at by for with and or your our their is are not no"
    ).split()
)
_UNITS = (
    "채|대로|만큼|듯|줄|수|것|등|때|중|및|후|전|뿐|바|데|곳|분|점|만|적|년|월|일|시|시간|분간|초|개|명|원|장|번|배|회|가지"
    "|단계|이내|이상|이하|미만|안에|동안|만에"
)
_BOUND = re.compile(f"^({_UNITS})(?![가-힣]{{2}})")
_NATIVE_NUMERAL = re.compile(
    "(열|스물|서른|마흔|쉰|예순)?(한|두|세|네|다섯|여섯|일곱|여덟|아홉)|열|스무|서른|마흔|쉰|예순"
)
_SINCE = re.compile("지(?:는|가|도|를)?$")
_AUXILIARY = re.compile("[주보두놓버달봅봐둡줍]")
_CONNECTIVE = "아어여해워겨려러라나아져와줘켜"
_CLAUSE_END = re.compile(r"[,.:;!?…)”’」』]$")

_JOINS = frozenset("·–—-/&+~=|→")
_IN_DATE = re.compile(r"\d\.$")

DETERMINER = 0.06
BEFORE_DIGIT = 0.16
BOUND_NOUN = 0.06
AUXILIARY = 0.12
AFTER_DIGIT = 0.1
CLAUSE_END = -0.02
COLON = -0.08
BRACKET = 0.1
"""Between a bracket and the one word that it holds in on this side: 담당자(내선 | 3421)에게."""
MARK = 0.12
"""Before a mark that stands alone: it ends a line rather than begin one."""


def penalty(before: str, after: str) -> float:
    """Return the cost of a line break between two words; a squared share of the line, so 0.01 is 10 %.

    Dear are breaks after a determiner, before a bound noun or unit, between ``-지`` and ``않다``, between a
    main and an auxiliary verb, between a number (in words too) and its unit, before the ``지`` of time since,
    inside a date, at the first and the last word in brackets and before a mark that stands alone; cheap is
    the end of a clause.
    """
    cost = 0.0
    if before.lower() in _LEANS_FORWARD or (len(before) == 1 and "가" <= before <= "힣"):
        cost += BEFORE_DIGIT if after[0].isdigit() else DETERMINER
    if _BOUND.match(after):
        cost += BOUND_NOUN
    if (
        (before[-1] == "지" and after[0] in "않말못마")
        or (before == "수" and after[0] in "있없")
        or (before[-1] in _CONNECTIVE and _AUXILIARY.match(after))
        or before == "안"
    ):
        cost += AUXILIARY
    if before[-1].isdigit() or _NATIVE_NUMERAL.fullmatch(before):
        cost += AFTER_DIGIT
    cost += _of_signs(before, after)
    if _SINCE.match(after) and _ends_in_n(before):
        cost += AUXILIARY
    if before[-1] == ":":
        cost += COLON
    elif _CLAUSE_END.search(before):
        cost += CLAUSE_END
    return cost


def _of_signs(before: str, after: str) -> float:
    """Return what brackets, lone marks and the full stops of dates cost."""
    cost = 0.0
    if before.count("(") > before.count(")") or after.count(")") > after.count("("):
        cost += BRACKET
    if after in _JOINS:
        cost += MARK
    if _IN_DATE.search(before) and after[0].isdigit():
        cost += BEFORE_DIGIT
    return cost


def _ends_in_n(word: str) -> bool:
    """Whether a word ends in the syllable coda ㄴ, as an attributive verb does: 도착한 지, 배운 지."""
    syllable = ord(word[-1]) - 0xAC00
    return 0 <= syllable < 11_172 and syllable % 28 == 4
