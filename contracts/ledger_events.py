"""What the ledger knows, as events: enough to make its database again.

One record for each change, written in the transaction that made it, before whatever it announces. Unlike the
events of the flow these hold moments: the ledger's clock is part of what it knows. Nobody acts on them.
"""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.base import ClaimCheck, Code, Id, at_most
from contracts.event import Assets, Event
from contracts.rendering import RenderSettings
from contracts.states import CallbackKind, CallbackState, JobState, ScriptOrigin, ScriptState
from contracts.steps import Step


class JobRecorded(Event):
    """A job's state changed: the job as it is from now on; also an entry of its history."""

    type: ClassVar[str] = "lectern.job.recorded.v1"

    number: int = Field(ge=1, description="place in the job's history, from 1 without gaps")
    video_id: Id
    script_id: Id | None
    script_version: int | None
    state: JobState
    language: str
    settings: RenderSettings | None
    spec: ClaimCheck | None = Field(description="application/json: the snapshot that is rendered")
    scenes: int = Field(ge=0)
    step: Step
    progress: int = Field(ge=0, le=100)
    error_code: Code | None
    error_message: str | None
    assets: Assets
    duration_sec: float | None
    revision: int = Field(ge=1)
    created_at: AwareDatetime
    updated_at: AwareDatetime = Field(description="the moment of this change")
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None


class ScriptRecorded(Event):
    """A script was asked for, written, edited, approved or given up; ``job_id`` is the script's id."""

    type: ClassVar[str] = "lectern.script.recorded.v1"

    video_id: Id
    version: int = Field(ge=0, description="0 until there is a text")
    state: ScriptState
    language: str
    request: dict[str, Any] = Field(description="what was wished for, without the source text")
    source: ClaimCheck | None = Field(description="the source text, of a script that is to be written")
    body: ClaimCheck | None = Field(description="application/json: the text of this version")
    origin: ScriptOrigin | None = Field(description="of this version")
    written_at: AwareDatetime | None = Field(description="the moment of this version")
    error_code: Code | None
    error_message: str | None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class CallbackRecorded(Event):
    """A callback was written, tried in vain, delivered or given up; ``job_id`` is its job or script."""

    type: ClassVar[str] = "lectern.callback.recorded.v1"

    place: int = Field(ge=1, description="in the log of callbacks")
    webhook_id: str = Field(max_length=36)
    kind: CallbackKind
    state: CallbackState
    tries: int = Field(ge=0)
    last_error: str | None
    body: str | None = Field(description="what is sent; null for a script's, which its version tells")
    created_at: AwareDatetime
    due_at: AwareDatetime
    settled_at: AwareDatetime | None


class CommandTaken(Event):
    """A command from Kafka was obeyed, or refused with ``code``; ``job_id`` is its job or script."""

    type: ClassVar[str] = "lectern.command.taken.v1"

    command_key: UUID = Field(description="its command_id, or an id of the record that it came in")
    command_type: str = Field(max_length=100)
    code: Code | None
    message: str | None
    at: AwareDatetime


class RequestAnswered(Event):
    """A request with an ``Idempotency-Key`` was answered; ``job_id`` is a hash of caller, path and key."""

    type: ClassVar[str] = "lectern.request.answered.v1"

    fingerprint: str = Field(max_length=64)
    status: int = Field(ge=0, le=599, description="0: the key is bound to the request, no answer is kept")
    headers: Annotated[dict[str, str], at_most(100)]
    body: str
    at: AwareDatetime


RECORDED: tuple[type[Event], ...] = (
    JobRecorded, ScriptRecorded, CallbackRecorded, CommandTaken, RequestAnswered,
)  # fmt: skip
