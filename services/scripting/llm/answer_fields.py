"""A script's fields as a language model filled them: cleaned and numbered, or told in words what is wrong."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.scripting.llm.answer_members import items_of, member_of, seen, text_of, unknown_text

Clean = Callable[[str], str]

_MOST_TOLD = 5
_LONGEST_NARRATION = 5_000
_LONGEST_SHOWN = 2_000
_PLACEHOLDER = re.compile(r"string, at least 1 character|string or null: the short caption")


class FormError(Exception):
    """It is no script; the message says which fields are wrong and what was there."""


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
    chapters = reader.chapters(member_of(raw, "chapters"))
    if reader.problems:
        raise FormError("; ".join(reader.problems[:_MOST_TOLD]))
    title = member_of(raw, "title")
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
        items = items_of(raw, "scenes")
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
            scenes = member_of(item, "scenes")
            if scenes is None and member_of(item, "narration") is not None:  # a scene among the chapters
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
        raw = member_of(item, "title")
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
        items = items_of(raw, "narration")
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
        raw = member_of(item, "on_screen_text") or None
        screen = text_of(raw, "\n")
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
        raw = member_of(item, "narration")
        text = None if isinstance(raw, int | float) else text_of(raw, " ")
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
        unknown = unknown_text(item)
        if unknown:
            self.problems.append(
                f"{where}.narration is missing, and {unknown[:40]!r} is no name of the form: the words "
                "spoken are called narration"
            )
            return None
        self.warnings.append(f"{where} has no narration: nobody could say it, so it is left out")
        return None

    def _wrong(self, where: str, value: object, wanted: str) -> None:
        self.problems.append(f"{where} is {seen(value)}; it must be {wanted}")
