"""Headings as they are meant: without chapter numbers, found where nobody marked them, contents left out."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeGuard

from services.scripting.reading.blocks import Block, Heading, Listing, Paragraph, Unread
from services.scripting.reading.pages import CONTENTS_TITLE
from services.scripting.reading.wording import ends_sentence, is_bare_name, is_labelled, is_title

_CHAPTER_LINE = re.compile(r"(?:제\s*\d+\s*[장절과편]|(?:Chapter|Section|Module|Part|Lesson)\s+\d+)\b.{0,60}")
_NUMBER = re.compile(
    r"(?:제\s*\d+\s*[장절과편관]|(?:Chapter|Section|Module|Part|Lesson)\s+\d+)[\s.:·—–-]+(?=\S)"
    r"|\d{1,2}[.)]\s+(?!\d{1,2}\. ?\d)(?=\S)|\d{1,2}(?:\.\d{1,2}){1,4}(?:[.)]\s*|\s+)(?=[^\W\d])"
    r"|[ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩⅪⅫ][.)]?\s*(?=\S)|[IVX]{1,4}\.\s+(?=\S)|[가나다라마바사아자차카타파하][.)]\s+(?=\S)"
)
_UNIT = re.compile(
    r"\d{1,2}\.\d{1,2}\s+(?:GHz|MHz|kHz|Hz|[kKMGT]?B|[kcm]?m|[km]?g|[km]?L|[kMG]?W|%|배|인치|톤|리터|미터|도)\b",
    re.IGNORECASE,
)
_LONGEST_FACT = 60
"""Longest ``label: value``, in characters; longer is a sentence with a colon."""
_PLAIN_NUMBER = re.compile(r"(\d{1,2})\s+(?=[^\W\d])")


def chapter_line(text: str) -> bool:
    """Whether a line says itself that it heads a chapter: 제2장 점검, Part 3: Backups."""
    sentence = ends_sentence(text) or text.endswith(":") or ". " in without_number(text)
    return _CHAPTER_LINE.fullmatch(text) is not None and not sentence


def without_number(text: str) -> str:
    """Return a heading without its chapter number; figures that belong to it stay: 3-2-1, 119, 2.4 GHz."""
    found = None if _UNIT.match(text) else _NUMBER.match(text)
    return text[found.end() :] if found else text


def arranged(blocks: Sequence[Block], unread: list[Unread]) -> list[Block]:
    """Return the blocks with headings and lists as they are meant; contents and empty headings go."""
    found = _numbered_plainly(blocks)
    found = _without_contents(found, unread)
    found = _found_titles(found)
    return _filled(_continued(_labels_together(found)), unread)


def _numbered_plainly(blocks: Sequence[Block]) -> list[Block]:
    """Take bare numbers (``1 개요``) from headings of a level where they count from 1."""
    found = list(blocks)
    counted: dict[int, list[int]] = {}
    for index, block in enumerate(found):
        if isinstance(block, Heading) and _PLAIN_NUMBER.match(block.text):
            counted.setdefault(block.level, []).append(index)
    for indices in counted.values():
        texts = [block.text for block in (found[index] for index in indices) if isinstance(block, Heading)]
        numbers = [int(text.split()[0]) for text in texts]
        if len(numbers) > 1 and numbers == list(range(1, len(numbers) + 1)):
            for index, text in zip(indices, texts, strict=True):
                block = found[index]
                assert isinstance(block, Heading)
                found[index] = replace(block, text=_PLAIN_NUMBER.sub("", text, count=1))
    return found


def _without_contents(blocks: Sequence[Block], unread: list[Unread]) -> list[Block]:
    """Leave out tables of contents: a list of the lesson's own headings below a title that says so."""
    titles = {_key(block.text) for block in blocks if isinstance(block, Heading)}
    found: list[Block] = []
    inside = False
    for block in blocks:
        named = isinstance(block, Heading | Paragraph) and CONTENTS_TITLE.fullmatch(block.text[:60])
        if inside and isinstance(block, Listing) and _repeats(block, titles):
            if found and isinstance(found[-1], Heading | Paragraph):
                found.pop()
            unread.append(Unread("contents", None, "\n".join(_entries(block))))
            continue
        inside = bool(named)
        found.append(block)
    return found


def _repeats(block: Listing, titles: set[str]) -> bool:
    entries = list(_entries(block))
    return sum(_key(entry) in titles for entry in entries) * 2 >= len(entries)


