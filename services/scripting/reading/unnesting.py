"""Lists inside lists to blocks one after the other, in the order in which a narrator tells them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from contracts.faithful import excepts
from services.scripting.reading.blocks import Block, Heading, Listing, Paragraph
from services.scripting.reading.wording import ends_sentence, is_labelled, is_title


@dataclass(frozen=True)
class Stretch(Listing):
    """A part of a list that had others below its items; nothing is below these.

    Attributes:
        last: number of the whole list's last item.
        goes_on: belongs to the block before it.
        shown: whether its items are points of a slide; what stands below a step is only said, since the slide
            counts its points.
    """

    last: int = 0
    goes_on: bool = False
    shown: bool = True


def unnested(blocks: Iterable[Block]) -> list[Block]:
    """Return the blocks with nothing below any item."""
    return list(_told(blocks))


def _told(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        if not isinstance(block, Listing) or not block.below:
            yield block
        elif block.ordered:
            yield from _steps(block)
        else:
            yield from _points(block)


def _steps(block: Listing) -> Iterator[Block]:
    """Yield the steps, what is below each behind it: said, but neither counted nor shown as a step."""
    run: list[str] = []
    start = block.start
    last = block.start + len(block.items) - 1
    began = False

    def steps() -> Iterator[Block]:
        nonlocal began
        if run:
            yield Stretch(
                ordered=True, items=tuple(run), circled=block.circled, start=start, last=last, goes_on=began
            )
            began = True

    for number, (text, below) in enumerate(block.rows(), block.start):
        if not run:
            start = number
        run += [text] if text else []
        if below:
            yield from steps()
            run = []
            for inner in _told(below):
                yield _below_step(inner)
    yield from steps()


def _below_step(block: Block) -> Block:
    if isinstance(block, Listing):
        return Stretch(ordered=False, items=block.items, goes_on=True, shown=False)
    return block


def _points(block: Listing) -> Iterator[Block]:
    """Yield the items; one that others explain is what announces them."""
    run: list[str] = []
    for text, below in block.rows():
        if not below:
            run.append(text)
            continue
        names = is_title(text) and not is_labelled(text) and not (excepts(text) or _only_excepts(below))
        if text and not names and not ends_sentence(text):
            run.append(text)
        if run:
            yield Listing(ordered=False, items=tuple(run))
            run = []
        if names:
            yield Paragraph(f"{text}:" if isinstance(below[0], Listing) else text)
        elif ends_sentence(text):
            yield Paragraph(text)
        for inner in _told(below):
            yield Paragraph(inner.text) if isinstance(inner, Heading) else inner
    if run:
        yield Listing(ordered=False, items=tuple(run))


def _only_excepts(below: Sequence[Block]) -> bool:
    """Whether what stands below an item only makes an exception of it: the item names no list."""
    first = below[0]
    text = first.items[0] if isinstance(first, Listing) and first.items else getattr(first, "text", "")
    return excepts(text)


def without_points(block: Block) -> bool:
    """Whether a block's items are only said."""
    return isinstance(block, Stretch) and not block.shown


def numbered(block: Listing, count: int) -> tuple[int, int]:
    """Return the number of a list's first item and of the last that the viewer hears of."""
    last = block.last if isinstance(block, Stretch) else 0
    return (block.start if last else 1), max(last, count)


def goes_on(block: object) -> bool:
    """Whether a block belongs to the one before it."""
    return isinstance(block, Stretch) and block.goes_on
