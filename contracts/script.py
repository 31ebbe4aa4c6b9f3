"""The script: chapters of scenes, as a language model writes it, a person edits it and the API returns it."""

from typing import Annotated

from pydantic import FailFast, Field

from contracts.base import Model, at_most
from contracts.left_out import LeftOut

MAX_SCENES = 500
"""Most scenes in one script; a three-minute lesson has 10-18."""

MAX_CHAPTERS = 100
"""Most chapters in one script. Fewer: long courses are refused. More: of each that is wrong is told."""

MAX_NOTICES = 100
"""Most notices about one script, a scene or a sentence each."""


class ScriptScene(Model):
    """One scene of a script."""

    scene_id: int = Field(ge=0)
    narration: str = Field(min_length=1, max_length=5000, description="the text spoken")
    on_screen_text: str | None = Field(default=None, max_length=2000, description="the caption shown")
    duration_sec: float | None = Field(default=None, ge=0, le=3600, description="wished or estimated length")


class Chapter(Model):
    """One chapter of a script."""

    chapter_id: int = Field(ge=0)
    title: str = Field(min_length=1, max_length=300)
    scenes: Annotated[
        tuple[ScriptScene, ...], Field(min_length=1, max_length=MAX_SCENES), at_most(MAX_SCENES)
    ]


Notice = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
"""Something about a script that its author should know, in words."""


class Script(Model):
    """A whole script; ``title``, ``language`` and ``left_out`` stand where they are known."""

    title: str | None = Field(default=None, max_length=300)
    language: str | None = Field(default=None, max_length=35)
    chapters: Annotated[tuple[Chapter, ...], Field(min_length=1, max_length=MAX_CHAPTERS), FailFast()]
    left_out: LeftOut | None = Field(
        default=None, description="what the writer left out of the source; null where nobody counted"
    )
    warnings: Annotated[tuple[Notice, ...], Field(max_length=MAX_NOTICES), at_most(MAX_NOTICES)] = Field(
        default=(), description="what the author should know about this script, in words"
    )
