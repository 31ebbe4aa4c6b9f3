"""Unicode's normal forms of text by strangers, in time that grows with the text.

The standard library brings combining marks into their order by swapping neighbours: 20,000 marks of two kinds
in turn cost a hundred million swaps in one call that nothing can interrupt. Sorted beforehand they cost none,
and the result is the same (Unicode 16, section 3.11: the order is a stable sort by combining class).
"""

import re
import unicodedata
from itertools import groupby
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

_SUSPECT = re.compile(r"[^\w\s]{32,}")
"""Where a long run of marks can be: no mark is a letter, a digit or a space. Shorter are swapped soon."""


def normalized(form: Form, text: str) -> str:
    """Return ``unicodedata.normalize(form, text)``, in linear time whatever ``text`` is."""
    return unicodedata.normalize(form, text if text.isascii() else _SUSPECT.sub(_ordered, text))


def _ordered(run: re.Match[str]) -> str:
    """Return a run with its marks in canonical order."""
    if not any(map(unicodedata.combining, unicodedata.normalize("NFD", "".join(set(run[0]))))):
        return run[0]  # signs, such as ㈜, without a mark among them
    decomposed = "".join(unicodedata.normalize("NFD", char) for char in run[0])
    parts = groupby(decomposed, key=lambda char: unicodedata.combining(char) > 0)
    return "".join(
        "".join(sorted(part, key=unicodedata.combining) if marks else part) for marks, part in parts
    )
