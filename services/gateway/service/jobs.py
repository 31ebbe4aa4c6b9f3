"""Phase 2: render jobs are created, read, cancelled, retried and watched."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from contracts.commands import RenderOptions, StartRender
from contracts.errors import ErrorCode, PermanentError
from contracts.languages import DEFAULT_LANGUAGE
from contracts.rendering import RenderSettings
from contracts.renderspec import RenderSpec, explain, normalise_render_spec, spec_bytes
from services.gateway.hub import Slots, Subscription, Update, of_job, of_video
from services.gateway.ledger import creates, jobs, progress, transitions
from services.gateway.ledger.creates import Asked, Standing
from services.gateway.ledger.jobs import JobFilter, NewJob
from services.gateway.ledger.progress import Share
from services.gateway.ledger.records import HistoryEntry, JobRecord, ScriptRecord, ScriptState
from services.gateway.ledger.together import Together
from services.gateway.live import snapshots
from services.gateway.messages import ProgressMessage
from services.gateway.service.core import LIST_LIMIT, RECHECK_SECONDS, Core
from services.runtime.artifacts import Blob


@dataclass(frozen=True, slots=True)
class Created:
    """A job, and whether it was created just now."""

    job: JobRecord
    created: bool


@dataclass(frozen=True, slots=True)
class Source:
    """What a job is to render: valid, not stored yet; no spec where the backend will give it."""

    spec: RenderSpec | None
    settings: RenderSettings
    script_version: int | None
    language: str = DEFAULT_LANGUAGE


class Jobs(Core):
    """The functions of phase 2."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._looking = Together[Asked, Standing](self._look)
        self._creating = Together[NewJob, tuple[JobRecord, bool]](self._create)

    async def _look(self, asked: Sequence[Asked]) -> Sequence[Standing]:
        return await self.ledger.read(creates.look, asked)

    async def _create(self, wanted: Sequence[NewJob]) -> Sequence[tuple[JobRecord, bool] | Exception]:
        return await self.ledger.write(creates.create_all, wanted, now=self.now())

    async def create_job(self, wish: StartRender) -> Created:
        """Create a render job, or return the one of this id, or the video's active one.

        With a backend that starts jobs, a job made from a script waits for its start.

        Raises:
            PermanentError: ``SCRIPT_NOT_FOUND``, ``SCRIPT_NOT_APPROVED``, ``NO_RENDER_SPEC``,
                ``RENDER_SPEC_INVALID``, ``LANGUAGE_UNSUPPORTED`` or ``SETTINGS_INVALID``.
        """
        standing = await self._looking.run(Asked(wish.job_id, wish.video_id, wish.script_id))
        if standing.job is not None:
            return Created(standing.job, created=False)
        if self._may_wait(wish):
            source = self._without_spec(wish, standing.script)
        else:
            source = self._source(wish, standing.script)
        # Spares the common second click the writing; two first ones at once are the ledger's to tell apart.
        if standing.active is not None:
            return Created(standing.active, created=False)
        new = await self._store(wish, source)
        job, created = await self._creating.run(new)
        return Created(job, created)

    def _may_wait(self, wish: StartRender) -> bool:
        return self.waits and wish.render_spec is None and wish.script_id is not None

    def _source(self, wish: StartRender, script: ScriptRecord | None) -> Source:
        settings = self._settings(wish.options)
        if wish.render_spec is not None or wish.script_id is None:
            return Source(normalise_render_spec(wish.render_spec), settings, None)
        if script is None:
            raise PermanentError(ErrorCode.SCRIPT_NOT_FOUND, f"there is no script {wish.script_id}")
        _approved(script, wish.video_id)
        assert script.body is not None
        spec = normalise_render_spec(json.loads(script.body), language=script.language)
        return Source(spec, settings, script.version)

    def _without_spec(self, wish: StartRender, script: ScriptRecord | None) -> Source:
        """Return the source of a job without a spec; scripts unknown here are the backend's own."""
        settings = self._settings(wish.options)
        if script is None:
            return Source(None, settings, None)
        _approved(script, wish.video_id)
        return Source(None, settings, script.version, script.language)

    async def _store(self, wish: StartRender, source: Source) -> NewJob:
        spec = source.spec
        data = spec_bytes(spec) if spec else None
        return NewJob(
            job_id=wish.job_id,
            video_id=wish.video_id,
            script_id=wish.script_id,
            script_version=source.script_version,
            language=spec.language if spec else source.language,
            settings=source.settings,
            spec=await self.artifacts.put(Blob(data, "application/json")) if data else None,
            render_spec_json=data.decode() if data else None,
            scenes=len(spec.scenes) if spec else 0,
        )

    async def get_job(self, job_id: str) -> JobRecord:
        """Return a job; raises ``JOB_NOT_FOUND``."""
        return await self.ledger.read(jobs.require, job_id)

    async def list_jobs(self, video_id: str) -> list[JobRecord]:
        """Return a video's jobs, newest first."""
        return await self.ledger.read(jobs.of_video, video_id, LIST_LIMIT)

    async def page_jobs(
        self, wanted: JobFilter, limit: int, *, after: tuple[datetime, str] | None = None
    ) -> list[JobRecord]:
        """Return jobs, newest first, from behind the one named by its moment of creation and its id."""
        return await self.ledger.read(jobs.page, wanted, limit, after=after)

    async def ended_job(self, job_id: str, wait: float) -> JobRecord:
        """Return a job once it has ended, at the latest after ``wait`` seconds; raises ``JOB_NOT_FOUND``."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        job = await self.get_job(job_id)
        changed = asyncio.Event()
        subscription = Subscription(lambda _: changed.set())
        subscription.open()
        self.hub.attach(of_job(job_id), subscription)
        try:
            while True:
                changed.clear()
                job = await self.get_job(job_id)
                left = deadline - loop.time()
                if not job.state.active or left <= 0:
                    return job
                with suppress(TimeoutError):
                    # looks by itself now and then, should the log of updates be late
                    async with asyncio.timeout(min(left, RECHECK_SECONDS)):
                        await changed.wait()
        finally:
            self.hub.detach(of_job(job_id), subscription)

    async def job_standing(
        self, job_id: str
    ) -> tuple[JobRecord, list[HistoryEntry], list[Share], str | None]:
        """Return a job, its changes of state, the shares known of its attempt, and its snapshot.

        All of one moment; raises ``JOB_NOT_FOUND``.
        """

        def look(conn: sa.Connection) -> tuple[JobRecord, list[HistoryEntry], list[Share], str | None]:
            job = jobs.require(conn, job_id)
            spec = jobs.render_spec(conn, job_id) if job.spec is not None else None
            return job, jobs.history(conn, job_id), progress.shares(conn, job_id, job.attempt), spec

        return await self.ledger.read(look)

    async def render_spec(self, job_id: str) -> str:
        """Return a job's snapshot; raises ``JOB_NOT_FOUND`` or ``NO_RENDER_SPEC``."""
        return await self.ledger.read(jobs.render_spec, job_id)

    async def cancel(self, job_id: str) -> JobRecord:
        """Stop a job; raises ``JOB_NOT_FOUND`` or ``JOB_STATE_CONFLICT``."""
        return (await self.ledger.write(transitions.cancel, job_id, now=self.now()))[0]

    async def retry(self, job_id: str) -> tuple[JobRecord, bool]:
        """Start a failed job again from its snapshot; says whether it was started.

        Raises:
            PermanentError: ``JOB_NOT_FOUND``, ``NO_RENDER_SPEC`` or ``JOB_STATE_CONFLICT``.
        """
        await self.restore_spec(job_id)
        return await self.ledger.write(transitions.retry, job_id, now=self.now())

    async def restore_spec(self, job_id: str) -> None:
        """Store a job's snapshot again, as an artifact: whatever became of the first one, a retry can start.

        Raises:
            PermanentError: ``JOB_NOT_FOUND`` or ``NO_RENDER_SPEC``.
            TransientError: ``STORAGE_FULL`` or ``STORAGE_UNAVAILABLE``.
        """
        snapshot = await self.ledger.read(jobs.render_spec, job_id)
        await self.artifacts.put(Blob(snapshot.encode(), "application/json"))

    async def watch(self, video_id: str) -> AsyncIterator[ProgressMessage]:
        """Yield the video's current job, then every change; a slow reader is told the newest."""
        slots, filled = Slots(), asyncio.Event()

        def deliver(update: Update) -> None:
            slots.put(update)
            filled.set()

        subscription = Subscription(deliver)
        watch, cursor = of_video(video_id), self.hub.cursor
        self.hub.attach(watch, subscription)
        try:
            job = (await self.ledger.read(snapshots.standing, [watch]))[watch]
            subscription.open(self.hub.snapshot(job, cursor) if job else None)
            while True:
                await filled.wait()
                filled.clear()
                for update in slots.take():
                    yield update.message
        finally:
            self.hub.detach(watch, subscription)

    def _settings(self, options: RenderOptions) -> RenderSettings:
        wished = options.model_dump(exclude_none=True)
        try:
            return RenderSettings.model_validate({**self.defaults.model_dump(), **wished})
        except ValidationError as error:
            raise PermanentError(ErrorCode.SETTINGS_INVALID, f"options: {explain(error)}") from None


def _approved(script: ScriptRecord, video_id: str) -> None:
    if script.video_id != video_id:
        raise PermanentError(ErrorCode.SCRIPT_NOT_FOUND, f"video {video_id} has no script {script.script_id}")
    if script.state is not ScriptState.APPROVED or script.body is None:
        raise PermanentError(
            ErrorCode.SCRIPT_NOT_APPROVED, f"script {script.script_id} is {script.state}: approve it first"
        )
