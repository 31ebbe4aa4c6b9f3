"""Blocks of a source to an outline: title, and chapters of passages, each a sentence ready to be spoken."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count, pairwise

from services.scripting.beats import bind
from services.scripting.blocks import Block, Heading, Listing, Paragraph, Table
from services.scripting.language import LONGEST_LIST, Item, Language, Trait
from services.scripting.passages import Passage, Section, bond, bonded
from services.scripting.pieces import LONGEST_CHARACTERS, pieces, split_long
from services.scripting.text import letters
from services.scripting.unnesting import goes_on, numbered, unnested, without_points
from services.scripting.wording import ends_sentence

SHORT_SUBJECT = 20
"""Longest noun phrase, in characters, that a list in front of a colon is about."""

_LONGEST_BONDED_TABLE = 5
_LONGEST_FACT = 44
"""Longest ``label: value``, in characters, that a slide shows whole; a longer one is shown by its label."""
_SHORT_INTRODUCTION = 20
"""Longest sentence after a greeting, in characters, in which the speaker gives a name."""


def outline(
    blocks: Sequence[Block], language: Language, check: Callable[[], None]
) -> tuple[str | None, list[Section]]:
    """Return the title that the headings give, if any, and the sections in order.

    A single highest heading in front is the title; the next level makes the chapters; deeper ones are
    remembered with their passages.
    """
    title, blocks = _title_of(unnested(blocks))
    levels = [block.level for block in blocks if isinstance(block, Heading)]
    chapter_level = min(levels, default=0)
    sections: list[Section] = []
    heading: str | None = None
    part: list[Block] = []
    reader = _Reader(language, check)
    for block in [*blocks, Heading(chapter_level, "")]:
        if isinstance(block, Heading) and block.level <= chapter_level:
            passages = tuple(reader.passages(part))
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


@dataclass
class _Reader:
    """Reads the blocks of sections; numbers bonds through the whole text."""

    language: Language
    check: Callable[[], None]

    def __post_init__(self) -> None:
        self._bonds = count()

    def passages(self, blocks: Sequence[Block]) -> Iterator[Passage]:
        """Yield the passages of a section."""
        heading: str | None = None
        lead: list[Passage] = []
        subject: str | None = None
        for block, following in pairwise([*blocks, None]):
            self.check()
            made: list[Passage] = []
            match block:
                case Heading():
                    heading = block.text
                    if ends_sentence(heading) and not heading.endswith("?"):
                        made = self._sentences(heading)
                case Paragraph():
                    subject = _subject(block.text, following)
                    if subject is None:
                        made = bind(self._sentences(block.text), self.language, self._bonds)
                case Listing():
                    made = self._list(block, subject)
                    subject = None
                case Table():
                    made = self._table(block)
            made = [replace(piece, heading=heading) for passage in made for piece in self._bounded(passage)]
            if not made:
                continue
            made[0] = replace(made[0], opens=True)
            if isinstance(block, Listing | Table):
                whole = isinstance(block, Table) or block.ordered
                made = self._led(lead, made, whole=whole, follows=goes_on(block))
            yield from lead
            lead = made
        yield from lead

    def _led(
        self, lead: list[Passage], made: list[Passage], *, whole: bool, follows: bool = False
    ) -> list[Passage]:
        """Bind a list, and the sentence that announces it; one that goes on, to what it goes on with."""
        announced = bool(lead) and bool(
            follows or lead[-1].traits & Trait.INTRODUCES or lead[-1].text.endswith(":")
        )
        if not (announced or whole or len(made) <= LONGEST_LIST):
            return made
        if announced:
            made[0] = replace(made[0], opens=False)
            together = bond([*lead[_first_of_bond(lead) :], *made], self._bonds)
            lead[_first_of_bond(lead) :] = together[: -len(made)]
            return together[-len(made) :]
        return bond(made, self._bonds)

    def _sentences(self, text: str) -> list[Passage]:
        found: list[Passage] = []
        for sentence in chain.from_iterable(map(self.language.sentences, pieces(text))):
            self.check()
            if not letters(sentence):
                continue
            passage = self._passage(self.language.spoken(sentence))
            greeted = found and Trait.GREETS in found[-1].traits
            if greeted and len(passage.text) <= _SHORT_INTRODUCTION and passage.text.endswith("입니다."):
                passage = replace(passage, traits=passage.traits | Trait.FRAMES | Trait.GREETS)
            found.append(passage)
        return found

    def _list(self, block: Listing, subject: str | None) -> list[Passage]:
        """Return a list: items that are sentences each as its own, bare phrases together in one."""
        items = [
            piece for text in block.items for piece in pieces(text, LONGEST_CHARACTERS) if letters(piece)
        ]
        first_number, last = numbered(block, len(items))
        told = [
            self._item(text, index if block.ordered else None, last)
            for index, text in enumerate(items, first_number)
        ]
        if _bare(told):
            found = []
            for start in range(0, len(items), LONGEST_LIST):
                group = items[start : start + LONGEST_LIST]
                text = self.language.enumeration(group, None if start else subject)
                found.append(replace(self._passage(text), points=tuple(group)))
            return _unshown(found) if without_points(block) else found
        found = [self._passage(self.language.announced(subject))] if subject is not None else []
        labelled = all(item and item.label for item in told)
        for number, (text, item) in enumerate(zip(items, told, strict=True), first_number):
            sentences = item.sentences if item else (self.language.enumeration([text], None),)
            point = (_fact(text, item) if labelled else item.point) if item else text
            first = self._passage(sentences[0])
            found.append(replace(first, points=(point,), number=number if block.ordered else 0))
            for sentence in sentences[1:]:
                found.append(replace(self._passage(sentence), traits=Trait.DEPENDS))
        return _unshown(found) if without_points(block) else found

    def _item(self, text: str, number: int | None, last: int) -> Item | None:
        self.check()
        return self.language.item(text, number, last)

    def _table(self, block: Table) -> list[Passage]:
        rows = [row for row in block.rows if letters("".join(row))]
        found: list[Passage] = []
        title = self.language.table_title(block.header)
        for row in rows:
            self.check()
            told = self._passage(self.language.row(block.header, row))
            point = self.language.row_point(block.header, row)
            found.append(replace(told, points=(point,), reference=True, listed=title))
        if len(found) > _LONGEST_BONDED_TABLE:
            return found
        return bond(found, self._bonds)

    def _passage(self, text: str) -> Passage:
        if len(text) > LONGEST_CHARACTERS:
            return Passage(text, self.language.seconds(text))  # no sentence, whatever it looks like
        facts = self.language.facts(text)
        return Passage(
            text,
            self.language.seconds(text),
            traits=self.language.traits(text),
            points=facts.points if facts else (),
            listed=facts.name if facts else None,
        )

    def _bounded(self, passage: Passage) -> Iterable[Passage]:
        """Cut a passage that nobody can say in one scene; its parts stay together in order."""
        self.check()
        parts = split_long(passage.text, self.language.seconds)
        if len(parts) == 1:
            return [passage]
        return [
            replace(
                passage,
                text=part,
                seconds=self.language.seconds(part),
                points=passage.points if not index else (),
                traits=passage.traits | (Trait.DEPENDS if index else passage.traits),
            )
            for index, part in enumerate(parts)
        ]


def _unshown(passages: Sequence[Passage]) -> list[Passage]:
    """Return passages below a step: said after it, no points of their own."""
    return [
        replace(passage, points=(), number=0, traits=passage.traits | Trait.DEPENDS) for passage in passages
    ]


def _fact(text: str, item: Item) -> str:
    """Return what the slide shows of ``label: value``: both, unless the value is a sentence or too long."""
    bare = text.strip(" .")
    return bare if len(bare) <= _LONGEST_FACT and not ends_sentence(text) else item.label or item.point


def _first_of_bond(lead: Sequence[Passage]) -> int:
    """Return where what the last passage is bonded to begins."""
    first = len(lead) - 1
    while first and bonded(lead[first - 1], lead[first]):
        first -= 1
    return first


def _subject(text: str, following: Block | None) -> str | None:
    """Return the noun phrase that the list below a line such as "준비물:" is about."""
    named = text.rstrip(": ").strip()
    if text.endswith(":") and isinstance(following, Listing) and len(named) <= SHORT_SUBJECT:
        return named or None
    return None


def _bare(told: Sequence[Item | None]) -> bool:
    """Whether most items are bare phrases, and the others could be."""
    phrases = sum(item is None for item in told)
    return phrases * 2 >= len(told) and all(item is None or item.note for item in told)
