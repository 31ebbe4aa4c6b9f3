"""Every event of the flow, version 1. Each extends the one before, so a single record can be re-run alone.

Bodies hold no clock and nothing that differs between two runs of the same work: duplicates of an event are
byte-identical. Times stand in the CloudEvents headers. (What the ledger knows is another matter:
:mod:`contracts.ledger_events`.)
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from contracts.base import ClaimCheck, Code, Id, Model
from contracts.event import Asset, Assets, Event
from contracts.job_events import (
    CommandRejected,
    ControlChanged,
    JobCompleted,
    JobFailed,
    JobUpdated,
    ProgressReported,
    StageFailed,
)
from contracts.ledger_events import RECORDED
from contracts.rendering import RenderSettings
from contracts.scene_events import (
    Cue,
    Loudness,
    SceneComposed,
    SceneContext,
    SceneDrawn,
    ScenePlanned,
    SceneSpoken,
    SceneSubtitled,
    SentenceTime,
    Shot,
)

__all__ = [
    "EVENTS",
    "Asset",
    "AssetsUploaded",
    "CommandRejected",
    "ControlChanged",
    "Cue",
    "Event",
    "FilmFiles",
    "JobCompleted",
    "JobFailed",
    "JobUpdated",
    "Loudness",
    "ProgressReported",
    "RenderRequested",
    "SceneComposed",
    "SceneContext",
    "SceneDrawn",
    "ScenePlanned",
    "SceneSpoken",
    "SceneSubtitled",
    "ScriptGenerated",
    "ScriptRejected",
    "ScriptRequested",
    "SentenceTime",
    "Shot",
    "StageFailed",
    "VideoComposed",
]


# --- phase 1: the script ----------------------------------------------------------------------------------


class ScriptRequested(Event):
    """A script is to be written; ``job_id`` is the script's id."""

    type: ClassVar[str] = "lectern.script.requested.v1"

    video_id: Id
    source: ClaimCheck = Field(description="text/plain or text/markdown, UTF-8")
    language: str
    target_minutes: float = Field(gt=0, le=60)
    max_chapters: int = Field(ge=1, le=50)
    max_scenes_per_chapter: int = Field(ge=1, le=50)
    style: str = Field(max_length=100)


class ScriptGenerated(Event):
    """A script was written."""

    type: ClassVar[str] = "lectern.script.generated.v1"

    video_id: Id
    script: ClaimCheck = Field(
        description="application/json: contracts.script.Script, with what it leaves out of the source"
    )
    chapters: int = Field(ge=1)
    scenes: int = Field(ge=1)


class ScriptRejected(Event):
    """A script could not be written."""

    type: ClassVar[str] = "lectern.script.rejected.v1"

    video_id: Id
    code: Code
    message: str


# --- phase 2: the film, whose scenes have events of their own ---------------------------------------------


class RenderRequested(Event):
    """A render job was started or retried."""

    type: ClassVar[str] = "lectern.render.requested.v1"

    video_id: Id
    script_id: Id | None = None
    spec: ClaimCheck = Field(description="application/json: contracts.renderspec, either shape")
    settings: RenderSettings


class FilmFiles(Model):
    """The finished files of a job."""

    video: ClaimCheck = Field(description="video/mp4")
    srt: ClaimCheck = Field(description="application/x-subrip")
    vtt: ClaimCheck = Field(description="text/vtt")
    thumbnail: ClaimCheck = Field(description="image/jpeg")
    report: ClaimCheck = Field(description="application/json: the self-check")


class VideoComposed(Event):
    """The film exists and has passed its self-check."""

    type: ClassVar[str] = "lectern.video.composed.v1"

    video_id: Id
    script_id: Id | None = None
    settings: RenderSettings
    language: str
    files: FilmFiles
    frames: int = Field(ge=1)
    duration_sec: float = Field(gt=0)


class AssetsUploaded(Event):
    """The film's files are where viewers can fetch them."""

    type: ClassVar[str] = "lectern.assets.uploaded.v1"

    video_id: Id
    script_id: Id | None = None
    assets: Assets = Field(min_length=1)
    frames: int = Field(ge=1)
    duration_sec: float = Field(gt=0)


_ALL: tuple[type[Event], ...] = (
    ScriptRequested, ScriptGenerated, ScriptRejected,
    RenderRequested, ScenePlanned, SceneSpoken, SceneSubtitled, SceneDrawn, SceneComposed,
    VideoComposed, AssetsUploaded,
    ProgressReported, StageFailed, ControlChanged, JobCompleted, JobFailed, JobUpdated, CommandRejected,
    *RECORDED,
)  # fmt: skip

EVENTS: Mapping[str, type[Event]] = {event.type: event for event in _ALL}
"""CloudEvents type to model."""
