"""A language model's answer to a script; hostile until proven otherwise: bounded, parsed, cleaned."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from contracts.errors import PermanentError
from contracts.markup import without_entities, without_tags
from contracts.renderspec import explain
from contracts.script import MAX_SCENES, Chapter, Script, ScriptScene
from contracts.speech import check_length
from services.runtime.outbound import json_text
from services.scripting.llm.answer_fields import FormError, formed
from services.scripting.llm.answer_forms import begun, goes_on, script_among, texts_in
from services.scripting.llm.loose_json import Found, find_values
from services.scripting.merging import merge_cheapest
from services.scripting.script_request import Brief
from services.scripting.text import lines, one_line

MAX_ANSWER_CHARACTERS = 100_000
"""Longest answer that is looked at; 4,096 tokens are some 16,000."""

_REASONED = re.compile(
    r"</(?:seed:)?(?:think|thinking|thought|thoughts|reasoning|reflection|analysis|scratchpad)>"
    r"|\[/THINK\]|◁/think▷|<\|(?:end_of_thought|message)\|>|<channel\|>",
    re.IGNORECASE,
)
"""What ends a model's reasoning, which may hold anything, drafts of the answer too."""

_PATH_AS_ESCAPE = re.compile(r"(?<![A-Za-z])[A-Za-z]:\\(?:[tbf][A-Za-z]|[nr][^\s\"\\]{1,40}\\[^n\s\"])")
"""A folder that strict JSON would read as a tabulator or a new line: ``C:\\temp`` with a single backslash."""

_TOKEN = re.compile(r"\S+")
_PATH = re.compile(
    r"(?<![A-Za-z])[A-Za-z]:\\(?:[^nrt]|[nrt][A-Za-z0-9_])|^[^\w\\]{0,3}(?:\\\\\w|\.{1,2}\\|%\w{1,30}%\\|HK\w{2,20}\\)"
    r"|\\[^nrtu\"'/]"
)
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([nrt\"'/]))")
_SIGNS = {"n": "\n", "r": "\n", "t": " "}
_MARKUP = re.compile(r"\*\*|__|`+|^#{1,6}\s+|^[^\S\n]*[-*•]\s+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]\n]{0,300})\]\([^()\n]{0,500}\)")
_MOST_NAMES_TOLD = 5


class NotJsonError(Exception):
    """The answer cannot be read as JSON; the message says where."""


class WrongFormError(Exception):
    """The answer is JSON of another form; the message says which field."""


def read_script(answer: str, brief: Brief, check: Callable[[], None] = lambda: None) -> Script:
    """Return the script an answer holds.

    Faults of form are forgiven as long as nothing of the content is lost or guessed (decision 44). Ids are
    numbered anew, texts are cleaned of markup and controls, wished durations are dropped (a
    guess, not a measure: it would stretch scenes with silence). More chapters or
    scenes than allowed are joined, so that nothing the model wrote is lost.

    Args:
        answer: the model's.
        brief: what the script is to be.
        check: called often; raises when the work is to stop.

    Raises:
        NotJsonError: no JSON in it, or JSON that is cut off or broken; says what and where.
        WrongFormError: not a script; says which field, and what was there.
    """
    if len(answer) > MAX_ANSWER_CHARACTERS:
        raise WrongFormError(f"the answer has {len(answer):,} characters; a script has some 5,000")
    raw = _script_in(answer)
    check()
    try:
        script = _within(Script.model_validate(formed(raw, _said, _shown, check)), brief, check)
    except FormError as error:
        raise WrongFormError(str(error)) from None
    except ValidationError as error:
        raise WrongFormError(explain(error)) from None
    scenes = [scene for chapter in script.chapters for scene in chapter.scenes]
    try:
        check_length([(scene.scene_id, scene.narration) for scene in scenes], brief.language)
    except PermanentError as error:
        raise WrongFormError(error.message) from None
    return script


def _script_in(answer: str) -> Mapping[str, Any]:
    """Return the script's object: of what follows the reasoning, else of all that was written."""
    ends = [mark.end() for mark in _REASONED.finditer(answer)]
    rest = answer[ends[-1] :] if ends else answer
    found: list[Found] = []
    for text in dict.fromkeys((rest, answer)):
        found = _found(text)
        script = script_among(found)
        broken = [each for each in found if each.problem is not None and begun(each)]
        if script is not None and not any(goes_on(script, each) for each in broken):
            return script
        if broken:
            raise NotJsonError(broken[0].problem)
    names = sorted({name for each in found for name in each.names if name.isprintable()})[:_MOST_NAMES_TOLD]
    if "chapters" in names:
        raise WrongFormError("chapters is empty; it must be a list of chapters with their scenes")
    if names:
        raise WrongFormError(f"the JSON object must have chapters; it has {', '.join(names)}")
    if any(each.problem is None for each in found):
        raise WrongFormError("the answer must be a JSON object with chapters")
    problem = next((each.problem for each in found if each.problem), None)
    raise NotJsonError(problem or "there is no JSON object in the answer, only other text")


def _found(text: str) -> list[Found]:
    """Return the values of a text: the one that strict JSON sees, else what can be found."""
    strict = _strictly(text)
    if strict is not None:
        return [strict]
    found = list(find_values(text.rstrip().removesuffix("```")))
    if script_among(found) is None:
        inner = [part for each in found if each.problem is None for part in texts_in(each.value)]
        inner += [text] if (text := _unescaped_once(text)) else []
        found += [value for part in inner[:3] for value in find_values(part)]
    return found


def _strictly(text: str) -> Found | None:
    """Return the script that strict JSON sees in a text, with or without words around it."""
    if _PATH_AS_ESCAPE.search(text):
        return None
    first, last = text.find("{"), text.rfind("}")
    alone = 0 <= first < last and "{" not in text[last:]  # else another was begun, and is cut off
    for candidate in dict.fromkeys((text.strip(), text[first : last + 1] if alone else "")):
        try:
            value = json_text.read_json(candidate, strict=False)
        except (json_text.NotJsonError, json_text.UnreasonableJsonError):
            continue
        read = Found(value, None, frozenset(value) if isinstance(value, dict) else frozenset())
        if script_among([read]) is not None:
            return read
    return None


def _unescaped_once(text: str) -> str:
    """Return a text that is JSON escaped once more than it should be, as JSON; empty if it is none."""
    first, last = text.find("{"), text.rfind("}")
    if '\\"' not in text or not 0 <= first < last:
        return ""
    try:
        return str(json.loads(f'"{text[first : last + 1]}"', strict=False))
    except ValueError:
        return ""


def _said(text: str) -> str:
    return one_line(_plain(text))


def _shown(text: str) -> str:
    return lines(_plain(text))


def _plain(text: str) -> str:
    """Return a text without Markdown, HTML and escapes that were escaped once too often."""
    text = _TOKEN.sub(lambda token: _unescaped(token[0]), text) if "\\" in text else text
    return without_entities(_MARKUP.sub("", without_tags(_LINK.sub(r"\1", text))))


def _unescaped(token: str) -> str:
    r"""Return a word with its literal ``\n`` as a line break, unless it is the path of a file."""
    if "\\" not in token or _PATH.search(token):
        return token
    return _ESCAPED.sub(
        lambda sign: chr(int(sign[1], 16)) if sign[1] else _SIGNS.get(sign[2], sign[2]), token
    )


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
    return Script(
        title=script.title, language=brief.language, chapters=tuple(bounded), warnings=script.warnings
    )


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
