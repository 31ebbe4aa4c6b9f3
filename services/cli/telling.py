"""What a person is told of a script: what it leaves out, and what its author should know."""

from collections.abc import Iterable, Iterator
from typing import Final

from contracts.left_out import LeftOut

MOST_SHOWN: Final = 6
"""Things of one kind on one line of a terminal; the script itself names them all."""

PROHIBITIONS_SHOWN: Final = 20
"""Prohibitions that are missing, a line each. More than of anything else: each can hurt somebody."""


def left_out_lines(left_out: LeftOut | None) -> list[str]:
    """Return what a script leaves out of its source, a line each; none where nobody counted."""
    if left_out is None:
        return []
    if not left_out:
        return ["left out: nothing"]
    return [
        f"left out: {_counted(left_out)}",
        *_line("headings", left_out.headings, "; "),
        *_line("numbers", left_out.numbers, ", "),
        *(f"  prohibition: {sentence}" for sentence in left_out.prohibitions[:PROHIBITIONS_SHOWN]),
        *_more(len(left_out.prohibitions) - PROHIBITIONS_SHOWN, "prohibitions"),
    ]


def warning_lines(warnings: Iterable[str]) -> list[str]:
    """Return a line for each warning."""
    return [f"warning: {warning}" for warning in warnings]


def _counted(left_out: LeftOut) -> str:
    """Say how many sentences are missing for which reason."""
    reasons: dict[str, int] = {}
    for part in left_out.parts:
        reasons[part.reason] = reasons.get(part.reason, 0) + part.sentences
    told = [_many(reasons.pop("length"), "sentence", "for length")] if "length" in reasons else []
    told += [_many(count, kind, "that cannot be read") for kind, count in reasons.items()]
    places = [part.heading for part in left_out.parts if part.heading and part.sentences]
    where = f", under {_few(list(dict.fromkeys(places)), '; ')}" if places else ""
    return f"{', '.join(told) or 'headings only'}{where}"


def _many(count: int, what: str, why: str) -> str:
    return f"{count:,} {what}{'s' if count != 1 and what == 'sentence' else ''} {why}"


def _line(name: str, things: tuple[str, ...], between: str) -> Iterator[str]:
    if things:
        yield f"  {name}: {_few(things, between)}"


def _few(things: tuple[str, ...] | list[str], between: str) -> str:
    rest = len(things) - MOST_SHOWN
    return between.join(things[:MOST_SHOWN]) + (f" and {rest:,} more" if rest > 0 else "")


def _more(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield f"  and {count:,} more {what}"
