"""CloudEvents 1.0, Kafka protocol binding, binary mode: attributes in headers, the event in the value."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Final

from pydantic import ValidationError

from contracts.base import read_object
from contracts.errors import ErrorCode, PermanentError
from contracts.events import EVENTS, Event
from contracts.renderspec import explain
from contracts.upcasters import UPCASTERS, upcast

CONTENT_TYPE = "application/json; charset=utf-8"
SCHEMA_BASE = "https://lectern.dev/schemas/"

SCENE_HEADER: Final = "ce_sceneindex"
"""On records about one scene: which, 0-based, in decimal digits. Lanes and partitions are told by it before a
record is decoded (decision 5); one without it is taken for its job's."""

_ID_FIRST = '{"event_id":"'
_ID_LENGTH = 36

Headers = list[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was written down, to be published as it is.

    Attributes:
        type: its CloudEvents type.
        job_id: its key.
        body: its JSON, as the model writes it.
    """

    type: str
    job_id: str
    body: str

    @property
    def event_id(self) -> str:
        """Its id; the model writes it first, so nothing has to be parsed."""
        if self.body.startswith(_ID_FIRST):
            return self.body[len(_ID_FIRST) : len(_ID_FIRST) + _ID_LENGTH]
        return str(self.event.event_id)

    @property
    def event(self) -> Event:
        """The event, read."""
        return EVENTS[self.type].model_validate_json(self.body)

    @property
    def value(self) -> bytes:
        """The record's value."""
        return value_from(self.type, self.body)


def headers_of(
    event: Event | StoredEvent, *, source: str, time: datetime, extra: Mapping[str, str] | None = None
) -> Headers:
    """Return the record headers of ``event``; ``extra`` carries ``traceparent`` and the like."""
    headers = [
        *_constant(event.type, source),
        ("ce_id", str(event.event_id).encode()),
        ("ce_subject", event.job_id.encode()),
        ("ce_time", _moment(time)),
    ]
    if extra:
        headers.extend([(name, value.encode()) for name, value in extra.items()])
    return headers


@cache
def _constant(type_: str, source: str) -> tuple[tuple[str, bytes], ...]:
    """Return the headers that all events of a type from one process have."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_type": type_,
        "ce_source": source,
        "ce_dataschema": f"{SCHEMA_BASE}{type_}.json",
        "content-type": CONTENT_TYPE,
    }
    return tuple((name, value.encode()) for name, value in attributes.items())


@lru_cache(maxsize=8)  # a busy process publishes several events in a millisecond
def _moment(time: datetime) -> bytes:
    return time.isoformat(timespec="milliseconds").encode()


@cache
def _opening(type_: str) -> bytes:
    return f'{{"type":"{type_}",'.encode()


def value_of(event: Event) -> bytes:
    """Return the record value of ``event``: its JSON, with ``type`` for whoever reads a bare dump."""
    # what ``model_dump_json`` makes a text of, which would be made bytes again
    return _opening(event.type) + event.__pydantic_serializer__.to_json(event)[1:]


def value_from(name: str, body: str) -> bytes:
    """Return the record value of an event of type ``name`` whose JSON is ``body``."""
    return f'{{"type":"{name}",{body[1:]}'.encode()


def decoded_headers(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Return the headers that are UTF-8 text; null and binary ones are left out. The last of a name wins."""
    texts: dict[str, str] = {}
    for name, value in headers:
        if value is None:
            continue
        try:
            texts[name] = bytes(value).decode()
        except UnicodeDecodeError:
            continue
    return texts


def _announced(headers: Iterable[tuple[str, bytes | None]]) -> type[Event] | None:
    """Return the model of a record whose header names a type that needs no lifting."""
    named = None
    for name, value in headers:
        if name == "ce_type":
            named = value
    try:
        type_ = bytes(named or b"").decode()
    except UnicodeDecodeError:
        return None
    return None if type_ in UPCASTERS else EVENTS.get(type_)


def parse_event(value: bytes | None, headers: Iterable[tuple[str, bytes | None]] = ()) -> Event:
    """Decode a record; the type comes from ``ce_type``, else from the body; old majors are lifted.

    Raises:
        PermanentError: ``EVENT_MALFORMED`` or ``EVENT_TYPE_UNKNOWN``.
    """
    headers = tuple(headers)
    announced = _announced(headers)
    # Parsing for the model alone costs half, and differs from what follows in one thing: it takes NaN and
    # infinities in fields it ignores. Whatever it refuses is looked at again below, to say why.
    if announced is not None and value and b"NaN" not in value and b"Infinity" not in value:
        try:
            return announced.model_validate_json(value)
        except ValidationError:
            pass
    try:
        body = read_object(value)
        name, lifted = upcast(decoded_headers(headers).get("ce_type") or body.get("type"), body)
    except ValueError:
        raise PermanentError(ErrorCode.EVENT_MALFORMED, "the record must be a JSON object in UTF-8") from None
    model = EVENTS.get(name) if isinstance(name, str) else None
    if model is None:
        raise PermanentError(ErrorCode.EVENT_TYPE_UNKNOWN, f"unknown event type {str(name)[:100]!r}")
    try:
        return model.model_validate_json(value or b"" if lifted is body else json.dumps(lifted))
    except ValidationError as error:
        raise PermanentError(ErrorCode.EVENT_MALFORMED, f"{model.type}: {explain(error)}") from None
