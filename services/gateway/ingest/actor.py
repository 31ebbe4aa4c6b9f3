"""The gateway as an actor: which topics it takes. Handlers return nothing: outputs go through the outbox."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any, cast

from contracts.base import derived_id
from contracts.cloudevents import decoded_headers
from contracts.commands import Command, parse_command
from contracts.errors import ErrorCode, LecternError
from contracts.events import (
    AssetsUploaded,
    CommandRejected,
    Event,
    ProgressReported,
    ScriptGenerated,
    ScriptRejected,
    StageFailed,
)
from contracts.topics import ASSETS_UPLOADED, COMMANDS_TOPIC, PROGRESS, SCRIPT_GENERATED, STAGE_FAILED
from services.gateway.ingest.commands import CommandIntake
from services.gateway.ingest.stage_events import Reactions
from services.gateway.ledger.commands import CommandRecord
from services.gateway.service import Service
from services.runtime.actor import Actor, Context, Subscription
from services.runtime.engine.context import RecordContext

CONCURRENCY = 64
"""Records in hand at once per topic: as many as one transaction of the ledger takes together."""

PROGRESS_BREATH_SECONDS = 0.01
"""From one look for reports to the next. Shorter: at 500 a second nearly every report is a fetch of its own,
which costs more than the report. Longer: viewers are told late."""

NEEDED = frozenset({ErrorCode.LEDGER_UNAVAILABLE, ErrorCode.STORAGE_UNAVAILABLE, ErrorCode.STORAGE_FULL})
"""What nothing can be recorded without: the database, and the store of the texts and specs that it refers to.
A job is not failed and a command is not refused because they are away: it waits."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


def build(service: Service) -> Actor:
    """Return the gateway's actor over ``service``."""
    intake = CommandIntake(service)
    reactions = Reactions(service)

    async def handle_command(command: Command, ctx: Context) -> tuple[Event, ...]:
        await intake.accept(command, CommandRecord.of(cast("RecordContext", ctx).record))
        return ()

    async def handle_script(event: ScriptGenerated | ScriptRejected, _: Context) -> tuple[Event, ...]:
        if isinstance(event, ScriptGenerated):
            await reactions.script_generated(event)
        else:
            await reactions.script_rejected(event)
        return ()

    async def handle_failure(event: StageFailed, _: Context) -> tuple[Event, ...]:
        await reactions.stage_failed(event)
        return ()

    async def handle_assets(event: AssetsUploaded, _: Context) -> tuple[Event, ...]:
        await reactions.assets_uploaded(event)
        return ()

    async def handle_progress(event: ProgressReported, _: Context) -> tuple[Event, ...]:
        await reactions.progress_reported(event)
        return ()

    return Actor(
        name="gateway",
        subscriptions=(
            Subscription(
                COMMANDS_TOPIC,
                handle_command,
                CONCURRENCY,
                decode=decode_command,
                rejection=rejected,
                waits_for=NEEDED,
            ),
            Subscription(SCRIPT_GENERATED, handle_script, CONCURRENCY, waits_for=NEEDED),
            Subscription(STAGE_FAILED, handle_failure, CONCURRENCY, waits_for=NEEDED),
            Subscription(ASSETS_UPLOADED, handle_assets, CONCURRENCY, waits_for=NEEDED),
            Subscription(
                PROGRESS,
                handle_progress,
                CONCURRENCY,
                poll_interval=PROGRESS_BREATH_SECONDS,
                waits_for=NEEDED,
            ),
        ),
    )


def decode_command(value: bytes | None, headers: Iterable[tuple[str, bytes | None]]) -> Command:
    """Decode a record of the commands topic: a bare command, or a CloudEvent in either mode."""
    return parse_command(value, headers)


def rejected(
    error: LecternError,
    value: bytes | None,
    key: bytes | None,
    headers: Iterable[tuple[str, bytes | None]] = (),
) -> tuple[CommandRejected, ...]:
    """Return the event that tells why a record of the commands topic went to the dead letters.

    It is about the job or script that the body names, else the one that the CloudEvent or the key names.
    """
    texts = {name.lower(): text for name, text in decoded_headers(headers).items()}
    body = _object(value)
    fields = body["data"] if isinstance(body.get("data"), dict) else body
    named = (
        fields.get("job_id"),
        fields.get("script_id"),
        body.get("subject"),
        texts.get("ce_subject"),
        (key or b"").decode("ascii", "replace"),
    )
    subject = next((name for name in named if isinstance(name, str) and _ID.fullmatch(name)), "unknown")
    kind = body.get("type") or fields.get("type") or texts.get("ce_type") or "unknown"
    event = "\0".join(texts[name] for name in ("ce_source", "ce_id") if texts.get(name))
    told = [key or b"", value or b"", *([event.encode()] if event else [])]
    return (
        CommandRejected(
            event_id=derived_id(hashlib.sha256(b"\0".join(told)).hexdigest(), "gateway", "rejected"),
            job_id=subject,
            attempt=1,
            command_type=_text(kind)[:100],
            code=error.code,
            message=error.message,
        ),
    )


def _text(value: object) -> str:
    """Return a value as text that can be written: JSON of a stranger may hold half a surrogate pair."""
    return str(value).encode(errors="replace").decode()


def _object(value: bytes | None) -> dict[str, Any]:
    try:
        body = json.loads((value or b"").decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
