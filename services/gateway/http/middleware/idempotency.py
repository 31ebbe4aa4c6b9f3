"""``Idempotency-Key`` on every POST: the same request again gets the first one's answer.

After the IETF draft "The Idempotency-Key HTTP Header Field": the key with another request is an error, and
so is a repeat while the first still runs. Failures of the server are not kept: they may be tried again.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.errors import LecternError
from services.gateway.batching import MicroBatcher
from services.gateway.http.middleware.body import replaying
from services.gateway.http.paths import TICKET_PATHS
from services.gateway.ledger import idempotency
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.ledger.idempotency import Answer, Claim, Kept
from services.gateway.web.problems import LONGEST_SHOWN, HttpCode, answer_to, problem

LONGEST_KEY = 200
KEPT_HEADERS = ("content-type", "location", "etag", "preference-applied")
NATIVE = "/scripts/generate"
"""Its key names the script itself: a repeat is told how the script stands by now, so no answer is kept."""

log = structlog.get_logger(__name__)


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
        self._claiming = MicroBatcher[Claim, Kept | None](self._claim)
        self._keeping = MicroBatcher[Answer, None](self._keep)

    async def _claim(self, claims: Sequence[Claim]) -> Sequence[Kept | None]:
        return await self._ledger.write(idempotency.claim_all, claims)

    async def _keep(self, answers: Sequence[Answer]) -> Sequence[None]:
        return await self._ledger.write(idempotency.keep_all, answers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        key = None
        # a ticket is a secret: its answer is not kept, and a repeat gets another one
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] not in TICKET_PATHS:
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
        claim = Claim(name, fingerprint, self._now())
        try:
            if native:
                kept = await self._ledger.write(idempotency.bind, name, fingerprint, now=claim.at)
            else:
                kept = await self._claiming.run(claim)
        except LecternError as error:  # in front of the framework, which answers what comes from behind it
            await answer_to(error)(scope, receive, send)
            return
        if kept is not None and not (native and kept.fingerprint == fingerprint):
            await _again(kept, fingerprint)(scope, receive, send)
            return
        replay = replaying(request, receive)
        if native:
            await self._app(scope, replay, send)
            return
        answer, done = _Recorder(send), False
        try:
            await self._app(scope, replay, answer)
            done = answer.status < 500
        finally:
            try:
                if done:
                    body = answer.body.decode()
                    await self._keeping.run(Answer(claim, answer.status, answer.headers, body))
                else:
                    await self._ledger.write(idempotency.release, name)
            except LecternError as error:
                # The caller has his answer. Until the lease is over a repeat is told to come again; then it
                # runs anew and finds what the first one did.
                log.warning("idempotency.unsettled", path=scope["path"][:LONGEST_SHOWN], error=str(error))


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


def _again(kept: Kept, fingerprint: str) -> Response:
    if kept.fingerprint != fingerprint:
        detail = "the Idempotency-Key was used for another request"
        return problem(422, HttpCode.IDEMPOTENCY_KEY_REUSED, detail)
    if kept.status is None:
        detail = "the first request with this Idempotency-Key is still running"
        return problem(409, HttpCode.REQUEST_RUNNING, detail, {"Retry-After": "1"})
    return Response(kept.body, kept.status, {**kept.headers, "Idempotency-Replayed": "true"})


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()
