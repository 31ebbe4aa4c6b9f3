"""Making a sentence short by leaving out clauses, and telling whether two texts say the same."""

import re

from contracts.faithful import faithful, without_aside
from services.slides.planning.cleaning import has_hangul
from services.slides.planning.noun_form import nominal, without_lead

_LEAST = 6
"""A clause shorter than this says too little to stand alone."""
SAME = 0.55
"""Share of common bigrams from which two texts say the same thing."""

_WHOLE = 0.6
"""A title shorter than this share of a sentence names it but does not say it."""

_COMMA = re.compile(r"[,;:] ")
_COMMA_KO = re.compile(r"(?<=[고며면서니만데록때후뒤우해여로])[,;] |: ")
"""Korean commas that part clauses; between nouns they enumerate."""
_CLAUSE_KO = re.compile(
    r"(?<=[가-힣](?:면|고|며|서|니))(?:,)? |(?<=[가-힣]므로)(?:,)? |(?<=지만)(?:,)? |(?<=때)(?:는|에는"
    r"|마다)? "
    r"|(?<=위해) |(?<=위하여) |(?<=통해) |(?<=따르면) |(?<=따라) |(?<=전에)(?:는)? |(?<=후에)(?:는)? "
    r"|(?<=경우)(?:에는|에)? "
)
_CLAUSE_EN = re.compile(
    r" (?:because|so that|since|although|even if|when|while|unless|before|after"
    r"|and then|which|who) "
)
_NOT_WORD = re.compile(r"[\W_]+")


def condensed(sentence: str, longest: int) -> str | None:
    """Return the heart of ``sentence`` in at most ``longest`` characters, ``None`` if no clause is one.

    A clause that drops a condition, a negation or a number of the sentence is none
    (:mod:`contracts.faithful`).

    Korean puts the main clause last, English usually first. ``longest`` counts Hangul; Latin letters are
    about half as wide, and a text without Hangul may be 1.8 times as long.
    """
    text = without_lead(sentence).rstrip(" .,。")
    longest = _room(text, longest)
    if len(text) <= longest:
        return text or None
    text = without_aside(text)
    if len(text) <= longest:
        return text
    return _last_clause(text, longest) if has_hangul(text) else _first_clause(text, longest)


def _room(text: str, longest: int) -> int:
    return longest if has_hangul(text) else int(longest * 1.8)


def _last_clause(text: str, longest: int) -> str | None:
    starts = sorted({found.end() for pattern in (_COMMA_KO, _CLAUSE_KO) for found in pattern.finditer(text)})
    # The earliest start keeps the most; what is lost is what leads up to it.
    clauses = (text[s:] for s in starts if _LEAST <= len(text) - s <= longest)
    return next((clause for clause in clauses if faithful(text, clause)), None)


def _first_clause(text: str, longest: int) -> str | None:
    commas = [text[: found.start()] for found in _COMMA.finditer(text)]
    tails = [text[found.end() :] for found in _COMMA.finditer(text)][:1]
    clauses = [text[: found.start()] for found in _CLAUSE_EN.finditer(text)]
    fitting = [
        part
        for part in (*clauses, *commas, *tails)
        if _LEAST * 2 <= len(part) <= longest and faithful(text, part)
    ]
    best = max(fitting, key=len, default=None)
    return None if best is None else best[:1].upper() + best[1:]


def point(sentence: str, longest: int, *, described: bool = False) -> str | None:
    """Return ``sentence`` as a point of a list: its heart in noun form, ``None`` if it is too long for one.

    ``longest`` and ``described`` as in :func:`condensed` and :func:`nominal`.
    """
    whole = nominal(sentence, described=described)
    if len(whole) <= _room(whole, longest):
        return whole or None
    heart = condensed(sentence, longest + 4)
    short = None if heart is None else nominal(heart, described=described)
    return short if short is not None and len(short) <= _room(short, longest) else None


def similarity(one: str, other: str) -> float:
    """Return the share (0-1) of the shorter text's character bigrams that the other has too."""
    a, b = _bigrams(one), _bigrams(other)
    return len(a & b) / max(1, min(len(a), len(b)))


def says(title: str, sentence: str) -> bool:
    """Return whether a title says what a sentence says, rather than only how it begins: ``대피할 때``."""
    return len(title) >= _WHOLE * len(nominal(sentence)) and similarity(title, sentence) >= SAME


def _bigrams(text: str) -> set[str]:
    bare = _NOT_WORD.sub("", text.lower())
    return {bare[i : i + 2] for i in range(len(bare) - 1)}
