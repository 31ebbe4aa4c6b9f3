"""Lines that stand below each other without marks: a wrapped sentence, a list, facts with labels."""

import re
from collections.abc import Sequence

from services.scripting.reading.blocks import Block, Heading, Listing, Paragraph
from services.scripting.reading.wording import SHORT_LINE, ends_sentence, is_labelled, is_name, width
from services.scripting.reading.wrapping import joined

_DEFINITION = re.compile(r":\s+(?=\S)")
_QUESTION = re.compile(r"^(?:Q|문|질문)\d{0,2} ?[.:)] ?(?=\S)")
_ANSWER = re.compile(r"^(?:A|답|답변)\d{0,2} ?[.:)] ?(?=\S)")
_LEAST_LABELS = 2
_LEAST_ROWS = 3
_LEAST_WRAP = 30
"""Columns from which lines of about one width are a sentence that was wrapped, and not entries of a list."""


def answers(row: str) -> str:
    """Return the answer to the question before, without the letter that says so."""
    return _ANSWER.sub("", row)


def blocks_of_rows(rows: Sequence[str]) -> list[Block]:
    """Return the lines of a paragraph as what they are."""
    if not rows:
        return []
    defined = _defined(rows)
    if len(defined) < len(rows):
        return [Listing(ordered=False, items=tuple(defined))]
    if rows[0].endswith("?") and (_QUESTION.match(rows[0]) or _ANSWER.match(rows[-1])):
        return [Paragraph(_ANSWER.sub("", _QUESTION.sub("", row))) for row in rows]
    if sum(row.startswith("[") for row in rows) >= _LEAST_LABELS:
        return [Paragraph(row) for row in rows]  # messages of a chat, each with who and when
    return _entries(rows)


def _entries(rows: Sequence[str]) -> list[Block]:
    """Return lines as facts with labels, as entries of a list, or as text that goes on."""
    labels = sum(map(is_labelled, rows))
    if labels >= _LEAST_LABELS and is_labelled(rows[0]):
        return [Listing(ordered=False, items=tuple(_facts(rows)))]
    if labels >= _LEAST_LABELS and is_labelled(rows[1]) and not wrapped(rows):
        return [Paragraph(rows[0]), Listing(ordered=False, items=tuple(_facts(rows[1:])))]
    if len(rows) >= _LEAST_ROWS and are_entries(rows):
        return [Listing(ordered=False, items=tuple(rows))]
    if _heads(rows):
        return [Heading(6, rows[0]), Paragraph(" ".join(rows[1:]))]
    return [Paragraph(joined(rows))]


def _heads(rows: Sequence[str]) -> bool:
    """Whether the first line is a title: far shorter than the sentences below, and no beginning of one."""
    return (
        len(rows) > 1
        and is_name(rows[0])
        and not is_labelled(rows[0])
        and ends_sentence(rows[1])
        and width(rows[0]) * 2 < max(map(width, rows[1:]))
        and not rows[1][0].islower()
    )


def item_of_rows(rows: Sequence[str]) -> tuple[str, tuple[Block, ...]]:
    """Return an item's own text, and the lines below it if they are entries of their own."""
    if len(rows) >= _LEAST_ROWS and are_entries(rows):
        return rows[0].rstrip(": "), (Listing(ordered=False, items=tuple(rows[1:])),)
    if len(rows) > 1 and sum(map(is_labelled, rows[1:])) >= _LEAST_LABELS - 1 and is_labelled(rows[1]):
        below = (Listing(ordered=False, items=tuple(_facts(rows[1:]))),)
        return rows[0], below
    if len(rows) > 1 and rows[0].endswith(":"):
        return rows[0].rstrip(": "), tuple(blocks_of_rows(rows[1:]))
    return joined(rows), ()


def are_entries(rows: Sequence[str]) -> bool:
    """Whether lines are entries of a list without marks: short ones, none of them a sentence."""
    return all(len(row) <= SHORT_LINE and not ends_sentence(row) for row in rows) and not wrapped(rows)


def wrapped(rows: Sequence[str]) -> bool:
    """Whether lines are one text cut at a width: all but the last about as wide as the widest."""
    widths = [width(row) for row in rows]
    widest = max(widths)
    return widest >= _LEAST_WRAP and all(each * 4 >= widest * 3 for each in widths[:-1])


def _facts(rows: Sequence[str]) -> list[str]:
    """Return lines with labels; one without goes on with the line before, unless it says something itself."""
    facts: list[list[str]] = []
    for row in rows:
        apart = bool(facts) and ends_sentence(row) and width(facts[-1][-1]) < _LEAST_WRAP
        if is_labelled(row) or not facts or apart:
            facts.append([row])
        else:
            facts[-1].append(row)
    return [" ".join(fact) for fact in facts]


def _defined(rows: Sequence[str]) -> list[str]:
    """Return the rows with terms and their definitions (``term``, ``: meaning``) joined by a colon."""
    found: list[str] = []
    for row in rows:
        if found and (mark := _DEFINITION.match(row)):
            found[-1] = f"{found[-1]}: {row[mark.end() :]}"
        else:
            found.append(row)
    return found
