"""What a lesson becomes: its script and every slide, by the public functions that the pipeline calls."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.events import SceneContext
from contracts.normalization import normalized
from contracts.rendering import RenderSettings, VisualStyle
from contracts.renderspec import RenderSpec, normalise_render_spec, spec_of_script
from contracts.script import Script
from services.cli.lesson import read_lesson
from services.scripting.render_plan import plan_scenes
from services.scripting.script_request import Brief, readable_source
from services.scripting.writer.extractive import write_extractive
from services.slides.pictures import Picture, PlannedPicture, card_of, pages_of
from services.slides.plan import Plan

STYLE = "friendly_security_training"
SETTINGS = RenderSettings(visual_style=VisualStyle.ANIMATED)

_SENTENCE = re.compile(r"(?<=[.?!。．！？])['\"”’)]*\s+|\n+")
_MARK = re.compile(r"(?:^|\s)(?:No|Mr|Ms|Dr|[ap]\.m|e\.g|\d{1,4})\.$")
"""What ends in a point and is no sentence: "No.", "2026. 3. 2."."""


def tight(text: str) -> str:
    """Return a text for comparing: composed, lower case, without spaces."""
    return "".join(normalized("NFC", text).casefold().split())


def sentences(text: str) -> list[str]:
    """Return the sentences of a narration, as a listener would part them."""
    found: list[str] = []
    for part in _SENTENCE.split(text):
        if found and _MARK.search(found[-1]):
            found[-1] += f" {part}"
        elif part.strip():
            found.append(part.strip())
    return found


@dataclass(frozen=True)
class Slide:
    """A slide by what a viewer reads on it.

    Attributes:
        plan: as planned.
        head: what speaks of the whole slide: headline, second line, label.
        units: what is read on its own: points, events, cells of columns, a definition, a figure.
    """

    plan: Plan
    head: str
    units: tuple[str, ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join((self.head, *self.units))


@dataclass(frozen=True)
class Film:
    """A lesson's script and slides.

    Attributes:
        language: two-letter code.
        script: as written; none for a render spec.
        spec: what is rendered.
        slides: in order, chapter cards included.
    """

    language: str
    script: Script | None
    spec: RenderSpec
    slides: tuple[Slide, ...] = field(default=())

    @property
    def title(self) -> str:
        """The film's title, empty where it has none."""
        return self.spec.title or ""

    @property
    def chapters(self) -> list[str]:
        """Titles of the chapters in order."""
        return list(dict.fromkeys(scene.chapter for scene in self.spec.scenes if scene.chapter))

    @property
    def narrations(self) -> list[str]:
        """What is said, by scene."""
        return [scene.narration for scene in self.spec.scenes]

    @property
    def said(self) -> str:
        """All that is said."""
        return " ".join(self.narrations)

    @property
    def drawn(self) -> str:
        """All that stands on slides."""
        return "\n".join(slide.text for slide in self.slides)

    @property
    def captions(self) -> str:
        """What the script shows of each scene."""
        return "\n".join(scene.caption or "" for scene in self.spec.scenes)

    @property
    def everything(self) -> str:
        """Whatever the film says or shows."""
        return "\n".join((self.title, *self.chapters, self.said, self.drawn, self.captions))


def film_of(path: Path, minutes: float = 3, language: str | None = None, *, slides: bool = True) -> Film:
    """Read, write and plan a lesson.

    Args:
        path: of the lesson.
        minutes: length aimed at.
        language: ``None`` to tell by the text.
        slides: plan them too.

    Raises:
        PermanentError: as the functions called raise it.
    """
    lesson = read_lesson(path, language)
    script = None
    if lesson.spec:
        spec = normalise_render_spec(lesson.spec, language=lesson.language)
    else:
        brief = Brief(lesson.language, minutes, 5, 6, STYLE)
        script = write_extractive(readable_source(lesson.text.encode()), brief, lambda: None)
        spec = spec_of_script(script)
    planned = plan_scenes(spec)
    if planned:  # as they are said and drawn, which render specs need not be as they come
        scenes = tuple(context.scene for context in planned)
        spec = spec.model_copy(update={"title": planned[0].title, "scenes": scenes})
    drawn = tuple(map(_slide, _pictures(planned))) if slides else ()
    return Film(lesson.language, script, spec, drawn)


@dataclass(frozen=True)
class LeftOut:
    """What a script says that it leaves out: how many sentences, which headings, figures and prohibitions."""

    sentences: int
    headings: str
    numbers: str
    prohibitions: str


def left_out_of(script: Script | None) -> LeftOut:
    """Return what a script says that it leaves out of its source."""
    left_out = getattr(script, "left_out", None)
    named = (" ".join(getattr(left_out, part, ())) for part in ("headings", "numbers", "prohibitions"))
    return LeftOut(int(getattr(left_out, "sentences", 0)), *named)


def _pictures(contexts: list[SceneContext]) -> Iterator[Picture]:
    for context in contexts:
        if card := card_of(context, SETTINGS):
            yield card
        yield from pages_of(context, SETTINGS)


def _slide(picture: Picture) -> Slide:
    assert isinstance(picture, PlannedPicture)
    plan = picture.plan
    figure = f"{plan.number or ''}{plan.unit or ''}"
    columns = [text for column in plan.columns for text in (column.title, *column.points)]
    units = [*plan.points, *(f"{event.time} {event.text}" for event in plan.events), *columns]
    units += [text for text in (figure, plan.definition, plan.alias, plan.speaker) if text]
    head = " / ".join(text for text in (plan.headline, plan.sub, plan.label) if text)
    return Slide(plan, head, tuple(units))


def points_of(plan: Plan) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what a slide lists, each with how it is marked: crossed, ticked, numbered, under which title."""
    for point in plan.points:
        crossed = plan.layout == "warning" and plan.mark == "close"
        ticked = plan.layout == "summary" or (plan.layout == "warning" and plan.mark == "check")
        steps = plan.layout in {"steps", "flow"}
        yield point, {"forbids": crossed, "affirms": ticked, "orders": steps, "title": plan.headline}
    for number, column in enumerate(plan.columns):
        for point in column.points:
            marked = {"forbids": plan.do_dont and number == 1, "affirms": plan.do_dont and number == 0}
            yield point, {**marked, "orders": False, "title": f"{plan.headline} / {column.title}"}
