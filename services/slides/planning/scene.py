"""A scene as the rules see it: cleaned once, split once."""

from dataclasses import dataclass
from functools import cached_property

from contracts.events import SceneContext
from services.slides.planning.cleaning import clean, clean_lines, clipped, has_hangul, has_words
from services.slides.planning.icons import find_icons
from services.slides.planning.items import Caption, split_caption
from services.slides.planning.patterns import ANNOUNCES, PROHIBITS, STATES_NOT
from services.slides.planning.sentences import sentences

_READ_NARRATION = 2400
"""Characters of the narration that are read: about three minutes of speech, more than a slide can name."""
_READ_SENTENCES = 40
_LONGEST_CHAPTER = 120


@dataclass(frozen=True)
class Scene:
    """One scene, ready to be planned.

    Attributes:
        korean: whether words the planner itself adds are Korean.
        caption: the author's wish for the slide, taken apart.
        narration: what is spoken, on one line.
        sentences: its sentences.
        chapter: the chapter's title, empty if it has none.
        last: whether it is the film's last scene.
    """

    korean: bool
    caption: Caption
    narration: str
    sentences: tuple[str, ...]
    chapter: str
    last: bool

    @cached_property
    def heading(self) -> str | None:
        """The caption if it is one phrase or sentence, or the title of its list."""
        return self.caption.title if self.caption.listed else (self.caption.text or None)

    @cached_property
    def told(self) -> tuple[str, ...]:
        """The sentences that say something, without those that only announce what is coming."""
        told = tuple(s for s in self.sentences if has_words(s) and not ANNOUNCES.search(s.rstrip(" .!")))
        return told or tuple(s for s in self.sentences if has_words(s))

    @cached_property
    def prohibitions(self) -> tuple[str, ...]:
        """The sentences that forbid something."""
        return tuple(s for s in self.told if forbids(s))

    @cached_property
    def icons(self) -> tuple[str, ...]:
        """Icons for an illustration: of the caption first, then of the narration, then of the chapter."""
        found = dict.fromkeys((*find_icons(self.caption.text), *find_icons(" ".join(self.sentences[:3]))))
        return tuple(found) or find_icons(self.chapter)

    @property
    def wordless(self) -> bool:
        """Whether there is no letter or digit in caption and narration."""
        return not has_words(self.caption.text) and not has_words(self.narration)


def forbids(sentence: str) -> bool:
    """Return whether ``sentence`` forbids something, rather than says that something is not so."""
    return PROHIBITS.search(sentence) is not None and STATES_NOT.search(sentence) is None


def read(context: SceneContext) -> Scene:
    """Return the scene of ``context``; whatever is in its texts, this does not fail."""
    lines = clean_lines(context.scene.narration[: _READ_NARRATION * 2])[:_READ_NARRATION]
    caption = clean_lines(context.scene.caption)
    words = caption + lines
    return Scene(
        korean=has_hangul(words) or (context.language == "ko" and not words.isascii()),
        caption=_caption(caption, lines, clean(context.title)),
        narration=lines.replace("\n", " "),
        sentences=sentences(lines)[:_READ_SENTENCES],
        chapter=clipped(clean(context.chapter), _LONGEST_CHAPTER),
        last=context.index == context.count - 1,
    )


def _caption(caption: str, narration: str, title: str) -> Caption:
    """Take the caption apart; the film's own title is no list, and symbols beside words are no caption."""
    if caption and caption == title:
        return Caption(caption, None, (caption,), "single")
    return split_caption(caption if has_words(caption) or not has_words(narration) else "")
