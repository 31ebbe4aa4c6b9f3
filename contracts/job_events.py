"""The events beside the flow: how a job gets on, which attempt is alive, how it ended, what was refused."""

from typing import ClassVar

from pydantic import AwareDatetime, Field

from contracts.base import Code, Id
from contracts.event import Assets, Event
from contracts.states import JobState
from contracts.steps import Step


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
    code: Code
    message: str = Field(max_length=2000)
    scene_index: int | None = None
    dead_letter: str | None = Field(default=None, description="topic/partition/offset of the original record")


class ControlChanged(Event):
    """Which attempt of a job is alive; compacted by job, broadcast to every worker.

    Of a first attempt it is said only that it has been cancelled: a job that nothing is said of is alive.
    """

    type: ClassVar[str] = "lectern.control.changed.v1"

    canceled: bool = False


class JobCompleted(Event):
    """Terminal: the job's film is published. Announced once per attempt, by the ledger."""

    type: ClassVar[str] = "lectern.job.completed.v1"

    video_id: Id
    script_id: Id | None = None
    assets: Assets
    duration_sec: float


class JobFailed(Event):
    """Terminal: the attempt failed or was cancelled. Announced once per attempt, by the ledger."""

    type: ClassVar[str] = "lectern.job.failed.v1"

    video_id: Id
    script_id: Id | None = None
    code: Code
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
    status: JobState
    step: Step
    progress: int = Field(ge=0, le=100)
    language: str
    scenes: int = Field(default=0, ge=0)
    error_code: Code | None = None
    error_message: str | None = None
    assets: Assets = ()
    duration_sec: float | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None

    @property
    def active(self) -> bool:
        """Whether the attempt goes on; an end is never conflated away."""
        return JobState(self.status).active


class CommandRejected(Event):
    """A command was refused; says why, keyed by the job it named."""

    type: ClassVar[str] = "lectern.command.rejected.v1"

    command_type: str = Field(max_length=100)
    code: Code
    message: str
