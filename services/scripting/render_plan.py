"""Render spec to scenes: each with its place in the film and the scene before it."""

from collections.abc import Callable
from itertools import groupby

from contracts.errors import ErrorCode, PermanentError
from contracts.events import SceneContext
from contracts.markup import without_entities
from contracts.renderspec import RenderSpec, SpecScene
from services.scripting.text import lines, one_line


def plan_scenes(spec: RenderSpec, check: Callable[[], None] = lambda: None) -> list[SceneContext]:
    """Return the film's scenes in order, their texts normalised (NFC, no controls, no HTML, single spaces).

    Consecutive scenes with the same chapter title form a chapter. ``check`` is called for each scene; it
    raises when the work is to stop.

    Raises:
        PermanentError: ``RENDER_SPEC_INVALID``, when a narration holds nothing that can be read.
    """
    scenes = [_normalised(scene, check) for scene in spec.scenes]
    chapters = [list(run) for _, run in groupby(scenes, key=lambda scene: scene.chapter)]
    title = one_line(without_entities(spec.title or "")) or None
    planned: list[SceneContext] = []
    for number, chapter in enumerate(chapters, start=1):
        for index, scene in enumerate(chapter):
            planned.append(
                SceneContext(
                    index=len(planned),
                    count=len(scenes),
                    language=spec.language,
                    title=title,
                    chapter=scene.chapter,
                    chapter_number=number,
                    chapter_count=len(chapters),
                    index_in_chapter=index,
                    scenes_in_chapter=len(chapter),
                    scene=scene,
                )
            )
    return planned


def _normalised(scene: SpecScene, check: Callable[[], None]) -> SpecScene:
    check()
    narration = one_line(without_entities(scene.narration))
    if not narration:
        raise PermanentError(
            ErrorCode.RENDER_SPEC_INVALID, f"scene {scene.scene_id} has a narration without readable text"
        )
    return scene.model_copy(
        update={
            "narration": narration,
            "caption": lines(without_entities(scene.caption or "")) or None,
            "chapter": one_line(without_entities(scene.chapter or "")) or None,
            "image": one_line(scene.image or "") or None,
        }
    )
