"""Render jobs over HTTP: create, read, list, cancel."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from contracts.base import Id
from contracts.commands import StartRender
from services.gateway.http.middleware.body import JsonRequest, JsonRoute
from services.gateway.http.middleware.fast_create import job_id_of
from services.gateway.http.models import JobResponse, RenderJobRequest, RenderJobResponse
from services.gateway.http.paths import base_of
from services.gateway.http.routes.job_details import JobDetail
from services.gateway.service import NewId, Service
from services.gateway.web.disconnects import while_there
from services.gateway.web.prefer import applied, asked_wait
from services.gateway.web.problems import responses

Prefer = Annotated[str | None, Header(description="`wait=seconds` or `respond-async`")]


def router(service: Service, *, new_id: NewId) -> APIRouter:
    """Return the routes of phase 2.

    Args:
        service: what the routes call.
        new_id: makes a job's id.
    """
    routes = APIRouter(tags=["render jobs"], route_class=JsonRoute)

    @routes.post(
        "/videos/{video_id}/render-jobs",
        summary="Render an approved script, or return the video's active job",
        responses={
            201: {"description": "Created", "model": RenderJobResponse},
            202: {
                "description": "Not ended within the time waited: see `Location`",
                "model": RenderJobResponse,
            },
            **responses(400, 404, 409, 413, 422, 503),
        },
    )
    async def create(
        video_id: Id,
        body: RenderJobRequest,
        request: JsonRequest,
        response: Response,
        prefer: Prefer = None,
        idempotency_key: Annotated[str | None, Header(max_length=200, include_in_schema=False)] = None,
    ) -> RenderJobResponse:
        request.forget()
        caller = request.scope.get("lectern.caller", "")
        job_id = job_id_of(caller, video_id, body, idempotency_key, new_id)
        wish = StartRender(job_id=job_id, video_id=video_id, script_id=body.script_id, options=body.options)
        made = await service.create_job(wish)
        job = made.job
        response.status_code = 201 if made.created else 200
        response.headers["Location"] = f"{base_of(request)}/render-jobs/{job.job_id}"
        wait = asked_wait(prefer)
        if wait is not None:
            if wait:
                job = await while_there(request.receive, wait, partial(service.ended_job, job.job_id))
            if job.state.active:
                response.status_code = 202
            response.headers["Preference-Applied"] = applied(wait)
        return RenderJobResponse(job_id=job.job_id, status=job.state, created=made.created)

    @routes.get("/videos/{video_id}/render-jobs", summary="A video's jobs, newest first")
    async def of_video(video_id: Id) -> list[JobResponse]:
        return [JobResponse.of(job) for job in await service.list_jobs(video_id)]

    @routes.get(
        "/render-jobs/{job_id}",
        summary="Read a job; with `Prefer: wait` once it has ended",
        responses=responses(404),
    )
    async def read(job_id: Id, request: Request, response: Response, prefer: Prefer = None) -> JobDetail:
        wait = asked_wait(prefer)
        if wait is not None:
            await while_there(request.receive, wait, partial(service.ended_job, job_id))
            response.headers["Preference-Applied"] = applied(wait)
        return JobDetail.told(*await service.job_standing(job_id))

    @routes.get(
        "/render-jobs/{job_id}/render-spec",
        summary="The snapshot that the job renders",
        response_class=Response,
        responses={200: {"content": {"application/json": {}}}, **responses(404, 409, 422)},
    )
    async def render_spec(job_id: Id) -> Response:
        return Response(await service.render_spec(job_id), media_type="application/json")

    @routes.post(
        "/render-jobs/{job_id}/cancel",
        summary="Stop a job: FAILED with CANCELED, at once",
        responses=responses(404, 409, 503),
    )
    async def cancel(job_id: Id) -> JobResponse:
        return JobResponse.of(await service.cancel(job_id))

    return routes
