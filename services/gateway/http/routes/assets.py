"""Finished files over HTTP: ranges, validators and nothing outside their folder."""

import os
import stat
from email.utils import parsedate
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Message, Receive, Scope, Send

from services.gateway.http.downloads import Downloads
from services.gateway.web.problems import HttpCode, problem, responses
from services.runtime.http.connection_limits import files

MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".srt": "application/x-subrip; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".json": "application/json",
}
"""The only files there are; anything else below the folder is nobody's business."""

_STATIC = StaticFiles(check_dir=False)


def router(folder: Path, path: str, *, shared: bool) -> APIRouter:
    """Return the route that serves ``folder`` below ``path``.

    Args:
        folder: of the finished files.
        path: where they are served.
        shared: whether caches on the way may keep them: not where each who asks must have a right to.
    """
    cached = "no-cache" if shared else "private, no-cache"
    routes = APIRouter(tags=["assets"])
    downloads = Downloads(files())

    @routes.get(
        f"{path}/{{key:path}}",
        summary="A finished file",
        response_class=Response,
        responses={206: {"description": "Partial Content"}, **responses(404, 412, 416, 503)},
    )
    async def asset(key: str, request: Request) -> Response:
        found = await run_in_threadpool(find, folder, key)
        if found is None:
            return problem(404, HttpCode.ASSET_NOT_FOUND, f"there is no file {key[:200]}")
        response = AssetResponse(
            found[0],
            stat_result=found[1],
            media_type=MEDIA_TYPES[found[0].suffix],
            filename=found[0].name,
            content_disposition_type="inline",
            headers={"Cache-Control": cached, "X-Content-Type-Options": "nosniff"},
        )
        if _changed(response.headers, request.headers):
            return problem(412, HttpCode.PRECONDITION_FAILED, "it is another file by now: read it again")
        if _STATIC.is_not_modified(response.headers, request.headers):
            return NotModifiedResponse(response.headers)
        return downloads.counted(response)

    return routes


def find(folder: Path, key: str) -> tuple[Path, os.stat_result] | None:
    """Return the file of a storage key and its status, or ``None``.

    Symbolic links, hidden files and whatever lies outside the folder do not exist.
    """
    parts = key.split("/")
    if any(part.startswith(".") or not part or "\\" in part or "\0" in part for part in parts):
        return None
    root = folder.resolve()
    path = root.joinpath(*parts)
    try:
        if path.suffix not in MEDIA_TYPES or path.resolve() != path:
            return None
        status = path.stat()
    except (OSError, RuntimeError, ValueError):  # not there, a name too long, a loop of links
        return None
    return (path, status) if stat.S_ISREG(status.st_mode) else None


class AssetResponse(FileResponse):
    """A file; of unusable ranges a problem document tells, malformed ones are ignored (RFC 9110, 14.2)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the file."""
        refused: Message | None = None

        async def watch(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in {400, 416}:
                refused = message
            if refused is None:
                await send(message)

        await super().__call__(scope, receive, watch)
        if refused is None:
            return
        if refused["status"] == 400:  # a Range that is malformed is no Range
            headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
            await super().__call__({**scope, "headers": headers}, receive, send)
            return
        size = Headers(raw=refused["headers"]).get("content-range", "")
        await problem(
            416,
            HttpCode.RANGE_NOT_SATISFIABLE,
            "no byte of the range is in the file",
            {"Content-Range": size},
        )(scope, receive, send)


def _changed(response: Headers, request: Headers) -> bool:
    """Whether a file is not the one that is asked for any more (RFC 9110, 13.1.1 and 13.1.4)."""
    tags = request.get("if-match")
    if tags is not None:
        return tags.strip() != "*" and response["etag"] not in [tag.strip() for tag in tags.split(",")]
    since, modified = parsedate(request.get("if-unmodified-since")), parsedate(response["last-modified"])
    return since is not None and modified is not None and modified > since
