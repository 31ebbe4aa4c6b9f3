"""What films and chapters are called: as the author says, else by what their sentences are about."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from services.scripting.passages import Passage, Section
from services.scripting.writer.chapters import unique_titles
from services.scripting.writer.language import Language, Trait
from services.scripting.writer.ranking import key_phrases

_LONGEST_TITLE = 60
_LEAST_NAMED = 3
"""Sentences that must name a compound before the text is about it."""
_READ_FOR_A_TITLE = 5
"""First sentences of which one may give the title. More, and a film is named after a detail."""
_DEFINED_EARLY = 2
"""Sentences in front of which one may define what the whole text is about."""


class Terms:
    """Content words of passages, found once each."""

    def __init__(self, language: Language, check: Callable[[], None]) -> None:
        self._language = language
        self.check = check
        self._known: dict[str, list[tuple[str, str]]] = {}

    def of(self, passage: Passage) -> list[tuple[str, str]]:
        """Return a passage's words: (key for comparing, as written)."""
        if passage.text not in self._known:
            self.check()
            self._known[passage.text] = self._language.terms(passage.text)
        return self._known[passage.text]

    def bag(self, passage: Passage) -> frozenset[str]:
        """Return the keys of a passage's words."""
        return frozenset(key for key, _ in self.of(passage))

    def everywhere(self, sections: Sequence[Section]) -> Counter[str]:
        """Return in how many passages each word stands."""
        return Counter(
            key for section in sections for passage in section.passages for key in self.bag(passage)
        )


def chapter_titles(
    sections: Sequence[Section], film: str | None, terms: Terms, language: Language
) -> list[str]:
    """Return the chapters' titles: the author's, else what a paragraph of it is about, else a key phrase."""
    used: Counter[str] = Counter()
    everywhere = terms.everywhere(sections)
    count = sum(len(section.passages) for section in sections)
    titles: list[str] = []
    for number, section in enumerate(sections, 1):
        title = section.title or (
            film if len(sections) == 1 else _topic(section, film, titles, language, terms.check)
        )
        if not title:
            found = key_phrases([terms.of(passage) for passage in section.passages], everywhere, count, used)
            title = found[0] if found else film or f"{number}"
        titles.append(shown_title(title[:1].upper() + title[1:]))
    return unique_titles(titles)


def _topic(
    section: Section, film: str | None, taken: Sequence[str], language: Language, check: Callable[[], None]
) -> str | None:
    """Return what the first paragraph whose opening says so is about, but not the film's title."""
    opening = [passage for passage in section.passages if passage.opens or passage is section.passages[0]]
    for passage in opening:
        check()
        topic = None if passage.framing or passage.points else language.topic(passage.text)
        if topic and topic == film:
            topic = language.headline(passage.text)
        if topic and topic not in taken:
            return topic
    return None


def subject_of(sections: Sequence[Section], terms: Terms, language: Language) -> str | None:
    """Return what the text is about: the term it begins by defining, else its most frequent compound."""
    passages = [passage for section in sections for passage in section.passages]
    for passage in passages[:_DEFINED_EARLY]:
        if Trait.DEFINES in passage.traits and (term := language.topic(passage.text)):
            return term
    return _repeated(passages, terms)


def _repeated(passages: Sequence[Passage], terms: Terms) -> str | None:
    """Return the compound that several sentences name; a lone noun is no title: 정보, 행위, users."""
    # What the whole text is about stands everywhere: rarity must not count here.
    named = [terms.of(passage) for passage in passages if not passage.framing]
    level = Counter(dict.fromkeys((key for sentence in named for key, _ in sentence), 1))
    compounds = [
        [(key, written) for key, written in sentence if " " in written.strip()] for sentence in named
    ]
    counts = Counter(key for sentence in compounds for key, _ in set(sentence))
    found = key_phrases(
        [[term for term in sentence if counts[term[0]] >= _LEAST_NAMED] for sentence in compounds],
        level,
        1,
        Counter(),
    )
    return found[0][:1].upper() + found[0][1:] if found else None


def first_line(sections: Sequence[Section], language: Language) -> str | None:
    """Return what the first sentence that says something is called on a slide: a title, but no subject."""
    passages = [passage for section in sections for passage in section.passages]
    for passage in passages[:_READ_FOR_A_TITLE]:
        if passage.framing:
            continue
        named = language.headline(passage.text)
        if named and " " in named.strip() and len(named) <= _LONGEST_TITLE:
            return named
    return None


def under_topics(
    passages: Sequence[Passage], language: Language, check: Callable[[], None] = lambda: None
) -> tuple[Passage, ...]:
    """Return the passages of a text without headings, each paragraph under what it is about."""
    found: list[Passage] = []
    topic: str | None = None
    for passage in passages:
        if passage.opens and not passage.points:
            check()
            topic = None if passage.framing else language.topic(passage.text)
        found.append(replace(passage, heading=passage.heading or topic))
    return tuple(found)


def shown_title(title: str) -> str:
    """Return a title as it is shown, cut if it is very long."""
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1].rstrip()}…"
