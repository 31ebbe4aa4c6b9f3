"""Text made fit to be set: normalised, free of controls, and cut into grapheme clusters."""

import re
import unicodedata
from functools import lru_cache

import regex

from contracts.normalization import normalized

HANGUL_HAN = re.compile("[\uac00-\ud7a3\u3131-\u318e\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u3040-\u30ff]")
"""Characters set one by one on a square body; only these are tracked, Latin words stay shaped runs."""

RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")

_CLUSTER = regex.compile(r"\X")

MAX_CLUSTER = 12
"""Code points of a grapheme cluster that stays whole. Smaller: a couple with two skin tones, which takes ten,
falls apart. Larger: consonants or joiners without an end, which Unicode calls one character, run out of the
slide, for nothing cuts them."""

_MARKS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f])"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]+"
)
_KEPT_CONTROLS = frozenset("\u200c\u200d\n")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Cn"})
_SPACES = re.compile("[^\\S\n]+")
_BREAKS = re.compile("\\s*\n\\s*")


@lru_cache(4096)
def clean(text: str) -> str:
    """Return ``text`` as it is set: NFC, single spaces, no controls, at most one loose mark on a letter.

    Controls, formatting characters (bidi overrides, zero-width spaces), surrogates and unassigned code
    points go; so do all but the first of the marks that NFC leaves behind a letter: they would climb out of
    its line. Line breaks are kept.
    """
    text = normalized("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.replace("\u2028", "\n").replace("\u2029", "\n").replace("\t", " ").replace("\u00ad", "")
    kept = (c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) not in _INVISIBLE)
    text = _MARKS.sub(r"\1", "".join(kept))
    return _BREAKS.sub("\n", _SPACES.sub(" ", text)).strip()


def one_line(text: str | None) -> str:
    """Return ``text`` cleaned and without line breaks; empty for ``None``."""
    return clean(text or "").replace("\n", " ")


def clusters(text: str) -> list[str]:
    """Return the user-perceived characters of ``text`` (UAX #29): letters with marks, joined emoji, flags.

    One of more than ``MAX_CLUSTER`` code points comes as its code points.
    """
    found: list[str] = []
    for cluster in _CLUSTER.findall(text):
        found.extend((cluster,) if len(cluster) <= MAX_CLUSTER else cluster)
    return found
