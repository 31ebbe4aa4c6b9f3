"""What stages tell, written into the ledger: scripts, failures, finished files, progress."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog
from pydantic import ValidationError

from contracts.errors import ErrorCode, PermanentError
from contracts.events import (
    AssetsUploaded,
    JobUpdated,
    ProgressReported,
    ScriptGenerated,
    ScriptRejected,
    StageFailed,
)
from contracts.renderspec import explain
from contracts.script import Script
from contracts.steps import Step
from services.gateway.batching import MicroBatcher
from services.gateway.ingest.progress import Folds, ProgressFilter
from services.gateway.ledger import scripts
from services.gateway.ledger.jobs import events, progress, transitions
from services.gateway.ledger.jobs import queries as jobs
from services.gateway.ledger.jobs.progress import Report, Share
from services.gateway.ledger.models import JobRecord, ScriptRecord
from services.gateway.metrics import JOBS_ENDED, label_of
from services.gateway.service import Service
from services.gateway.service.scripts import script_json

FOLD_BREATH_SECONDS = 0.015
"""From one transaction of reports to the next while reports come. A transaction costs 1.6 ms and 0.3 ms for
each report. Shorter: at 500 reports a second the ledger takes half a core. Longer: viewers are told late."""

log = structlog.get_logger(__name__)


class Reactions:
    """Takes what stages tell. Duplicates, late news and dead attempts change nothing.

    Args:
        service: whose ledger is written and who tells viewers.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._folds = Folds()
        self._folding = MicroBatcher[Report, JobRecord | None](self._fold, linger=FOLD_BREATH_SECONDS)
        self._announcing = MicroBatcher[JobUpdated, None](self._announce, linger=0)

    async def script_generated(self, event: ScriptGenerated) -> None:
        """Store the script; one that cannot be read or rendered fails the request."""
        try:
            body = _script_body(await self._service.artifacts.get(event.script))
        except PermanentError as error:
            await self._script_failed(event.job_id, error.code, error.message)
            return
        await self._service.keep_text(body)
        now = self._service.now()
        stored = await self._service.ledger.write(scripts.generated, event.job_id, body, now=now)
        self._told(stored)

    async def script_rejected(self, event: ScriptRejected) -> None:
        """Note why the script could not be written."""
        await self._script_failed(event.job_id, event.code, event.message)

    async def stage_failed(self, event: StageFailed) -> None:
        """End the attempt, or the request for a script, that a stage gave up on."""
        changed = await self._service.ledger.write(_failed, event, now=self._service.now())
        if isinstance(changed, JobRecord):
            log.info("job.failed", job_id=event.job_id, stage=event.stage, code=event.code)
            self._ended(changed)
        else:
            self._told(changed)

    async def assets_uploaded(self, event: AssetsUploaded) -> None:
        """Finalise: save the assets with the job, which is now completed."""
        changes = await self._service.ledger.write(
            transitions.complete,
            event.job_id,
            event.attempt,
            assets=event.assets,
            duration_sec=event.duration_sec,
            now=self._service.now(),
        )
        if changes:
            self._ended(changes[-1])

    async def progress_reported(self, event: ProgressReported) -> None:
        """Fold a report; returns once it is in the ledger and told, or is nothing that must be there.

        It is told before the report counts as taken: after a crash the report comes again, to whichever
        process, and whoever has not told the present revision tells it then.
        """
        if event.step is Step.FINALIZE or event.part >= event.parts:
            return  # the last step is the ledger's own; a part that is none would never be complete
        key = (event.job_id, event.attempt)
        standing: JobRecord | None = None
        fold = self._folds.get(key)
        if fold is None:
            shares, standing = await self._service.ledger.read(_known, *key)
            fold = ProgressFilter(shares)
            self._folds.put(key, fold)
        due = fold.news(Share(event.step, event.part, event.parts, event.share))
        try:
            if due:
                standing = await self._folding.run(Report(*key, tuple(due)))
            if standing is not None and standing.revision > fold.told:
                await self._announcing.run(events.job_updated(standing))
                fold.told = standing.revision
        except BaseException:
            self._folds.forget(key)  # it believes what is not so; the report will come again
            raise

    async def _fold(self, reports: Sequence[Report]) -> Sequence[JobRecord | None]:
        return await self._service.ledger.write(progress.fold_all, reports, now=self._service.now())

    async def _announce(self, jobs: Sequence[JobUpdated]) -> Sequence[None]:
        await self._service.announce(jobs)
        return [None] * len(jobs)

    async def _script_failed(self, script_id: str, code: str, message: str) -> None:
        now = self._service.now()
        self._told(await self._service.ledger.write(scripts.rejected, script_id, code, message, now=now))

    def _told(self, script: ScriptRecord | None) -> None:
        if script is not None:
            self._service.script_changed(script)

    def _ended(self, job: JobRecord) -> None:
        self._folds.forget((job.job_id, job.attempt))
        JOBS_ENDED.labels(job.state, label_of(job.error_code)).inc()


def _known(conn: sa.Connection, job_id: str, attempt: int) -> tuple[list[Share], JobRecord | None]:
    return progress.shares(conn, job_id, attempt), _alive(conn, job_id, attempt)


def _alive(conn: sa.Connection, job_id: str, attempt: int) -> JobRecord | None:
    job = jobs.get(conn, job_id)
    return job if job is not None and job.attempt == attempt and job.state.active else None


def _failed(conn: sa.Connection, event: StageFailed, *, now: datetime) -> JobRecord | ScriptRecord | None:
    job = transitions.fail(conn, event.job_id, event.attempt, code=event.code, message=event.message, now=now)
    return job or scripts.rejected(conn, event.job_id, event.code, event.message, now=now)


def _script_body(data: bytes) -> str:
    try:
        return script_json(Script.model_validate_json(data))
    except ValidationError as error:
        raise PermanentError(ErrorCode.SCRIPT_INVALID, f"the script is invalid: {explain(error)}") from None
