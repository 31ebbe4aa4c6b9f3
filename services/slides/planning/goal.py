"""The goal line of a chapter card: what the author says that the chapter teaches, or nothing."""

import re

from services.slides.planning.cleaning import has_hangul
from services.slides.planning.condense import SAME, similarity
from services.slides.planning.scene import Scene, announces, greets

_LONGEST = 48
"""Characters of Hangul; a text without may be 1.8 times as long."""
_LEAST = 4
_READ = 3
_MORE = 1.5
"""A goal this much longer than the title says more than it."""
_LOOKS_BACK = re.compile(r"배운|알아본|살펴본|what (?:you|we) (?:have )?learn(?:ed|t)", re.IGNORECASE)

_OPENS = re.compile(
    r"^(?:(?:이번?|본|오늘)\s?(?:장|시간|강의|과정|교육|단원|절|안내서|자료|영상)?(?:에서는|에는|에서|은"
    r"|는)?,? )"
    r"|^(?:지금부터|그럼|이제) "
    r"|^(?:in this (?:chapter|lesson|section|module|training|course|video),? )?(?:now,? )?"
    r"(?:(?:we|you)(?: will|['’]ll)? |let['’]s )(?:learn(?: about)?|see|look at|cover|discuss) "
    r"|^this (?:lesson|training|course|module|chapter|section|guide|video) "
    r"(?:(?:shows|teaches) you |explains |covers |describes |introduces |shows |is about )",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"(?:을|를|에 대해서?|에 대하여|에 관해|도)? ?(?:함께 |같이 |차례로 |자세히 |간단히 |먼저 )*"
    r"(?:(?:알아보|살펴보|배워 ?보|배우|설명하|설명드리|설명해 드리|소개하|소개해 드리|안내하|정리하"
    r"|정리해 보|다루)겠습니다"
    r"|(?:알아|살펴|배워 ?|정리해 )(?:봅시다|봅니다|볼까요\??|보도록 하겠습니다)|배웁니다|다룹니다"
    r"|설명합니다|소개합니다"
    r"|안내합니다|정리합니다)$"
)


def goal_of(scene: Scene, title: str) -> str | None:
    """Return what the chapter that ``scene`` opens teaches, in the author's words.

    Never the greeting that opens the film, and nothing that the card's title or the film's says already.
    """
    for sentence in scene.sentences[:_READ]:
        if not announces(sentence) or greets(sentence):
            continue
        text = sentence.rstrip(" .!")
        named = _CLOSES.sub("", _OPENS.sub("", text, count=1), count=1)
        longest = _LONGEST if has_hangul(named) else int(_LONGEST * 1.8)
        known = any(_says_no_more(named, other) for other in (title, scene.title) if other)
        if (
            named != text
            and not named.endswith("니다")
            and _LEAST <= len(named) <= longest
            and not known
            and not _LOOKS_BACK.search(named)
        ):
            return named[:1].upper() + named[1:]
    return None


def _says_no_more(goal: str, title: str) -> bool:
    """Whether a goal repeats a title, rather than saying what of it is taught."""
    return len(goal) < _MORE * len(title) and similarity(goal, title) >= SAME
