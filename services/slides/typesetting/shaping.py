"""Text to runs: pieces of one face and one colour, with their advances in em."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from services.slides.typesetting import fonts
from services.slides.typesetting.text import HANGUL_HAN, RIGHT_TO_LEFT, clusters

TOFU = "□"
"""Stands for a character that no face holds."""

Emphases = Sequence[tuple[str, str]]
"""Words to colour and the name of their colour role."""


@dataclass(frozen=True)
class Run:
    """A piece of a line.

    Attributes:
        text: what is drawn.
        face: index into ``fonts.FACES``.
        role: colour role of emphasised words, else ``""``.
        advance: width in em, tracking included.
        tight: set on its own square body (Hangul, Han); others are shaped together.
    """

    text: str
    face: int
    role: str
    advance: float
    tight: bool = False

    @property
    def space(self) -> bool:
        """Whether it is a word space."""
        return self.text == " "


Line = tuple[Run, ...]


def width(runs: Sequence[Run]) -> float:
    """Return the width of runs in em."""
    return sum(run.advance for run in runs)


def roles_of(text: str, emphases: Emphases) -> list[str]:
    """Return the colour role of each character of ``text``; earlier emphases win.

    Words are coloured where they start a word of the text: ``두 개`` must not be found in ``모두 개인정보``.
    """
    roles = [""] * len(text)
    for word, role in emphases:
        start = _start_of(word, text)
        if start is not None:
            for at in range(start, start + len(word)):
                roles[at] = roles[at] or role
    return roles


def _start_of(word: str, text: str) -> int | None:
    start = text.find(word) if word else -1
    while start > 0 and text[start - 1].isalnum():
        start = text.find(word, start + 1)
    return start if start >= 0 else None


def shape(text: str, roles: Sequence[str], weight: int, tracking: float) -> list[Run]:
    """Return the runs of ``text`` (one role for each character).

    Hangul and Han stand alone, tracked by ``tracking`` em; everything else is joined into runs of one face
    and one role, which HarfBuzz shapes as a whole.
    """
    runs: list[Run] = []
    position = 0
    for cluster in clusters(text):
        role = roles[position]
        position += len(cluster)
        face = fonts.face_of(cluster)
        drawn, face = (cluster, face) if face is not None else (TOFU, fonts.CJK)
        if face == fonts.EMOJI:
            drawn = drawn.replace("\ufe0f", "").replace("\ufe0e", "")
        last = runs[-1] if runs else None
        if HANGUL_HAN.match(drawn):
            runs.append(Run(drawn, face, role, 0, tight=True))
        elif (
            last
            and not last.tight
            and (last.face, last.role) == (face, role)
            and " " not in (drawn, last.text)
        ):
            runs[-1] = replace(last, text=last.text + drawn)
        else:
            runs.append(Run(drawn, face, role, 0))
    return [
        replace(run, advance=fonts.advance(run.face, weight, run.text) + (tracking if run.tight else 0))
        for run in runs
    ]


def visual_order(line: Sequence[Run]) -> list[Run]:
    """Return a line's runs from left to right: stretches of right-to-left words are turned round.

    Each such word is one run, which HarfBuzz has already set from right to left. The paragraph itself runs
    from left to right; numbers inside a stretch keep their digits' order because they are one run.
    """
    rtl = [bool(RIGHT_TO_LEFT.search(run.text)) for run in line]
    ordered: list[Run] = []
    at = 0
    while at < len(line):
        if not rtl[at]:
            ordered.append(line[at])
            at += 1
            continue
        end = at + 1
        for later in range(at + 1, len(line)):
            if rtl[later]:
                end = later + 1
            elif line[later].tight or any(c.isalpha() for c in line[later].text):
                break
        ordered += reversed(line[at:end])
        at = end
    return ordered


def strokes_of(line: Sequence[Run], role: str) -> list[tuple[float, float]]:
    """Return (start, end) in em of each stretch of ``role`` in a line; used for marker strokes."""
    stretches: list[tuple[float, float]] = []
    x = 0.0
    starts = [0.0]
    for run in line:
        x += run.advance
        starts.append(x)
    for run, (start, end) in zip(line, pairwise(starts), strict=True):
        if run.role != role:
            continue
        if stretches and abs(stretches[-1][1] - start) < 1e-6:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    return stretches
