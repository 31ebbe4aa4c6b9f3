"""The render spec: what is rendered. Two shapes come in; one, flat, goes on."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, ValidationError

from contracts.base import Model, at_most
from contracts.errors import ErrorCode, PermanentError
from contracts.languages import DEFAULT_LANGUAGE, normalise_language
from contracts.markup import without_tags
from contracts.normalization import normalized
from contracts.script import MAX_SCENES, Script
from contracts.speech import check_length
from contracts.text_language import language_of

_TELLING = 100
"""Scenes, and characters of each, by which the language of a spec is told. Fewer, and a lesson that begins
with foreign names is refused; more cost the gateway time and say nothing new."""


class SpecScene(Model):
    """One scene of the flat render spec."""

    scene_id: int = Field(ge=0)
    chapter: str | None = Field(default=None, max_length=300)
    narration: str = Field(min_length=1, max_length=5000)
    caption: str | None = Field(default=None, max_length=2000)
    duration_sec: float | None = Field(default=None, ge=0, le=3600)
    image: str | None = Field(default=None, max_length=2000, description="URL of a picture to show")


class RenderSpec(Model):
    """The flat render spec; the snapshot stored with a job is one of these."""

    title: str | None = Field(default=None, max_length=300)
    language: str = DEFAULT_LANGUAGE
    scenes: Annotated[tuple[SpecScene, ...], Field(min_length=1, max_length=MAX_SCENES), at_most(MAX_SCENES)]


def spec_of_script(script: Script, *, language: str | None = None) -> RenderSpec:
    """Flatten a script to a render spec; chapter titles go with their scenes."""
    return RenderSpec(
        title=script.title,
        language=normalise_language(script.language or language or DEFAULT_LANGUAGE),
        scenes=tuple(
            SpecScene(
                scene_id=scene.scene_id,
                chapter=chapter.title,
                narration=scene.narration,
                caption=scene.on_screen_text,
                duration_sec=scene.duration_sec,
            )
            for chapter in script.chapters
            for scene in chapter.scenes
        ),
    )


def normalise_render_spec(raw: object, *, language: str | None = None) -> RenderSpec:
    """Validate a render spec in either shape and return it flat.

    Args:
        raw: the decoded JSON; ``None`` or an empty one means that there is no spec. Of ``chapters`` and
            ``scenes`` one may be there and empty, or null, as backends write what they do not use.
        language: used where the spec names none.

    Returns:
        The flat spec, without HTML tags in its texts.

    Raises:
        PermanentError: ``NO_RENDER_SPEC`` (none, empty, or without scenes), ``RENDER_SPEC_INVALID``
            (says which field and what was there), ``NARRATION_TOO_LONG`` (says which scene) or
            ``LANGUAGE_UNSUPPORTED``.
    """
    if not raw or not isinstance(raw, Mapping):
        code = ErrorCode.RENDER_SPEC_INVALID if raw else ErrorCode.NO_RENDER_SPEC
        raise PermanentError(code, "the render spec must be a JSON object with chapters or scenes")
    shape = _shape_of(raw)
    try:
        if shape == "chapters":
            return _scenes_only(
                spec_of_script(Script.model_validate(_without_empty_chapters(raw)), language=language)
            )
        named = raw.get("language") or language or DEFAULT_LANGUAGE
        return _scenes_only(RenderSpec.model_validate({**raw, "language": normalise_language(str(named))}))
    except ValidationError as error:
        raise PermanentError(
            ErrorCode.RENDER_SPEC_INVALID, f"the render spec is invalid: {explain(error)}"
        ) from None


def _shape_of(raw: Mapping[str, Any]) -> str:
    """Return the name of the list that a spec is given in."""
    chapters, scenes = raw.get("chapters"), raw.get("scenes")
    if isinstance(chapters, list) and scenes and all(map(_says_nothing, chapters)):
        chapters = None
    if chapters and scenes:
        raise PermanentError(
            ErrorCode.RENDER_SPEC_INVALID,
            f"the render spec has both chapters ({_seen(chapters)}) and scenes ({_seen(scenes)}), and "
            "does not say which is the film: give one of them, and leave the other out, empty or null",
        )
    if not chapters and not scenes:
        raise PermanentError(ErrorCode.NO_RENDER_SPEC, "the render spec has no scenes")
    return "chapters" if chapters else "scenes"


def _says_nothing(chapter: object) -> bool:
    return isinstance(chapter, Mapping) and not chapter.get("scenes")


def explain(error: ValidationError) -> str:
    """Say in one line where and why validation failed, and what kind of thing was there, never its text."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'body'}: {item['msg']}"
        + ("" if item["type"] in _TOLD_BY_THEMSELVES else f" (it is {_seen(item['input'])})")
        for item in error.errors()[:5]
    )


