"""Request bodies: the largest there may be, and what counts as JSON.

Starlette's own limit answers in plain text, past every error handler; ours is a problem document.
Python's ``json`` takes half a surrogate pair, NaN and any depth; what we take in must go on as UTF-8 JSON.
"""

from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.http.middleware.auth import sharer_of
from services.gateway.metrics import SHARES_REFUSED
from services.gateway.web.problems import HttpCode, problem

DRAINED_BYTES = 16 << 20
"""How much of a body over the limit is read and thrown away. Less: more clients see a reset connection in
the place of the answer. More: a hostile one takes more bandwidth."""

IN_HAND_BYTES = 32 << 20
"""Bytes of bodies of one caller that are read, worked on, or kept by calls that wait; more are answered 429.
Fewer: who sends 30 scripts of the largest size at once is told to come again. More: memory, for each caller,
and for minutes where calls wait."""

RETRY_SECONDS = 1
"""When a caller with too much in hand may come again. Shorter: it is refused again. Longer: it idles."""


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


class InHand:
    """What is kept of one request's body, counted for its caller until :meth:`let_go`."""

    def __init__(self, kept: Counter[str], caller: str) -> None:
        self._kept = kept
        self._caller = caller
        self._mine = 0

    def take(self, size: int) -> bool:
        """Count so many bytes more, if the caller may have them in hand."""
        if self._kept[self._caller] + size > IN_HAND_BYTES:
            return False
        self._kept[self._caller] += size
        self._mine += size
        return True

    def let_go(self) -> None:
        """Count them no more."""
        self._kept[self._caller] -= self._mine
        self._mine = 0
        if not self._kept[self._caller]:
            del self._kept[self._caller]


class BodyLimit:
    """Answers 413 to a body over the limit, announced or not; smaller ones are handed on whole.

    And 429 to a caller who has too much in hand; so it stands behind whoever knows the caller.

    Args:
        app: what is behind.
        limit: bytes.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit
        self._kept: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS", "DELETE"}:
            await self._app(scope, receive, send)
            return
        in_hand = InHand(self._kept, sharer_of(scope))
        try:
            read: bytes | Response
            if self._announced(scope) <= max(self._limit, DRAINED_BYTES):
                read = await self._read(receive, in_hand)
            else:
                read = self._too_large()
            if isinstance(read, Response):
                await read(scope, receive, send)
                return
            whole: Message = {"type": "http.request", "body": read, "more_body": False}
            await self._app(scope, replaying(whole, receive), send)
        finally:
            in_hand.let_go()

    async def _read(self, receive: Receive, in_hand: InHand) -> bytes | Response:
        """Return the body, or the answer if it is not taken; none is wanted if its sender is gone.

        What is too much is read on for a while, unkept: a connection closed on a client that is still
        sending is reset, and the answer with it.
        """
        body, size = bytearray(), 0
        refusal: Response | None = None
        while size <= max(self._limit, DRAINED_BYTES):
            message = await receive()
            if message["type"] == "http.disconnect":
                return refusal or self._too_large()
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._limit:
                refusal = self._too_large()
            elif refusal is None and not in_hand.take(len(chunk)):
                refusal = _too_much_in_hand()
            if refusal is None:
                body += chunk
            elif body:
                body.clear()
                in_hand.let_go()
            if not message.get("more_body", False):
                break
        return refusal or bytes(body)

    def _too_large(self) -> Response:
        detail = f"a body of at most {self._limit:,} bytes is taken"
        return problem(413, HttpCode.BODY_TOO_LARGE, detail, {"Connection": "close"})

    @staticmethod
    def _announced(scope: Scope) -> int:
        value = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        return int(value) if value.isdigit() else 0


def _too_much_in_hand() -> Response:
    SHARES_REFUSED.labels("bodies").inc()
    detail = (
        f"bodies of {IN_HAND_BYTES:,} bytes of the caller are in hand: send fewer at once, "
        "or have fewer calls wait"
    )
    headers = {"Connection": "close", "Retry-After": str(RETRY_SECONDS)}
    return problem(429, HttpCode.TOO_MANY_BODIES, detail, headers)


class JsonRequest(Request):
    """A request whose body is JSON in the strict sense."""

    _decoded: Any = None

    async def json(self) -> Any:
        """Return the body, decoded; raises ``ValueError``."""
        self._decoded = from_json(await self.body(), allow_inf_nan=False)
        return self._decoded

    def forget(self) -> None:
        """Let go of what the body said, once it is understood; for every route that takes one.

        The framework holds it until the answer. What nobody reads of it, such as a field that is unknown
        here, may be empty lists: 64 bytes for every three.
        """
        if isinstance(self._decoded, dict):
            self._decoded.clear()


class JsonRoute(APIRoute):
    """A route that reads its body with :class:`JsonRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler."""
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(JsonRequest(request.scope, request.receive))

        return strict
