"""Stream tickets over HTTP: where they are made."""

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field, model_validator

from contracts.base import Id, Model, at_most
from services.gateway.auth.tickets import MAX_UNUSED, Tickets
from services.gateway.http.middleware.auth import HOLDER_KEY
from services.gateway.http.middleware.body import JsonRoute
from services.gateway.http.middleware.ticket_query import PARAMETER
from services.gateway.http.paths import TICKETS, base_of
from services.gateway.live.replay_buffer import of_job, of_video
from services.gateway.realtime.asyncapi import JOBS_CHANNEL
from services.gateway.web.problems import HttpCode, problem, responses

MAX_NAMED = 100
"""Jobs, and videos, that one ticket names. Fewer: a page with a long list needs several sockets. More: what
one token may have lie about in the ledger, 13 kB a ticket."""

ABOUT = """For an `EventSource`, which cannot show a token; needs `read`.

The ticket opens one of the paths in the answer, once, from any page. An `EventSource` that comes back by
itself goes on where it was. Where it fails for good (`readyState` is 2), ask for another ticket."""

_ONE_OF: list[Any] = [
    {"required": [name], "properties": {name: {"minItems": 1}}} for name in ("job_ids", "video_ids")
]


_Named = Annotated[tuple[Id, ...], Field(max_length=MAX_NAMED), at_most(MAX_NAMED)]


class StreamTicketRequest(Model):
    """What may be watched with the ticket: at least one job or video."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"anyOf": _ONE_OF})

    job_ids: _Named = ()
    video_ids: _Named = ()

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.job_ids and not self.video_ids:
            raise ValueError("name job_ids or video_ids")
        return self


class StreamTicketResponse(Model):
    """A ticket, which opens one connection, once: one of ``streams`` or one of ``sockets``."""

    ticket: str = Field(description="a secret; told this once")
    expires_at: datetime = Field(description="until when it opens a connection; what is open stays open")
    expires_in: int = Field(description="the same, in seconds from now")
    streams: tuple[str, ...] = Field(description="for an `EventSource`, which may also come back by itself")
    sockets: tuple[str, ...] = Field(description="for a `WebSocket`; the first one takes subscriptions")


def router(tickets: Tickets) -> APIRouter:
    """Return the route.

    Args:
        tickets: makes them.
    """
    routes = APIRouter(tags=["progress"], route_class=JsonRoute)

    @routes.post(
        TICKETS,
        summary="A ticket that opens one event stream or socket, for browsers",
        description=ABOUT,
        status_code=201,
        response_model=StreamTicketResponse,
        responses={
            429: {"description": "Too many requests, or tickets that nobody used"},
            **responses(400, 422),
        },
    )
    async def make(body: StreamTicketRequest, request: Request) -> Response:
        watches = list(dict.fromkeys([*map(of_job, body.job_ids), *map(of_video, body.video_ids)]))
        issued = await tickets.issue(request.scope.get(HOLDER_KEY), watches)
        lifetime = int(tickets.lifetime.total_seconds())
        if issued is None:
            detail = f"the token has {MAX_UNUSED:,} tickets that nobody used: they expire after {lifetime} s"
            return problem(429, HttpCode.TOO_MANY_TICKETS, detail, {"Retry-After": str(lifetime)})
        base, shown = base_of(request), f"?{PARAMETER}={issued.text}"
        videos = [name for kind, name in watches if kind == "video"]
        answer = StreamTicketResponse(
            ticket=issued.text,
            expires_at=issued.expires_at,
            expires_in=lifetime,
            streams=(
                *(f"{base}/render-jobs/{name}/events{shown}" for kind, name in watches if kind == "job"),
                *(f"{base}/videos/{name}/render-progress{shown}" for name in videos),
            ),
            sockets=(
                f"{JOBS_CHANNEL}{shown}",
                *(f"/ws/videos/{name}/render-progress{shown}" for name in videos),
            ),
        )
        return JSONResponse(answer.model_dump(mode="json"), 201)

    return routes