_TOLD_BY_THEMSELVES = frozenset(
    {
        "missing",
        "value_error",
        "too_short",
        "too_long",
        "string_pattern_mismatch",
        "extra_forbidden",
        "json_invalid",
    }
)
"""Kinds of faults whose message says all there is."""


def _seen(value: object) -> str:
    """Say of what kind a value is: a number as it is, of a text only how long it is."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"{value:.9g}" if abs(value) < _LONGEST_NUMBER else "a number out of all range"
        case str():
            return f"a text of {len(value):,} characters"
        case list() | tuple():
            return f"a list of {len(value):,}"
        case _:
            return "an object"


_LONGEST_NUMBER = 1e15


def _without_empty_chapters(raw: Mapping[str, Any]) -> dict[str, Any]:
    chapters = raw["chapters"]
    if not isinstance(chapters, list):
        return dict(raw)
    kept = [c for c in chapters if not (isinstance(c, Mapping) and c.get("scenes") == [])]
    if not kept:
        raise PermanentError(ErrorCode.NO_RENDER_SPEC, "the render spec has no scenes")
    return {**raw, "chapters": kept}


def _scenes_only(spec: RenderSpec) -> RenderSpec:
    spec = _without_markup(spec)
    texts = (
        text for scene in spec.scenes for text in (scene.chapter, scene.narration, scene.caption, scene.image)
    )
    if any("\0" in text for text in (spec.title, *texts) if text):
        raise PermanentError(ErrorCode.RENDER_SPEC_INVALID, "the render spec holds the NUL character")
    blank = [str(scene.scene_id) for scene in spec.scenes if not scene.narration.strip()]
    if blank:
        raise PermanentError(
            ErrorCode.RENDER_SPEC_INVALID, f"scene {', '.join(blank[:5])} has a blank narration"
        )
    for scene in spec.scenes:
        _check_composed(scene)
    check_length(((scene.scene_id, scene.narration) for scene in spec.scenes), spec.language)
    language_of("\n".join(scene.narration[:_TELLING] for scene in spec.scenes[:_TELLING]))
    return spec


def _without_markup(spec: RenderSpec) -> RenderSpec:
    """Return the spec without HTML tags: nobody says them, and a slide would show them as they are."""
    texts = ("chapter", "narration", "caption")
    scenes = tuple(
        scene.model_copy(
            update={name: without_tags(text) for name in texts if "<" in (text := getattr(scene, name) or "")}
        )
        for scene in spec.scenes
    )
    return spec.model_copy(
        update={"title": without_tags(spec.title) if spec.title else None, "scenes": scenes}
    )


def _check_composed(scene: SpecScene) -> None:
    """Refuse texts that Unicode's composition (NFC), in which they travel, makes longer than they may be."""
    texts = {name: getattr(scene, name) for name in ("chapter", "narration", "caption", "image")}
    longer = {
        name: composed
        for name, text in texts.items()
        if text and len(composed := normalized("NFC", text)) > len(text)
    }
    if not longer:
        return
    try:
        SpecScene.model_validate({**scene.model_dump(), **longer})
    except ValidationError as error:
        raise PermanentError(
            ErrorCode.RENDER_SPEC_INVALID,
            f"scene {scene.scene_id} is too long in the composed form of its characters: {explain(error)}",
        ) from None


def spec_bytes(spec: RenderSpec) -> bytes:
    """Return the stored form of a spec: JSON, stable key order."""
    return spec.model_dump_json(indent=1).encode()
