"""A sentence too long for one scene, cut where a speaker would breathe."""

import re
from collections.abc import Callable

LONGEST_SECONDS = 20.0
"""Longest scene of running text aimed at: a viewer's eye has read the slide long before."""

LONGEST_SENTENCE = 27.0
"""A sentence shorter than this is one scene, however long: half a sentence is none."""

_CLAUSES = re.compile(
    r"(?<=[,;:])\s+|(?<=고)\s+|(?<=며)\s+|(?<=지만)\s+|(?<=면서)\s+|(?<=는데)\s+|\s+(?=(?:and|but|or"
    r"|because|which)\s)"
)


def split_long(text: str, seconds: Callable[[str], float]) -> list[str]:
    """Return ``text`` whole, or in parts that each take at most :data:`LONGEST_SECONDS` to say.

    Cut between clauses, else between words, else inside a word that is itself that long.
    """
    if seconds(text) <= LONGEST_SENTENCE:
        return [text]
    parts: list[str] = []
    for clause in _CLAUSES.split(text):
        atoms = [clause] if seconds(clause) <= LONGEST_SECONDS else clause.split()
        for atom in atoms:
            for piece in [atom] if seconds(atom) <= LONGEST_SECONDS else _chunks(atom):
                joined = f"{parts[-1]} {piece}" if parts else piece
                if parts and seconds(joined) <= LONGEST_SECONDS:
                    parts[-1] = joined
                else:
                    parts.append(piece)
    return parts


def _chunks(word: str, size: int = 60) -> list[str]:
    return [word[start : start + size] for start in range(0, len(word), size)]
