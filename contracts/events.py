"""Every event of the flow, version 1. Each extends the one before, so a single record can be re-run alone.

Bodies hold no clock and nothing that differs between two runs of the same work: duplicates of an event are
byte-identical. Times stand in the CloudEvents headers. (What the ledger knows is another matter:
:mod:`contracts.recorded`.)
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import AwareDatetime, Field

from contracts.base import ClaimCheck, Id, Model
from contracts.errors import ErrorCode
from contracts.event import Asset, Event, JobStatus
from contracts.recorded import RECORDED
from contracts.rendering import RenderSettings
from contracts.renderspec import SpecScene
from contracts.steps import Step
from contracts.timeline import SceneTiming

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
    script: ClaimCheck = Field(description="application/json: contracts.script.Script")
    chapters: int = Field(ge=1)
    scenes: int = Field(ge=1)


class ScriptRejected(Event):
    """A script could not be written."""

    type: ClassVar[str] = "lectern.script.rejected.v1"

    video_id: Id
    code: ErrorCode
    message: str


# --- phase 2: the film ------------------------------------------------------------------------------------


class RenderRequested(Event):
    """A render job was started or retried."""

    type: ClassVar[str] = "lectern.render.requested.v1"

    video_id: Id
    script_id: Id | None = None
    spec: ClaimCheck = Field(description="application/json: contracts.renderspec, either shape")
    settings: RenderSettings


class SceneContext(Model):
    """A scene of the spec and its place in the film; all that speech, subtitles and slides are made from."""

    index: int = Field(ge=0, description="place in the film, 0-based")
    count: int = Field(ge=1, description="scenes in the film")
    language: str
    title: str | None = Field(default=None, description="the film's title")
    chapter: str | None = None
    chapter_number: int = Field(ge=1, description="1-based; 1 where the spec has no chapters")
    chapter_count: int = Field(ge=1)
    index_in_chapter: int = Field(ge=0)
    scenes_in_chapter: int = Field(ge=1)
    scene: SpecScene

    @property
    def opens_chapter(self) -> bool:
        """Whether this is the first scene of a named chapter."""
        return self.index_in_chapter == 0 and bool(self.chapter)


class ScenePlanned(Event):
    """One scene is ready to be spoken. One event per scene."""

    type: ClassVar[str] = "lectern.scene.planned.v1"

    video_id: Id
    script_id: Id | None = None
    settings: RenderSettings
    context: SceneContext
    previous: SceneContext | None = Field(description="the scene before, whose slide this one fades in from")


class SentenceTime(Model):
    """When one sentence of the narration is spoken: samples of 48 kHz from the start of the *speech*."""

    text: str = Field(min_length=1)
    start: int = Field(ge=0)
    end: int = Field(ge=1)


class Loudness(Model):
    """ITU-R BS.1770-4 measurement; ``None`` where there is only silence."""

    integrated_lufs: float | None
    true_peak_dbtp: float | None


class SceneSpoken(ScenePlanned):
    """The scene's speech exists."""

    type: ClassVar[str] = "lectern.scene.spoken.v1"

    speech: ClaimCheck = Field(
        description="audio/wav, 48 kHz, mono, s16; speech alone, without lead-in and pause"
    )
    sentences: tuple[SentenceTime, ...] = Field(min_length=1)
    timing: SceneTiming
    loudness: Loudness


class Cue(Model):
    """One subtitle, in frames from the start of the scene; shown on ``[start, end)``."""

    start: int = Field(ge=0)
    end: int = Field(ge=1)
    lines: tuple[str, ...] = Field(min_length=1, max_length=2)


class SceneSubtitled(SceneSpoken):
    """The scene's subtitles exist."""

    type: ClassVar[str] = "lectern.scene.subtitled.v1"

    cues: tuple[Cue, ...]


class Shot(Model):
    """A picture and the frame of the scene at which it is cut in; the first shot starts at frame 0."""

    picture: ClaimCheck = Field(description="image/png, RGB, width x height of the settings")
    first_frame: int = Field(ge=0)


