"""What others are told of a record that was given up on: the job's ``StageFailed``, the command's refusal."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import structlog
from pydantic import TypeAdapter, ValidationError

from contracts.base import Id, derived_id
from contracts.cloudevents import SCENE_HEADER
from contracts.errors import PermanentError
from contracts.event import MAX_ATTEMPT
from contracts.events import Event, StageFailed
from contracts.script import MAX_SCENES
from services.runtime.actor import Subscription
from services.runtime.engine.retry import Failure
from services.runtime.kafka.publisher import scene_index_of
from services.runtime.kafka.record_names import Record, place_of
from services.runtime.observability.redaction import redact

MAX_MESSAGE = 2_000
"""Characters of a message that travel."""

log = structlog.get_logger(__name__)
_ID: TypeAdapter[str] = TypeAdapter(Id)


def obituaries_of(
    stage: str, subscription: Subscription, record: Record, event: Any, failure: Failure
) -> list[Event]:
    """Return the events that tell others; whatever the record says, this raises nothing.

    The record is in the dead letters by now. A refusal that could not even be written down (a name that is
    no Unicode) would else be written down again and again, and nothing behind it finished.
    """
    events = _failed(stage, record, event, failure)
    if subscription.rejection is not None:
        why = PermanentError(failure.code, redact(failure.message)[:MAX_MESSAGE])
        try:
            events.extend(subscription.rejection(why, record.value, record.key, record.headers))
        except Exception:
            log.exception("refusal cannot be told", stage=stage, record=place_of(record))
    return events


def _failed(stage: str, record: Record, event: Any, failure: Failure) -> list[Event]:
    known = identified(event, record.value)
    if known is None:
        return []
    cause, job_id, attempt = known
    return [
        StageFailed(
            event_id=derived_id(cause, stage, "failed"),
            job_id=job_id,
            attempt=attempt,
            stage=stage,
            code=failure.code,
            message=redact(failure.message)[:MAX_MESSAGE],
            scene_index=scene_index_of(event) if isinstance(event, Event) else scene_named(record.headers),
            dead_letter=place_of(record),
        )
    ]


def scene_named(headers: Iterable[tuple[str, bytes | None]]) -> int | None:
    """Return the scene that an undecoded record says it is about."""
    text = dict(headers).get(SCENE_HEADER) or b""
    return int(text) if text.isdigit() and len(text) <= len(str(MAX_SCENES)) else None


def identified(event: Any, value: bytes | None) -> tuple[str, str, int] | None:
    """Return (cause, job, attempt) of an event of ours, decoded or not; ``None`` for anything else.

    A record that merely carries a job's key is not the job's: a stranger's poison must not fail it.
    """
    if isinstance(event, Event):
        return str(event.event_id), event.job_id, event.attempt
    if event is not None:
        return None
    try:
        body = json.loads(value or b"")
        cause = UUID(str(body["event_id"]))
        job_id = _ID.validate_python(body["job_id"])
        attempt = int(body["attempt"])
    except (ArithmeticError, ValueError, KeyError, TypeError, RecursionError, ValidationError):
        return None
    return (str(cause), job_id, attempt) if 1 <= attempt <= MAX_ATTEMPT else None
