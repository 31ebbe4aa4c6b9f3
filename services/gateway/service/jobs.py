"""Phase 2: render jobs are read, cancelled, retried and watched."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from services.gateway.ledger.jobs import progress, queries, transitions
from services.gateway.ledger.jobs.progress import Share
from services.gateway.ledger.jobs.queries import JobFilter
from services.gateway.ledger.models import HistoryEntry, JobRecord
from services.gateway.live.hub import ConflationBuffer, Update, ViewerSubscription, of_job, of_video
from services.gateway.live.messages import ProgressMessage, progress_message
from services.gateway.service.core import LIST_LIMIT
from services.gateway.service.creates import Creates
from services.gateway.service.rechecks import Rechecks


class Jobs(Creates):
    """The functions of phase 2."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._ending = Rechecks(self._not_ended)

    async def get_job(self, job_id: str) -> JobRecord:
        """Return a job; raises ``JOB_NOT_FOUND``."""
        return await self.ledger.read(queries.require, job_id)

    async def list_jobs(self, video_id: str) -> list[JobRecord]:
        """Return a video's jobs, newest first."""
        return await self.ledger.read(queries.of_video, video_id, LIST_LIMIT)

    async def page_jobs(
        self, wanted: JobFilter, limit: int, *, after: tuple[datetime, str] | None = None
    ) -> list[JobRecord]:
        """Return jobs, newest first, from behind the one named by its moment of creation and its id."""
        return await self.ledger.read(queries.page, wanted, limit, after=after)

    async def ended_job(self, job_id: str, wait: float) -> JobRecord:
        """Return a job once it has ended, at the latest after ``wait`` seconds; raises ``JOB_NOT_FOUND``."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        job = await self.get_job(job_id)
        with self._ending.waiting(job_id) as changed:
            subscription = ViewerSubscription(lambda _: changed.set())
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
                        async with asyncio.timeout(left):
                            await changed.wait()
            finally:
                self.hub.detach(of_job(job_id), subscription)

    async def _not_ended(self, job_ids: Sequence[str]) -> list[str]:
        return await self.ledger.read(queries.still_active, job_ids)

    async def job_standing(
        self, job_id: str
    ) -> tuple[JobRecord, list[HistoryEntry], list[Share], str | None]:
        """Return a job, its changes of state, the shares known of its attempt, and its snapshot.

        All of one moment; raises ``JOB_NOT_FOUND``.
        """

        def look(conn: sa.Connection) -> tuple[JobRecord, list[HistoryEntry], list[Share], str | None]:
            job = queries.require(conn, job_id)
            spec = queries.render_spec(conn, job_id) if job.spec is not None else None
            return job, queries.history(conn, job_id), progress.shares(conn, job_id, job.attempt), spec

        return await self.ledger.read(look)

    async def render_spec(self, job_id: str) -> str:
        """Return a job's snapshot; raises ``JOB_NOT_FOUND`` or ``NO_RENDER_SPEC``."""
        return await self.ledger.read(queries.render_spec, job_id)

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

    async def watch(self, video_id: str) -> AsyncIterator[ProgressMessage]:
        """Yield the video's current job, then every change; a slow reader is told the newest."""
        slots, filled = ConflationBuffer(), asyncio.Event()

        def deliver(update: Update) -> None:
            slots.put(update)
            filled.set()

        subscription = ViewerSubscription(deliver)
        watch, cursor = of_video(video_id), self.hub.cursor
        self.hub.attach(watch, subscription)
        try:
            job = await self.standing(watch)
            subscription.open(self.hub.snapshot(job, cursor) if job else None)
            while True:
                await filled.wait()
                filled.clear()
                for update in slots.take():
                    yield progress_message(update.job)
        finally:
            self.hub.detach(watch, subscription)
