"""A scene as the rules see it: cleaned once, split once."""

import re
from dataclasses import dataclass
from functools import cached_property

from contracts.events import SceneContext
from services.slides.planning.agreement import agreeing
from services.slides.planning.cleaning import clean, clean_lines, clipped, has_hangul, has_words
from services.slides.planning.icons import find_icons
from services.slides.planning.items import Caption, split_caption
from services.slides.planning.patterns import ANNOUNCES, GREETS, PROHIBITS, QUOTED, STATES_NOT
from services.slides.planning.sentences import sentences
from services.slides.planning.verbs_en import commands

_READ_NARRATION = 2400
"""Characters of the narration that are read: about three minutes of speech, more than a slide can name."""
_READ_SENTENCES = 40
_LONGEST_CHAPTER = 120
_ACTS_FIRST = re.compile(
    r"^(?!(?:do not|don['’]t|never|if|when|you|we)\b)[A-Za-z][^,;]{2,60}[,;] (?:do not|don['’]t|never) ",
    re.IGNORECASE,
)
_INTRODUCES_SPEAKER = re.compile(r"^[^,]{2,16}입니다[.!]?$")


@dataclass(frozen=True)
class Scene:
    """One scene, ready to be planned.

    Attributes:
        korean: whether words the planner itself adds are Korean.
        caption: the author's wish for the slide, taken apart.
        narration: what is spoken, on one line.
        sentences: its sentences.
        chapter: the chapter's title, empty if it has none.
        title: the film's, empty if it has none.
        last: whether it is the film's last scene.
    """

    korean: bool
    caption: Caption
    narration: str
    sentences: tuple[str, ...]
    chapter: str
    title: str
    last: bool

    @cached_property
    def heading(self) -> str | None:
        """The caption if it is one phrase or sentence, or the title of its list."""
        return self.caption.title if self.caption.listed else (self.caption.text or None)

    @cached_property
    def content(self) -> tuple[str, ...]:
        """The sentences that say something, without those that only announce what is coming."""
        said = tuple(s for s in self.sentences if has_words(s))
        return tuple(
            s
            for before, s in zip(("", *said), said, strict=False)
            if not announces(s) and not (greets(before) and _INTRODUCES_SPEAKER.search(s))
        )

    @cached_property
    def told(self) -> tuple[str, ...]:
        """The same, or all sentences if there are no others."""
        return self.content or tuple(s for s in self.sentences if has_words(s))

    @property
    def framing(self) -> bool:
        """Whether nothing is said but greetings, goodbyes and what the lesson is about."""
        return bool(self.told) and not self.content

    @cached_property
    def prohibitions(self) -> tuple[str, ...]:
        """The sentences that forbid something."""
        return tuple(s for s in self.told if forbids(s))

    @cached_property
    def icons(self) -> tuple[str, ...]:
        """Icons for an illustration: of caption and narration (no greeting), or the chapter, or the film."""
        said = " ".join(sentence for sentence in self.sentences[:3] if not greets(sentence))
        found = dict.fromkeys((*find_icons(self.caption.text), *find_icons(said)))
        return tuple(found) or find_icons(self.chapter) or find_icons(self.title)

    @property
    def wordless(self) -> bool:
        """Whether there is no letter or digit in caption and narration."""
        return not has_words(self.caption.text) and not has_words(self.narration)


def announces(sentence: str) -> bool:
    """Return whether ``sentence`` greets or says what is coming: nothing that a slide could name."""
    return ANNOUNCES.search(sentence.rstrip(" .!")) is not None


def greets(sentence: str) -> bool:
    """Return whether ``sentence`` greets or says goodbye."""
    return GREETS.search(sentence.rstrip(" .!")) is not None


def forbids(sentence: str) -> bool:
    """Return whether ``sentence`` forbids something, rather than says that something is not so.

    ``Walk, do not run`` tells what to do.
    """
    bare = QUOTED.sub("", sentence)  # the words of a sign are not the speaker's
    prohibits, states = _last(PROHIBITS, bare), _last(STATES_NOT, bare)
    if prohibits is None or (states is not None and states.end() > prohibits.start()):
        return False  # the negation that ends the sentence decides: 분명하지 않으면 움직이지 않습니다
    return _ACTS_FIRST.match(sentence) is None or not commands(sentence)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text):
        found = match
    return found


def read(context: SceneContext) -> Scene:
    """Return the scene of ``context``; whatever is in its texts, this does not fail."""
    lines = clean_lines(context.scene.narration[: _READ_NARRATION * 2])[:_READ_NARRATION]
    caption = clean_lines(context.scene.caption)
    words = caption + lines
    said = sentences(lines)[:_READ_SENTENCES]
    return Scene(
        korean=has_hangul(words) or (context.language == "ko" and not words.isascii()),
        caption=agreeing(_caption(caption, lines, (clean(context.title), clean(context.chapter))), said),
        narration=lines.replace("\n", " "),
        sentences=said,
        chapter=clipped(clean(context.chapter), _LONGEST_CHAPTER),
        title=clipped(clean(context.title), _LONGEST_CHAPTER),
        last=context.index == context.count - 1,
    )


def _caption(caption: str, narration: str, titles: tuple[str, str]) -> Caption:
    """Take the caption apart; a title of film or chapter is no list, symbols beside words are no caption."""
    if caption and caption in titles:
        return Caption(caption, None, (caption,), "single")
    return split_caption(caption if has_words(caption) or not has_words(narration) else "", titles[1])
