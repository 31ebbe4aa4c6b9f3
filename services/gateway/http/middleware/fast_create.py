"""The create that everything is well with, in front of the framework, which costs three times the create.

It answers 201 or not at all: whatever is unusual about a request or the ledger goes on to the route, which
knows every refusal. So there is one place for each of them, and the two cannot differ.
"""

import re
from uuid import uuid5

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.base import NAMESPACE, Id, canonical_json
from contracts.errors import LecternError
from services.gateway.http.middleware.body import replaying
from services.gateway.http.models import RenderJobRequest, RenderJobResponse
from services.gateway.http.paths import BASES
from services.gateway.ledger.models import JobRecord
from services.gateway.service import NewId, Service

_PATH = re.compile(rf"({'|'.join(map(re.escape, BASES))})/videos/([^/]+)/render-jobs")
_ID: TypeAdapter[str] = TypeAdapter(Id)


def job_id_of(caller: str, video_id: str, wanted: RenderJobRequest, key: str | None, new_id: NewId) -> str:
    """Return the id of the job that a request asks for; the same ``Idempotency-Key`` asks for the same.

    The same of the same caller with the same wish: a stranger's key must not lead to somebody's job.
    """
    if not key:
        return new_id()
    said = {"caller": caller, "video": video_id, "key": key, "job": wanted.model_dump(mode="json")}
    return str(uuid5(NAMESPACE, canonical_json(said).decode()))


class QuickCreate:
    """Serves ``POST …/videos/{video_id}/render-jobs``; behind whatever counts, limits and repeats requests.

    Args:
        app: what is behind, and serves everything else.
        service: creates jobs.
        new_id: makes a job's id.
    """

    def __init__(self, app: ASGIApp, service: Service, new_id: NewId) -> None:
        self._app = app
        self._service = service
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        usual = scope["type"] == "http" and scope["method"] == "POST" and not scope["query_string"]
        place = _PATH.fullmatch(scope["path"]) if usual else None
        if place is None:
            await self._app(scope, receive, send)
            return
        message = await receive()
        caller = scope.get("lectern.caller", "")
        job = await self._created(caller, place[2], Headers(scope=scope), message)
        if job is None:
            await self._app(scope, replaying(message, receive), send)
            return
        body = RenderJobResponse(job_id=job.job_id, status=job.state, created=True).model_dump_json().encode()
        headers = [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", b"application/json"),
            (b"location", f"{place[1]}/render-jobs/{job.job_id}".encode()),
        ]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _created(
        self, caller: str, video_id: str, headers: Headers, message: Message
    ) -> JobRecord | None:
        plain = headers.get("content-type") == "application/json" and "prefer" not in headers
        if not plain or message["type"] != "http.request" or message.get("more_body", False):
            return None
        try:
            wanted = RenderJobRequest.model_validate(from_json(message["body"], allow_inf_nan=False))
            _ID.validate_python(video_id)
            job_id = job_id_of(caller, video_id, wanted, headers.get("idempotency-key"), self._new_id)
            return await self._service.create_ahead(job_id, video_id, wanted.script_id, wanted.options)
        except (ValidationError, ValueError, LecternError):
            return None
