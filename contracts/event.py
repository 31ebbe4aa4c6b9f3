"""What every event carries, and the finished file that several name."""

from functools import cache
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import FailFast, Field

from contracts.base import Id, Model

MAX_ATTEMPT = 2**31 - 1
"""Largest number of an attempt: what a database's integer holds. One that it could not even look for would
fail whoever is told of it, and so the telling of that failure, without end."""


class Event(Model):
    """What every event carries; ``type`` is the CloudEvents type, its last part the major version."""

    type: ClassVar[str]

    event_id: UUID
    job_id: Id
    attempt: int = Field(ge=1, le=MAX_ATTEMPT)
    schema_version: int = Field(default=1, ge=1)

    @classmethod
    def after(cls, parent: "Event", event_id: UUID, **fields: Any) -> Self:
        """Return the event that follows ``parent``: all fields the two share, and the new ``fields``."""
        fields_of = parent.__dict__
        values = {name: fields_of[name] for name in _shared(type(parent), cls)}
        values["schema_version"] = 1
        values.update(fields)
        values["event_id"] = event_id
        return cls.model_validate(values)


@cache
def _shared(parent: type[Event], child: type[Event]) -> tuple[str, ...]:
    return tuple(name for name in parent.model_fields if name in child.model_fields)


class Asset(Model):
    """An uploaded file."""

    kind: Literal["video", "srt", "vtt", "thumbnail", "report"]
    key: str = Field(max_length=512)
    url: str = Field(max_length=2048)
    size_bytes: int = Field(ge=0)
    content_type: str
    sha256: str


Assets = Annotated[tuple[Asset, ...], FailFast()]
