"""The members of what a language model answers, under whatever name and in whatever form they are given."""

import re
from collections.abc import Mapping
from typing import Any

NAMES: Mapping[str, tuple[str, ...]] = {
    "chapters": ("chapters", "chapterlist", "sections", "parts", "챕터", "장"),
    "scenes": ("scenes", "scenelist", "slides", "장면"),
    "title": ("title", "chaptertitle", "heading", "name", "chaptername", "제목"),
    "narration": (
        "narration", "narrationtext", "narrative", "voiceover", "voiceovertext", "spokentext", "speech",
        "dialogue", "text", "내레이션", "나레이션", "대사",
    ),
    "on_screen_text": (
        "onscreentext", "screentext", "onscreen", "caption", "captions", "subtitle",
        "화면텍스트", "화면", "자막",
    ),
}  # fmt: skip
"""How models spell the names of the form, in the order of preference; without signs, in small letters."""

WRAPPED = 5
"""Objects and lists around what is looked for that are taken off. Fewer: a tool call with its arguments has
four."""

_SAYS_SOMETHING = 20
"""Characters of a scene's unknown text from which it may be the narration under another name."""

_END = re.compile(r"[.?!…。]['\"”’)\]]{0,3}$")


def member_of(value: Mapping[str, Any], part: str) -> Any:
    """Return the member that is called ``part``, however it is spelled; ``None`` where there is none."""
    if part in value:
        return value[part]
    spelled = {plain_name(name): name for name in reversed(list(value)) if isinstance(name, str)}
    return next((value[spelled[name]] for name in NAMES[part] if name in spelled), None)


def plain_name(name: str) -> str:
    """Return a name in small letters, without signs."""
    return "".join(sign for sign in name.lower() if sign.isalnum())


def items_of(value: object, has: str) -> list[Any] | None:
    """Return the items of a list; of an object of objects, those; of a lone object, it."""
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping) or not value:
        return None
    if member_of(value, has) is not None:
        return [value]
    members = list(value.values())
    if len(members) == 1 and isinstance(members[0], list):
        return members[0]
    return members if all(isinstance(member, Mapping) for member in members) else None


def text_of(value: object, between: str, depth: int = WRAPPED) -> str | None:
    """Return a text that is one, or is given as a list or an object of texts; ``None`` if it is none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return str(value)
    members = list(value.values()) if isinstance(value, Mapping) else value
    if not isinstance(members, list) or not depth:
        return None
    texts = [text_of(member, between, depth - 1) for member in members]
    parts = [text.strip() for text in texts if text is not None and text.strip()]
    if None in texts:
        return None
    if between == " ":  # sentences of their own: what does not end is ended
        parts = [*(part if _END.search(part) else f"{part}." for part in parts[:-1]), *parts[-1:]]
    return between.join(parts)


def unknown_text(scene: Mapping[str, Any]) -> str | None:
    """Return the name under which a scene without a narration says something all the same."""
    known = {name for part in ("title", "on_screen_text", "narration") for name in NAMES[part]}
    return next(
        (
            name
            for name, value in scene.items()
            if plain_name(name) not in known and isinstance(value, str) and len(value) >= _SAYS_SOMETHING
        ),
        None,
    )


def seen(value: object) -> str:
    """Say of what kind a value is, without repeating it."""
    match value:
        case None:
            return "missing or null"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"a number ({value:.9g})" if abs(value) < 1e15 else "a number out of all range"
        case str():
            return f"a text of {len(value)} characters" if value.strip() else "an empty text"
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
        case _:
            return "an object"
