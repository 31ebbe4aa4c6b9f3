"""Progress as server-sent events: of one job until it ends, of a video for as long as somebody listens."""

import math
from operator import attrgetter
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response

from contracts.base import Id
from services.gateway.auth.tickets import grant_of, without_proof
from services.gateway.live.cursors import Bookmark, Cursor, bookmark_of
from services.gateway.live.replay_buffer import Watch, of_job, of_video
from services.gateway.realtime.event_stream import MEDIA_TYPE, EventStream
from services.gateway.service import Service
from services.gateway.web.prefer import wait_seconds
from services.gateway.web.problems import responses

LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        max_length=50_000,
        description="`id` of the last event received: what came since is told instead of a snapshot, if it "
        "is still known; sent by an `EventSource` itself",
    ),
]

Prefer = Annotated[
    str | None,
    Header(description="`wait=seconds`: the stream ends after so long; without it, it goes on"),
]

_EXAMPLE = {
    "id": Bookmark(cursor=Cursor(epoch="log-1", offsets=(42,)), job_id="j-1", revision=7).text(),
    "event": "update",
    "data": '{"job_id":"j-1","status":"PROCESSING","progress":40}',
}
_EVENT: dict[str, Any] = {
    # before OpenAPI 3.2 the schema of a stream is each event's
    "title": "ProgressEvent",
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "for `Last-Event-ID`"},
        "event": {"enum": ["snapshot", "update"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "retry": {"type": "integer"},
    },
}
_EITHER: dict[str, Any] = {"security": [{"bearer": []}, {"ticket": []}]}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `snapshot` and `update`; comments as signs of life",
        "content": {MEDIA_TYPE: {"schema": _EVENT, "example": _EXAMPLE}},
    }
}


def router(service: Service) -> APIRouter:
    """Return the routes of the streams."""
    routes = APIRouter(tags=["progress"])

    def stream(
        watch: Watch, form: str, request: Request, last_event_id: str | None, prefer: str | None
    ) -> EventStream:
        bookmark = bookmark_of(without_proof(last_event_id)) if last_event_id else None
        wait, grant = wait_seconds(prefer, math.inf), grant_of(request.scope)
        proof = grant.proof if grant else None
        return EventStream(service.hub, service.standing, watch, attrgetter(form), bookmark, wait, proof)

    @routes.get(
        "/render-jobs/{job_id}/events",
        summary="Every change of a job as server-sent events, until it has ended",
        response_class=Response,
        responses={
            **_STREAM,
            204: {"description": "It has ended, and the last event received said so: do not come back"},
            **responses(404, 422, 503),
        },
        openapi_extra=_EITHER,
    )
    async def of_a_job(
        job_id: Id, request: Request, last_event_id: LastEventId = None, prefer: Prefer = None
    ) -> Response:
        return stream(of_job(job_id), "event", request, last_event_id, prefer)

    @routes.get(
        "/videos/{video_id}/render-progress",
        summary="The progress of a video's jobs as server-sent events",
        response_class=Response,
        responses={**_STREAM, **responses(422, 503)},
        openapi_extra=_EITHER,
    )
    async def of_a_video(
        video_id: Id, request: Request, last_event_id: LastEventId = None, prefer: Prefer = None
    ) -> Response:
        return stream(of_video(video_id), "progress_event", request, last_event_id, prefer)

    return routes
