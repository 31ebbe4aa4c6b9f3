"""Request bodies: the largest there may be, and what counts as JSON.

Starlette's own limit answers in plain text, past every error handler; ours is a problem document.
Python's ``json`` takes half a surrogate pair, NaN and any depth; what we take in must go on as UTF-8 JSON.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.http.problems import HttpCode, problem

DRAINED_BYTES = 16 << 20
"""How much of a body over the limit is read and thrown away. Less: more clients see a reset connection in
the place of the answer. More: a hostile one takes more bandwidth."""


def replaying(message: Message, receive: Receive) -> Receive:
    """Return what gives ``message``, which was taken already, and then what follows it."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return message

    return replay


class BodyLimit:
    """Answers 413 to a body over the limit, announced or not; smaller ones are handed on whole.

    Args:
        app: what is behind.
        limit: bytes.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS", "DELETE"}:
            await self._app(scope, receive, send)
            return
        announced = self._announced(scope)
        body = await self._read(receive) if announced <= max(self._limit, DRAINED_BYTES) else None
        if body is None:
            detail = f"a body of at most {self._limit:,} bytes is taken"
            refusal = problem(413, HttpCode.BODY_TOO_LARGE, detail, {"Connection": "close"})
            await refusal(scope, receive, send)
            return
        whole: Message = {"type": "http.request", "body": body, "more_body": False}
        await self._app(scope, replaying(whole, receive), send)

    async def _read(self, receive: Receive) -> bytes | None:
        """Return the body, ``None`` if it is too large or its sender is gone.

        What is too large is read on for a while, unkept: a connection closed on a client that is still
        sending is reset, and the answer with it.
        """
        body, size = bytearray(), 0
        while size <= max(self._limit, DRAINED_BYTES):
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk = message.get("body", b"")
            size += len(chunk)
            if size <= self._limit:
                body += chunk
            if not message.get("more_body", False):
                break
        return bytes(body) if size <= self._limit else None

    @staticmethod
    def _announced(scope: Scope) -> int:
        value = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        return int(value) if value.isdigit() else 0


class JsonRequest(Request):
    """A request whose body is JSON in the strict sense."""

    async def json(self) -> Any:
        """Return the body, decoded; raises ``ValueError``."""
        return from_json(await self.body(), allow_inf_nan=False)


class JsonRoute(APIRoute):
    """A route that reads its body with :class:`JsonRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return strict
