"""A language model's answer to a script; hostile until proven otherwise: bounded, parsed, cleaned."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from contracts.errors import PermanentError
from contracts.renderspec import explain
from contracts.script import MAX_SCENES, Chapter, Script, ScriptScene
from contracts.speech import check_length
from services.runtime.outbound import json_text
from services.scripting.brief import Brief
from services.scripting.merging import merge_cheapest
from services.scripting.text import lines, one_line

MAX_ANSWER_CHARACTERS = 100_000
"""Longest answer that is looked at; 4,096 tokens are some 16,000."""

_FENCE = re.compile(r"```[a-zA-Z]*[ \t]*\r?\n(.*?)```", re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
_MARKUP = re.compile(r"\*\*|__|`+|^#{1,6}\s+|^[^\S\n]*[-*•]\s+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\([^()\n]{0,500}\)")


class NotJsonError(Exception):
    """The answer cannot be read as JSON; the message says where."""


class WrongFormError(Exception):
    """The answer is JSON of another form; the message says which field."""


def read_script(answer: str, brief: Brief, check: Callable[[], None] = lambda: None) -> Script:
    """Return the script an answer holds.

    Ids are numbered anew, texts are cleaned of markup and controls, wished durations are dropped (a
    guess, not a measure: it would stretch scenes with silence). More chapters or
    scenes than allowed are joined, so that nothing the model wrote is lost.

    Args:
        answer: the model's.
        brief: what the script is to be.
        check: called often; raises when the work is to stop.

    Raises:
        NotJsonError: no JSON in it.
        WrongFormError: not a script.
    """
    if len(answer) > MAX_ANSWER_CHARACTERS:
        raise WrongFormError(f"the answer has {len(answer):,} characters; a script has some 5,000")
    raw = _parsed(answer)
    if isinstance(raw, list):
        raw = {"chapters": raw}
    if not isinstance(raw, Mapping):
        raise WrongFormError("the answer must be a JSON object with chapters")
    try:
        script = _within(Script.model_validate(_cleaned(raw, check)), brief, check)
    except ValidationError as error:
        raise WrongFormError(explain(error)) from None
    scenes = [scene for chapter in script.chapters for scene in chapter.scenes]
    try:
        check_length([(scene.scene_id, scene.narration) for scene in scenes], brief.language)
    except PermanentError as error:
        raise WrongFormError(error.message) from None
    return script


def _parsed(answer: str) -> Any:
    """Return the JSON of an answer, with or without a Markdown code block or words around it."""
    fenced = _FENCE.search(answer)
    candidate = (fenced[1] if fenced else answer).strip()
    first, last = candidate.find("{"), candidate.rfind("}")
    inner = candidate[first : last + 1] if 0 <= first < last else candidate
    problem = "there is none"
    for text in dict.fromkeys((candidate, inner)):
        try:
            return json_text.read_json(text, strict=False)
        except json_text.NotJsonError as error:
            problem = str(error)
        except json_text.UnreasonableJsonError as error:
            problem = f"it {error}"
    raise NotJsonError(problem)


def _cleaned(raw: Mapping[str, Any], check: Callable[[], None]) -> dict[str, Any]:
    """Clean every text and number everything; what is of another type stays, for validation to name."""
    chapters = raw.get("chapters")
    if not isinstance(chapters, list):
        return {"chapters": chapters}
    cleaned: list[Any] = []
    scene_id = 0
    for number, chapter in enumerate(chapters, 1):
        if not isinstance(chapter, Mapping) or not isinstance(chapter.get("scenes"), list):
            cleaned.append(chapter)
            continue
        scenes: list[Any] = []
        for scene in chapter["scenes"]:
            if not isinstance(scene, Mapping):
                scenes.append(scene)
                continue
            check()
            scene_id += 1
            shown = scene.get("on_screen_text")
            scenes.append(
                {
                    "scene_id": scene_id,
                    "narration": _said(scene.get("narration")),
                    "on_screen_text": (lines(_plain(shown)) or None) if isinstance(shown, str) else shown,
                }
            )
        cleaned.append({"chapter_id": number, "title": _said(chapter.get("title")), "scenes": scenes})
    title = raw.get("title")
    return {"title": (_said(title) or None) if isinstance(title, str) else None, "chapters": cleaned}


def _said(text: object) -> object:
    return one_line(_plain(text)) if isinstance(text, str) else text


def _plain(text: str) -> str:
    return _MARKUP.sub("", _TAG.sub("", _LINK.sub(r"\1", text)))


def _within(script: Script, brief: Brief, check: Callable[[], None]) -> Script:
    """Join what exceeds the bounds and number it through."""
    if (written := sum(len(chapter.scenes) for chapter in script.chapters)) > MAX_SCENES:
        raise WrongFormError(f"the answer has {written:,} scenes; a script has at most {MAX_SCENES}")
    chapters = merge_cheapest(
        script.chapters,
        brief.max_chapters,
        lambda first, second: len(first.scenes) + len(second.scenes),
        lambda first, second: first.model_copy(update={"scenes": first.scenes + second.scenes}),
        check,
    )
    bounded: list[Chapter] = []
    scene_id = 0
    for number, chapter in enumerate(chapters, 1):
        scenes = []
        for scene in _joined_scenes(chapter.scenes, brief.max_scenes_per_chapter, check):
            scene_id += 1
            scenes.append(scene.model_copy(update={"scene_id": scene_id}))
        bounded.append(Chapter(chapter_id=number, title=chapter.title, scenes=tuple(scenes)))
    return Script(title=script.title, language=brief.language, chapters=tuple(bounded))


def _joined_scenes(scenes: Sequence[ScriptScene], most: int, check: Callable[[], None]) -> list[ScriptScene]:
    def joined(first: ScriptScene, second: ScriptScene) -> ScriptScene:
        narration = f"{first.narration} {second.narration}"
        shown = "\n".join(text for text in (first.on_screen_text, second.on_screen_text) if text) or None
        return ScriptScene(scene_id=first.scene_id, narration=narration, on_screen_text=shown)

    def price(first: ScriptScene, second: ScriptScene) -> int:
        return len(first.narration) + len(second.narration)

    try:
        return merge_cheapest(scenes, most, price, joined, check)
    except ValidationError as error:
        raise WrongFormError(f"too many scenes ({len(scenes)}, at most {most}): {explain(error)}") from None
