"""Commands as CloudEvents 1.0, as the SDKs of any language write them to Kafka.

Binary mode: the command's fields are the value, attributes are headers (``ce_type``, ``ce_id`` …). Structured
mode: the value is an envelope with the fields in ``data`` or ``data_base64``. Not every SDK says so in the
content type, so an envelope is also known by what it holds. A bare command is neither, and as good.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from pydantic_core import from_json

from contracts.base import NAMESPACE, canonical_json, read_object
from contracts.cloudevents import decoded_headers
from contracts.errors import ErrorCode, PermanentError

SPEC_VERSION = "1.0"
REQUIRED = ("specversion", "id", "source", "type")
"""What each CloudEvent has."""

_BOM = b"\xef\xbb\xbf"
_STRUCTURED = "application/cloudevents"
_WANTED = "the command must be a JSON object in UTF-8, or a CloudEvent whose data is one"


@dataclass(frozen=True, slots=True)
class Opened:
    """A command out of its envelope.

    Attributes:
        fields: its body.
        type: what the envelope, a header or the body says it is; ``None`` where nothing does.
        subject: the CloudEvent's, if it has one.
        identity: an id derived from the CloudEvent's ``source`` and ``id``, which together name it; ``None``
            where one of them is missing.
    """

    fields: dict[str, Any]
    type: str | None
    subject: str | None
    identity: UUID | None


def open_envelope(value: bytes | None, headers: Iterable[tuple[str, bytes | None]] = ()) -> Opened:
    """Take a command out of the record that carries it; header names may be in any case.

    Raises:
        PermanentError: ``EVENT_MALFORMED`` (no JSON object) or ``COMMAND_INVALID`` (a CloudEvent that cannot
            be obeyed); the message says what to send.
    """
    texts = {name.lower(): text for name, text in decoded_headers(headers).items()}
    structured = _structured(texts.get("content-type", ""))
    body = _object(value)
    attributes: Mapping[str, object] = {
        name.removeprefix("ce_"): text for name, text in texts.items() if name.startswith("ce_")
    }
    announced = attributes.get("type")
    fields = body
    if structured or ("specversion" in body and ("data" in body or "data_base64" in body)):
        if missing := [name for name in REQUIRED if not _text(body.get(name))]:
            raise _refusal(f"a CloudEvent needs {', '.join(REQUIRED)}; this one lacks {', '.join(missing)}")
        attributes, fields = body, _data(body)
    if attributes.get("specversion", SPEC_VERSION) != SPEC_VERSION:
        raise _refusal(f"send CloudEvents of specversion {SPEC_VERSION}; others are not understood")
    return Opened(
        fields=fields,
        type=_one_type(announced, attributes.get("type"), fields.get("type")),
        subject=_text(attributes.get("subject")),
        identity=_identity(_text(attributes.get("source")), _text(attributes.get("id"))),
    )


def _structured(content_type: str) -> bool:
    """Say whether a content type announces an envelope, and refuse those that cannot be read."""
    media, _, parameters = content_type.partition(";")
    media = media.strip().lower()
    if not media.startswith(_STRUCTURED):
        return False
    if media.startswith(f"{_STRUCTURED}-batch"):
        raise _refusal(
            "batches of CloudEvents are not taken; send each command as a record of its own, with content "
            f"type {_STRUCTURED}+json"
        )
    if media not in {_STRUCTURED, f"{_STRUCTURED}+json"}:
        raise _refusal(f"of CloudEvents in structured mode only {_STRUCTURED}+json is understood")
    for parameter in parameters.lower().split(";"):
        name, _, charset = parameter.partition("=")
        if name.strip() == "charset" and charset.strip().strip('"') not in {"utf-8", "utf8", "us-ascii"}:
            raise _refusal("CloudEvents must be UTF-8")
    return True


def _data(envelope: Mapping[str, object]) -> dict[str, Any]:
    data, encoded = envelope.get("data"), envelope.get("data_base64")
    if (data is None) == (encoded is None):
        raise _refusal("a CloudEvent needs either data, with the command's fields, or data_base64, not both")
    if isinstance(data, dict):
        return data
    if data is not None:
        return _object(data.encode() if isinstance(data, str) else None)
    text = encoded.encode() if isinstance(encoded, str) else b"!"
    try:
        return _object(base64.b64decode(text, validate=True))
    except binascii.Error:
        raise _refusal("data_base64 must be Base64 of the command's JSON") from None


def _object(value: bytes | None) -> dict[str, Any]:
    try:
        body = read_object(_unquoted((value or b"").removeprefix(_BOM)))
        canonical_json(body)  # refuses numbers that became infinite; the command's id hashes this form
    except (ValueError, RecursionError):
        raise PermanentError(ErrorCode.EVENT_MALFORMED, _WANTED) from None
    return body


def _unquoted(value: bytes) -> bytes:
    """Return what JSON text that holds JSON text holds: SDKs that are given JSON as text write it so."""
    text = from_json(value, allow_inf_nan=False) if value.lstrip()[:1] == b'"' else None
    return text.encode() if isinstance(text, str) else value


def _one_type(*said: object) -> str | None:
    """Return the type; header, envelope and body may each say it, if they say the same."""
    types = [each for each in said if each not in (None, "")]
    if any(each != types[0] for each in types):
        raise _refusal(
            "ce_type (or the CloudEvent's type) and the body's type differ; send the type once, or the same"
        )
    return types[0] if types and isinstance(types[0], str) else None


def _identity(source: str | None, id_: str | None) -> UUID | None:
    if source is None or id_ is None:
        return None
    return uuid5(NAMESPACE, canonical_json(["cloudevent", source, id_]).decode())


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _refusal(message: str) -> PermanentError:
    return PermanentError(ErrorCode.COMMAND_INVALID, message)
