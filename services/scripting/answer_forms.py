"""The forms in which language models give a script, made the one that is asked for.

Wrapped in other objects or in a text of JSON, as a bare list of chapters or of scenes, an object a chapter, the
whole twice; names in other spelling; lists where a text is wanted. What cannot be understood is told in words:
the field, and of what kind it is, never what it says.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from services.scripting.loose_json import Found

Clean = Callable[[str], str]

_NAMES: Mapping[str, tuple[str, ...]] = {
    "chapters": ("chapters", "chapterlist", "sections", "parts", "챕터", "장"),
    "scenes": ("scenes", "scenelist", "slides", "장면"),
    "title": ("title", "chaptertitle", "heading", "name", "chaptername", "제목"),
    "narration": (
        "narration", "narrationtext", "narrative", "voiceover", "voiceovertext", "spokentext", "speech",
        "dialogue", "text", "내레이션", "나레이션", "대사",
    ),
    "on_screen_text": (
        "onscreentext", "screentext", "onscreen", "caption", "captions", "subtitle", "화면텍스트", "화면", "자막",
    ),
}  # fmt: skip
"""How models spell the names of the form, in the order of preference; without signs, in small letters."""

_WRAPPED = 5
"""Objects around a script that are taken off. Fewer: a tool call with its arguments has four."""

_MOST_LOOKED_AT = 200
"""Members of a wrapper that may hold the script."""

_SAYS_SOMETHING = 20
"""Characters of a scene's unknown text from which it may be the narration under another name."""

_END = re.compile(r"[.?!…。]['\"”’)\]]{0,3}$")
_MOST_TOLD = 5
_LONGEST_NARRATION = 5_000
_LONGEST_SHOWN = 2_000
_PLACEHOLDER = re.compile(r"string, at least 1 character|string or null: the short caption")


class FormError(Exception):
    """It is no script; the message says which fields are wrong and what was there."""


def script_among(found: Sequence[Found]) -> Mapping[str, Any] | None:
    """Return the script among what was found in an answer, with ``chapters`` that are a list; else ``None``.

    The last whole one counts, a model that corrects itself does so at the end; what goes on with the
    numbering of the one before is its second half. Chapters or scenes that stand alone count only where
    nothing else went wrong: else they could be what is left of a broken script.
    """
    values = [each.value for each in found if each.problem is None]
    whole = [_unwrapped(value, _WRAPPED) for value in values]
    if scripts := [script for script in whole if script is not None]:
        behind = values[max(at for at, script in enumerate(whole) if script is not None) + 1 :]
        return _with(_last(scripts), [chapter for value in behind for chapter in _chapters_in(value)])
    if any(each.problem for each in found if begun(each)):
        return None
    loose = [chapter for index, value in enumerate(values) if value not in values[:index][-3:]
             for chapter in _chapters_in(value)]  # fmt: skip
    return {"chapters": loose} if loose else None


def begun(found: Found) -> bool:
    """Whether what was found, whole or broken, has a script's names."""
    names = {_plain_name(name) for name in found.names}
    return any(not names.isdisjoint(_NAMES[part]) for part in ("chapters", "scenes", "narration"))


def goes_on(script: Mapping[str, Any], found: Found) -> bool:
    """Whether something broken is a second half of ``script``, by its chapters' numbers."""
    last = max(_numbers(script), default=None)
    return found.first_number is not None and last is not None and found.first_number > last


def formed(raw: Mapping[str, Any], said: Clean, shown: Clean, check: Callable[[], None]) -> dict[str, Any]:
    """Return a script in the asked form: numbered, cleaned, without scenes that say nothing.

    Args:
        raw: with ``chapters``.
        said: cleans what is spoken.
        shown: cleans what is shown, line by line.
        check: called for each scene; raises when the work is to stop.

    Raises:
        FormError: which fields are wrong.
    """
    reader = _Reader(said, shown, check)
    chapters = reader.chapters(_member(raw, "chapters"))
    if reader.problems:
        raise FormError("; ".join(reader.problems[:_MOST_TOLD]))
    title = _member(raw, "title")
    return {
        "title": (said(title) or None) if isinstance(title, str) else None,
        "chapters": chapters,
        "warnings": reader.warnings,
    }


