"""Lists of jobs over HTTP: filtered, newest first, page by page."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from contracts.base import Id
from contracts.states import JobState
from services.gateway.http.middleware.body import JsonRoute
from services.gateway.http.models import JobPage, JobResponse
from services.gateway.ledger.jobs.queries import JobFilter
from services.gateway.ledger.models import JobRecord
from services.gateway.service import Service
from services.gateway.web.problems import responses

MAX_PAGE = 200

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

CURSOR = r"^[0-9]{1,16}-[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$"
"""A place in a list; all of them are valid, to the year 2286."""


def router(service: Service) -> APIRouter:
    """Return the route of the list."""
    routes = APIRouter(tags=["render jobs"], route_class=JsonRoute)

    @routes.get(
        "/render-jobs",
        summary="Jobs, newest first, page by page",
        responses=responses(422),
    )
    async def page(
        video_id: Annotated[Id | None, Query()] = None,
        script_id: Annotated[Id | None, Query()] = None,
        status: Annotated[JobState | None, Query()] = None,
        after: Annotated[str | None, Query(pattern=CURSOR, description="`next` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    ) -> JobPage:
        place = place_of(after) if after is not None else None
        wanted = JobFilter(video_id, script_id, status)
        found = await service.page_jobs(wanted, limit + 1, after=place)
        shown = found[:limit]
        more = cursor_of(shown[-1]) if len(found) > limit else None
        return JobPage(items=tuple(JobResponse.of(job) for job in shown), next=more)

    return routes


def cursor_of(job: JobRecord) -> str:
    """Return where a list goes on after a job: microseconds since the epoch, and the job's id."""
    return f"{(job.created_at - EPOCH) // timedelta(microseconds=1)}-{job.job_id}"


def place_of(cursor: str) -> tuple[datetime, str]:
    """Return the moment and the id of a cursor; whatever fits :data:`CURSOR` names a place."""
    moment, _, job_id = cursor.partition("-")
    return EPOCH + timedelta(microseconds=int(moment)), job_id
