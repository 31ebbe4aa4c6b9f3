"""Errors over HTTP: RFC 9457 problem documents, with the code that the ledger and Kafka use."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from contracts.errors import ErrorCode, LecternError, TransientError
from services.runtime.http.problems import MEDIA_TYPE, TYPE_BASE, problem_of, title_of

LOOKING = {"/readyz"}
"""Paths that need no token, and yet are answered 503 without the ledger."""

LONGEST_SHOWN = 200
"""Characters of a caller's path that are told or logged. More: logs as large as requests."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SECURITY: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "ticket": {
        "type": "apiKey",
        "in": "query",
        "name": "ticket",
        "description": "from `POST /api/v2/stream-tickets`, for an `EventSource`, which cannot show a token",
    },
}


class HttpCode(StrEnum):
    """What can go wrong with a request as such, whatever it asks for."""

    ROUTE_NOT_FOUND = "ROUTE_NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    REQUEST_INVALID = "REQUEST_INVALID"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    ENCODING_UNSUPPORTED = "ENCODING_UNSUPPORTED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    RATE_LIMITED = "RATE_LIMITED"
    IDEMPOTENCY_KEY_INVALID = "IDEMPOTENCY_KEY_INVALID"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    REQUEST_RUNNING = "REQUEST_RUNNING"
    TICKET_INVALID = "TICKET_INVALID"
    LINK_INVALID = "LINK_INVALID"
    TOO_MANY_SUBSCRIPTIONS = "TOO_MANY_SUBSCRIPTIONS"
    TOO_MANY_TICKETS = "TOO_MANY_TICKETS"
    TOO_MANY_VIEWERS = "TOO_MANY_VIEWERS"
    TOO_MANY_WAITS = "TOO_MANY_WAITS"
    TOO_MANY_BODIES = "TOO_MANY_BODIES"
    HEAD_TOO_LARGE = "HEAD_TOO_LARGE"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    TOO_MANY_CONNECTIONS = "TOO_MANY_CONNECTIONS"
    TOO_MANY_DOWNLOADS = "TOO_MANY_DOWNLOADS"
    PRECONDITION_FAILED = "PRECONDITION_FAILED"
    ASSET_NOT_FOUND = "ASSET_NOT_FOUND"
    RANGE_NOT_SATISFIABLE = "RANGE_NOT_SATISFIABLE"


