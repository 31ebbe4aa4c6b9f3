"""Lessons in which something is forbidden, from the text to the slide: a prohibition never becomes an
instruction.

``data/polarity.json`` holds them: what must be said and shown, what never, which acts are forbidden and which
allowed. A forbidden act stands on a warning with crosses, on the red side of a do/don't pair, or behind a
cross.
"""

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.rendering import RenderSettings, VisualStyle
from contracts.renderspec import spec_of_script
from contracts.script import Script
from services.scripting.render_plan import plan_scenes
from services.scripting.script_request import Brief
from services.scripting.writer.extractive import write_extractive
from services.slides.pictures import PlannedPicture, pages_of
from services.slides.plan import Plan

LESSONS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "polarity.json").read_text("utf-8")
)
EACH = pytest.mark.parametrize("lesson", LESSONS, ids=[lesson["name"] for lesson in LESSONS])


@functools.cache
def written(text: str, language: str) -> Script:
    return write_extractive(text, Brief(language, 3, 5, 6, "friendly_security_training"), lambda: None)


def script_of(lesson: dict[str, Any]) -> Script:
    return written(lesson["text"], lesson["language"])


def said(script: Script) -> str:
    return " ".join(scene.narration for chapter in script.chapters for scene in chapter.scenes)


def shown(script: Script) -> str:
    return "\n".join(scene.on_screen_text or "" for chapter in script.chapters for scene in chapter.scenes)


def plans_of(script: Script) -> Iterator[Plan]:
    settings = RenderSettings(visual_style=VisualStyle.ANIMATED)
    for context in plan_scenes(spec_of_script(script)):
        for picture in pages_of(context, settings):
            assert isinstance(picture, PlannedPicture)
            yield picture.plan


def holds(text: str, alternatives: str) -> bool:
    """Whether a text names an act, which on a slide may begin with a capital letter."""
    return any(part.casefold() in text.casefold() for part in alternatives.split("|"))


@EACH
def test_the_voice_says_what_is_forbidden_and_what_is_not(lesson: dict[str, Any]) -> None:
    narration = said(script_of(lesson))
    assert [part for part in lesson["say"] if part not in narration] == [], narration
    assert [part for part in lesson["never"] if part in narration] == [], narration


@EACH
def test_captions_and_titles_are_those_a_person_would_write(lesson: dict[str, Any]) -> None:
    script = script_of(lesson)
    captions = shown(script)
    assert [part for part in lesson["show"] if part not in captions] == [], captions
    assert [part for part in lesson["hide"] if part in captions] == [], captions
    if "title" in lesson:
        assert script.title is not None
        assert any(part in script.title for part in lesson["title"])
    if "chapters" in lesson:
        assert [chapter.title for chapter in script.chapters] == lesson["chapters"]


@EACH
def test_no_slide_ticks_or_numbers_what_is_forbidden(lesson: dict[str, Any]) -> None:
    plans = list(plans_of(script_of(lesson)))
    for act in lesson["forbidden"]:
        crossed = False
        for plan in plans:
            for index, point in enumerate(plan.points):
                if holds(point, act):
                    warned = plan.layout == "warning" and plan.mark == "close"
                    assert warned or plan.forbids(index), (plan.layout, point)
                    crossed = True
            if plan.columns and any(holds(point, act) for point in plan.columns[1].points):
                assert plan.do_dont
                crossed = True
            crossed = crossed or (plan.layout == "warning" and holds(plan.headline, act))
        assert crossed, f"{act} stands on no slide as forbidden"


@EACH
def test_what_is_allowed_is_not_crossed_out(lesson: dict[str, Any]) -> None:
    for plan in plans_of(script_of(lesson)):
        for act in lesson["allowed"]:
            crossed = [point for i, point in enumerate(plan.points) if holds(point, act) and plan.forbids(i)]
            wrong = plan.columns[1].points if plan.do_dont else ()
            assert crossed == []
            assert not any(holds(point, act) for point in wrong)


def test_a_script_in_which_something_is_forbidden_is_the_same_every_time() -> None:
    text = LESSONS[0]["text"]
    brief = Brief("ko", 3, 5, 6, "friendly")
    assert write_extractive(text, brief, lambda: None) == write_extractive(text, brief, lambda: None)
