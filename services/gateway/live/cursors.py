"""Where a viewer stands in the log of updates, so that it can go on there with any gateway."""

import base64
import binascii
from typing import Annotated, NamedTuple

from pydantic import FailFast, Field, ValidationError

from contracts.base import Id, Model

MAX_PARTITIONS = 1_000
Offset = Annotated[int, Field(ge=0, le=2**63 - 1)]


class Cursor(Model):
    """The next offset of each partition, by number, in the log that ``epoch`` names.

    Offsets of another log say nothing: a topic made anew starts at 0 again.
    """

    epoch: str = Field(min_length=1, max_length=64)
    offsets: Annotated[tuple[Offset, ...], FailFast(), Field(min_length=1, max_length=MAX_PARTITIONS)]


class LogPosition(NamedTuple):
    """What a cursor says, for those who need no model: one is made for each update, and few are told."""

    epoch: str
    offsets: tuple[int, ...]

    @property
    def cursor(self) -> Cursor:
        """The cursor."""
        return Cursor.model_construct(epoch=self.epoch, offsets=self.offsets)


class Bookmark(Model):
    """What a stream's ``id`` holds: the cursor, and the newest revision told of one job.

    A snapshot may be ahead of the log; the revision keeps what it contained from being told once more.
    """

    cursor: Cursor
    job_id: Id | None = None
    revision: int = Field(default=0, ge=0)

    def text(self) -> str:
        """Return it as a word of ASCII, for ``Last-Event-ID``."""
        return base64.urlsafe_b64encode(self.model_dump_json().encode()).decode()


def bookmark_of(text: str) -> Bookmark | None:
    """Return the bookmark of a ``Last-Event-ID``, ``None`` if it is none of ours."""
    try:
        return Bookmark.model_validate_json(base64.b64decode(text.encode("ascii"), b"-_", validate=True))
    except (binascii.Error, UnicodeEncodeError, ValueError, ValidationError):
        return None
