"""Blocks of a source to an outline: title, and chapters of passages, each a sentence ready to be spoken."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count, groupby

from contracts.polarity import Polarity, cell_mark, heading_polarity, states_not
from services.scripting.passages import Passage, Section, bond, bonded
from services.scripting.polarity import Governed, Part, Signed, heading_text, signed
from services.scripting.reading.blocks import Block, Heading, Listing, Paragraph, Table
from services.scripting.reading.unnesting import goes_on, numbered, unnested, without_points
from services.scripting.reading.wording import ends_sentence, is_title
from services.scripting.text import letters
from services.scripting.writer.grouping import bind
from services.scripting.writer.language import LONGEST_LIST, Item, Language, Trait
from services.scripting.writer.splitting import LONGEST_CHARACTERS, pieces, split_long

SHORT_SUBJECT = 20
"""Longest noun phrase, in characters, that a list in front of a colon is about."""

_LONGEST_BONDED_TABLE = 5
_SHORT_FACT = 34
"""Longest ``name: value``, in characters, of which a list shows the value too: a date, a place, a reason."""
_LONGEST_ANSWER = 60
"""Longest ``name: what to do``, in characters, of which a list shows both; longer leaves no room."""
_SHORT_INTRODUCTION = 20
"""Longest sentence after a greeting, in characters, in which the speaker gives a name."""


def outline(
    blocks: Sequence[Block], language: Language, check: Callable[[], None]
) -> tuple[str | None, list[Section]]:
    """Return the title that the headings give, if any, and the sections in order.

    A single highest heading in front is the title; the next level makes the chapters; deeper ones are
    remembered with their passages.
    """
    title, parts = _title_of(signed(unnested(blocks)))
    levels = [block.level for block in parts if isinstance(block, Heading)]
    chapter_level = min(levels, default=0)
    sections: list[Section] = []
    heading: str | None = None
    part: list[Part] = []
    reader = _Reader(language, check)
    for block in [*parts, Heading(chapter_level, "")]:
        if isinstance(block, Heading) and block.level <= chapter_level:
            passages = tuple(reader.passages(part))
            if passages:
                sections.append(Section(heading, passages))
            heading, part = block.text, []
        else:
            part.append(block)
    return title, sections


def _title_of(blocks: Sequence[Part]) -> tuple[str | None, Sequence[Part]]:
    first = next((index for index, block in enumerate(blocks) if isinstance(block, Heading)), None)
    if first is None:
        return None, blocks
    heading = blocks[first]
    assert isinstance(heading, Heading)
    rivals = [block for block in blocks if isinstance(block, Heading) and block.level <= heading.level]
    above = blocks[0]
    if first == 1 and len(rivals) > 1 and isinstance(above, Paragraph) and is_title(above.text):
        return above.text, blocks[1:]  # the first line of a text whose other titles stand below it
    if len(rivals) > 1 and first:
        return None, blocks  # one chapter of several, behind an introduction
    if len(rivals) == 1 and (heading.level == 1 or not first):
        return heading.text, [*blocks[:first], *blocks[first + 1 :]]
    return (heading.text if heading.level == 1 else None), blocks


@dataclass
class _Reader:
    """Reads the blocks of sections; numbers bonds through the whole text."""

    language: Language
    check: Callable[[], None]

    def __post_init__(self) -> None:
        self._bonds = count()

    def passages(self, blocks: Sequence[Part]) -> Iterator[Passage]:
        """Yield the passages of a section."""
        heading: str | None = None
        lead: list[Passage] = []
        subject: str | None = None
        for block, following in zip(blocks, [*blocks[1:], None], strict=False):
            self.check()
            made: list[Passage] = []
            if isinstance(block, Heading):
                heading = block.text
                if ends_sentence(heading) and not heading.endswith("?"):
                    made = self._sentences(heading)
            elif isinstance(block, Paragraph | Governed):
                subject = _subject(block.text, following)
                made = self._told(block, subject)
            else:
                made = self._told(block, subject)
            if isinstance(block, Listing | Signed):
                subject = None
            made = [replace(piece, heading=heading) for passage in made for piece in self._bounded(passage)]
            if not made:
                continue
            made[0] = replace(made[0], opens=True)
            if isinstance(block, Listing | Signed | Table):
                whole = isinstance(block, Table) or (
                    block.choices if isinstance(block, Signed) else block.ordered
                )
                made = self._led(
                    lead,
                    made,
                    whole=whole,
                    follows=block.goes_on if isinstance(block, Signed) else goes_on(block),
                )
            yield from lead
            lead = made
        yield from lead

    def _told(self, block: Part, subject: str | None) -> list[Passage]:
        """Return the passages of a block; none for the line that only names the list below it."""
        match block:
            case Paragraph() | Governed() if subject is not None:
                return []
            case Paragraph():
                return bind(self._sentences(block.text), self.language, self._bonds)
            case Governed():
                return bind(self._governed(block.text), self.language, self._bonds)
            case Listing():
                return self._list(block, subject)
            case Signed():
                return self._signed(block, subject)
            case Table():
                return self._table(block)
        return []

    def _led(
        self, lead: list[Passage], made: list[Passage], *, whole: bool, follows: bool = False
    ) -> list[Passage]:
        """Bind a list, and the sentence that announces it; one that goes on, to what it goes on with."""
        announced = bool(lead) and bool(
            follows
            or lead[-1].traits & Trait.INTRODUCES
            or lead[-1].text.endswith(":")
            or made[0].polarity is Polarity.CHOICE
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
            point = self._point(item, labelled=labelled) if item else text
            first = self._passage(sentences[0])
            found.append(replace(first, points=(point,), number=number if block.ordered else 0))
            for sentence in sentences[1:]:
                found.append(replace(self._passage(sentence), traits=Trait.DEPENDS))
        return _unshown(found) if without_points(block) else found

    def _point(self, item: Item, *, labelled: bool) -> str:
        """Return what a slide shows of an item: of ``name: what to do``, both, where there is room."""
        if not (labelled and item.label):
            return item.point
        first = item.sentences[0].partition(f"{item.label}, ")[2]  # 눈에 들어갔을 때, 물로 씻습니다.
        told = (first, *item.sentences[1:]) if first else item.sentences[1:]
        said = [self.language.point(sentence) for sentence in told]
        acts = [point for point in said if point]
        if acts and len(acts) == len(said):
            whole = f"{item.label}: {', '.join(acts)}"
            if len(whole) <= _LONGEST_ANSWER:
                return whole
        return _name_of(item) or item.point

    def _governed(self, text: str) -> list[Passage]:
        """Return a paragraph below a heading that forbids: what it only names is said not to be done."""
        told = self._sentences(text)
        if any(states_not(passage.text) for passage in told):
            return told  # it says itself what is forbidden
        return [
            self._forbidden(item)[0]
            if Trait.INSTRUCTS in passage.traits
            and not _OF_THE_RULE.search(passage.text)
            and (item := self.language.forbidden(passage.text))
            else passage
            for passage in told
        ]

    def _signed(self, block: Signed, subject: str | None) -> list[Passage]:
        """Return a list in which something is forbidden, or whose items are choices."""
        found: list[Passage] = []
        number = 0
        for polarity, run in groupby(block.items, key=lambda item: item[0]):
            texts = [piece for _, text in run for piece in pieces(text, LONGEST_CHARACTERS) if letters(piece)]
            if polarity is Polarity.CHOICE:
                for text in texts:
                    number += 1
                    told = self._passage(self.language.choice(text, number))
                    found.append(replace(told, points=(text,), traits=Trait.DEPENDS, polarity=polarity))
            elif polarity is Polarity.FORBIDDEN:
                found.extend(self._forbidden_items(texts, subject))
            elif texts:
                allowed = self._list(Listing(ordered=False, items=tuple(texts)), None)
                found.extend(replace(passage, polarity=polarity) for passage in allowed)
        return [replace(passage, listed=passage.listed or subject) for passage in found]

    def _forbidden_items(self, texts: Sequence[str], subject: str | None) -> Iterator[Passage]:
        items: list[tuple[str, Item | None]] = []
        for text in texts:
            self.check()
            items.append((text, self.language.forbidden(text)))
        for bare, run in groupby(items, key=lambda told: told[1] is None):
            if not bare:
                for _, item in run:
                    yield from self._forbidden(item) if item else ()
                continue
            names = [text for text, _ in run]
            for start in range(0, len(names), LONGEST_LIST):
                group = names[start : start + LONGEST_LIST]
                told = self._passage(self.language.forbidden_list(group, subject))
                yield replace(
                    told, points=tuple(group), polarity=Polarity.FORBIDDEN, traits=told.traits | Trait.FORBIDS
                )

    def _forbidden(self, item: Item) -> list[Passage]:
        first, *others = map(self._passage, item.sentences)
        traits = (first.traits | Trait.FORBIDS) & ~Trait.INSTRUCTS
        first = replace(first, points=(item.point,), polarity=Polarity.FORBIDDEN, traits=traits)
        return [first, *(replace(other, traits=Trait.DEPENDS) for other in others)]

    def _item(self, text: str, number: int | None, last: int) -> Item | None:
        self.check()
        return self.language.item(text, number, last)

    def _table(self, block: Table) -> list[Passage]:
        rows = [row for row in block.rows if letters("".join(row))]
        found: list[Passage] = []
        title = self.language.table_title(block.header)
        for cells in rows:
            self.check()
            row = self._marked_cells(block.header, cells)
            told = self._passage(self.language.row(block.header, row))
            point = self.language.row_point(block.header, row)
            crossed = any(map(_crossed, block.header, cells))
            traits = told.traits | Trait.FORBIDS if crossed else told.traits
            found.append(replace(told, points=(point,), reference=True, listed=title, traits=traits))
        if len(found) > _LONGEST_BONDED_TABLE:
            return found
        return bond(found, self._bonds)

    def _marked_cells(self, header: Sequence[str], cells: Sequence[str]) -> tuple[str, ...]:
        """Return a row whose marks are words, and whose empty cells are empty."""
        heads = (*header, *[""] * len(cells))
        return tuple(self._cell(head, cell) for head, cell in zip(heads, cells, strict=False))

    def _cell(self, head: str, cell: str) -> str:
        if polarity := cell_mark(cell):
            return self.language.verdict(polarity, head)
        return heading_text(cell) if letters(cell) else ""

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


_OF_THE_RULE = re.compile(
    r"위반|처벌|징계|어기|적발|신고|보고|면 |경우|때 |다음|아래|사항|준수|지키|지킵|지켜|숙지"
    r"|[허승][가인]을? 받|명심|기억|유의|주의[하합]|violat|penalt|report|\bif\b|\bwhen\b|following"
    r"|these rules|comply|follow|observe|remember|\bread (?:this|these|the)\b",
    re.IGNORECASE,
)
"""Instructions below a heading that forbids which say what follows from it, rather than what is forbidden."""


def _crossed(head: str, cell: str) -> bool:
    """Whether a cell forbids what its row is about: a cross, unless its column says what is needed."""
    return cell_mark(cell) is Polarity.FORBIDDEN and not _NO_LEAVE.search(head)


_NO_LEAVE = re.compile(
    r"필수|의무|필요|대상|해당|정답|^답$|금지|포함|보유|지원|제공|\b(?:required|needed|mandatory"
    r"|necessary|included|supported"
    r"|available|forbidden|prohibited|answer|correct)\b",
    re.IGNORECASE,
)
"""Columns whose cross gives or takes no leave."""


def _unshown(passages: Sequence[Passage]) -> list[Passage]:
    """Return passages below a step: said after it, no points of their own."""
    return [
        replace(passage, points=(), number=0, traits=passage.traits | Trait.DEPENDS) for passage in passages
    ]


def _first_of_bond(lead: Sequence[Passage]) -> int:
    """Return where what the last passage is bonded to begins."""
    first = len(lead) - 1
    while first and bonded(lead[first - 1], lead[first]):
        first -= 1
    return first


_TELLS = re.compile(r"[가-힣](?:다|요|시오)$")
"""Ends of a Korean sentence; one that forbids names no list, and is said."""


def _subject(text: str, following: Part | None) -> str | None:
    """Return the noun phrase that the list below a line such as "준비물:" is about."""
    named = text.rstrip(": ").strip()
    # A sentence says something that the name of a list does not: 이런 행동은 위험해요.
    governs = not text.endswith((".", "!")) and heading_polarity(text) is not None
    names = governs or (text.endswith(":") and not (_TELLS.search(named) and states_not(named)))
    if names and isinstance(following, Listing | Signed) and len(named) <= SHORT_SUBJECT:
        return named or None
    return None


def _name_of(item: Item) -> str | None:
    """Return what a slide shows of ``name: value``: both where the value is short, else the name alone."""
    short = len(item.sentences) == 1 and len(item.point) <= _SHORT_FACT
    return item.point if short and item.label and item.point.startswith(item.label) else item.label


def _bare(told: Sequence[Item | None]) -> bool:
    """Whether most items are bare phrases, and the others could be."""
    phrases = sum(item is None for item in told)
    return phrases * 2 >= len(told) and all(item is None or item.note for item in told)
