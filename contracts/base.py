"""Foundations of every contract: the frozen model, the claim check, deterministic ids and canonical JSON."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticKnownError, from_json

NAMESPACE = UUID("5a6f1c1e-6d0b-5b0e-9f4e-1e57e4c0de00")
"""Namespace of all deterministic event ids."""

_NAMESPACE_BYTES = NAMESPACE.bytes

MAX_RECORD_BYTES = 64 * 1024
"""Largest record value we publish; bulk data travels as a claim check."""

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$")]
"""An identifier of a job, video or script: safe in a path, a URL, a log line and a Kafka key."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
"""What somebody's registry knows: a voice provider, a theme, a style. Open: whoever needs one looks it up,
and refuses what it does not know; whoever passes it on need not know it (decision 47). Shorter: a provider
and its model no longer fit. Longer: more than a log line should carry."""

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")]
"""An error code as it travels and is stored. We write those of :class:`contracts.errors.ErrorCode`; a reader
accepts others, of a newer release (decision 47). 40 characters are what the ledger's columns hold."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def at_most(count: int) -> BeforeValidator:
    """Return what refuses a list or an object of more than ``count`` items before any of them is looked at.

    Pydantic looks at all of them, and tells of each that is wrong: ``[1,1,…]``, a megabyte, became 600 MB.
    What holds lists itself fails at the first item that is wrong (``FailFast``), or the faults multiply.
    """

    def check(value: object) -> object:
        if isinstance(value, list | tuple | dict) and len(value) > count:
            kind = "Dictionary" if isinstance(value, dict) else "Tuple"
            told = {"field_type": kind, "max_length": count, "actual_length": len(value)}
            raise PydanticKnownError("too_long", told)
        return value

    return BeforeValidator(check)


class Model(BaseModel):
    """A frozen value; unknown fields are ignored, so that a newer producer breaks no older consumer."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=False, allow_inf_nan=False)


class ClaimCheck(Model):
    """A reference to a stored artifact; media never travels in Kafka.

    The hash is the address and is verified on read; ``uri`` is ``cas:<sha256>`` and never a location
    that a hostile record could choose.
    """

    uri: str = Field(pattern=r"^cas:[0-9a-f]{64}$")
    sha256: Sha256
    bytes: int = Field(ge=0)
    media_type: str = Field(min_length=3, max_length=100)


def claim_check(data: bytes, media_type: str) -> ClaimCheck:
    """Return the claim check that ``data`` has once it is stored."""
    digest = hashlib.sha256(data).hexdigest()
    return ClaimCheck(uri=f"cas:{digest}", sha256=digest, bytes=len(data), media_type=media_type)


def derived_id(parent: UUID | str, stage: str, index: int | str = 0) -> UUID:
    """Return the id of the ``index``-th output of ``stage`` for the input event ``parent``.

    A redelivered record therefore yields the same events.
    """
    # what ``uuid5(NAMESPACE, ...)`` returns, in half its time
    name = f"{parent}/{stage}/{index}".encode()
    digest = hashlib.sha1(_NAMESPACE_BYTES + name, usedforsecurity=False).digest()
    return UUID(bytes=digest[:16], version=5)


def read_object(value: bytes | None) -> dict[str, Any]:
    """Decode a record's value, from anybody, to a JSON object.

    Stricter than ``json.loads``: UTF-8 only, no ``NaN`` or lone surrogates, nesting of at most 200, so that
    whatever comes out can be written, hashed and stored again. Of a repeated key the last one counts.

    Raises:
        ValueError: it is none.
    """
    body = from_json(value or b"", allow_inf_nan=False)
    if not isinstance(body, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one error for all that is wrong with a value
    return body


def canonical_json(value: Mapping[str, Any] | list[Any]) -> bytes:
    """Return the one JSON form of ``value``: sorted keys, no spaces, UTF-8; used wherever JSON is hashed."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()
