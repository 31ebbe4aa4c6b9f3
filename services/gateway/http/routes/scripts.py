"""Scripts over HTTP: generate, read, edit, approve."""

import re
from functools import partial
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Header, Response

from contracts.base import NAMESPACE, Id, canonical_json
from contracts.commands import GenerateScript
from contracts.errors import ErrorCode, PermanentError
from contracts.states import ScriptState
from services.gateway.http.middleware.body import JsonRequest, JsonRoute
from services.gateway.http.models import (
    ApproveRequest,
    ScriptGenerateRequest,
    ScriptGenerateResponse,
    ScriptResponse,
)
from services.gateway.http.paths import base_of
from services.gateway.http.strict_bodies import ScriptBody
from services.gateway.ledger.models import ScriptRecord
from services.gateway.ledger.scripts import StaleVersionError
from services.gateway.service import NewId, Service
from services.gateway.web.disconnects import while_there
from services.gateway.web.prefer import applied, asked_wait
from services.gateway.web.problems import HttpCode, problem, responses

_ETAG = re.compile(r'^(?:W/)?"(\d{1,9})"$')

IfMatch = Annotated[str | None, Header(include_in_schema=False)]
"""The ``ETag`` that was read; told in words, see :mod:`services.gateway.http.openapi`."""


def router(service: Service, *, generate_wait: float, new_id: NewId) -> APIRouter:
    """Return the routes of phase 1.

    Args:
        service: what the routes call.
        generate_wait: seconds that a generate call waits where it names no other time.
        new_id: makes the id of a command that brings none.
    """
    routes = APIRouter(tags=["scripts"], route_class=JsonRoute)

    @routes.post(
        "/videos/{video_id}/scripts/generate",
        summary="Have a script written",
        response_model=ScriptGenerateResponse,
        responses={
            202: {
                "description": "Still being written: read it at `Location`",
                "model": ScriptGenerateResponse,
            },
            **responses(400, 413, 422, 503),
        },
    )
    async def generate(
        video_id: Id,
        body: ScriptGenerateRequest,
        request: JsonRequest,
        response: Response,
        prefer: Annotated[str | None, Header(description="`wait=seconds` or `respond-async`")] = None,
        idempotency_key: Annotated[str | None, Header(max_length=200, include_in_schema=False)] = None,
    ) -> object:
        request.forget()
        asked = asked_wait(prefer)
        caller = request.scope.get("lectern.caller", "")
        named = _named(caller, video_id, idempotency_key, body) if idempotency_key else UUID(new_id())
        wish = GenerateScript(command_id=named, video_id=video_id, **dict(body))
        script = await service.generate_script(wish)
        wait = generate_wait if asked is None else asked
        if wait > 0 and script.state is ScriptState.GENERATING:
            script = await while_there(request.receive, wait, partial(service.written, script.script_id))
        if asked is not None:
            response.headers["Preference-Applied"] = applied(asked)
        return _answer(script, f"{base_of(request)}/scripts/{script.script_id}", response)

    @routes.get(
        "/videos/{video_id}/scripts", summary="A video's scripts, newest first: up to 100, and 4 MiB of text"
    )
    async def of_video(video_id: Id) -> list[ScriptResponse]:
        return [ScriptResponse.of(script) for script in await service.list_scripts(video_id)]

    @routes.get("/scripts/{script_id}", summary="Read a script", responses=responses(404))
    async def read(script_id: Id, response: Response) -> ScriptResponse:
        return told(await service.get_script(script_id), response)

    @routes.put(
        "/scripts/{script_id}",
        summary="Edit a script: a new draft, to be approved again",
        response_model=ScriptResponse,
        responses=responses(400, 404, 409, 412, 413, 422),
    )
    async def edit(
        script_id: Id, body: ScriptBody, request: JsonRequest, response: Response, if_match: IfMatch = None
    ) -> object:
        request.forget()
        try:
            changed = await service.edit_script(script_id, body, version=version_of(if_match))
        except PermanentError as error:
            return precondition(error, if_match)
        return told(changed, response)

    @routes.post(
        "/scripts/{script_id}/approve",
        summary="Approve a script: it may be rendered",
        response_model=ScriptResponse,
        responses=responses(404, 409, 412, 413, 422),
    )
    async def approve(
        script_id: Id,
        request: JsonRequest,
        response: Response,
        body: ApproveRequest | None = None,
        if_match: IfMatch = None,
    ) -> object:
        request.forget()
        content = body.content_hash if body else None
        try:
            changed = await service.approve(script_id, version=version_of(if_match), content=content)
        except PermanentError as error:
            return precondition(error, if_match)
        return told(changed, response)

    return routes


def _named(caller: str, video_id: str, key: str, body: ScriptGenerateRequest) -> UUID:
    """Return the id of a wish with a key: of this caller's, in these words; a key is not everybody's."""
    said = {"caller": caller, "video": video_id, "key": key, "wish": body.model_dump(mode="json")}
    return uuid5(NAMESPACE, canonical_json(said).decode())


def version_of(if_match: str | None) -> int | None:
    """Return the version that ``If-Match`` names, ``None`` for any; -1 (no version) for a foreign tag."""
    if if_match is None or if_match.strip() == "*":
        return None
    match = _ETAG.match(if_match.strip())
    return int(match.group(1)) if match else -1


def _answer(script: ScriptRecord, location: str, response: Response) -> object:
    response.headers["Location"] = location
    if script.state is ScriptState.FAILED:
        code, message = script.error_code or ErrorCode.SCRIPT_GENERATION_FAILED, script.error_message or ""
        return problem(422, code, message, {"Location": response.headers["Location"]})
    if script.state is ScriptState.GENERATING:
        response.status_code = 202
        response.headers["Retry-After"] = "1"
    return ScriptGenerateResponse.of(script)


def told(script: ScriptRecord, response: Response) -> ScriptResponse:
    """Return a script, its version in the ``ETag``."""
    response.headers["ETag"] = f'"{script.version}"'
    return ScriptResponse.of(script)


def precondition(error: PermanentError, if_match: str | None) -> Response:
    """Return the answer to a conflict, 412 if ``If-Match`` asked for it; raises what is none."""
    if if_match is not None and isinstance(error, StaleVersionError):
        return problem(412, HttpCode.PRECONDITION_FAILED, error.message)
    raise error
