"""Bodies in which a number is a number: over HTTP ``"1"`` and ``true`` stand for nothing else.

A language model may be that careless, and is forgiven; an editor's mistake is better told. No text holds NUL,
which not every database can keep.
"""

from typing import Annotated, Self

from pydantic import BeforeValidator, FailFast, Field, model_validator

from contracts.base import Model, at_most
from contracts.commands import Count, number
from contracts.script import MAX_CHAPTERS, MAX_SCENES, Chapter, Script, ScriptScene

# the limits stand inside: on an optional field Pydantic would not name them in the schema
Duration = Annotated[float, Field(ge=0, le=3600), BeforeValidator(number)]


class Body(Model):
    """What came over HTTP."""

    @model_validator(mode="after")
    def _without_nul(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, str) and "\0" in value:
                raise ValueError(f"{name} must not hold the NUL character")
        return self


class SceneBody(Body, ScriptScene):
    """One scene of a script."""

    scene_id: Count = Field(ge=0)
    duration_sec: Duration | None = Field(default=None, description="wished or estimated length")


class ChapterBody(Body, Chapter):
    """One chapter of a script."""

    chapter_id: Count = Field(ge=0)
    scenes: Annotated[tuple[SceneBody, ...], Field(min_length=1, max_length=MAX_SCENES), at_most(MAX_SCENES)]


class ScriptBody(Body, Script):
    """A whole script; ``title`` and ``language`` stand where they are known."""

    chapters: Annotated[tuple[ChapterBody, ...], Field(min_length=1, max_length=MAX_CHAPTERS), FailFast()]
