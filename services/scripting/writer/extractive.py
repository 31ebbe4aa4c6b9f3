"""The offline writer (``AI_ENV=mock``): a script made of the source's own sentences, the same every time.

It invents nothing: chapters are the author's headings (or where the subject changes), the narration is the
author's most central sentences in their order, made speakable and polite; slides name them in noun form.

``duration_sec`` stays empty: the film's timeline stretches a scene to a wished length with silence, and an
estimate is no wish. The voice decides how long a scene lasts.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

import structlog

from contracts.errors import ErrorCode, PermanentError
from contracts.languages import LANGUAGES
from contracts.script import Chapter, Script, ScriptScene
from contracts.text_language import language_of
from services.runtime.cancel import CancelToken
from services.scripting.left_out import account
from services.scripting.outline import outline
from services.scripting.passages import Passage, Section
from services.scripting.reading.blocks import Heading
from services.scripting.reading.source import parse_source
from services.scripting.script_request import Brief
from services.scripting.writer.captions import on_screen
from services.scripting.writer.chapters import at_most, cut_lexically, joined
from services.scripting.writer.english.english import English
from services.scripting.writer.korean.korean import Korean
from services.scripting.writer.language import Language, Trait
from services.scripting.writer.naming import (
    Terms,
    chapter_titles,
    first_line,
    shown_title,
    subject_of,
    under_topics,
)
from services.scripting.writer.ranking import rank
from services.scripting.writer.scenes import AIM_SECONDS, pack
from services.scripting.writer.selection import select

VERSION = 3
"""Raise it whenever the same source and brief give another script."""

_SILENCE_SECONDS = 1.0
"""Lead-in and pause of a scene, which belong to the film's length but not to its speech."""

_SCENE_SECONDS = 18.0
"""Speech a scene can hold, a little under the longest, since sentences never fill it exactly."""

_SHORT_SCENE_SECONDS = 11.0
"""Speech of a scene about one thing: a chapter of more would have to mix its subjects."""

_CARD_SECONDS = 2.0
"""What a chapter's first scene lasts longer: its card."""

_LEAST_FRAMED_SECONDS = 20.0
"""A film shorter than this is told without greeting and goodbye."""


_LONGEST_TITLE = 300
"""Most characters of a title that the narrator says; a heading can be as long as the source."""

MOST_NARRATED, MOST_SHOWN = 5_000, 2_000
"""Characters that a script's scene may have, spoken and shown (:class:`contracts.script.ScriptScene`)."""

log = structlog.get_logger(__name__)


def write_extractive(source: str, brief: Brief, check: Callable[[], None]) -> Script:
    """Write a script from the sentences of ``source``.

    Blocking; run it in a worker thread. Pure: same arguments, same script.

    Args:
        source: Markdown or plain text, as :func:`services.scripting.script_request.readable_source` gives it.
        brief: what the script is to be.
        check: called often; raises when the work is to stop.

    Raises:
        PermanentError: ``SOURCE_TEXT_EMPTY``, when nothing in the source can be said, or
            ``SCRIPT_GENERATION_FAILED``, when the scenes asked for cannot hold it.
    """
    language = _language_of(source, brief.language)
    parsed = parse_source(source, check)
    headed, sections = outline(parsed.blocks, language, check)
    if not sections:
        raise PermanentError(
            ErrorCode.SOURCE_TEXT_EMPTY,
            "the source text has no sentences to narrate, only headings, code or symbols",
        )
    terms_of = Terms(language, check)
    sections = _chaptered(sections, brief, terms_of, language, check)
    subject = parsed.title or headed or subject_of(sections, terms_of, language)
    title = (subject or first_line(sections, language) or "")[:_LONGEST_TITLE] or None
    opening, closing = _frame(sections, subject and title, brief, language)
    reserved = sum(language.seconds(line) for line in (opening, closing) if line)
    read = sections
    sections, scores = _selected(
        sections, brief, reserved + len(sections) * _CARD_SECONDS, language, terms_of, check
    )
    titles = chapter_titles(sections, title, terms_of, language)
    told = sections
    sections = _framed(sections, title, opening, closing, language)
    chapters: list[Chapter] = []
    taken: set[str] = set()
    scene_id = 0
    for number, (section, chapter_title) in enumerate(zip(sections, titles, strict=True), 1):
        scenes = []
        for run in pack(section.passages, brief.max_scenes_per_chapter, check):
            check()
            scene_id += 1
            if title and number in {1, len(sections)} and all(passage.framing for passage in run):
                shown = shown_title(title)
            else:
                weights = [scores.get(passage.text, 0.0) for passage in run]
                about = title if title and chapter_title == language.introduction() else chapter_title
                shown = on_screen(run, weights, language, taken, about)
            taken.add(shown.partition("\n")[0])
            narration = " ".join(passage.text for passage in run)
            scenes.append(_scene(scene_id, narration, shown))
        chapters.append(Chapter(chapter_id=number, title=chapter_title, scenes=tuple(scenes)))
    script = Script(
        title=shown_title(title) if title else None,
        language=brief.language,
        chapters=tuple(chapters),
        warnings=_language_warnings(language.code, brief.language),
    )
    headings = [block.text for block in parsed.blocks if isinstance(block, Heading)]
    return script.model_copy(update={"left_out": account(script, headings, read, told, parsed.unread, check)})


