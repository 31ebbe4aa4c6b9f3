"""What the ledger's functions return: frozen rows."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from contracts.base import ClaimCheck
from contracts.events import Asset
from contracts.rendering import RenderSettings
from contracts.states import CallbackKind, CallbackState, JobState, ScriptOrigin, ScriptState
from contracts.steps import Step


def content_hash(body: str) -> str:
    """Return the hash of a script's stored form."""
    return hashlib.sha256(body.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ScriptRecord:
    """A script; ``body`` is its current version's JSON, ``None`` until there is one (version 0)."""

    script_id: str
    video_id: str
    state: ScriptState
    version: int
    language: str
    error_code: str | None
    error_message: str | None
    created_at: datetime
    updated_at: datetime
    body: str | None

    @classmethod
    def of(cls, row: sa.Row[Any]) -> "ScriptRecord":
        """Return the record of a row that has the columns of this class."""
        fields = {name: getattr(row, name) for name in cls.__slots__}
        return cls(**{**fields, "state": ScriptState(row.state)})

    @property
    def content_hash(self) -> str | None:
        """SHA-256 of the current version's canonical JSON; an approval can be bound to it."""
        return content_hash(self.body) if self.body is not None else None


@dataclass(frozen=True, slots=True)
class ScriptVersion:
    """One version of a script."""

    version: int
    origin: ScriptOrigin
    body: str
    created_at: datetime

    @property
    def content_hash(self) -> str:
        """SHA-256 of its canonical JSON."""
        return content_hash(self.body)


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """A version of a script as it stands in a list: without its text, which may be a megabyte."""

    version: int
    origin: str
    content_hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A render job. ``revision`` rises with every change, so that late news can be told from old."""

    job_id: str
    video_id: str
    script_id: str | None
    script_version: int | None
    state: JobState
    attempt: int
    language: str
    settings: RenderSettings | None
    spec: ClaimCheck | None
    scenes: int
    step: Step
    progress: int
    error_code: str | None
    error_message: str | None
    assets: tuple[Asset, ...]
    duration_sec: float | None
    revision: int
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: sa.Row[Any]) -> "JobRecord":
        """Return the record of a row that has the columns of this class."""
        fields = {name: getattr(row, name) for name in cls.__slots__}
        return cls(
            **{
                **fields,
                "state": JobState(row.state),
                "step": Step(row.step),
                "settings": RenderSettings.model_validate(row.settings) if row.settings else None,
                "spec": ClaimCheck.model_validate(row.spec) if row.spec else None,
                "assets": tuple(Asset.model_validate(asset) for asset in row.assets),
            }
        )


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of a job's state."""

    attempt: int
    state: JobState
    step: Step
    code: str | None
    message: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback; ``body`` is what is sent, to the byte, each time."""

    id: int
    webhook_id: str
    kind: CallbackKind
    subject: str
    attempt: int
    body: str
    state: CallbackState
    tries: int
    last_error: str | None
    created_at: datetime
    due_at: datetime
    settled_at: datetime | None

    @classmethod
    def of(cls, row: sa.Row[Any]) -> "Callback":
        """Return the callback of a row."""
        fields = {name: getattr(row, name) for name in cls.__slots__}
        return cls(**{**fields, "kind": CallbackKind(row.kind), "state": CallbackState(row.state)})
