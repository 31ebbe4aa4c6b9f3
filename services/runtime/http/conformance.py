"""What RFC 9110 and 9112 ask of any server, whatever the route: HEAD, Host, and codings nobody undoes."""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.http.problems import MEDIA_TYPE, problem_of

_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?")
_CODED = {b"transfer-encoding", b"content-encoding"}
_WITHOUT_BODY = {"GET", "HEAD", "OPTIONS", "TRACE"}

HEAD_KEY = "lectern.head"
"""In the scope of a GET that is made to answer a HEAD; for whoever gives more than an answer away."""

Refusal = tuple[int, str, str, Mapping[str, str] | None]


class _HeadTold(Exception):  # noqa: N818 - no error: the answer to a HEAD is whole
    """What follows a response's head need not be made."""


class Conformance:
    """Answers HEAD wherever GET is answered, and refuses what no route could understand.

    A HEAD is served as the GET that it asks about, up to the first piece of a body that goes on: so rights,
    validators and lengths are GET's, and a stream of events that may last for hours is not begun.

    Args:
        app: what is behind; it need not know HEAD.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        refusal = _refusal(scope) if scope["type"] in {"http", "websocket"} else None
        if refusal is not None:
            status, code, detail, headers = refusal
            answer = JSONResponse(problem_of(status, code, detail), status, headers, MEDIA_TYPE)
            await answer(scope, receive, send)
        elif scope.get("method") == "HEAD":
            await self._head(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def head_only(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            if message.get("more_body", False):
                raise _HeadTold

        # ranges are GET's alone (RFC 9110, 14.2)
        headers = [header for header in scope["headers"] if header[0] not in {b"range", b"if-range"}]
        with suppress(_HeadTold):
            inner = {**scope, "method": "GET", "headers": headers, HEAD_KEY: True}
            await self._app(inner, receive, head_only)


def _refusal(scope: Scope) -> Refusal | None:
    hosts, coded = [], False
    for name, value in scope["headers"]:
        if name == b"host":
            hosts.append(value)
        elif name in _CODED:
            coded = True
    if len(hosts) > 1 or not all(_HOST.fullmatch(host) for host in hosts):
        return 400, "REQUEST_INVALID", "a request names one Host, as in a URL", None
    if not hosts and scope.get("http_version", "1.1") == "1.1":
        return 400, "REQUEST_INVALID", "an HTTP/1.1 request needs the header Host", None
    if not coded or scope.get("method", "GET") in _WITHOUT_BODY:
        return None
    if _codings(scope, b"transfer-encoding") - {"chunked"}:
        return 501, "ENCODING_UNSUPPORTED", "of transfer codings only chunked is known", None
    if _codings(scope, b"content-encoding") - {"identity"}:
        only = {"Accept-Encoding": "identity"}
        return 415, "ENCODING_UNSUPPORTED", "send the body as it is, without a Content-Encoding", only
    return None


def _codings(scope: Mapping[str, Any], header: bytes) -> set[str]:
    """Return the codings that a header lists, which have no case."""
    lists = [value.decode("latin-1") for name, value in scope["headers"] if name == header]
    return {coding.strip().lower() for coding in ",".join(lists).split(",")} - {""}
