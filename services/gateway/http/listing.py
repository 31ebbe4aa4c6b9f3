"""Lists of jobs over HTTP: filtered, newest first, page by page."""

import base64
import binascii
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from contracts.base import Id
from services.gateway.http.body import JsonRoute
from services.gateway.http.models import JobPage, JobResponse
from services.gateway.http.problems import HttpCode, problem, responses
from services.gateway.ledger.jobs import JobFilter
from services.gateway.ledger.records import JobRecord, JobState
from services.gateway.service import Service

MAX_PAGE = 200


def router(service: Service) -> APIRouter:
    """Return the route of the list."""
    routes = APIRouter(tags=["render jobs"], route_class=JsonRoute)

    @routes.get(
        "/render-jobs",
        summary="Jobs, newest first, page by page",
        response_model=JobPage,
        responses=responses(422),
    )
    async def page(
        video_id: Annotated[Id | None, Query()] = None,
        script_id: Annotated[Id | None, Query()] = None,
        status: Annotated[JobState | None, Query()] = None,
        after: Annotated[str | None, Query(max_length=300, description="`next` of the page before")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    ) -> object:
        place = place_of(after) if after is not None else None
        if after is not None and place is None:
            return problem(422, HttpCode.CURSOR_INVALID, "after is not what a page gave as next")
        wanted = JobFilter(video_id, script_id, status)
        found = await service.page_jobs(wanted, limit + 1, after=place)
        shown = found[:limit]
        more = cursor_of(shown[-1]) if len(found) > limit else None
        return JobPage(items=tuple(JobResponse.of(job) for job in shown), next=more)

    return routes


def cursor_of(job: JobRecord) -> str:
    """Return where a list goes on after a job; opaque to callers."""
    return base64.urlsafe_b64encode(f"{job.created_at.isoformat()} {job.job_id}".encode()).decode()


def place_of(cursor: str) -> tuple[datetime, str] | None:
    """Return the moment and the id of a cursor, ``None`` if it is none of ours."""
    try:
        moment, _, job_id = base64.b64decode(cursor, b"-_", validate=True).decode().partition(" ")
        parsed = datetime.fromisoformat(moment)
    except (binascii.Error, ValueError):
        return None
    return (parsed, job_id) if parsed.tzinfo is not None and job_id and "\0" not in job_id else None
