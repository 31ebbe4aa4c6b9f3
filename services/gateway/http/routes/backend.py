"""What the backend calls: start and retry of jobs, and the log of callbacks to reconcile with."""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field

from contracts.base import Code, Id, Model
from contracts.commands import RenderOptions
from contracts.states import CallbackKind, CallbackState
from services.gateway.http.middleware.body import JsonRequest, JsonRoute
from services.gateway.http.models import JobResponse
from services.gateway.ledger import callbacks
from services.gateway.ledger.models import Callback
from services.gateway.service import JobStart, Service
from services.gateway.web.problems import responses

MAX_PAGE = 500


class StartRequest(Model):
    """What to render; nothing is needed for a job that exists."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"video_id": "v-1", "script_id": "s-1"}]})

    video_id: Id | None = None
    script_id: Id | None = None
    render_spec: dict[str, Any] | None = Field(
        default=None, description="either shape; left out, it is fetched from the backend"
    )
    options: RenderOptions = RenderOptions()


class StartResponse(Model):
    """The job; whether this call started it; and if not, the error that it stands still with."""

    job: JobResponse
    started: bool
    error_code: Code | None


class RetryResponse(Model):
    """The job, and whether this call started it again."""

    job: JobResponse
    started: bool


class CallbackResponse(Model):
    """A callback: what was sent, or is to be."""

    id: int = Field(description="its place in the log")
    webhook_id: str
    kind: CallbackKind
    subject: str = Field(description="the job or the script")
    attempt: int
    status: CallbackState
    tries: int
    last_error: str | None
    created_at: datetime
    settled_at: datetime | None
    payload: dict[str, Any]

    @classmethod
    def of(cls, callback: Callback) -> "CallbackResponse":
        """Return what is told of a callback."""
        return cls(
            id=callback.id,
            webhook_id=callback.webhook_id,
            kind=callback.kind,
            subject=callback.subject,
            attempt=callback.attempt,
            status=callback.state,
            tries=callback.tries,
            last_error=callback.last_error,
            created_at=callback.created_at,
            settled_at=callback.settled_at,
            payload=json.loads(callback.body),
        )


class CallbackPage(Model):
    """A part of the log; ask on with ``after=next`` at any time."""

    items: tuple[CallbackResponse, ...]
    next: int = Field(description="place of the last item, or the place asked for if there is none yet")


def router(service: Service) -> APIRouter:
    """Return the backend's routes; the guard lets only tokens with the internal scope through to them."""
    routes = APIRouter(tags=["backend"], route_class=JsonRoute)

    @routes.post(
        "/video/job/{job_id}/start",
        summary="Fetch the render spec, keep it as the job's snapshot, and render it",
        responses=responses(400, 404, 409, 413, 422, 503),
    )
    async def start(job_id: Id, request: JsonRequest, body: StartRequest | None = None) -> StartResponse:
        request.forget()  # the backend may have to be asked
        asked = body or StartRequest()
        wish = JobStart(job_id, asked.video_id, asked.script_id, asked.render_spec, asked.options)
        done = await service.start(wish)
        return StartResponse(job=JobResponse.of(done.job), started=done.started, error_code=done.error_code)

    @routes.post(
        "/video/job/{job_id}/retry",
        summary="Start a failed job again from its stored snapshot",
        responses=responses(404, 409, 422, 503),
    )
    async def retry(job_id: Id) -> RetryResponse:
        job, started = await service.retry(job_id)
        return RetryResponse(job=JobResponse.of(job), started=started)

    @routes.post(
        "/video/job/{job_id}/cancel",
        summary="Stop a job: FAILED with CANCELED, at once",
        responses=responses(404, 409, 422, 503),
    )
    async def cancel(job_id: Id) -> JobResponse:
        return JobResponse.of(await service.cancel(job_id))

    @routes.get("/api/callbacks", include_in_schema=False)
    @routes.get(
        "/api/v2/callbacks",
        summary="The log of callbacks, to reconcile with what arrived",
        responses=responses(422),
    )
    async def log(
        after: Annotated[int, Query(ge=0, le=2**62, description="place of the last callback known")] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
    ) -> CallbackPage:
        found = await service.ledger.read(callbacks.since, after, limit)
        items = tuple(CallbackResponse.of(callback) for callback in found)
        return CallbackPage(items=items, next=items[-1].id if items else after)

    return routes
