"""Phase 2, as the backend drives it: a job is started from the spec that the backend gives."""

from dataclasses import dataclass, field
from typing import Any

from contracts.commands import RenderOptions, StartRender
from contracts.errors import ErrorCode, PermanentError
from contracts.languages import DEFAULT_LANGUAGE
from contracts.renderspec import normalise_render_spec
from services.gateway.ledger import scripts
from services.gateway.ledger.jobs import queries, start_jobs
from services.gateway.ledger.jobs.queries import NewJob
from services.gateway.ledger.jobs.start_jobs import Refusal
from services.gateway.ledger.models import JobRecord
from services.gateway.service.creates import Source
from services.gateway.service.jobs import Jobs

UNRENDERABLE = {
    ErrorCode.NO_RENDER_SPEC,
    ErrorCode.RENDER_SPEC_INVALID,
    ErrorCode.NARRATION_TOO_LONG,
    ErrorCode.LANGUAGE_UNSUPPORTED,
    ErrorCode.SETTINGS_INVALID,
    ErrorCode.EVENT_TOO_LARGE,
}
"""What makes a started job ``FAILED``: no repetition of the start can help. A script that is not approved
*yet* only refuses the start, so that the job's id stays free."""


@dataclass(frozen=True, slots=True)
class JobStart:
    """What a start says; for a job that exists its id is enough."""

    job_id: str
    video_id: str | None = None
    script_id: str | None = None
    render_spec: dict[str, Any] | None = None
    options: RenderOptions = field(default_factory=RenderOptions)

    @classmethod
    def of(cls, command: StartRender) -> "JobStart":
        """Return the wish of a command."""
        return cls(command.job_id, command.video_id, command.script_id, command.render_spec, command.options)


@dataclass(frozen=True, slots=True)
class Started:
    """A job; whether it was started just now; and if not, why it stands still."""

    job: JobRecord
    started: bool
    error_code: str | None


class Starts(Jobs):
    """The functions that the backend calls."""

    async def start(self, wish: JobStart) -> Started:
        """Fetch, validate and store the job's spec, and have it rendered. A repeated start changes nothing.

        Raises:
            PermanentError: ``JOB_NOT_FOUND`` (no such job, and the wish does not say what to render),
                ``JOB_STATE_CONFLICT`` (another video's job, or the video has another active one),
                ``SCRIPT_NOT_FOUND`` or ``SCRIPT_NOT_APPROVED``.
            TransientError: ``BACKEND_UNAVAILABLE``; the job stands as it stood.
        """
        standing = await self.ledger.read(queries.get, wish.job_id)
        video_id = wish.video_id or (standing.video_id if standing else None)
        if video_id is None:
            raise PermanentError(
                ErrorCode.JOB_NOT_FOUND, f"there is no job {wish.job_id}; name a video_id to create it"
            )
        if standing is not None:
            if standing.video_id != video_id:
                raise _conflict(f"job {wish.job_id} belongs to video {standing.video_id}")
            if not start_jobs.startable(standing):
                return Started(standing, started=False, error_code=standing.error_code)
        try:
            new = await self.prepare(wish, standing)
        except PermanentError as refusal:
            if refusal.code not in UNRENDERABLE:
                raise
            return await self._refused(wish, video_id, standing, refusal)
        job, started = await self.ledger.write(start_jobs.start, new, now=self.now())
        if job.job_id != wish.job_id:
            raise _conflict(
                f"video {video_id} has the active job {job.job_id}; job {wish.job_id} was not created"
            )
        return Started(job, started, None if started else job.error_code)

    async def prepare(self, wish: JobStart, standing: JobRecord | None) -> NewJob:
        """Find out what a job is to render and store its spec.

        An inline spec comes first; with a backend the spec is what the backend says; without one it is the
        approved script of the ledger.

        Raises:
            PermanentError: see :meth:`start`; also a code of :data:`UNRENDERABLE`.
            TransientError: ``BACKEND_UNAVAILABLE``.
        """
        full = StartRender(
            job_id=wish.job_id,
            video_id=wish.video_id or (standing.video_id if standing else ""),
            script_id=wish.script_id or (standing.script_id if standing else None),
            render_spec=wish.render_spec,
            options=wish.options,
        )
        if full.render_spec is None and full.script_id is not None and self.backend is not None:
            settings = self._settings(full.options)
            spec = normalise_render_spec(await self.backend.render_spec(full.script_id))
            source = Source(spec, settings, None)
        else:
            script = await self.ledger.read(scripts.get, full.script_id) if full.script_id else None
            source = self._source(full, script)
        if standing is not None and standing.settings is not None and wish.options == RenderOptions():
            source = Source(source.spec, standing.settings, source.script_version)
        return await self._store(full, source)

    async def _refused(
        self, wish: JobStart, video_id: str, standing: JobRecord | None, refusal: PermanentError
    ) -> Started:
        script_id = wish.script_id or (standing.script_id if standing else None)
        language = standing.language if standing else DEFAULT_LANGUAGE
        unrenderable = Refusal(wish.job_id, video_id, script_id, language, refusal.code, refusal.message)
        job = await self.ledger.write(start_jobs.refuse, unrenderable, now=self.now())
        if job is None:
            job = await self.ledger.read(queries.require, wish.job_id)
        return Started(job, started=False, error_code=refusal.code)


def _conflict(message: str) -> PermanentError:
    return PermanentError(ErrorCode.JOB_STATE_CONFLICT, message)
