"""What changed between two versions of a script, scene by scene. Pure."""

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from contracts.base import Model


class ChangeKind(StrEnum):
    """What happened to a part of a script."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Change(Model):
    """One change.

    Attributes:
        path: what changed, as ``title``, ``chapters/1/title`` or ``chapters/1/scenes/2/narration``; the
            numbers are the chapter's and the scene's ids. A second one of an id is ``2#2``.
    """

    kind: ChangeKind
    path: str
    before: Any = None
    after: Any = None


def diff(before: str, after: str) -> tuple[Change, ...]:
    """Return the changes between two scripts' stored forms, in the order of the script; a move is none."""
    old, new = dict(_parts(json.loads(before))), dict(_parts(json.loads(after)))
    changes = []
    for path in [*old, *(path for path in new if path not in old)]:
        if path not in new:
            changes.append(Change(kind=ChangeKind.REMOVED, path=path, before=old[path]))
        elif path not in old:
            changes.append(Change(kind=ChangeKind.ADDED, path=path, after=new[path]))
        elif old[path] != new[path]:
            changes.append(Change(kind=ChangeKind.CHANGED, path=path, before=old[path], after=new[path]))
    return tuple(changes)


def _parts(script: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("title", "language"):
        if script.get(name) is not None:
            yield name, script[name]
    for chapter_id, chapter in _named(script["chapters"], "chapter_id"):
        yield f"chapters/{chapter_id}/title", chapter["title"]
        for scene_id, scene in _named(chapter["scenes"], "scene_id"):
            for name in ("narration", "on_screen_text", "duration_sec"):
                if scene.get(name) is not None:
                    yield f"chapters/{chapter_id}/scenes/{scene_id}/{name}", scene[name]


def _named(items: list[dict[str, Any]], key: str) -> Iterator[tuple[str, dict[str, Any]]]:
    seen: dict[int, int] = {}
    for item in items:
        number = seen[item[key]] = seen.get(item[key], 0) + 1
        yield (str(item[key]) if number == 1 else f"{item[key]}#{number}"), item