STATUS: Mapping[ErrorCode, int] = {
    ErrorCode.COMMAND_INVALID: 422,
    ErrorCode.EVENT_TOO_LARGE: 413,
    ErrorCode.JOB_NOT_FOUND: 404,
    ErrorCode.JOB_STATE_CONFLICT: 409,
    ErrorCode.SCRIPT_NOT_FOUND: 404,
    ErrorCode.SCRIPT_NOT_APPROVED: 409,
    ErrorCode.SCRIPT_STATE_CONFLICT: 409,
    ErrorCode.SCRIPT_INVALID: 422,
    ErrorCode.SETTINGS_INVALID: 422,
    ErrorCode.SOURCE_TEXT_EMPTY: 422,
    ErrorCode.SOURCE_TEXT_TOO_LONG: 413,
    ErrorCode.LANGUAGE_UNSUPPORTED: 422,
    ErrorCode.SCRIPT_GENERATION_FAILED: 422,
    ErrorCode.NO_RENDER_SPEC: 409,
    ErrorCode.RENDER_SPEC_INVALID: 422,
    ErrorCode.NARRATION_TOO_LONG: 422,
    ErrorCode.STORAGE_FULL: 507,
    ErrorCode.INTERNAL_ERROR: 500,
}
"""A code that is not here is the request's fault (422) or, where it may pass, the server's (503)."""


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(examples=[f"{TYPE_BASE}SCRIPT_NOT_APPROVED"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["script s-1 is DRAFT: approve it first"])
    code: str = Field(examples=["SCRIPT_NOT_APPROVED"], description="for machines")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI's description of the problems that a route answers with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": title_of(status), "content": content} for status in statuses}


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return a problem document."""
    return JSONResponse(problem_of(status, code, detail), status, dict(headers or {}), MEDIA_TYPE)


def status_of(error: LecternError) -> int:
    """Return the HTTP status of an error of ours."""
    return STATUS.get(error.code, 503 if isinstance(error, TransientError) else 422)


def answer_to(error: LecternError) -> JSONResponse:
    """Return the problem document of an error of ours; one that passes says when to come again."""
    status = status_of(error)
    return problem(status, error.code, error.message, {"Retry-After": "1"} if status == 503 else None)


def install(app: FastAPI) -> None:
    """Have every error of ``app`` answered with a problem document, and none with a stack trace."""

    @app.exception_handler(LecternError)
    async def ours(_: Request, error: LecternError) -> JSONResponse:
        return answer_to(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        said = "; ".join(
            f"{'.'.join(map(str, item['loc'][1:])) or 'body'}: {item['msg']}" for item in error.errors()[:5]
        )
        return problem(422, ErrorCode.COMMAND_INVALID, said)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        if request.method == "OPTIONS" and error.status_code in {404, 405} and (allowed := _allowed(request)):
            return Response(status_code=204, headers={"Allow": allowed})
        if error.status_code == 404:
            detail = f"there is nothing at {request.url.path[:LONGEST_SHOWN]}"
            return problem(404, HttpCode.ROUTE_NOT_FOUND, detail)
        if error.status_code == 405:
            detail = f"{request.method[:20]} is not for {request.url.path[:LONGEST_SHOWN]}"
            return problem(405, HttpCode.METHOD_NOT_ALLOWED, detail, {"Allow": _allowed(request)})
        detail = "the body is not JSON in UTF-8" if error.status_code == 400 else str(error.detail)
        return problem(error.status_code, HttpCode.REQUEST_INVALID, detail, error.headers)

    @app.exception_handler(Exception)
    async def bug(_: Request, __: Exception) -> JSONResponse:
        # the server logs it with its trace
        return problem(500, ErrorCode.INTERNAL_ERROR, "something went wrong here; it is in the log")


def _allowed(request: Request) -> str:
    """Return every method of a path: the router names only those of the first route that it finds."""
    scope, routes = dict(request.scope), request.app.routes
    here = scope["path"] == "*"  # the server as a whole
    methods = [
        method
        for method in METHODS
        if here or any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    if "GET" in methods:
        methods.insert(1, "HEAD")
    return ", ".join([*methods, "OPTIONS"]) if methods else ""


def describe(app: FastAPI, open_paths: Iterable[str]) -> None:
    """Put the problem document into ``app``'s OpenAPI, in the place of FastAPI's own error body.

    Args:
        app: whose OpenAPI.
        open_paths: which need no token.
    """
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = generate()
            for method, operation in (each for path in schema["paths"].values() for each in path.items()):
                _describe_failures(method, operation["responses"], takes_body="requestBody" in operation)
            schemas = schema["components"]["schemas"]
            for foreign in ("HTTPValidationError", "ValidationError"):
                schemas.pop(foreign, None)
            schemas["Problem"] = Problem.model_json_schema()
            schema["components"]["securitySchemes"] = SECURITY
            schema["security"] = [{"bearer": []}]
            for path in open_paths:
                for operation in schema["paths"].get(path, {}).values():
                    operation["security"] = []
                    for status in {"401", "429"} if path in LOOKING else {"401", "429", "503"}:
                        operation["responses"].pop(status, None)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _describe_failures(method: str, told: dict[str, Any], *, takes_body: bool) -> None:
    if takes_body or "422" in told:
        told |= {"400": responses(400)[400]}
    # any ledger may be locked or away; what writes may meet too large a body, or a full disk
    common = (401, 403, 429, 503) if method == "get" else (401, 403, 413, 429, 503, 507)
    for status, answer in responses(*common).items():
        told.setdefault(str(status), answer)
    if "422" in told:
        told["422"] = responses(422)[422]
