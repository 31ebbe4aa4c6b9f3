"""What a script leaves out of its source: which headings, how many sentences, numbers and prohibitions."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from contracts.left_out import LONGEST_TOLD, MOST_TOLD, LeftOut, Missing
from contracts.script import Script
from services.scripting.passages import Passage, Section
from services.scripting.reading.blocks import Unread
from services.scripting.text import one_line

_UNITS = (
    "%|‰|℃|°C|㎎/ℓ|㎎|㎏|㎖|㎜|㎝|㎞|㎡|㎥|ℓ|[만천억](?: ?원)?|원|시간|개월|주일|년|월|일|시|분|초|주"
    "|명|인|세|살|개|회|번|장|대|권|층|호|차|배|곳|건|가지|단계|조|항|퍼센트|미터|킬로그램"
    "|(?:(?:km|cm|mm|[mgltVAWN]|kg|mg|ml|mL|L|kW|kWh|kV|mA|Hz|kHz|MHz|GHz|[KMGT]B|dB|dBA|ppm|bar|[kM]?Pa)"
    "(?:/[a-z]{1,3})?|hours?|minutes?|seconds?|days?|weeks?|months?|years?|people|persons?|percent|times|steps?"
    "|degrees?)(?![A-Za-z])"
)
_NUMBER = re.compile(rf"[-−±]?\d+(?:[.,:/~∼–-]\d+)*(?: ?(?:{_UNITS}))?")
"""A figure and the unit that makes it one."""


def account(
    script: Script,
    headings: Iterable[str],
    read: Sequence[Section],
    told: Sequence[Section],
    unread: Sequence[Unread] = (),
    check: Callable[[], None] = lambda: None,
) -> LeftOut:
    """Return what ``script`` leaves out.

    Args:
        script: as it is written.
        headings: of the source, in order.
        read: the sections as the source gives them.
        told: those that were chosen, made of the same passages.
        unread: what the reader of the source could not make words of.
        check: called often; raises when the work is to stop.
    """
    words = _words_of(script)
    numbers = set(map(_tight, numbers_of(words)))
    kept = {id(passage) for section in told for passage in section.passages}
    parts = [*_for_length(read, kept, numbers, check), *_unread_parts(unread, numbers, check)]
    letters = _letters(words)
    return LeftOut(
        sentences=sum(part.sentences for part in parts),
        headings=_listed(heading for heading in headings if _letters(heading) not in letters),
        numbers=_listed(number for part in parts for number in part.numbers),
        prohibitions=_listed(sentence for part in parts for sentence in part.prohibitions),
        parts=tuple(parts[:MOST_TOLD]),
    )


def numbers_of(text: str) -> Iterator[str]:
    """Yield the figures of a text with the units behind them."""
    return (found[0] for found in _NUMBER.finditer(text))


def _untold(texts: Iterable[str], told: set[str]) -> tuple[str, ...]:
    """Return the figures of texts that are not among ``told``, whatever the spaces before their units."""
    found = (number for text in texts for number in numbers_of(text))
    return _listed(number for number in found if _tight(number) not in told)


def _tight(text: str) -> str:
    return "".join(text.split())


def _for_length(
    sections: Sequence[Section], kept: set[int], told: set[str], check: Callable[[], None]
) -> list[Missing]:
    """Return what was not chosen, by heading."""
    missing: dict[str | None, list[Passage]] = {}
    passages: dict[str | None, int] = {}
    for section in sections:
        for passage in section.passages:
            check()
            heading = passage.heading or section.title
            passages[heading] = passages.get(heading, 0) + 1
            if id(passage) not in kept:
                missing.setdefault(heading, []).append(passage)
    return [
        Missing(
            heading=_cut(heading) if heading else None,
            whole=len(left) == passages[heading],
            sentences=len(left),
            numbers=_untold((passage.text for passage in left), told),
            prohibitions=_listed(passage.text for passage in left if passage.forbids),
        )
        for heading, left in missing.items()
    ]


def _unread_parts(unread: Sequence[Unread], told: set[str], check: Callable[[], None]) -> list[Missing]:
    """Return what could not be read, by kind and heading."""
    groups: dict[tuple[str, str | None], list[str]] = {}
    for thing in unread:
        check()
        groups.setdefault((thing.kind, thing.heading), []).append(thing.text)
    return [
        Missing(
            heading=_cut(heading) if heading else None,
            reason=kind[:40],
            sentences=len(texts),
            numbers=_untold(texts, told),
            text=_cut(texts[0]) or None,
        )
        for (kind, heading), texts in groups.items()
    ]


def _words_of(script: Script) -> str:
    """Return all that a viewer of the script hears or reads."""
    scenes = [scene for chapter in script.chapters for scene in chapter.scenes]
    titles = [script.title or "", *(chapter.title for chapter in script.chapters)]
    return "\n".join([*titles, *(f"{scene.narration}\n{scene.on_screen_text or ''}" for scene in scenes)])


def _letters(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _listed(texts: Iterable[str]) -> tuple[str, ...]:
    """Return texts once each, in order, each and all of them bounded."""
    return tuple(dict.fromkeys(map(_cut, texts)))[:MOST_TOLD]


def _cut(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST_TOLD else f"{line[: LONGEST_TOLD - 1]}…"
