"""What the ledger knows, as events for the log, from which ``lectern ledger rebuild`` makes it again.

A fact is left in the outbox by the function that makes it true, before the events that announce it: what is
announced is therefore known to the log, and what is known and not announced can be announced later.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from contracts.base import ClaimCheck, claim_check, derived_id
from contracts.ledger_events import (
    CallbackRecorded,
    CommandTaken,
    JobRecorded,
    RequestAnswered,
    ScriptRecorded,
)
from services.gateway.ledger.db.schema import job_events, script_versions, scripts
from services.gateway.ledger.models import Callback, JobRecord

STAGE = "ledger"

_OF_JOB = tuple(name for name in JobRecorded.model_fields if name in JobRecord.__slots__)

_COUNT = (
    sa.select(sa.func.count()).select_from(job_events).where(job_events.c.job_id == sa.bindparam("this_job"))
)
_SCRIPT = (
    sa.select(
        scripts,
        script_versions.c.body,
        script_versions.c.origin,
        script_versions.c.created_at.label("written_at"),
    )
    .outerjoin(
        script_versions,
        sa.and_(
            script_versions.c.script_id == scripts.c.script_id,
            script_versions.c.version == scripts.c.version,
        ),
    )
    .where(scripts.c.script_id == sa.bindparam("this_script"))
)


def job_recorded(conn: sa.Connection, job: JobRecord) -> JobRecorded:
    """Return the fact that a job is in a new state; its entry in the history is written already."""
    number = 1 if job.revision == 1 else conn.execute(_COUNT, {"this_job": job.job_id}).scalar_one()
    fields = {name: getattr(job, name) for name in _OF_JOB}
    return JobRecorded(
        **{**fields, "state": job.state.value},
        event_id=derived_id(f"{job.job_id}/{number}", STAGE, "job"),
        number=number,
    )


def script_recorded(conn: sa.Connection, script_id: str, source: ClaimCheck | None = None) -> ScriptRecorded:
    """Return the fact of how a script stands now; its text is a claim check, stored by whoever wrote it."""
    row = conn.execute(_SCRIPT, {"this_script": script_id}).one()
    return ScriptRecorded(
        event_id=derived_id(script_id, STAGE, f"script/{row.version}/{row.state}"),
        job_id=script_id,
        attempt=1,
        video_id=row.video_id,
        version=row.version,
        state=row.state,
        language=row.language,
        request=row.request,
        source=source,
        body=text_claim(row.body) if row.body is not None else None,
        origin=row.origin,
        written_at=row.written_at,
        error_code=row.error_code,
        error_message=row.error_message,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def text_claim(body: str) -> ClaimCheck:
    """Return the claim check of a script's stored form."""
    return claim_check(body.encode(), "application/json")


def callback_recorded(callback: Callback) -> CallbackRecorded:
    """Return the fact of how a callback stands now."""
    place = f"callback/{callback.state}/{callback.tries}/{callback.due_at.isoformat()}"
    return CallbackRecorded(
        event_id=derived_id(callback.webhook_id, STAGE, place),
        job_id=callback.subject,
        attempt=callback.attempt,
        place=callback.id,
        webhook_id=callback.webhook_id,
        kind=callback.kind.value,
        state=callback.state.value,
        tries=callback.tries,
        last_error=callback.last_error,
        body=callback.body if callback.kind == "job.complete" else None,
        created_at=callback.created_at,
        due_at=callback.due_at,
        settled_at=callback.settled_at,
    )


def command_taken(
    key: UUID, kind: str, subject: str, *, code: str | None, message: str | None, now: datetime
) -> CommandTaken:
    """Return the fact that a command was obeyed or refused."""
    return CommandTaken(
        event_id=derived_id(key, STAGE, "taken"),
        job_id=subject,
        attempt=1,
        command_key=key,
        command_type=kind,
        code=code,
        message=message,
        at=now,
    )


def request_answered(
    key: str, fingerprint: str, status: int, headers: dict[str, str], body: str, at: datetime
) -> RequestAnswered:
    """Return the fact that a request with an ``Idempotency-Key`` has its answer."""
    return RequestAnswered(
        event_id=derived_id(key, STAGE, "answered"),
        job_id=key,
        attempt=1,
        fingerprint=fingerprint,
        status=status,
        headers=headers,
        body=body,
        at=at,
    )
