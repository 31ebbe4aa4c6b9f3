"""``Idempotency-Key`` on every POST: the same request again gets the first one's answer.

After the IETF draft "The Idempotency-Key HTTP Header Field": the key with another request is an error, and
so is a repeat while the first still runs. Failures of the server are not kept: they may be tried again.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.http.problems import HttpCode, problem
from services.gateway.ledger import idempotency
from services.gateway.ledger.database import Ledger

LONGEST_KEY = 200
KEPT_HEADERS = ("content-type", "location", "etag", "preference-applied")
NATIVE = "/scripts/generate"
"""Its key names the script itself: a repeat is told how the script stands by now, so no answer is kept."""


class Idempotency:
    """Keeps the answers to POSTs that carry a key; behind the body limit, which hands bodies on whole.

    Args:
        app: what is behind.
        ledger: where answers are kept.
        now: the clock.
    """

    def __init__(self, app: ASGIApp, ledger: Ledger, now: Callable[[], datetime]) -> None:
        self._app = app
        self._ledger = ledger
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        key = None
        if scope["type"] == "http" and scope["method"] == "POST":
            key = Headers(scope=scope).get("idempotency-key")
        if key is None:
            await self._app(scope, receive, send)
        elif not 0 < len(key) <= LONGEST_KEY:
            detail = f"Idempotency-Key must have 1 to {LONGEST_KEY} characters"
            await problem(422, HttpCode.IDEMPOTENCY_KEY_INVALID, detail)(scope, receive, send)
        else:
            await self._once(key, scope, receive, send)

    async def _once(self, key: str, scope: Scope, receive: Receive, send: Send) -> None:
        request = await receive()
        caller = scope.get("lectern.caller", "")
        name = _hash(caller, scope["path"], key)
        fingerprint = _hash(scope["query_string"].decode("latin-1"), request.get("body", b"").hex())
        native = scope["path"].endswith(NATIVE)
        claim = idempotency.bind if native else idempotency.claim
        kept = await self._ledger.write(claim, name, fingerprint, now=self._now())
        if kept is not None and not (native and kept.fingerprint == fingerprint):
            await _again(kept, fingerprint)(scope, receive, send)
            return
        replayed = False

        async def replay() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return request

        if native:
            await self._app(scope, replay, send)
            return
        answer, done = _Recorder(send), False
        try:
            await self._app(scope, replay, answer)
            done = answer.status < 500
        finally:
            if done:
                await self._ledger.write(
                    idempotency.keep, name, answer.status, answer.headers, bytes(answer.body)
                )
            else:
                await self._ledger.write(idempotency.release, name)


class _Recorder:
    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 500
        self.headers: dict[str, str] = {}
        self.body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = Headers(raw=message["headers"])
            self.headers = {name: headers[name] for name in KEPT_HEADERS if name in headers}
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
        await self._send(message)


def _again(kept: idempotency.Kept, fingerprint: str) -> Response:
    if kept.fingerprint != fingerprint:
        detail = "the Idempotency-Key was used for another request"
        return problem(422, HttpCode.IDEMPOTENCY_KEY_REUSED, detail)
    if kept.status is None:
        detail = "the first request with this Idempotency-Key is still running"
        return problem(409, HttpCode.REQUEST_RUNNING, detail, {"Retry-After": "1"})
    return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
