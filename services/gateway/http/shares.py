"""What one caller may hold open at once: sockets and event streams, and calls that wait.

How often a caller may call says nothing of it: at ten a second, whatever is never let go of is everything in
an hour.
"""

from enum import StrEnum
from functools import partial

from starlette.types import ASGIApp, Receive, Scope, Send

from services.gateway.auth.access import AccessSettings
from services.gateway.auth.rates import Rates
from services.gateway.http.middleware.auth import refuse, sharer_of
from services.gateway.metrics import SHARES_REFUSED
from services.gateway.realtime.connection import lent
from services.gateway.realtime.share import SHARE_KEY, Share
from services.gateway.web.prefer import asked_wait
from services.gateway.web.problems import HttpCode

RETRY_SECONDS = 5
"""When a refused caller may come again. Shorter: it is refused again. Longer: room stays unused."""

_STREAMS = ("/events", "/render-progress")
_WAITS_BY_ITSELF = "/scripts/generate"


class Kind(StrEnum):
    """What is held open."""

    VIEWERS = "viewers"
    WAITS = "waits"


class Shares:
    """Refuses with 429 what a caller would hold open beside too much; behind whoever knows the caller.

    Sockets of one caller also share what they may send: as many frames a second as it may make requests.

    Args:
        app: what is behind.
        access: how much is too much.
        generate_wait: seconds that a generate call waits where it names no other time.
    """

    def __init__(self, app: ASGIApp, access: AccessSettings, generate_wait: float) -> None:
        self._app = app
        self._most = {Kind.VIEWERS: access.viewers, Kind.WAITS: access.waits}
        self._generate_wait = generate_wait
        self._frames = Rates(access.rate)
        self._shares: dict[str, Share] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        kind = self._kind_of(scope)
        if kind is None:
            await self._app(scope, receive, send)
            return
        caller, most = sharer_of(scope), self._most[kind]
        share = self._shares.get(caller)
        if share is None:
            share = self._shares[caller] = Share(partial(self._frames.take, caller))
        if most and share.held[kind] >= most:
            SHARES_REFUSED.labels(kind).inc()
            await refuse(_too_many(kind, most), scope, receive, send)
            return
        share.held[kind] += 1
        scope[SHARE_KEY] = share
        try:
            if scope["type"] == "websocket":
                lent(scope).belong_to(share)
            await self._app(scope, receive, send)
        finally:
            share.held[kind] -= 1
            if not share.held.total():
                del self._shares[caller]

    def _kind_of(self, scope: Scope) -> Kind | None:
        if scope["type"] == "websocket":
            return Kind.VIEWERS
        if scope["type"] != "http":
            return None
        if scope["method"] == "GET" and scope["path"].endswith(_STREAMS):
            return Kind.VIEWERS
        default = self._generate_wait if scope["path"].endswith(_WAITS_BY_ITSELF) else 0.0
        preferred = [value for name, value in scope["headers"] if name == b"prefer"]
        if not preferred:
            return Kind.WAITS if default else None
        # which of several counts is the framework's to say: the longest does here
        asked = [asked_wait(value.decode("latin-1")) for value in preferred]
        return Kind.WAITS if any(default if each is None else each for each in asked) else None


def _too_many(kind: Kind, most: int) -> tuple[int, str, str, dict[str, str]]:
    if kind is Kind.VIEWERS:
        code, held = HttpCode.TOO_MANY_VIEWERS, "sockets and event streams open: close some"
    else:
        code, held = HttpCode.TOO_MANY_WAITS, "calls waiting: ask without `Prefer: wait`, or later"
    return 429, code, f"the caller has {most:,} {held}", {"Retry-After": str(RETRY_SECONDS)}