def _language_warnings(found: str, wanted: str) -> tuple[str, ...]:
    if found == wanted:
        return ()
    named = LANGUAGES.get(found, found), LANGUAGES.get(wanted, wanted)
    told = "the text is in {}, and the script was asked for in {}: the writer does not translate".format(
        *named
    )
    return (f"{told}, and the voice will be the wrong one",)


def _scene(scene_id: int, narration: str, shown: str) -> ScriptScene:
    if len(narration) > MOST_NARRATED:
        raise PermanentError(
            ErrorCode.SCRIPT_GENERATION_FAILED,
            f"scene {scene_id} of the script would have {len(narration):,} characters; at most "
            f"{MOST_NARRATED:,}: allow more scenes or chapters, or give a shorter text",
        )
    shown = shown if len(shown) <= MOST_SHOWN else f"{shown[: MOST_SHOWN - 1].rstrip()}…"
    return ScriptScene(scene_id=scene_id, narration=narration, on_screen_text=shown)


def _language_of(source: str, wanted: str) -> Language:
    """Return the language the source is written in; its rules apply even where another one is asked for."""
    found: Language = Korean() if language_of(source) == "ko" else English()
    if found.code != wanted:
        log.warning(
            "the source is in another language than the script asked for", wanted=wanted, found=found.code
        )
    return found


def _chaptered(
    sections: list[Section], brief: Brief, terms: Terms, language: Language, check: Callable[[], None]
) -> list[Section]:
    if len(sections) == 1:
        longest = brief.max_scenes_per_chapter * _SHORT_SCENE_SECONDS
        bags = [terms.bag(passage) for passage in sections[0].passages]
        parts = [part for part, _ in cut_lexically(sections[0], bags, brief.max_chapters, longest, check)]
        parts = [Section(None, part.passages) for part in parts] if len(parts) > 1 else parts
        return [Section(part.title, under_topics(part.passages, language, check)) for part in parts]
    if sections[0].title is None and not all(passage.framing for passage in sections[0].passages):
        sections = [Section(language.introduction(), sections[0].passages), *sections[1:]]
        if len(sections) > brief.max_chapters:
            sections = [joined(*sections[:2]), *sections[2:]]  # rather than two chapters of the author's
    return at_most(sections, brief.max_chapters, language.sums_up, check)


def _selected(
    sections: list[Section],
    brief: Brief,
    reserved: float,
    language: Language,
    terms: Terms,
    check: Callable[[], None],
) -> tuple[list[Section], dict[str, float]]:
    """Return the sections cut down to the time there is, and the centrality of each sentence."""
    passages = [passage for section in sections for passage in section.passages]
    ranked = rank([terms.bag(passage) for passage in passages], check)
    scores: dict[str, float] = {}
    for passage, score in zip(passages, ranked, strict=True):
        scores[passage.text] = max(score, scores.get(passage.text, 0.0))
    speech = brief.target_minutes * 60 * AIM_SECONDS / (AIM_SECONDS + _SILENCE_SECONDS)
    return (
        select(
            sections,
            [[scores[passage.text] for passage in section.passages] for section in sections],
            max(0.0, speech - reserved),
            brief.max_scenes_per_chapter * _SCENE_SECONDS,
            [language.sums_up(section.title or "") for section in sections],
            check,
        ),
        scores,
    )


def _frame(
    sections: Sequence[Section], title: str | None, brief: Brief, language: Language
) -> tuple[str, str]:
    """Return the narrator's first and last words; empty where style, length or the author ask for none."""
    passages = [passage for section in sections for passage in section.passages]
    seconds = min(sum(passage.seconds for passage in passages), brief.target_minutes * 60)
    if brief.language != language.code or seconds < _LEAST_FRAMED_SECONDS:
        return "", ""
    style = brief.style.partition("_")[0].lower()
    greeted = any(Trait.GREETS in passage.traits for passage in passages[:2])
    opening = "" if greeted or not title else language.opening(style, title) or ""
    return opening, "" if Trait.GREETS in passages[-1].traits else language.closing(style) or ""


def _framed(
    sections: Sequence[Section], title: str | None, opening: str, closing: str, language: Language
) -> list[Section]:
    framed = list(sections)
    if opening:
        # A slide of its own, unless the first subject's would show the same words.
        apart = language.topic(framed[0].passages[0].text) != title
        head = Passage(opening, language.seconds(opening), frame=True, opens=apart)
        framed[0] = Section(framed[0].title, (head, *framed[0].passages))
    if closing:
        tail = Passage(closing, language.seconds(closing), frame=True)
        framed[-1] = Section(framed[-1].title, (*framed[-1].passages, tail))
    return framed


class ExtractiveWriter:
    """The offline writer behind the same interface as the language model's.

    Args:
        run: runs blocking work in a thread.
    """

    identity: ClassVar[dict[str, str]] = {"writer": "extractive"}

    def __init__(self, run: Callable[..., Awaitable[Script]]) -> None:
        self._run = run

    async def write(self, source: str, brief: Brief, cancel: CancelToken) -> Script:
        """See :func:`write_extractive`."""
        return await self._run(write_extractive, source, brief, cancel.check)