class _Reader:
    """Reads chapters and scenes; collects what is wrong with them."""

    def __init__(self, said: Clean, shown: Clean, check: Callable[[], None]) -> None:
        self._said, self._shown, self._check = said, shown, check
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self._scenes = 0

    def chapters(self, raw: object) -> list[dict[str, Any]]:
        """Return the chapters that say something."""
        items = _items(raw, "scenes")
        if items is None or not items:
            self._wrong("chapters", raw, "a list of chapters")
            return []
        made: list[dict[str, Any]] = []
        empty: list[str] = []
        for number, item in enumerate(items):
            where = f"chapters.{number}"
            if not isinstance(item, Mapping):
                self._wrong(where, item, "an object with title and scenes")
                continue
            scenes = _member(item, "scenes")
            if scenes is None and _member(item, "narration") is not None:  # a scene among the chapters
                self._among(made, where, item)
                continue
            told = self._chapter_scenes(where, scenes)
            title = self._title(where, item, told)
            if told:
                made.append({"chapter_id": len(made) + 1, "title": title, "scenes": told})
            else:
                empty.append(where)
        if not made and not self.problems:
            self.problems.append(
                f"{empty[0]}: none of its scenes has a narration, and no other chapter's has"
            )
        return made

    def _among(self, made: list[dict[str, Any]], where: str, item: Mapping[str, Any]) -> None:
        scenes = self._chapter_scenes(where, [item])
        if made and scenes:
            made[-1]["scenes"] += scenes
        elif scenes:
            title = self._title(where, item, scenes)
            made.append({"chapter_id": 1, "title": title, "scenes": scenes})

    def _title(self, where: str, item: Mapping[str, Any], scenes: Sequence[Mapping[str, Any]]) -> str:
        raw = _member(item, "title")
        text = self._said(raw) if isinstance(raw, str) else ""
        if text or (raw is not None and not isinstance(raw, str)):
            if not text:
                self._wrong(f"{where}.title", raw, "text")
            return text
        shown = next((scene["on_screen_text"] for scene in scenes if scene["on_screen_text"]), None)
        if shown is None:
            self._wrong(f"{where}.title", raw, "text of at least 1 character")
            return ""
        return str(shown).partition("\n")[0]

    def _chapter_scenes(self, where: str, raw: object) -> list[dict[str, Any]]:
        items = _items(raw, "narration")
        if items is None:
            self._wrong(f"{where}.scenes", raw, "a list of scenes")
            return []
        made = []
        for number, item in enumerate(items):
            self._check()
            scene = self._scene(f"{where}.scenes.{number}", item)
            if scene is not None:
                made.append(scene)
        return made

    def _scene(self, where: str, item: object) -> dict[str, Any] | None:
        """Return a scene; ``None`` for one without words, such as a cover."""
        if isinstance(item, str):
            item = {"narration": item}
        if not isinstance(item, Mapping):
            self._wrong(where, item, "an object with narration and on_screen_text")
            return None
        narration = self._narration(where, item)
        if narration is None:
            return None
        raw = _member(item, "on_screen_text")
        screen = _text_of(raw, "\n")
        if screen is None:
            self._wrong(f"{where}.on_screen_text", raw, "text, or null")
        shown = self._shown(screen or "") or None
        if shown and len(shown) > _LONGEST_SHOWN:
            self._wrong(f"{where}.on_screen_text", shown, f"at most {_LONGEST_SHOWN} characters")
        if shown and _PLACEHOLDER.match(shown):
            shown = None
        self._scenes += 1
        return {"scene_id": self._scenes, "narration": narration, "on_screen_text": shown}

    def _narration(self, where: str, item: Mapping[str, Any]) -> str | None:
        raw = _member(item, "narration")
        text = None if isinstance(raw, int | float) else _text_of(raw, " ")
        if text is None:
            self._wrong(f"{where}.narration", raw, "text")
            return None
        narration = self._said(text)
        if narration and _PLACEHOLDER.match(narration):
            self.problems.append(f"{where}.narration repeats the form instead of filling it in")
            return None
        if len(narration) > _LONGEST_NARRATION:
            self._wrong(f"{where}.narration", narration, f"at most {_LONGEST_NARRATION} characters")
            return None
        if narration:
            return narration
        unknown = _unknown_text(item)
        if unknown:
            self.problems.append(
                f"{where}.narration is missing, and {unknown[:40]!r} is no name of the form: the words spoken are "
                "called narration"
            )
            return None
        self.warnings.append(f"{where} has no narration: nobody could say it, so it is left out")
        return None

    def _wrong(self, where: str, value: object, wanted: str) -> None:
        self.problems.append(f"{where} is {_seen(value)}; it must be {wanted}")


