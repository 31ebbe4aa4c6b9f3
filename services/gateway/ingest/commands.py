"""Commands from Kafka: the same functions as over HTTP, answered by events instead of a response."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

import sqlalchemy as sa
import structlog

from contracts.commands import CancelRender, Command, GenerateScript, RetryRender, StartRender
from contracts.errors import ErrorCode, PermanentError
from contracts.events import CommandRejected
from contracts.languages import DEFAULT_LANGUAGE
from services.gateway.ledger import commands, scripts
from services.gateway.ledger.commands import CommandRecord, Taken
from services.gateway.ledger.jobs import events, queries, start_jobs, transitions
from services.gateway.ledger.jobs.start_jobs import Refusal
from services.gateway.ledger.models import JobRecord
from services.gateway.metrics import COMMANDS_DROPPED
from services.gateway.service import JobStart, Service
from services.gateway.service.scripts import script_id_of
from services.gateway.service.start_jobs import UNRENDERABLE

log = structlog.get_logger(__name__)

Work = Callable[[sa.Connection], tuple[object, bool]]
"""Does what a command asks for; says what came of it, and whether that is new."""


class CommandIntake:
    """Obeys commands, each once.

    Args:
        service: what HTTP uses, too.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def accept(self, command: Command, record: CommandRecord) -> None:
        """Obey a command, refuse it with a ``CommandRejected``, or count and log that nothing came of it.

        Args:
            command: what is asked for.
            record: what it came in; its redelivery is harmless even without a ``command_id``.

        Raises:
            TransientError: try again.
        """
        key = record.key(command)
        taken = await self._service.ledger.read(_taken, command, record)
        if taken is not None:
            if (taken.kind, taken.subject) != (type_of(command), subject_of(command)):
                await self._refuse(command, record.id, _reused(key, taken))
            else:
                _drop(command, key, "repeated")
            return
        try:
            await self._obey(command, key)
        except PermanentError as refusal:
            log.info("command.rejected", subject=subject_of(command), code=refusal.code)
            await self._refuse(command, key, refusal)

    async def _obey(self, command: Command, key: UUID) -> None:
        now = self._service.now()
        work: Work
        match command:
            case GenerateScript():
                work = await self._generating(command, now)
            case StartRender():
                work = await self._starting(command, now)
            case RetryRender():
                await self._service.restore_spec(command.job_id)
                work = partial(transitions.retry, job_id=command.job_id, now=now)
            case CancelRender():
                work = partial(transitions.cancel, job_id=command.job_id, now=now)
            case _:
                raise PermanentError(ErrorCode.EVENT_TYPE_UNKNOWN, f"no command: {type(command).__name__}")
        why = await self._service.ledger.write(_once, key, command, work, now)
        if why is not None:
            _drop(command, key, why)

    async def _generating(self, command: GenerateScript, now: datetime) -> Work:
        event = await self._service.script_request(command)

        def work(conn: sa.Connection) -> tuple[object, bool]:
            known = scripts.get(conn, event.job_id)
            return scripts.request(conn, command, event, now=now), known is None

        return work

    async def _starting(self, command: StartRender, now: datetime) -> Work:
        standing = await self._service.ledger.read(queries.get, command.job_id)
        if standing is not None:
            _same(command, standing)
            if not start_jobs.startable(standing):
                return lambda _: (standing, False)
        new = await self._service.prepare(JobStart.of(command), standing)

        def work(conn: sa.Connection) -> tuple[object, bool]:
            job, began = start_jobs.start(conn, new, now=now)
            _same(command, job)
            return job, began

        return work

    async def _refuse(self, command: Command, key: UUID, refusal: PermanentError) -> None:
        now = self._service.now()
        rejection = CommandRejected(
            event_id=events.rejected_id(key),
            job_id=subject_of(command),
            attempt=1,
            command_type=type_of(command),
            code=refusal.code,
            message=refusal.message,
        )

        def work(conn: sa.Connection) -> bool:
            kind, subject, code = rejection.command_type, rejection.job_id, refusal.code
            if not commands.take(conn, key, kind, subject, now=now, code=rejection.code):
                return False
            if isinstance(command, StartRender) and code in UNRENDERABLE:
                start_jobs.refuse(conn, _unrenderable(command, refusal), now=now)
            commands.reject(conn, key, rejection, now=now)
            return True

        if not await self._service.ledger.write(work):
            _drop(command, key, "repeated")


def subject_of(command: Command) -> str:
    """Return the id of the job or script that a command is about."""
    if isinstance(command, GenerateScript):
        return script_id_of(command)
    return str(command.job_id) if isinstance(command, StartRender | RetryRender | CancelRender) else "unknown"


def type_of(command: Command) -> str:
    """Return a command's type, as it stands in its body."""
    return str(getattr(command, "type", type(command).__name__))


def _reused(key: UUID, taken: Taken) -> PermanentError:
    said = f"command_id {key} was used for {taken.kind} of {taken.subject}"
    return PermanentError(ErrorCode.COMMAND_INVALID, said)


def _taken(conn: sa.Connection, command: Command, record: CommandRecord) -> Taken | None:
    """Return what became of a command, also if the version before took it."""
    taken = commands.find(conn, record.key(command))
    if taken is None and command.command_id is None:
        former = commands.find(conn, record.former_id)
        if former is not None and record.wrote(former, type_of(command), subject_of(command)):
            return former
    return taken


def _once(conn: sa.Connection, key: UUID, command: Command, work: Work, now: datetime) -> str | None:
    """Obey a command that is new; returns why nothing came of it, if so."""
    kind, subject = type_of(command), subject_of(command)
    if not commands.take(conn, key, kind, subject, now=now):
        return "repeated"
    _, new = work(conn)
    commands.record(conn, key, kind, subject, now=now)
    return None if new else "standing"


def _drop(command: Command, key: UUID, why: str) -> None:
    """Count and log a command that nothing came of: whoever sent it hears nothing."""
    kind = type_of(command)
    COMMANDS_DROPPED.labels(kind, why).inc()
    log.info("command.dropped", subject=subject_of(command), type=kind, why=why, command=str(key))


def _unrenderable(command: StartRender, why: PermanentError) -> Refusal:
    return Refusal(
        command.job_id, command.video_id, command.script_id, DEFAULT_LANGUAGE, why.code, why.message
    )


def _same(command: StartRender, job: JobRecord) -> None:
    if job.video_id != command.video_id:
        raise PermanentError(
            ErrorCode.JOB_STATE_CONFLICT, f"job {job.job_id} belongs to video {job.video_id}"
        )
    if job.job_id != command.job_id:
        raise PermanentError(
            ErrorCode.JOB_STATE_CONFLICT,
            f"video {job.video_id} has the active job {job.job_id}; job {command.job_id} was not created",
        )
