"""What a page brings along that is no part of the text: its number, its running header, contents."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from services.scripting.reading.blocks import Unread
from services.scripting.reading.chats import without_stamps
from services.scripting.reading.wording import SHORT_LINE, ends_sentence

CONTENTS_TITLE = re.compile(
    r"^\W*(?:목\s{0,3}차|차\s{0,3}례|(?:table of )?contents|toc|on this page)\W*", re.IGNORECASE
)
CONTENTS_MARK = re.compile(r"^\s*(?:\[\[?_?TOC_?\]\]?|\{:toc\}|@\[toc\]|<!-- ?/?toc ?-->)\s*", re.IGNORECASE)

_NUMBER = re.compile(
    r"^\s*(?:\\(?:newpage|pagebreak|clearpage)|[-–—―] ?\d{1,4} ?[-–—―]|<\s?\d{1,4}\s?>"
    r"|(?:page|p\.) ?\d{1,4}(?: ?(?:of|/) ?\d{1,4})?"
    r"|\d{1,4} ?(?:쪽|페이지|/ ?\d{1,4}(?: ?(?:쪽|페이지))?))\s*",
    re.IGNORECASE,
)
_BARE_NUMBER = re.compile(r"^\s*\d{1,4}\s*")
_RULE = re.compile(r" {0,3}(?:-{3,}|\*{3,}|_{3,})\s*")
_LEADERS = ".·…‥ㆍ⋯_∙・"
_LEAST_CONTENTS = 2
"""Lines with leaders that make a table of contents; one alone may be a form to fill in."""
_BESIDE_HEADER = re.compile(
    r"^\s*(?:(\S[^\n]{0,80}?)\s{2,}(page \d{1,4}(?: ?(?:of|/) ?\d{1,4})?)"
    r"|(page \d{1,4}(?: ?(?:of|/) ?\d{1,4})?)\s{2,}(\S[^\n]{0,80}))\s*",
    re.IGNORECASE,
)
_GAP = re.compile(r"\S {3,}\S")
"""What sets two parts of a header apart: no title of a lesson has it."""
_LONGEST_HEADER = 80
_LEAST_REPEATED = 2
_LEAST_BARE_NUMBERS = 2


def without_pages(lines: Sequence[str]) -> tuple[list[str], list[Unread]]:
    """Return the lines without page numbers, running headers and contents, and those as unread.

    Where a sentence goes on behind a page's end, the blank lines around that go with it.
    """
    unread: list[Unread] = []
    lines = without_stamps(_apart(lines), unread)
    dropped = _contents(lines, unread)
    edges = _page_numbers(lines)
    edges |= _running_headers(lines, edges)
    unread += [Unread("page", None, lines[index].strip()) for index in sorted(edges)]
    kept: list[str] = []
    joins = False
    for index, line in enumerate(lines):
        if index in dropped:
            continue
        if index in edges:
            joins = True
            continue
        if joins and not line.strip():
            continue
        if joins:
            joins = False
            while kept and not kept[-1].strip():
                kept.pop()
            if not (kept and _goes_on(kept[-1], line)):
                kept.append("")
        kept.append(line)
    return kept, unread


def _goes_on(before: str, after: str) -> bool:
    """Whether a sentence that a page's end cuts goes on: a long line with no end, before running text."""
    return (
        len(before.strip()) * 2 > SHORT_LINE
        and not ends_sentence(before)
        and not before.lstrip().startswith(("#", "|", ">"))
        and after[:1].isalnum()
    )


def _contents(lines: Sequence[str], unread: list[Unread]) -> set[int]:
    """Return the lines of tables of contents: those with leaders to a page number, and the marks for them."""
    leading = [index for index, line in enumerate(lines) if _leads_to_page(line)]
    dropped = {index for index, line in enumerate(lines) if CONTENTS_MARK.fullmatch(line[:40])}
    if len(leading) < _LEAST_CONTENTS:
        return dropped
    dropped |= set(leading)
    above = leading[0] - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    if above >= 0 and CONTENTS_TITLE.fullmatch(lines[above][:60]):
        dropped.add(above)
    unread += [Unread("contents", None, lines[index].strip()) for index in sorted(dropped)]
    return dropped


def _leads_to_page(line: str) -> bool:
    bare = line.rstrip(" |")
    entry = bare.rstrip("0123456789")
    if not 0 < len(bare) - len(entry) <= 4:
        return False
    packed = entry.replace(" ", "")
    title = packed.rstrip(_LEADERS)
    return len(packed) - len(title) >= 3 and bool(title)


def _page_numbers(lines: Sequence[str]) -> set[int]:
    """Return page numbers: in dashes or words; bare ones where several rise, apart or next to a header."""
    found = {index for index, line in enumerate(lines) if _NUMBER.fullmatch(line[:60])}
    often = Counter(line.strip() for line in lines if _may_run(line.strip()))
    bare = [
        index
        for index, line in enumerate(lines)
        if _BARE_NUMBER.fullmatch(line[:60]) and (_alone(lines, index) or _by_header(lines, index, often))
    ]
    numbers = [int(lines[index]) for index in bare]
    if len(bare) >= _LEAST_BARE_NUMBERS and all(b == a + 1 for a, b in pairwise(numbers)):
        found |= set(bare)
    return found


def _by_header(lines: Sequence[str], index: int, often: Counter[str]) -> bool:
    beside = [lines[at].strip() for at in (index - 1, index + 1) if 0 <= at < len(lines)]
    return any(often[text] >= _LEAST_REPEATED for text in beside)


def _may_run(text: str) -> bool:
    """Whether a line may be a running header: a short one with words, no mark of Markdown, no sentence."""
    return (
        0 < len(text) <= _LONGEST_HEADER and not text.startswith(("#", "|", "-")) and not ends_sentence(text)
    )


def _alone(lines: Sequence[str], index: int) -> bool:
    before = lines[index - 1] if index else ""
    after = lines[index + 1] if index + 1 < len(lines) else ""
    return not before.strip() or not after.strip()


def _running_headers(lines: Sequence[str], edges: set[int]) -> set[int]:
    """Return short lines that stand again and again next to page numbers, but for the first of each.

    Rules between pages count for less: decks have them between slides that share a line.
    """
    texts = {index: line.strip() for index, line in enumerate(lines) if line.strip() and index not in edges}
    often = Counter(text for text in texts.values() if _may_run(text) and any(map(str.isalpha, text)))
    rules = {index for index, text in texts.items() if _RULE.fullmatch(text[:80])}
    at_number: Counter[str] = Counter()
    at_rule: Counter[str] = Counter()
    for before, after in pairwise(sorted([*texts, *edges])):
        for here, beside in ((before, after), (after, before)):
            at_number[texts.get(here, "")] += beside in edges
            at_rule[texts.get(here, "")] += beside in rules
    found: set[int] = set()
    seen: set[str] = set()
    for index, text in texts.items():
        runs = often[text] >= _LEAST_REPEATED and at_number[text] >= _LEAST_REPEATED - 1
        runs |= often[text] > _LEAST_REPEATED and at_rule[text] >= _LEAST_REPEATED
        if runs and index not in rules:
            if text in seen or (at_number[text] and _GAP.search(text)):
                found.add(index)
            seen.add(text)
    return found


def _apart(lines: Sequence[str]) -> list[str]:
    """Return lines with a page number behind or in front of a header on a line of its own."""
    found: list[str] = []
    for line in lines:
        page = _BESIDE_HEADER.fullmatch(line[:200])
        found += [page[1] or page[4], page[2] or page[3]] if page else [line]
    return found
