"""What stands behind a cross: the act itself, since a cross and a negation in words undo each other."""

import re
from collections.abc import Sequence

from contracts.polarity import states_not
from services.slides.planning.cleaning import has_hangul

_NOT_KO = re.compile(r"지(?:는|도)? ?(?:않기|말기|말 ?것|않음|못함|않는다|않습니다|마세요|마십시오)$")
_BANNED_KO = re.compile(r"(?:은|는|을|를)? (?:절대 |전면 )?(?:금지|불가|삼가기|금함)$")
_NOT_EN = re.compile(
    r"^(?:please )?(?:(?:you )?(?:must not|should not|may not|do not|don['’]t|never)|not allowed:"
    r"|no) +(?=\w)",
    re.IGNORECASE,
)


def act(item: str) -> str:
    """Return the act that a prohibition forbids, as a cross stands before it: 버리지 않기 → 버리기.

    What cannot be turned so comes back as it is, and gets no cross (:func:`crossed`).
    """
    bare = item.rstrip(" .!")
    turned = _BANNED_KO.sub("", _NOT_KO.sub("기", bare)) if has_hangul(bare) else _NOT_EN.sub("", bare)
    if turned == bare or not turned or states_not(turned):
        return item
    return turned[:1].upper() + turned[1:]


def crossed(items: Sequence[str], signs: Sequence[bool]) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Return points and which of them have a cross: a cross and a negation in words would undo each other."""
    points = tuple(act(item) if sign else item for item, sign in zip(items, signs, strict=True))
    return points, tuple(sign and not states_not(point) for point, sign in zip(points, signs, strict=True))
