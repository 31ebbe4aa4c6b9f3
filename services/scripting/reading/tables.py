"""Tables as authors write them: rows longer than the header, cells that mean the one above, empty headers."""

import re
from collections.abc import Sequence

from services.scripting.reading.blocks import Block, Listing, Table

_RULE = re.compile(r"^\s{0,12}\|[\s:|-]{1,400}\|\s*$")
_ROW = re.compile(r"^\s{0,12}\|.*\|\s*$")
_FIRST_FACT = 1
"""Column of the first fact; the one before names what the row is about, with or without a head."""
_GAP = re.compile(r"^([가-힣]{2,6})(?: {2,8}|\t)(?=\S)")
_HEADS = frozenset({"구분", "항목", "번호", "순번", "이름", "분류", "Item", "No", "No.", "Name", "Type"})
"""Heads of a table of two columns; without one such rows are labels and values."""
_OF_MARKDOWN = ("|", "-", "#", ">", "*")
_LEAST_TABBED = 2
"""Rows of one number of tabs; one alone is a label and its value, or an indentation."""
_MOST_MORE = 20
"""Columns that a header is widened by; a row that is longer still is no table."""


def widened(lines: Sequence[str]) -> list[str]:
    """Return lines in which each table's header is as wide as its widest row: what is beyond is dropped."""
    found = list(lines)
    index = 0
    while index + 1 < len(found):
        if not (_RULE.match(found[index + 1]) and "-" in found[index + 1] and _ROW.match(found[index])):
            index += 1
            continue
        end = index + 2
        while end < len(found) and _ROW.match(found[end]):
            end += 1
        columns = _columns(found[index])
        more = min(max(map(_columns, found[index:end])) - columns, _MOST_MORE)
        if more > 0 and _columns(found[index + 1]) == columns:
            found[index] = f"{found[index].rstrip()}{' |' * more}"
            found[index + 1] = f"{found[index + 1].rstrip()}{'---|' * more}"
        index = end
    return found


def from_gaps(lines: Sequence[str]) -> list[str]:
    """Return lines in which cells apart by tabs are tables, and labels set off by a gap have colons.

    Spreadsheets copy cells with tabs; office letters set labels off: 수신  전 부서.
    """
    found: list[str] = []
    index = 0
    while index < len(lines):
        tabs = lines[index].count("\t") if lines[index][:1].strip() else 0
        end = index + 1
        while tabs and end < len(lines) and lines[end].count("\t") == tabs and lines[end].strip():
            end += 1
        rows = lines[index:end]
        index = end
        labels = tabs == 1 and rows[0].partition("\t")[0].strip() not in _HEADS
        if len(rows) < _LEAST_TABBED or labels or any(row.lstrip().startswith(_OF_MARKDOWN) for row in rows):
            found += map(_labelled, rows)
            continue
        cells = [f"| {' | '.join(row.replace('|', '/').split(chr(9)))} |" for row in rows]
        found += ["", cells[0], "|" + "---|" * (tabs + 1), *cells[1:], ""]
    return found


def _labelled(line: str) -> str:
    gap = _GAP.match(line)
    if gap is None or "  " in line[gap.end() :] or "\t" in line[gap.end() :]:
        return line
    return f"{gap[1]}: {line[gap.end() :]}"


def _columns(line: str) -> int:
    return line.replace("\\|", "").count("|") - 1


def table_of(rows: Sequence[tuple[str, ...]]) -> Block | None:
    """Return a table, or a list where a table is none; ``None`` for one without a word."""
    header, body = rows[0], rows[1:]
    if not body or not any(header):
        items = tuple(text for row in rows for text in _as_items(row, single=not body))
        return Listing(ordered=False, items=items) if items else None
    told: list[tuple[str, ...]] = []
    for row in body:
        cells = _below_heads(header, row)
        if told and not cells[0] and any(cells):
            cells = (told[-1][0], *cells[1:])  # the same as above
        told.append(cells)
    kept = [index for index, head in enumerate(header) if head or index <= _FIRST_FACT]
    return Table(
        tuple(header[index] for index in kept), tuple(tuple(row[index] for index in kept) for row in told)
    )


def _as_items(row: Sequence[str], *, single: bool) -> list[str]:
    """Return the cells of a row below no header as items: label and value, else each its own."""
    cells = [cell for cell in row if cell]
    if single or len(cells) <= _FIRST_FACT:
        return cells
    return [f"{cells[0]}: {', '.join(cells[1:])}"]


def _below_heads(header: Sequence[str], row: Sequence[str]) -> tuple[str, ...]:
    """Return a row in which no cell stands below an empty head: it joins the cell before it."""
    cells = list(row)
    for index in range(_FIRST_FACT + 1, len(cells)):
        if cells[index] and not header[index]:
            cells[index - 1] = ", ".join(filter(None, cells[index - 1 : index + 1]))
            cells[index] = ""
    return tuple(cells)