def _entries(block: Listing) -> list[str]:
    found: list[str] = []
    for text, below in block.rows():
        found += [text] if text else []
        for inner in below:
            found += _entries(inner) if isinstance(inner, Listing) else []
    return found


def _key(text: str) -> str:
    return re.sub(r"\W", "", without_number(text)).lower()


def _found_titles(blocks: Sequence[Block]) -> list[Block]:
    """Turn what was meant as a heading into one.

    A numbered list of one short item in front of running text; in a text without any marked heading, a short
    line on its own; a short first line where the headings below it leave the highest level free.
    """
    result: list[Block] = []
    levels = [block.level for block in blocks if isinstance(block, Heading)]
    numbers = {block.start for block in blocks if _is_numbered_title(block)}
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        if (
            isinstance(block, Listing)
            and _is_numbered_title(block)
            and (numbers & {block.start - 1, block.start + 1} or is_bare_name(block.items[0]))
            and isinstance(following, Paragraph | Listing)
        ):
            result.append(Heading(3, block.items[0]))
        elif _is_title_line(block) and following and not _is_title_line(following):
            assert isinstance(block, Paragraph)
            text = without_number(block.text)
            first = not result and 1 not in levels and text == block.text
            result.append(Heading(1 if first else 2, text) if first or not levels else block)
        else:
            result.append(block)
    return result


def _is_numbered_title(block: Block) -> TypeGuard[Listing]:
    """Whether a block is a numbered list of one short item, as sections are numbered."""
    return (
        isinstance(block, Listing)
        and block.ordered
        and not block.circled
        and len(block.items) == 1
        and not block.below
        and is_title(block.items[0])
    )


def _labels_together(blocks: Sequence[Block]) -> list[Block]:
    """Make one list of facts that stand below each other as paragraphs of their own, ``label: value``."""
    found: list[Block] = []
    run: list[str] = []
    for block in [*blocks, None]:
        if isinstance(block, Paragraph) and _is_fact(block.text):
            run.append(block.text)
            continue
        found += [Listing(ordered=False, items=tuple(run))] if len(run) > 1 else map(Paragraph, run)
        run = []
        found += [block] if block is not None else []
    return found


def _is_fact(text: str) -> bool:
    return len(text) <= _LONGEST_FACT and is_labelled(text) and not ends_sentence(text)


def _is_title_line(block: Block) -> bool:
    return isinstance(block, Paragraph) and is_title(block.text)


def _continued(blocks: Sequence[Block]) -> list[Block]:
    """Join a numbered list that goes on behind a picture or a table: what is between is below its item."""
    found: list[Block] = []
    last: int | None = None
    for block in blocks:
        if isinstance(block, Heading):
            last = None
        if isinstance(block, Listing) and block.ordered:
            before = found[last] if last is not None else None
            if (
                isinstance(before, Listing)
                and last is not None
                and block.start == before.start + len(before.items)
            ):
                between = tuple(found[last + 1 :])
                below = [blocks for _, blocks in before.rows()]
                below[-1] = below[-1] + between
                below += [blocks for _, blocks in block.rows()]
                joined = replace(
                    before, items=before.items + block.items, below=tuple(below) if any(below) else ()
                )
                found[last:] = [joined]
                continue
            last = len(found)
        found.append(block)
    return found


def _filled(blocks: Sequence[Block], unread: list[Unread]) -> list[Block]:
    """Return the blocks without headings that have nothing below them.

    Several of one level in a row are a list that somebody wrote as headings; one that is a sentence is told;
    what is left, a title without its text, is unread.
    """
    found: list[Block] = []
    run: list[Heading] = []
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        empty = isinstance(block, Heading) and (
            following is None or (isinstance(following, Heading) and following.level <= block.level)
        )
        if run and not (empty and isinstance(block, Heading) and block.level == run[-1].level):
            found += _told(run, unread)
            run = []
        if empty and isinstance(block, Heading) and (found or run or following is None or block.level > 1):
            run.append(block)
        else:
            found.append(block)
    return found + _told(run, unread)


def _told(run: Sequence[Heading], unread: list[Unread]) -> list[Block]:
    if len(run) > 1:
        return [Listing(ordered=False, items=tuple(heading.text for heading in run))]
    if run and ends_sentence(run[0].text):
        return [Paragraph(run[0].text)]
    unread += [Unread("heading", None, heading.text) for heading in run]
    return []
