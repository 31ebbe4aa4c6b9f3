"""Narration cut into sentences; nothing of it is lost."""

import re
import threading
from collections.abc import Iterable
from functools import cache
from typing import Any

import sentencex
from kiwipiepy import Kiwi

_LINE = re.compile(r"\S[^\n]*")
_QUOTATION = re.compile(
    r"\s*(?:['\"”’」』]\s*)?(?:이?라고|라는|이라는|하고|라며|이라며|라면서)(?![가-힣]{3})"
)
"""What follows a quotation inside its sentence: "…"라고 말했다."""

_BEFORE_QUOTATION = re.compile(r"(?<=[가-힣][.!?])\s+(?=[\"“‘'「『])")
"""Where a sentence ends before a quotation; the analyser takes the two for one."""

_PAIRS = {"“": "”", "‘": "’", "「": "」", "『": "』", "(": ")", "[": "]"}
_LONGEST_QUOTE = 400
"""Characters after which an opened quote that never closes no longer holds sentences together."""

_lock = threading.Lock()


def split_sentences(text: str, language: str) -> tuple[str, ...]:
    """Return the sentences of ``text``, stripped, in order; joined they equal it but for white space.

    A line break always ends a sentence. A sentence never ends inside quotes or brackets, nor before the
    라고 or 하고 that belongs to a quotation. The Korean analyser takes 0.7 s and 230 MB at the first call
    of a process.
    """
    sentences: list[str] = []
    for line in _LINE.finditer(text):
        cuts = _korean(line.group()) if language == "ko" else _english(line.group())
        sentences.extend(_between(line.group(), cuts))
    return tuple(sentences)


def _between(line: str, cuts: Iterable[int]) -> list[str]:
    """Cut ``line`` at ``cuts``, except where a quote is open or goes on."""
    kept = [0]
    for cut in sorted({_before_opening(line, cut) for cut in cuts}):
        inside = cut - kept[-1] < _LONGEST_QUOTE and _open_quote(line[kept[-1] : cut])
        if cut > kept[-1] and not inside and not _QUOTATION.match(line, cut):
            kept.append(cut)
    pieces = [line[a:b].strip() for a, b in zip(kept, [*kept[1:], len(line)], strict=True)]
    return [piece for piece in pieces if piece]


def _before_opening(line: str, cut: int) -> int:
    """Move a cut that lies just behind an opening quote or bracket to the place before it."""
    while cut and (
        line[cut - 1] in _PAIRS or (line[cut - 1] in "\"'" and (cut == 1 or line[cut - 2].isspace()))
    ):
        cut -= 1
    return cut


def _open_quote(text: str) -> bool:
    expected: list[str] = []
    for character in text:
        if expected and character == expected[-1]:
            expected.pop()
        elif character == '"':
            expected.append('"')
        elif character in _PAIRS:
            expected.append(_PAIRS[character])
    return bool(expected)


def _korean(line: str) -> list[int]:
    with _lock:
        cuts = [sentence.start for sentence in _kiwi().split_into_sents(line)]
    return cuts + [match.end() for match in _BEFORE_QUOTATION.finditer(line)]


def _english(line: str) -> list[int]:
    cuts, at = [], 0
    for sentence in sentencex.segment("en", line):
        found = line.find(sentence.strip(), at)
        if found < 0:
            continue
        cuts.append(found)
        at = found + len(sentence.strip())
    return cuts


def warm() -> None:
    """Load the analyser; it holds the interpreter for seconds, partly not before the first sentence."""
    _korean("안녕하세요.")


@cache
def _kiwi() -> Any:
    # Its lists of titles and names do not move sentence ends, and take half of its 515 MB.
    return Kiwi(num_workers=1, load_default_dict=False, load_multi_dict=False)
