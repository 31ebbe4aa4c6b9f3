"""Commands: what a backend, a front end or any Kafka client asks for. Imperative names.

Over Kafka a command needs only its JSON body and the record's key; headers are optional. ``command_id``
makes a repeated command harmless; without one only a redelivered record is known again (decision 21). A
CloudEvent, in either mode, is as good: its ``source`` and ``id`` stand for the ``command_id`` (decision 26).
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from contracts.base import NAMESPACE, Id, Model, canonical_json
from contracts.envelope import open_envelope
from contracts.errors import ErrorCode, PermanentError
from contracts.renderspec import explain
from contracts.upcasters import upcast

MAX_SOURCE_CHARACTERS = 20_000
"""Longest source text: about 12 minutes of narration; typical is 500-5,000 characters."""


MAX_COMMAND_BYTES = 4 << 20
"""Largest command that is read: as much as the backend's own answer may have. Brokers take a megabyte as
it comes, but a compressed one may unpack to thirty. Smaller: a long course inline is refused. Larger: a
stranger's record takes our memory, and a second of everybody's event loop."""


MAX_COMMAND_VALUES = 400_000
"""Commas and brackets of a command, so about its values. Fewer: a long course full of lists is refused. More:
4 MB of empty lists, ``[],[],…``, become 90 MB in memory, for each command in hand."""


class Command(Model):
    """What every command may carry."""

    command_id: UUID | None = None


def _whole(value: object) -> object:
    """Return 24.0 as 24, which JSON does not tell apart."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]


def number(value: object) -> object:
    """Refuse text and truth values where a number is wanted, though Pydantic would make one of them."""
    if isinstance(value, str | bool):
        raise ValueError("must be a number")  # noqa: TRY004 - what Pydantic makes an answer of
    return value


Count = Annotated[int, BeforeValidator(number)]
Real = Annotated[float, BeforeValidator(number)]
"""Numbers that ``"3"`` and ``true`` do not stand for: over Kafka as over HTTP."""


class RenderOptions(Model):
    """A caller's wishes; what is left out comes from the gateway's environment.

    Names are any text here: which there are is the gateway's to say, in its refusal (``SETTINGS_INVALID``).
    """

    model_config = ConfigDict(strict=True)  # else `false` is a zoom of 0

    visual_style: str | None = Field(default=None, max_length=100)
    tts_provider: str | None = Field(default=None, max_length=100)
    voice: str | None = Field(default=None, max_length=100)
    theme: str | None = Field(default=None, max_length=100)
    width: Whole | None = Field(
        default=None, description="pixels, at least the height: slides have no vertical layout"
    )
    height: Whole | None = Field(default=None, description="pixels, at most the width")
    fps: Whole | None = None
    fade_duration: float | None = None
    kenburns_zoom: float | None = None


class GenerateScript(Command):
    """Write a script from training text."""

    type: Literal["lectern.script.generate.v1"] = "lectern.script.generate.v1"
    video_id: Id
    script_id: Id | None = Field(default=None, description="chosen by the gateway when left out")
    source_text: str
    language: str = "ko"
    target_minutes: Real = Field(default=3, gt=0, le=60)
    max_chapters: Count = Field(default=5, ge=1, le=50)
    max_scenes_per_chapter: Count = Field(default=6, ge=1, le=50)
    style: str = Field(default="friendly_security_training", max_length=100)


class StartRender(Command):
    """Render an approved script, or a spec carried inline."""

    type: Literal["lectern.render.start.v1"] = "lectern.render.start.v1"
    job_id: Id
    video_id: Id
    script_id: Id | None = None
    render_spec: dict[str, Any] | None = None
    options: RenderOptions = RenderOptions()


class RetryRender(Command):
    """Start a failed job again from its stored snapshot."""

    type: Literal["lectern.render.retry.v1"] = "lectern.render.retry.v1"
    job_id: Id


class CancelRender(Command):
    """Stop a job."""

    type: Literal["lectern.render.cancel.v1"] = "lectern.render.cancel.v1"
    job_id: Id


AnyCommand = Annotated[GenerateScript | StartRender | RetryRender | CancelRender, Field(discriminator="type")]
_ADAPTER: TypeAdapter[GenerateScript | StartRender | RetryRender | CancelRender] = TypeAdapter(AnyCommand)

COMMANDS: Mapping[str, type[Command]] = {
    "lectern.script.generate.v1": GenerateScript,
    "lectern.render.start.v1": StartRender,
    "lectern.render.retry.v1": RetryRender,
    "lectern.render.cancel.v1": CancelRender,
}


def parse_command(
    value: bytes | None, headers: Iterable[tuple[str, bytes | None]] = ()
) -> GenerateScript | StartRender | RetryRender | CancelRender:
    """Decode a command: its JSON alone, or a CloudEvent in structured or binary mode.

    What the body leaves out comes from the CloudEvent: ``type``, the ``command_id`` from its ``source`` and
    ``id``, a render's ``job_id`` from its ``subject``.

    Raises:
        PermanentError: ``EVENT_MALFORMED`` (not a JSON object), ``EVENT_TOO_LARGE``, ``EVENT_TYPE_UNKNOWN``
            or ``COMMAND_INVALID`` (says which field, or what is wrong with the CloudEvent).
    """
    if value is not None and len(value) > MAX_COMMAND_BYTES:
        raise PermanentError(
            ErrorCode.EVENT_TOO_LARGE,
            f"the command has {len(value):,} bytes; at most {MAX_COMMAND_BYTES:,} are read: name a script_id "
            "in the place of render_spec, or render the course in parts",
        )
    if value is not None and sum(map(value.count, (b",", b"[", b"{"))) > MAX_COMMAND_VALUES:
        raise PermanentError(
            ErrorCode.EVENT_TOO_LARGE, f"the command has more than {MAX_COMMAND_VALUES:,} values"
        )
    opened = open_envelope(value, headers)
    try:
        kind, body = upcast(opened.type, opened.fields)
    except ValueError:
        raise PermanentError(
            ErrorCode.EVENT_MALFORMED, "the command's fields are not those of its type"
        ) from None
    if not isinstance(kind, str) or kind not in COMMANDS:
        known = ", ".join(COMMANDS)
        raise PermanentError(
            ErrorCode.EVENT_TYPE_UNKNOWN,
            f"unknown command type; choose one of {known}, as the body's type or the header ce_type",
        )
    given: dict[str, Any] = {"type": kind}
    if opened.identity is not None and body.get("command_id") is None:
        given["command_id"] = str(opened.identity)
    if opened.subject is not None and "job_id" not in body and "job_id" in COMMANDS[kind].model_fields:
        given["job_id"] = opened.subject
    try:
        return _ADAPTER.validate_python({**body, **given})
    except ValidationError as error:
        raise PermanentError(ErrorCode.COMMAND_INVALID, explain(error)) from None


def command_id(command: Command) -> UUID:
    """Return the command's id: its own, or one derived from its whole body."""
    body = command.model_dump(mode="json", exclude={"command_id"})
    return command.command_id or uuid5(NAMESPACE, canonical_json(body).decode())
