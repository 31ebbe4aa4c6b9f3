"""The facts of the log, folded: how each job, script and callback stands, whatever order they come in. Pure.

A fact may stand in the log twice; partitions are read side by side. So every fold takes the larger of two by
an order of its own: jobs by their place in the history, scripts by version and state, callbacks by how far
they are. Facts are kept as the bytes they are, some 3 kB a job.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from contracts.base import ClaimCheck
from contracts.event import Event
from contracts.ledger_events import (
    CallbackRecorded,
    CommandTaken,
    JobRecorded,
    RequestAnswered,
    ScriptRecorded,
)
from contracts.states import JobState
from services.gateway.ledger import commands, idempotency
from services.gateway.ledger.models import HistoryEntry

_SCRIPT_ORDER = {"GENERATING": 0, "FAILED": 1, "DRAFT": 1, "APPROVED": 2}


@dataclass(slots=True)
class JobFold:
    """A job: its newest fact, when the broker got it (ms since the epoch), and its history by place."""

    number: int
    state: JobState
    attempt: int
    value: bytes
    at: int
    history: dict[int, HistoryEntry] = field(default_factory=dict)

    @property
    def fact(self) -> JobRecorded:
        """The newest fact."""
        return JobRecorded.model_validate_json(self.value)

    @property
    def gone(self) -> int:
        """How many of the job's changes the log does not have."""
        return self.number - len(self.history)


@dataclass(frozen=True, slots=True)
class Text:
    """A version of a script."""

    body: ClaimCheck
    origin: str
    written_at: datetime


@dataclass(slots=True)
class ScriptFold:
    """A script: its newest fact, when the broker got it, and its texts by version."""

    order: tuple[int, int]
    state: str
    value: bytes
    at: int
    texts: dict[int, Text] = field(default_factory=dict)

    @property
    def fact(self) -> ScriptRecorded:
        """The newest fact."""
        return ScriptRecorded.model_validate_json(self.value)

    @property
    def gone(self) -> int:
        """How many of the script's texts the log does not have."""
        return self.order[0] - len(self.texts)


@dataclass(slots=True)
class CallbackFold:
    """A callback: its newest fact."""

    order: tuple[bool, int]
    place: int
    value: bytes


class Fold:
    """Everything that the log knows of a ledger.

    Args:
        now: what the ledger would have forgotten by then is left out.
    """

    def __init__(self, now: datetime) -> None:
        self._now = now
        self.jobs: dict[str, JobFold] = {}
        self.scripts: dict[str, ScriptFold] = {}
        self.callbacks: dict[str, CallbackFold] = {}
        self.commands: dict[UUID, CommandTaken] = {}
        self.answers: dict[str, RequestAnswered] = {}
        self.lost_jobs: set[str] = set()
        """Jobs with a gap: they are not made again."""
        self.lost_scripts: set[str] = set()

    def take(self, event: Event, value: bytes, at: int) -> None:
        """Fold a fact; ``value`` is its record's, ``at`` the record's time in ms since the epoch."""
        match event:
            case JobRecorded():
                self._job(event, value, at)
            case ScriptRecorded():
                self._script(event, value, at)
            case CallbackRecorded():
                self._callback(event, value)
            case CommandTaken() if self._known(event.at, commands.KEPT):
                self.commands[event.command_key] = event
            case RequestAnswered() if self._known(event.at, idempotency.KEPT):
                self.answers[event.job_id] = event
            case _:
                return

    def active(self, job_id: str, attempt: int) -> bool:
        """Say whether an attempt is under way."""
        job = self.jobs.get(job_id)
        return (
            job is not None and job.attempt == attempt and job.state.active and job_id not in self.lost_jobs
        )

    def generating(self, script_id: str) -> bool:
        """Say whether a script is being written."""
        script = self.scripts.get(script_id)
        return script is not None and script.state == "GENERATING" and script_id not in self.lost_scripts

    def _known(self, at: datetime, kept: timedelta) -> bool:
        return at >= self._now - kept

    def _job(self, event: JobRecorded, value: bytes, at: int) -> None:
        state = JobState(event.state)
        job = self.jobs.get(event.job_id)
        if job is None:
            job = self.jobs[event.job_id] = JobFold(event.number, state, event.attempt, value, at)
        elif event.number >= job.number:
            job.number, job.state, job.attempt, job.value, job.at = (
                event.number, state, event.attempt, value, at,
            )  # fmt: skip
        job.history[event.number] = HistoryEntry(
            event.attempt, state, event.step, event.error_code, event.error_message, event.updated_at
        )

    def _script(self, event: ScriptRecorded, value: bytes, at: int) -> None:
        order = (event.version, _SCRIPT_ORDER[event.state])
        script = self.scripts.get(event.job_id)
        if script is None:
            script = self.scripts[event.job_id] = ScriptFold(order, event.state, value, at)
        elif order >= script.order:
            script.order, script.state, script.value, script.at = order, event.state, value, at
        if event.body is not None and event.origin is not None and event.written_at is not None:
            script.texts[event.version] = Text(event.body, event.origin, event.written_at)

    def _callback(self, event: CallbackRecorded, value: bytes) -> None:
        order = (event.state != "PENDING", event.tries)
        known = self.callbacks.get(event.webhook_id)
        if known is None or order >= known.order:
            self.callbacks[event.webhook_id] = CallbackFold(order, event.place, value)
