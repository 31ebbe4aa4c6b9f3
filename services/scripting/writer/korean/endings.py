"""The points of one list in one ending: 확인하기 and 보관함 and 작업할 것 never stand side by side.

What an author wrote most stays. What is so, or must be so, has no form in 기 (면허가 있기 says something
else): such a list ends in 함.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.scripting.writer.korean.instructions import is_state
from services.scripting.writer.korean.morphemes import Morphemes, kind

Style = Literal["기", "음", "것"]

_LONGEST = 120
"""Characters of a point that is given another ending; longer ones are text."""
_MUST = frozenset({"어야", "아야", "여야"})
_NOUNS: dict[str, Style] = {"기": "기", "음": "음", "ᆷ": "음"}


@dataclass(frozen=True)
class _Ending:
    """How a point ends.

    Attributes:
        stem: index behind the morphemes of its verb.
        state: it says how things are or must be, not what to do.
        must: it says that they must.
        leaves: the verb is 말다: what is not to be done.
    """

    style: Style
    morphemes: Morphemes
    stem: int
    state: bool
    must: bool
    leaves: bool


def alike(points: Sequence[str], kiwi: Any) -> list[str]:
    """Return the points of one list with one ending, as far as they end in a verb."""
    endings = [_ending_of(point, kiwi) for point in points]
    found = [ending for ending in endings if ending is not None]
    counts = Counter(ending.style for ending in found)
    if len(counts) < 2:
        return list(points)
    target = max(counts, key=lambda style: (counts[style], style == "기"))
    if target == "기" and any(ending.state for ending in found):
        target = "음" if counts["음"] else "것"
    if target == "것" and any(ending.style == "음" and ending.state and not ending.must for ending in found):
        target = "음"  # 수확할 수 있음 is so, and is asked of nobody
    return [
        point if ending is None or ending.style == target else _with(ending, target)
        for point, ending in zip(points, endings, strict=True)
    ]


def _ending_of(point: str, kiwi: Any) -> _Ending | None:
    """Return how a point ends; ``None`` for one that ends in a noun."""
    text = point.rstrip(" .")
    if len(text) > _LONGEST:
        return None
    morphemes = Morphemes.of(text, kiwi)
    stem = morphemes.note_ending()
    if not stem:
        return None
    forms = [token.form for token in morphemes.tokens[:stem]]
    tags = [kind(token) for token in morphemes.tokens[:stem]]
    style: Style | None = "것" if morphemes.tokens[-1].form == "것" else _NOUNS.get(morphemes.tokens[-1].form)
    if style is None:
        return None
    must = len(forms) > 2 and forms[-1] in {"하", "되"} and forms[-2] in _MUST
    if must:
        del forms[-2:], tags[-2:]
    leaves = len(forms) > 1 and forms[-2:] == ["지", "말"]
    negated = len(forms) > 2 and forms[-2] == "지" and forms[-1] in {"않", "아니하"}
    inner = (forms[:-2], tags[:-2]) if leaves or negated else (forms, tags)
    state = not leaves and bool(inner[0]) and is_state(*inner)
    return _Ending(style, morphemes, len(forms), state, must, leaves)


def _with(ending: _Ending, style: Style) -> str:
    """Return a point with another ending."""
    morphemes, stem = ending.morphemes, ending.stem
    lead: list[tuple[str, str]] = []
    if ending.leaves:
        stem, lead = stem - 1, [("않", "VX")]
    if style == "것":
        return _apart(f"{morphemes.until(stem, [*lead, ('ᆯ', 'ETM')])} 것")
    if style == "음" and ending.state and (ending.must or ending.style == "것"):
        return _apart(f"{morphemes.until(stem, [*lead, ('어야', 'EC')])} 함")
    return _apart(morphemes.until(stem, [*lead, (style, "ETN")]))


def _apart(text: str) -> str:
    return text.replace("지않", "지 않")
