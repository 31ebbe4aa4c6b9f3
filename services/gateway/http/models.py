"""What goes in and out over HTTP; the fields and defaults of commands are the contracts'."""

import json
from datetime import datetime
from typing import Any

from pydantic import ConfigDict, Field

from contracts.base import Id, Model, Sha256
from contracts.commands import Count, Real, RenderOptions
from contracts.events import Asset
from contracts.left_out import LeftOut
from contracts.rendering import RenderSettings
from contracts.states import JobState, ScriptState
from contracts.steps import Step
from contracts.unmet_requests import duration_warnings
from services.gateway.http.strict_bodies import Body, Duration
from services.gateway.ledger.models import JobRecord, ScriptRecord, ScriptVersion, VersionRecord
from services.gateway.live.messages import ErrorInfo, text_of
from services.gateway.service.script_diff import Change


class ScriptGenerateRequest(Body):
    """Training text, and the script wished for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"source_text": "# 비밀번호\n비밀번호는 12자 이상으로 만드세요.", "language": "ko"}]
        }
    )

    source_text: str = Field(description="training text, plain or Markdown, of at most 20,000 characters")
    language: str = "ko"
    target_minutes: Real = Field(default=3, gt=0, le=60)
    max_chapters: Count = Field(default=5, ge=1, le=50)
    max_scenes_per_chapter: Count = Field(default=6, ge=1, le=50)
    style: str = Field(default="friendly_security_training", max_length=100)


class ScriptGenerateResponse(Model):
    """The script, as far as it is; ``raw_json`` is a ``contracts.script.Script`` once it is written."""

    script_id: str
    status: ScriptState
    raw_json: dict[str, Any] | None
    left_out: LeftOut | None = Field(
        default=None,
        description="what the writer left out of the source: headings, sentences, numbers, prohibitions, and "
        "what could not be read; null where nobody counted",
    )
    warnings: tuple[str, ...] = Field(
        default=(), description="what the author should know, such as a `duration_sec` that will not be kept"
    )

    @classmethod
    def of(cls, script: ScriptRecord) -> "ScriptGenerateResponse":
        """Return what is told of a script."""
        return cls(script_id=script.script_id, status=script.state, **_told(script))


class ScriptResponse(ScriptGenerateResponse):
    """A script and how it stands."""

    video_id: str
    version: int = Field(description="0 until it is written; each edit raises it; also the ETag")
    content_hash: str | None = Field(description="SHA-256 of the content; an approval can be bound to it")
    language: str
    error: ErrorInfo | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, script: ScriptRecord) -> "ScriptResponse":
        """Return what is told of a script."""
        return cls(
            script_id=script.script_id,
            status=script.state,
            **_told(script),
            video_id=script.video_id,
            version=script.version,
            content_hash=script.content_hash,
            language=script.language,
            error=_error(script.error_code, script.error_message),
            created_at=script.created_at,
            updated_at=script.updated_at,
        )


class ApproveRequest(Model):
    """What is approved: the content with this hash, and no other."""

    content_hash: Sha256 | None = None


def _without_default(schema: dict[str, Any]) -> None:
    """What is left out stays, so that the default is never looked at: the document must not promise it."""
    del schema["default"]


class ScenePatch(Body):
    """The fields of a scene that change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"narration": "비밀번호는 길게 만드세요."}]})

    narration: str = Field(default="", min_length=1, max_length=5000, json_schema_extra=_without_default)
    on_screen_text: str | None = Field(default=None, max_length=2000)
    duration_sec: Duration | None = None


class VersionInfo(Model):
    """A version of a script."""

    version: int
    origin: str = Field(description="`generated` or `edited`")
    content_hash: str
    created_at: datetime

    @classmethod
    def of(cls, item: ScriptVersion | VersionRecord) -> "VersionInfo":
        """Return what is told of a version."""
        return cls(**_version_fields(item))


class VersionResponse(VersionInfo):
    """A version of a script and its text."""

    raw_json: dict[str, Any]

    @classmethod
    def of_text(cls, item: ScriptVersion) -> "VersionResponse":
        """Return a version."""
        return cls(**_version_fields(item), raw_json=json.loads(item.body))


class DiffResponse(Model):
    """What changed between two versions of a script."""

    script_id: str
    before: int
    after: int
    changes: tuple[Change, ...]


class RenderJobRequest(Model):
    """Which script to render, and how; what ``options`` leaves out comes from the environment."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"script_id": "s-1", "options": {"visual_style": "animated"}}]}
    )

    script_id: Id
    options: RenderOptions = RenderOptions()


class RenderJobResponse(Model):
    """The video's job; ``created`` says whether it was made by this call."""

    job_id: str
    status: JobState
    created: bool


class JobResponse(Model):
    """A render job and how it stands."""

    job_id: str
    video_id: str
    script_id: str | None
    script_version: int | None
    status: JobState
    attempt: int
    step: Step
    progress: int
    message: str
    language: str
    scenes: int
    settings: RenderSettings | None
    assets: tuple[Asset, ...]
    duration_sec: float | None
    error: ErrorInfo | None
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: JobRecord) -> "JobResponse":
        """Return what is told of a job."""
        return cls(**job_fields(job))


class JobPage(Model):
    """A part of a list of jobs; ask on with ``after=next`` until it is null."""

    items: tuple[JobResponse, ...]
    next: str | None


def _version_fields(item: ScriptVersion | VersionRecord) -> dict[str, Any]:
    return {
        "version": item.version,
        "origin": item.origin,
        "content_hash": item.content_hash,
        "created_at": item.created_at,
    }


def job_fields(job: JobRecord) -> dict[str, Any]:
    """Return the fields of :class:`JobResponse`."""
    fields = {name: getattr(job, name) for name in JobResponse.model_fields if hasattr(job, name)}
    return {
        **fields,
        "status": job.state,
        "message": text_of(job),
        "error": _error(job.error_code, job.error_message),
    }


def _error(code: str | None, message: str | None) -> ErrorInfo | None:
    return ErrorInfo(code=code, message=message or "") if code else None


def _told(script: ScriptRecord) -> dict[str, Any]:
    """Return a script's text, what it leaves out, and what its author should know."""
    if script.body is None:
        return {"raw_json": None}
    body = json.loads(script.body)
    wishes = (
        (scene["scene_id"], scene["narration"], scene.get("duration_sec"))
        for chapter in body["chapters"]
        for scene in chapter["scenes"]
    )
    warnings = (*body.get("warnings", ()), *duration_warnings(wishes, script.language))
    return {"raw_json": body, "left_out": body.get("left_out"), "warnings": tuple(dict.fromkeys(warnings))}
