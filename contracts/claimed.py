"""The record of an event that is larger than a record may be: what it is about, and where the event stands.

A scene's events carry its texts, those of the scene before, sentence times and captions: the longest that
intake takes are several times :data:`contracts.base.MAX_RECORD_BYTES`. Such an event's whole value is stored
as an artifact, and a record of the same type, key and headers refers to it: the claim check of CloudEvents
(extension *dataref*), named in the header :data:`HEADER`, too.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from pydantic import Field, ValidationError

from contracts.base import ClaimCheck, Id, Model
from contracts.errors import ErrorCode, PermanentError
from contracts.event import MAX_ATTEMPT, Event

HEADER: Final = "ce_dataref"

MEDIA_TYPE: Final = "application/json"

MAX_EVENT_BYTES: Final = 4 << 20
"""Largest event that is stored or read. The longest scene that intake takes has half a megabyte at its end;
more is a stranger's record that wants our memory."""


class ClaimedEvent(Model):
    """What stands in the record; whose it is can be told without the artifact."""

    type: str
    event_id: UUID
    job_id: Id
    attempt: int = Field(ge=1, le=MAX_ATTEMPT)
    schema_version: int = Field(ge=1)
    dataref: ClaimCheck = Field(description="application/json: the event's own value")

    def is_of(self, event: Any) -> bool:
        """Whether ``event``, read from the artifact, is the one that this record is about."""
        return isinstance(event, Event) and (event.type, event.event_id, event.job_id, event.attempt) == (
            self.type,
            self.event_id,
            self.job_id,
            self.attempt,
        )


def claimed_value(event: Event, claim: ClaimCheck) -> bytes:
    """Return the value of the record that stands for ``event``, whose own value is stored as ``claim``."""
    record = ClaimedEvent(
        type=event.type,
        event_id=event.event_id,
        job_id=event.job_id,
        attempt=event.attempt,
        schema_version=event.schema_version,
        dataref=claim,
    )
    return record.model_dump_json().encode()


def parse_claimed(value: bytes | None, headers: Iterable[tuple[str, bytes | None]]) -> ClaimedEvent | None:
    """Return what a record refers to; ``None`` for one that carries its event itself.

    Raises:
        PermanentError: ``EVENT_MALFORMED`` (it refers to nothing that can be read) or ``EVENT_TOO_LARGE``.
    """
    if not any(name == HEADER for name, _ in headers):
        return None
    try:
        record = ClaimedEvent.model_validate_json(value or b"")
    except ValidationError:
        raise PermanentError(
            ErrorCode.EVENT_MALFORMED, f"the record has the header {HEADER}, but refers to no event"
        ) from None
    if record.dataref.bytes > MAX_EVENT_BYTES:
        raise PermanentError(
            ErrorCode.EVENT_TOO_LARGE,
            f"{record.type[:100]} of job {record.job_id} refers to {record.dataref.bytes:,} bytes; "
            f"at most {MAX_EVENT_BYTES:,} are read",
        )
    return record