class SceneDrawn(SceneSubtitled):
    """The scene's pictures exist."""

    type: ClassVar[str] = "lectern.scene.drawn.v1"

    layout: str = Field(max_length=40, description="name of the layout the planner chose")
    shots: tuple[Shot, ...] = Field(min_length=1)
    previous_picture: ClaimCheck | None = Field(description="last picture of the scene before")


class SceneComposed(SceneDrawn):
    """The scene's video segment exists."""

    type: ClassVar[str] = "lectern.scene.composed.v1"

    segment: ClaimCheck = Field(description="closed-GOP H.264 packets of exactly timing.frames frames")


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
    assets: tuple[Asset, ...] = Field(min_length=1)
    frames: int = Field(ge=1)
    duration_sec: float = Field(gt=0)


# --- beside the flow --------------------------------------------------------------------------------------


class ProgressReported(Event):
    """A stage finished a share of one part of its step.

    A commutative fold: keep the largest ``share`` per (step, part), average over ``parts``.
    """

    type: ClassVar[str] = "lectern.progress.reported.v1"

    step: Step
    part: int = Field(ge=0, description="scene index for scene steps, 0 otherwise")
    parts: int = Field(ge=1, description="scenes of the job for scene steps, 1 otherwise")
    share: float = Field(ge=0, le=1)


class StageFailed(Event):
    """A stage gave up on a record: it is in the dead letters, and the ledger is told here."""

    type: ClassVar[str] = "lectern.stage.failed.v1"

    stage: str = Field(max_length=40)
    code: ErrorCode
    message: str = Field(max_length=2000)
    scene_index: int | None = None
    dead_letter: str | None = Field(default=None, description="topic/partition/offset of the original record")


class ControlChanged(Event):
    """Which attempt of a job is alive; compacted by job, broadcast to every worker."""

    type: ClassVar[str] = "lectern.control.changed.v1"

    canceled: bool = False


class JobCompleted(Event):
    """Terminal: the job's film is published. Announced once per attempt, by the ledger."""

    type: ClassVar[str] = "lectern.job.completed.v1"

    video_id: Id
    script_id: Id | None = None
    assets: tuple[Asset, ...]
    duration_sec: float


class JobFailed(Event):
    """Terminal: the attempt failed or was cancelled. Announced once per attempt, by the ledger."""

    type: ClassVar[str] = "lectern.job.failed.v1"

    video_id: Id
    script_id: Id | None = None
    code: ErrorCode
    message: str


class JobUpdated(Event):
    """All that viewers are told of a job after a change; broadcast to every gateway.

    ``revision`` rises with every change, so that late news can be told from old. The moments are the
    ledger's, so that duplicates are byte-identical, too.
    """

    type: ClassVar[str] = "lectern.job.updated.v1"

    video_id: Id
    script_id: Id | None = None
    revision: int = Field(ge=1)
    status: JobStatus
    step: Step
    progress: int = Field(ge=0, le=100)
    language: str
    scenes: int = Field(default=0, ge=0)
    error_code: str | None = None
    error_message: str | None = None
    assets: tuple[Asset, ...] = ()
    duration_sec: float | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None

    @property
    def active(self) -> bool:
        """Whether the attempt goes on; an end is never conflated away."""
        return self.status in {"QUEUED", "PROCESSING"}


class CommandRejected(Event):
    """A command was refused; says why, keyed by the job it named."""

    type: ClassVar[str] = "lectern.command.rejected.v1"

    command_type: str = Field(max_length=100)
    code: ErrorCode
    message: str


_ALL: tuple[type[Event], ...] = (
    ScriptRequested, ScriptGenerated, ScriptRejected,
    RenderRequested, ScenePlanned, SceneSpoken, SceneSubtitled, SceneDrawn, SceneComposed,
    VideoComposed, AssetsUploaded,
    ProgressReported, StageFailed, ControlChanged, JobCompleted, JobFailed, JobUpdated, CommandRejected,
    *RECORDED,
)  # fmt: skip

EVENTS: Mapping[str, type[Event]] = {event.type: event for event in _ALL}
"""CloudEvents type to model."""
