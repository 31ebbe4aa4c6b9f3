"""A sentence too long for one scene, cut where a speaker would breathe."""

import re
from collections.abc import Callable, Iterator

LONGEST_SECONDS = 20.0
"""Longest scene of running text aimed at: a viewer's eye has read the slide long before."""

LONGEST_SENTENCE = 27.0
"""A sentence shorter than this is one scene, however long: half a sentence is none."""

LONGEST_CHARACTERS = 1_000
"""Most characters of one part, whatever it takes to say: three times what fits :data:`LONGEST_SECONDS` in any
language. Smaller would cut honest sentences; larger, and text that nobody says (signs, other scripts) makes
narrations longer than a scene may have, and costs its length squared to join."""

LONGEST_PIECE = 4_000
"""Most characters that are split into sentences in one call, which nothing can interrupt: 0.2 s with the
Korean analyser. Smaller, and more paragraphs are read in pieces, where a quotation may be torn."""

_SENTENCE_END = re.compile(r"[.?!…。][\"'”’)\]]{0,3}\s")
_CLAUSES = re.compile(
    r"(?<=[,;:])\s+|(?<=고)\s+|(?<=며)\s+|(?<=지만)\s+|(?<=면서)\s+|(?<=는데)\s+|(?<!\s)\s+(?=(?:and|but|or"
    r"|because|which)\s)"
)


def pieces(text: str, longest: int = LONGEST_PIECE) -> Iterator[str]:
    """Yield ``text`` whole, or in pieces of at most ``longest`` characters.

    Cut behind the last sentence that ends in a piece, else behind its last space.
    """
    start = 0
    while len(text) - start > longest:
        room = text[start : start + longest]
        ends = [found.end() for found in _SENTENCE_END.finditer(room)]
        length = (ends[-1] if ends else room.rfind(" ") + 1) or longest
        yield room[:length]
        start += length
    yield text[start:]


def split_long(text: str, seconds: Callable[[str], float]) -> list[str]:
    """Return ``text`` whole, or in parts that each take at most :data:`LONGEST_SECONDS` to say.

    Cut between clauses, else between words, else inside a word that is itself that long.
    """
    if len(text) <= LONGEST_CHARACTERS and seconds(text) <= LONGEST_SENTENCE:
        return [text]

    def fits(part: str) -> bool:
        return len(part) <= LONGEST_CHARACTERS and seconds(part) <= LONGEST_SECONDS

    parts: list[str] = []
    for clause in _CLAUSES.split(text):
        atoms = [clause] if fits(clause) else clause.split()
        for atom in atoms:
            for piece in [atom] if fits(atom) else _chunks(atom):
                joined = f"{parts[-1]} {piece}" if parts else piece
                if parts and fits(joined):
                    parts[-1] = joined
                else:
                    parts.append(piece)
    return parts


def _chunks(word: str, size: int = 60) -> list[str]:
    return [word[start : start + size] for start in range(0, len(word), size)]
