"""Lines that a page cut at its width, back to one text: no space where the cut went through a word."""

import re
from collections.abc import Sequence
from itertools import pairwise

from services.scripting.reading.wording import width
from services.scripting.writer.korean.analyser import kiwi

_LEAST_WIDTH = 40
"""Columns from which lines of one width are cut rather than written so."""
_LEAST_CUT = 2
"""Lines but the last that must be of one width."""
_SYLLABLE = 2
"""Columns. Lines that are cut anywhere differ by no more; those cut between words by a word."""
_ENDS_WORD = re.compile(r"\S{2}(?:[은는을를]|하게|하고|하며|하면|하여|마다|에서|에는|까지|부터|으로|서는)$")
"""Particles and endings behind which a word is over, whatever the analyser makes of what follows."""
_HYPHEN = re.compile(r"[a-zA-Z]{2}-$")
_KEEPS_HYPHEN = re.compile(
    r"(?:^|[\s-])(?:well|self|non|co|high|low|long|short|on|off|in|follow|full|two|one|real|end|up|out|built)-$"
)
"""Words in front of which a hyphen belongs; behind any other a line's end divided an English word."""
_FRAGMENT = re.compile(
    r"(?:으로|로|은|는|을|를|의|에서|에게|에|와|과|까지|부터|다|니다|습니다|합니다|한다|된다|하며|하고|하여|하는|한|할|된|되는|될"
    r"|야|며|고|면|지|게|서)(?:[은는도만]?[\s.,]|$)"
)
"""What seldom begins a line unless a word was cut in front of it."""
_MUST = re.compile(r"야(?:만|지)?(?: ?[한합하함할됩된돼되]|[ ,.]|$)")
"""야 한다: the end of 하여야 and the like. No word begins so, whatever the analyser makes of it."""
_CONTEXT = 14
"""Characters on both sides of a cut by which it is judged: two or three words."""


def joined(rows: Sequence[str]) -> str:
    """Return lines as one text."""
    anywhere = _cut_anywhere(rows)
    parts = [rows[0]]
    for before, after in pairwise(rows):
        if _HYPHEN.search(before) and after[:1].islower():
            parts[-1] = parts[-1] if _KEEPS_HYPHEN.search(before) else parts[-1][:-1]
            parts.append(after)
            continue
        torn = anywhere or (width(before) * 2 >= _LEAST_WIDTH and _FRAGMENT.match(after) is not None)
        whole = torn and _one_word(before[-_CONTEXT:], after[:_CONTEXT])
        parts.append(after if whole else f" {after}")
    return "".join(parts)


def _cut_anywhere(rows: Sequence[str]) -> bool:
    """Whether Korean lines were cut at a width and not between words."""
    widths = [width(row) for row in rows]
    widest = max(widths)
    return (
        len(rows) > _LEAST_CUT
        and widest >= _LEAST_WIDTH
        and all(widest - each <= _SYLLABLE for each in widths[:-1])
        and any("가" <= row[-1] <= "힣" for row in rows[:-1])
    )


def _one_word(before: str, after: str) -> bool:
    """Whether what a cut separates is one word: two parts of a number, or so the analyser reads it."""
    if before[-1] in "0123456789," and after[0].isdigit():
        return True
    if _MUST.match(after) and "가" <= before[-1] <= "힣":
        return True
    if after[0] in ".,)" or _ENDS_WORD.search(before):
        return after[0] in ".,)"
    if not ("가" <= before[-1] <= "힣" and "가" <= after[0] <= "힣"):
        return False
    glued: str = kiwi().glue([before, after])
    return not glued[len(before) : len(before) + 1].isspace()
