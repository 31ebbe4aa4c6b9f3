"""The forms in which language models give a script, made the one that is asked for.

Wrapped in other objects or in a text of JSON, as a bare list of chapters or of scenes, an object a chapter,
the whole twice; names in other spelling; lists where a text is wanted. What cannot be understood is told in
words: the field, and of what kind it is, never what it says.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.scripting.llm.answer_members import NAMES, WRAPPED, items_of, member_of, plain_name
from services.scripting.llm.loose_json import Found

_MOST_LOOKED_AT = 200
"""Members of a wrapper that may hold the script."""


def script_among(found: Sequence[Found]) -> Mapping[str, Any] | None:
    """Return the script among what was found in an answer, with ``chapters`` that are a list; else ``None``.

    The last whole one counts, a model that corrects itself does so at the end; what goes on with the
    numbering of the one before is its second half. Chapters or scenes that stand alone count only where
    nothing else went wrong: else they could be what is left of a broken script.
    """
    values = [each.value for each in found if each.problem is None]
    whole = [_unwrapped(value, WRAPPED) for value in values]
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
    names = {plain_name(name) for name in found.names}
    return any(not names.isdisjoint(NAMES[part]) for part in ("chapters", "scenes", "narration"))


def goes_on(script: Mapping[str, Any], found: Found) -> bool:
    """Whether something broken is a second half of ``script``, by its chapters' numbers."""
    last = max(_numbers(script), default=None)
    return found.first_number is not None and last is not None and found.first_number > last


def _unwrapped(value: object, depth: int) -> Mapping[str, Any] | None:
    """Return the object with ``chapters`` in a value; also one inside others, or in a text that is JSON."""
    if isinstance(value, Mapping):
        chapters = member_of(value, "chapters")
        if isinstance(chapters, list | Mapping) and chapters:
            return value
        members: Sequence[object] = list(value.values())
    elif isinstance(value, list):
        if any(isinstance(item, Mapping) and member_of(item, "scenes") is not None for item in value):
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


def texts_in(value: object, depth: int = WRAPPED) -> Iterator[str]:
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
    chapters = list(items_of(member_of(last, "chapters"), "scenes") or [])
    first = min(_numbers(last), default=None)
    for before in reversed(scripts[:-1]):
        numbers = _numbers(before)
        if not numbers or first is None or max(numbers) >= first:
            break
        chapters = [*(items_of(member_of(before, "chapters"), "scenes") or []), *chapters]
        first = min(numbers)
    return {**last, "chapters": chapters} if chapters else last


def _with(script: Mapping[str, Any], behind: Sequence[Any]) -> Mapping[str, Any]:
    """Return the script with what a bracket too many has put behind it."""
    chapters = items_of(member_of(script, "chapters"), "scenes") or []
    more = [chapter for chapter in behind if chapter not in chapters[-100:]]
    return {**script, "chapters": [*chapters, *more]} if more else script


def _numbers(script: Mapping[str, Any]) -> list[int]:
    chapters = items_of(member_of(script, "chapters"), "scenes") or []
    numbers = [chapter.get("chapter_id") for chapter in chapters if isinstance(chapter, Mapping)]
    return [number for number in numbers if isinstance(number, int)]


def _chapters_in(value: object) -> list[Any]:
    """Return the chapters that a value is: one, or a list or an object of scenes."""
    if isinstance(value, Mapping):
        if member_of(value, "scenes") is not None:
            return [value]
        if member_of(value, "narration") is not None:
            return [value]
        return next((inner for member in value.values() if (inner := _chapters_in(member))), [])
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        told = [item for item in value if member_of(item, "narration") is not None]
        return list(value) if told else []
    return []
