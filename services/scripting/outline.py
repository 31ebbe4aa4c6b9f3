"""Blocks of a source to an outline: title, and chapters of passages, each a sentence ready to be spoken."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from services.scripting.language import LONGEST_LIST, Language
from services.scripting.pieces import split_long
from services.scripting.source import Block, Heading, Listing, Paragraph, Table
from services.scripting.text import letters

SHORT_SUBJECT = 20
"""Longest noun phrase, in characters, that a list in front of a colon is about."""


@dataclass(frozen=True)
class Passage:
    """One sentence of the narration.

    Attributes:
        text: as it is said.
        seconds: about how long that takes.
        points: what the slide shows of it, if it is of a list.
        ordered: whether the points are steps.
        bond: passages with the same number are told together or not at all: a list with what announces it.
        depends: not understood without the passage before.
        opens: begins a paragraph, a list or a table.
        heading: the heading below the chapter's that it stands under.
        reference: looked up rather than learnt, a table row; the first to go when time is short.
        frame: the narrator's own first or last words, not of the source.
    """

    text: str
    seconds: float
    points: tuple[str, ...] = ()
    ordered: bool = False
    bond: int | None = None
    depends: bool = False
    opens: bool = False
    heading: str | None = None
    reference: bool = False
    frame: bool = False


@dataclass(frozen=True)
class Section:
    """A chapter to be: its heading, if it has one, and its passages."""

    title: str | None
    passages: tuple[Passage, ...]

    @property
    def seconds(self) -> float:
        """Spoken length."""
        return sum(passage.seconds for passage in self.passages)


def outline(
    blocks: Sequence[Block], language: Language, check: Callable[[], None]
) -> tuple[str | None, list[Section]]:
    """Return the title that the headings give, if any, and the sections in order.

    A single highest heading in front is the title; the next level makes the chapters; deeper ones are
    remembered with their passages.
    """
    title, blocks = _title_of(blocks)
    levels = [block.level for block in blocks if isinstance(block, Heading)]
    chapter_level = min(levels, default=0)
    sections: list[Section] = []
    heading: str | None = None
    part: list[Block] = []
    for block in [*blocks, Heading(chapter_level, "")]:
        if isinstance(block, Heading) and block.level <= chapter_level:
            passages = tuple(_passages(part, language, check))
            if passages:
                sections.append(Section(heading, passages))
            heading, part = block.text, []
        else:
            part.append(block)
    return title, sections


def _title_of(blocks: Sequence[Block]) -> tuple[str | None, Sequence[Block]]:
    first = next((index for index, block in enumerate(blocks) if isinstance(block, Heading)), None)
    if first is None:
        return None, blocks
    heading = blocks[first]
    assert isinstance(heading, Heading)
    rivals = [block for block in blocks if isinstance(block, Heading) and block.level <= heading.level]
    if heading.level == 1 and len(rivals) == 1:
        return heading.text, [*blocks[:first], *blocks[first + 1 :]]
    return (heading.text if heading.level == 1 else None), blocks


def _passages(blocks: Sequence[Block], language: Language, check: Callable[[], None]) -> Iterator[Passage]:
    """Yield the passages of a section."""
    heading: str | None = None
    lead: list[Passage] = []
    subject: str | None = None
    for number, (block, following) in enumerate(pairwise([*blocks, None])):
        check()
        made: list[Passage] = []
        match block:
            case Heading():
                heading = block.text
            case Paragraph():
                subject = _subject(block.text, following)
                if subject is None:
                    made = list(_sentences(block.text, language, check))
            case Listing():
                made = list(_list(block, language, subject))
                subject = None
            case Table():
                made = list(_table(block, language))
        made = [replace(piece, heading=heading) for passage in made for piece in _bounded(passage, language)]
        if not made:
            continue
        made[0] = replace(made[0], opens=True)
        if isinstance(block, Listing):
            announced = bool(lead) and (language.introduces(lead[-1].text) or lead[-1].text.endswith(":"))
            bond = number if announced or block.ordered or len(made) == 1 else None
            if announced:
                lead[-1] = replace(lead[-1], bond=bond)
                made[0] = replace(made[0], opens=False)
            made = [replace(passage, bond=bond) for passage in made]
        yield from lead
        lead = made
    yield from lead


def _subject(text: str, following: Block | None) -> str | None:
    """Return the noun phrase that the list below a line such as "준비물:" is about."""
    named = text.rstrip(": ").strip()
    if text.endswith(":") and isinstance(following, Listing) and len(named) <= SHORT_SUBJECT:
        return named or None
    return None


def _sentences(text: str, language: Language, check: Callable[[], None]) -> Iterator[Passage]:
    for sentence in language.sentences(text):
        check()
        if letters(sentence):
            yield _passage(language.spoken(sentence), language, depends=language.depends(sentence))


def _list(block: Listing, language: Language, subject: str | None) -> Iterator[Passage]:
    """Yield a list: items that are sentences each as its own, bare phrases together in one."""
    items = [text for text in block.items if letters(text)]
    told = [
        language.item(text, index if block.ordered else None, len(items))
        for index, text in enumerate(items, 1)
    ]
    if all(item is None for item in told):
        for start in range(0, len(items), LONGEST_LIST):
            group = items[start : start + LONGEST_LIST]
            text = language.enumeration(group, None if start else subject)
            yield _passage(text, language, points=tuple(group))
        return
    if subject is not None:
        yield _passage(language.announced(subject), language)
    for text, item in zip(items, told, strict=True):
        sentences = item.sentences if item else (language.enumeration([text], None),)
        point = item.point if item else text
        yield _passage(sentences[0], language, points=(point,), ordered=block.ordered)
        for sentence in sentences[1:]:
            yield _passage(sentence, language, depends=True)


def _table(block: Table, language: Language) -> Iterator[Passage]:
    for row in block.rows:
        cells = [cell for cell in row if cell]
        if letters("".join(cells)):
            told = _passage(language.row(block.header, row), language, points=(": ".join(cells[:2]),))
            yield replace(told, reference=True)


def _passage(
    text: str,
    language: Language,
    *,
    points: tuple[str, ...] = (),
    ordered: bool = False,
    depends: bool = False,
) -> Passage:
    return Passage(text, language.seconds(text), points=points, ordered=ordered, depends=depends)


def _bounded(passage: Passage, language: Language) -> Iterable[Passage]:
    """Cut a passage that nobody can say in one scene; its parts stay together in order."""
    parts = split_long(passage.text, language.seconds)
    if len(parts) == 1:
        return [passage]
    return [
        replace(
            passage,
            text=part,
            seconds=language.seconds(part),
            points=passage.points if not index else (),
            depends=passage.depends or index > 0,
        )
        for index, part in enumerate(parts)
    ]