def _unwrapped(value: object, depth: int) -> Mapping[str, Any] | None:
    """Return the object with ``chapters`` in a value; also one inside others, or in a text that is JSON."""
    if isinstance(value, Mapping):
        chapters = _member(value, "chapters")
        if isinstance(chapters, list | Mapping) and chapters:
            return value
        members: Sequence[object] = list(value.values())
    elif isinstance(value, list):
        if any(isinstance(item, Mapping) and _member(item, "scenes") is not None for item in value):
            return {"chapters": value}
        members = value
    else:
        return None
    if depth:
        for member in members[:_MOST_LOOKED_AT]:
            script = _unwrapped(member, depth - 1)
            if script is not None:
                return script
    return None


def texts_in(value: object, depth: int = _WRAPPED) -> Iterator[str]:
    """Yield the texts in a value that could be JSON themselves."""
    if isinstance(value, str):
        if value.lstrip()[:1] in {"{", "[", "`"}:
            yield value
    elif depth and isinstance(value, Mapping | list):
        members = list(value.values()) if isinstance(value, Mapping) else value
        for member in members[:_MOST_LOOKED_AT]:
            yield from texts_in(member, depth - 1)


def _last(scripts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the last script, with what it goes on from in front."""
    last = scripts[-1]
    chapters = list(_items(_member(last, "chapters"), "scenes") or [])
    first = min(_numbers(last), default=None)
    for before in reversed(scripts[:-1]):
        numbers = _numbers(before)
        if not numbers or first is None or max(numbers) >= first:
            break
        chapters = [*(_items(_member(before, "chapters"), "scenes") or []), *chapters]
        first = min(numbers)
    return {**last, "chapters": chapters} if chapters else last


def _with(script: Mapping[str, Any], behind: Sequence[Any]) -> Mapping[str, Any]:
    """Return the script with what a bracket too many has put behind it."""
    chapters = _items(_member(script, "chapters"), "scenes") or []
    more = [chapter for chapter in behind if chapter not in chapters[-100:]]
    return {**script, "chapters": [*chapters, *more]} if more else script


def _numbers(script: Mapping[str, Any]) -> list[int]:
    chapters = _items(_member(script, "chapters"), "scenes") or []
    numbers = [chapter.get("chapter_id") for chapter in chapters if isinstance(chapter, Mapping)]
    return [number for number in numbers if isinstance(number, int)]


def _chapters_in(value: object) -> list[Any]:
    """Return the chapters that a value is: one, or a list or an object of scenes."""
    if isinstance(value, Mapping):
        if _member(value, "scenes") is not None:
            return [value]
        if _member(value, "narration") is not None:
            return [value]
        return next((inner for member in value.values() if (inner := _chapters_in(member))), [])
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        told = [item for item in value if _member(item, "narration") is not None]
        return list(value) if told else []
    return []


def _member(value: Mapping[str, Any], part: str) -> Any:
    """Return the member that is called ``part``, however it is spelled; ``None`` where there is none."""
    if part in value:
        return value[part]
    spelled = {_plain_name(name): name for name in reversed(list(value)) if isinstance(name, str)}
    return next((value[spelled[name]] for name in _NAMES[part] if name in spelled), None)


def _plain_name(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _items(value: object, has: str) -> list[Any] | None:
    """Return the items of a list; of an object of objects, those; of a lone object, it."""
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping) or not value:
        return None
    if _member(value, has) is not None:
        return [value]
    members = list(value.values())
    if len(members) == 1 and isinstance(members[0], list):
        return members[0]
    return members if all(isinstance(member, Mapping) for member in members) else None


def _text_of(value: object, between: str, depth: int = _WRAPPED) -> str | None:
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
    texts = [_text_of(member, between, depth - 1) for member in members]
    parts = [text.strip() for text in texts if text is not None and text.strip()]
    if None in texts:
        return None
    if between == " ":  # sentences of their own: what does not end is ended
        parts = [*(part if _END.search(part) else f"{part}." for part in parts[:-1]), *parts[-1:]]
    return between.join(parts)


def _unknown_text(scene: Mapping[str, Any]) -> str | None:
    """Return the name under which a scene without a narration says something all the same."""
    known = {name for part in ("title", "on_screen_text", "narration") for name in _NAMES[part]}
    return next(
        (
            name
            for name, value in scene.items()
            if _plain_name(name) not in known and isinstance(value, str) and len(value) >= _SAYS_SOMETHING
        ),
        None,
    )


def _seen(value: object) -> str:
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
