"""Render jobs over HTTP: create, read, list, cancel."""

from fastapi import APIRouter, Response

from contracts.base import Id
from contracts.commands import StartRender
from services.gateway.http.body import JsonRoute
from services.gateway.http.models import JobDetail, JobResponse, RenderJobRequest, RenderJobResponse
from services.gateway.http.problems import responses
from services.gateway.service import NewId, Service


def router(service: Service, *, new_id: NewId) -> APIRouter:
    """Return the routes of phase 2.

    Args:
        service: what the routes call.
        new_id: makes a job's id.
    """
    routes = APIRouter(tags=["render jobs"], route_class=JsonRoute)

    @routes.post(
        "/api/videos/{video_id}/render-jobs",
        summary="Render an approved script, or return the video's active job",
        responses={
            201: {"description": "Created", "model": RenderJobResponse},
            **responses(400, 404, 409, 413, 422, 503),
        },
    )
    async def create(video_id: Id, body: RenderJobRequest, response: Response) -> RenderJobResponse:
        wish = StartRender(job_id=new_id(), video_id=video_id, script_id=body.script_id, options=body.options)
        made = await service.create_job(wish)
        if made.created:
            response.status_code = 201
        response.headers["Location"] = f"/api/render-jobs/{made.job.job_id}"
        return RenderJobResponse(job_id=made.job.job_id, status=made.job.state, created=made.created)

    @routes.get("/api/videos/{video_id}/render-jobs", summary="A video's jobs, newest first")
    async def of_video(video_id: Id) -> list[JobResponse]:
        return [JobResponse.of(job) for job in await service.list_jobs(video_id)]

    @routes.get("/api/render-jobs/{job_id}", summary="Read a job", responses=responses(404))
    async def read(job_id: Id) -> JobDetail:
        return JobDetail.told(*await service.job_with_history(job_id))

    @routes.get(
        "/api/render-jobs/{job_id}/render-spec",
        summary="The snapshot that the job renders",
        response_class=Response,
        responses={200: {"content": {"application/json": {}}}, **responses(404, 422)},
    )
    async def render_spec(job_id: Id) -> Response:
        return Response(await service.render_spec(job_id), media_type="application/json")

    @routes.post(
        "/api/render-jobs/{job_id}/cancel",
        summary="Stop a job: FAILED with CANCELED, at once",
        responses=responses(404, 409),
    )
    async def cancel(job_id: Id) -> JobResponse:
        return JobResponse.of(await service.cancel(job_id))

    return routes
