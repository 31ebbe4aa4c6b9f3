"""How a render job comes to be: from an approved script, or from a spec that is brought along."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from pydantic import ValidationError

from contracts.commands import RenderOptions, StartRender
from contracts.errors import ErrorCode, LecternError, PermanentError
from contracts.languages import DEFAULT_LANGUAGE
from contracts.rendering import RenderSettings, check_names, check_shape
from contracts.renderspec import RenderSpec, explain, normalise_render_spec, spec_bytes
from contracts.states import ScriptState
from services.gateway.batching import MicroBatcher
from services.gateway.ledger.jobs import create, create_approved, queries
from services.gateway.ledger.jobs.create import ExistingState, JobLookup
from services.gateway.ledger.jobs.queries import NewJob
from services.gateway.ledger.models import JobRecord, ScriptRecord
from services.gateway.service.core import Core
from services.runtime.artifacts import Blob

log = structlog.get_logger(__name__)

SETTINGS_KEPT = 256
"""Options whose settings are kept: a front end has a few kinds, and checking them costs as much as a row."""


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


class Creates(Core):
    """The functions that make jobs."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._settings = lru_cache(SETTINGS_KEPT)(self._settings_of)
        self._looking = MicroBatcher[JobLookup, ExistingState](self._look)
        self._creating = MicroBatcher[NewJob, tuple[JobRecord, bool]](self._create)
        self._restoring = MicroBatcher[str, None](self._restore_lost)
        self._making = MicroBatcher[create_approved.CreateRequest, JobRecord | None](self._make)

    async def _look(self, asked: Sequence[JobLookup]) -> Sequence[ExistingState]:
        return await self.ledger.read(create.look, asked)

    async def _create(self, wanted: Sequence[NewJob]) -> Sequence[tuple[JobRecord, bool] | Exception]:
        return await self.ledger.write(create.create_all, wanted, now=self.now())

    async def create_job(self, wish: StartRender) -> Created:
        """Create a render job, or return the one of this id, or the video's active one.

        With a backend that starts jobs, a job made from a script waits for its start.

        Raises:
            PermanentError: ``SCRIPT_NOT_FOUND``, ``SCRIPT_NOT_APPROVED``, ``NO_RENDER_SPEC``,
                ``RENDER_SPEC_INVALID``, ``LANGUAGE_UNSUPPORTED`` or ``SETTINGS_INVALID``.
        """
        if wish.script_id is not None and wish.render_spec is None:
            made = await self.create_ahead(wish.job_id, wish.video_id, wish.script_id, wish.options)
            if made is not None:
                return Created(made, created=True)
        standing = await self._looking.run(JobLookup(wish.job_id, wish.video_id, wish.script_id))
        if standing.job is not None:
            return Created(standing.job, created=False)
        # Spares the common second click the reading of a script and the writing; two first ones at once are
        # the ledger's to tell apart.
        if standing.active is not None and wish.render_spec is None and wish.script_id is not None:
            self._refuse(wish, standing.script)
            return Created(standing.active, created=False)
        if self._may_wait(wish):
            source = self._without_spec(wish, standing.script)
        else:
            source = self._source(wish, standing.script)
        if standing.active is not None:
            return Created(standing.active, created=False)
        new = await self._store(wish, source)
        job, created = await self._creating.run(new)
        return Created(job, created)

    async def create_ahead(
        self, job_id: str, video_id: str, script_id: str, options: RenderOptions
    ) -> JobRecord | None:
        """Create a job of a script whose spec was stored when it was approved; ``None`` if that cannot be.

        Whatever the reason is, :meth:`create_job` finds it.
        """
        if self.waits:
            return None
        try:
            settings = self._settings(options)
        except PermanentError:
            return None
        await self._restoring.run(script_id)
        return await self._making.run(create_approved.CreateRequest(job_id, video_id, script_id, settings))

    async def _make(self, wishes: Sequence[create_approved.CreateRequest]) -> Sequence[JobRecord | None]:
        return await self.ledger.write(create_approved.create_all, wishes, now=self.now())

    async def _restore_lost(self, script_ids: Sequence[str]) -> Sequence[None]:
        """Store again what jobs of these scripts are to render, should it be gone since they were approved.

        Before there are jobs: a worker has one in hand some milliseconds after its commit. While the store
        does not answer, one whose artifact is not there fails with ``ARTIFACT_MISSING``; its retry stores it.
        """
        claims = await self.ledger.read(create_approved.claims, script_ids)
        try:
            held = await self.artifacts.holds(list(claims.values()))
            for script_id, there in zip(claims, held, strict=True):
                body = None if there else await self.ledger.read(create_approved.body, script_id)
                if body is not None:
                    await self.artifacts.put(Blob(body.encode(), "application/json"))
        except LecternError as error:
            log.warning("specs.unchecked", error=str(error))
        return [None] * len(script_ids)

    def _may_wait(self, wish: StartRender) -> bool:
        return self.waits and wish.render_spec is None and wish.script_id is not None

    def _refuse(self, wish: StartRender, script: ScriptRecord | None) -> None:
        """Raise what a job of a script would be refused with; what is approved can be rendered."""
        self._settings(wish.options)
        if script is not None:
            _approved(script, wish.video_id)
        elif not self._may_wait(wish):
            raise PermanentError(ErrorCode.SCRIPT_NOT_FOUND, f"there is no script {wish.script_id}")

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

    async def restore_spec(self, job_id: str) -> None:
        """Store a job's snapshot again, as an artifact: whatever became of the first one, a retry can start.

        Raises:
            PermanentError: ``JOB_NOT_FOUND`` or ``NO_RENDER_SPEC``.
            TransientError: ``STORAGE_FULL`` or ``STORAGE_UNAVAILABLE``.
        """
        snapshot = await self.ledger.read(queries.render_spec, job_id)
        await self.artifacts.put(Blob(snapshot.encode(), "application/json"))

    def _settings_of(self, options: RenderOptions) -> RenderSettings:
        wished = options.model_dump(exclude_none=True)
        check_names(options.visual_style, options.tts_provider, options.theme)
        try:
            settings = RenderSettings.model_validate({**self.defaults.model_dump(), **wished})
        except ValidationError as error:
            raise PermanentError(ErrorCode.SETTINGS_INVALID, f"options: {explain(error)}") from None
        check_shape(settings)
        return settings


def _approved(script: ScriptRecord, video_id: str) -> None:
    if script.video_id != video_id:
        raise PermanentError(ErrorCode.SCRIPT_NOT_FOUND, f"video {video_id} has no script {script.script_id}")
    if script.state is not ScriptState.APPROVED or script.body is None:
        raise PermanentError(
            ErrorCode.SCRIPT_NOT_APPROVED, f"script {script.script_id} is {script.state}: approve it first"
        )
