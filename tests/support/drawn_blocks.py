"""Blocks of a source drawn as lines, so that a test can say in one glance what was read."""

from collections.abc import Iterable, Iterator

from services.scripting.reading.blocks import Block, Heading, Listing, Paragraph, Source, Table


def drawn(source: Source) -> str:
    """Return a source's title, blocks and unread things, one a line; what is below an item is indented."""
    lines = [f"title: {source.title}"] if source.title else []
    lines += _lines(source.blocks, "")
    lines += [
        f"unread {each.kind} [{each.heading or ''}] {' / '.join(each.text.splitlines())}"
        for each in source.unread
    ]
    return "\n".join(lines)


def _lines(blocks: Iterable[Block], indent: str) -> Iterator[str]:
    for block in blocks:
        match block:
            case Heading():
                yield f"{indent}{'#' * block.level} {block.text}"
            case Paragraph():
                yield f"{indent}{block.text}"
            case Table():
                yield from (f"{indent}| {' | '.join(row)} |" for row in (block.header, *block.rows))
            case Listing():
                for number, (text, below) in enumerate(block.rows(), block.start):
                    mark = f"({number})" if block.circled else f"{number}." if block.ordered else "-"
                    yield f"{indent}{mark} {text}"
                    yield from _lines(below, f"{indent}    ")
                yield f"{indent}."
