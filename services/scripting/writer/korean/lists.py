"""Lists and tables in Korean: what a sentence enumerates, what a row says, what a table is called."""

import re
from collections.abc import Sequence
from itertools import groupby

from contracts.polarity import Polarity, heading_polarity
from services.scripting.writer.korean.analyser import kiwi
from services.scripting.writer.korean.headline import HEADLINE_LIMIT
from services.scripting.writer.korean.morphemes import Morphemes
from services.scripting.writer.korean.particles import has_final, topic_particle
from services.scripting.writer.korean.polite import says_itself
from services.scripting.writer.korean.speech import acted, spoken, stated
from services.scripting.writer.korean.traits import defined_term
from services.scripting.writer.language import Facts

_FACT = re.compile(r"^([가-힣A-Za-z0-9][가-힣A-Za-z0-9 ]{0,15}?)[은는] ([^,]{2,24})$")
_ENUMERATES = re.compile(
    r"^(?P<topic>[가-힣A-Za-z0-9 ]{2,16}?)(?P<particle>에는|에서는|은"
    r"|는) (?P<items>(?:[^,]{2,16}, ){2,5}[^,]{2,16}?)[을를이가] (?P<act>[^,]{2,14})$"
)
_CLAUSE_IN_ITEM = re.compile(r"[며고면서니] |처럼|같은|[을를] (?!\S+(?:는|은|한|된|할|될) )|(?:며|고|면)$")
_IS = re.compile(r"(?:이어야 합니다|여야 합니다|입니다|이다)$")
_LEAST_FACTS = 3
_TIME_HEADS = frozenset({"시점", "시기", "시간", "언제", "기한", "때"})
_GENERIC_HEADS = frozenset({"구분", "항목", "분류", "내용", "이름"})
_LONGEST_ROW = 44


def facts(sentence: str) -> Facts | None:
    """See :meth:`services.scripting.writer.language.Language.facts`."""
    text = sentence.rstrip(" .")
    if listed := _ENUMERATES.match(text):
        items = tuple(item.strip() for item in listed["items"].split(", "))
        torn = any(_CLAUSE_IN_ITEM.search(item) for item in items) or defined_term(sentence)
        return None if torn or len(items) < _LEAST_FACTS else Facts(_what_for(listed), items)
    found = [_FACT.match(part) for part in text.split(", ")]
    if len(found) < _LEAST_FACTS or not all(found):
        return None
    return Facts(None, tuple(f"{fact[1]}: {_IS.sub('', fact[2])}" for fact in found if fact))


def _what_for(listed: re.Match[str]) -> str | None:
    """Return what an enumeration is of: 통지에는 항목, 시점, 경위를 적습니다 → 통지에 적을 것."""
    act = Morphemes.of(listed["act"], kiwi())
    if not listed["particle"].startswith("에") or not act.is_sentence():
        return None
    return f"{listed['topic']}{listed['particle'][:-1]} {act.until(len(act.tokens) - 1, [('ᆯ', 'ETM')])} 것"


def enumeration(phrases: Sequence[str], subject: str | None) -> str:
    """See :meth:`services.scripting.writer.language.Language.enumeration`."""
    said: list[str] = []
    for noted, run in groupby((phrase.strip(" .,;") for phrase in phrases), key=says_itself):
        if noted:
            said.extend(map(spoken, run))
            continue
        named = ", ".join(run)
        about = f"{subject}{topic_particle(subject)} " if subject and not said else ""
        said.append(stated(f"{about}{named}"))
    return (
        f"{subject}입니다. {' '.join(said)}"
        if subject and says_itself(phrases[0].strip(" .,;"))
        else " ".join(said)
    )


def row(header: Sequence[str], cells: Sequence[str]) -> str:
    """See :meth:`services.scripting.writer.language.Language.row`."""
    pairs = [(head, cell) for head, cell in zip(header[1:], cells[1:], strict=False) if head and cell]
    if not cells[0] or not pairs:
        return enumeration([cell for cell in cells if cell], None)
    if len(pairs) == 1 and header[0].strip() in _TIME_HEADS:
        act = pairs[0][1].strip(" .")
        return f"{cells[0]}, {acted(act) or spoken(act)}"
    facts = ", ".join(f"{head}{topic_particle(head)} {cell.strip(' .')}" for head, cell in pairs)
    return spoken(f"{cells[0]}의 {facts}" if len(pairs) == 1 else f"{cells[0]}의 경우 {facts}")


def row_point(header: Sequence[str], cells: Sequence[str]) -> str:
    """See :meth:`services.scripting.writer.language.Language.row_point`."""
    pairs = [(head, cell) for head, cell in zip(header[1:], cells[1:], strict=False) if cell]
    full = ", ".join(f"{head} {cell}".strip() for head, cell in pairs)
    bare = ", ".join(cell for _, cell in pairs)
    signed = any(
        heading_polarity(head) is Polarity.FORBIDDEN for head, _ in pairs
    )  # then a value says nothing without its column
    fits = len(pairs) > 1 and len(cells[0]) + 2 + len(full) <= _LONGEST_ROW
    shown = full if signed or fits else bare
    return f"{cells[0]}: {shown}" if cells[0] and shown else cells[0] or shown


def table_title(header: Sequence[str]) -> str | None:
    """See :meth:`services.scripting.writer.language.Language.table_title`."""
    heads = [head for head in header if head]
    if len(heads) != len(header) or not 2 <= len(heads) <= 3 or header[0].strip() in _TIME_HEADS:
        return None
    kind = "항목" if heads[0].strip() in _GENERIC_HEADS else heads[0]
    title = f"{kind}별 {joined(heads[1:])}"
    return title if len(title) <= HEADLINE_LIMIT else None


def joined(phrases: Sequence[str]) -> str:
    """See :meth:`services.scripting.writer.language.Language.joined`."""
    if len(phrases) < 2:
        return "".join(phrases)
    first, second = phrases[:2]
    return f"{first}{'과' if has_final(first) else '와'} {second}"
