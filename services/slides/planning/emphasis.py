"""The one or two words of a headline that are coloured: what matters in accent, what is forbidden in red."""

import re
from collections.abc import Iterator

from services.slides.plan import MAX_EMPHASIS, Emphasis
from services.slides.planning.icons import hits
from services.slides.planning.patterns import COUNTS_ITEMS, MONEY_EN, NUMBER

_LARGEST_SHARE = 0.45
"""Colour on more than this share of a headline no longer stands out."""
_LONGEST = 40
_LONGEST_PREFIX = 8

_QUOTED = re.compile(r"[‘“\"「]([^’”\"」]{2,16})[’”\"」]")
_FORBIDDEN = re.compile(
    r"절대(?:로)?(?![가-힣])|금지(?!법)|(?:주의|경고|위험)(?:합니다|해요|!)?$|[^\s,]{1,12}지 (?:마세요"
    r"|마십시오|말고|않습니다|않기|말아야|맙시다)"
    r"|\b(?:never|must not|do not|don['’]t)\b",
    re.IGNORECASE,
)
_RATHER = re.compile(r"보다 (?:더 )?([^\s,.]{2,12}?)(?:이|가|을|를|은|는|에) ")
_ADVERB = re.compile(
    r"(?:반드시|즉시|꼭|항상|먼저|바로|모두)(?![가-힣])|\b(?:always|immediately|at once)\b",
    re.IGNORECASE,
)
_HANGUL = re.compile(r"[가-힣]")
_HANGUL_RUN = re.compile(r"[가-힣]{1,12}")
_WITHOUT_PARTICLE = frozenset(("사고",))
"""Nouns that the lexicon knows only with a particle, which tells them from their homographs."""
_VERB_AFTER = re.compile(r"^(?:하|한|할|합|해|했|되|된|될|됩|돼|시키|이란|란)")
_FINAL_PARTICLE = re.compile(
    r"(?:을|를|이|가|은|는|에|의|도|과|와|만|으로|로|에서|에게|까지|부터|이나|나|처럼|보다|들|에는"
    r"|에서는|입니다|이다"
    r"|이에요|예요|인|별)$"
)


def emphasis(headline: str) -> tuple[Emphasis, ...]:
    """Return at most two words of ``headline`` to colour, the telling ones first; none is fine."""
    chosen: list[Emphasis] = []
    covered = 0
    for candidate in _candidates(headline):
        text = candidate.text
        room = max(6, _LARGEST_SHARE * len(headline)) - covered
        overlaps = any(text in other.text or other.text in text for other in chosen)
        if len(text) <= room and not overlaps and text != headline:
            chosen.append(candidate)
            covered += len(text)
        if len(chosen) == MAX_EMPHASIS:
            return tuple(chosen)
    if not chosen and (noun := _subject(headline)):
        return (Emphasis(text=noun),)
    return tuple(chosen)


def _candidates(headline: str) -> Iterator[Emphasis]:
    for quoted in _QUOTED.finditer(headline):
        yield Emphasis(text=quoted.group(1))
    for forbidden in _FORBIDDEN.finditer(headline):
        yield Emphasis(text=forbidden.group(), kind="danger")
    for rather in _RATHER.finditer(headline):
        yield Emphasis(text=rather.group(1))
    for pattern in (NUMBER, MONEY_EN, COUNTS_ITEMS, _ADVERB):
        for found in pattern.finditer(headline):
            text = found.group().strip()
            if 1 < len(text) <= _LONGEST or text == "꼭":
                yield Emphasis(text=text)


def _subject(headline: str) -> str | None:
    """Return the longest noun of the lexicon in ``headline``; verb stems are never coloured."""
    nouns = [_whole_noun(headline, hit.start, hit.end) for hit in hits(headline) if hit.coloured]
    longest = min(_LONGEST, max(6, int(_LARGEST_SHARE * len(headline))))
    fitting = [n for n in nouns if 1 < len(n) <= longest and n != headline]
    return max(fitting, key=len, default=None)


def _whole_noun(text: str, start: int, end: int) -> str:
    """Return the compound a stem stands in, without its particle: ``응급`` → ``응급처치``."""
    least = max(0, start - _LONGEST_PREFIX)
    while start > least and _HANGUL.match(text[start - 1]) and _HANGUL.match(text[start]):
        start -= 1
    rest = _HANGUL_RUN.match(text, end)
    if (bare := _FINAL_PARTICLE.sub("", text[start:end])) in _WITHOUT_PARTICLE:
        return bare
    if rest is None or not _HANGUL.match(text[end - 1]) or _VERB_AFTER.match(rest.group()):
        return text[start:end]
    return text[start:end] + _FINAL_PARTICLE.sub("", rest.group())
