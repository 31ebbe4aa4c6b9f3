"""In front of every route: who calls, what for, from which page, how often; and the headers browsers obey."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.access import AccessSettings, AuthMode, is_loopback
from services.gateway.auth import ApiToken, Tokens, bearer_of
from services.gateway.auth import Scope as Right
from services.gateway.http.problems import HttpCode, problem

OPEN_PATHS = {"/", "/livez", "/readyz", "/metrics", "/openapi.json", "/asyncapi.json"}
"""For probes, scrapers and developers; they tell nothing of anybody's lessons."""

INTERNAL_PATHS = ("/video/", "/api/v2/callbacks", "/api/callbacks")

SUBPROTOCOL = "lectern"
SUBPROTOCOL_BEARER = "lectern.bearer."
"""Browsers cannot set headers on a WebSocket: they offer ``lectern`` and ``lectern.bearer.<token>``."""

UNKNOWN_SHARE = 0.02
"""Share of the rate that an address without a token has: enough for mistakes, too little for guessing."""

MAX_CALLERS = 10_000
"""Callers whose rate is remembered. Fewer: many addresses in turn escape it. More: memory."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_NOT_STORED = (b"cache-control", b"no-store")


class Rates:
    """A token bucket per caller, filled at ``rate`` a second, holding two seconds' worth.

    Args:
        rate: requests a second; 0 for no limit.
        clock: seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, share: float = 1.0) -> float:
        """Take one; returns 0, or the seconds until there is one."""
        if self._rate <= 0:
            return 0.0
        rate, now = self._rate * share, self._clock()
        most = max(1.0, 2 * rate)
        left, seen = self._buckets.pop(caller, (most, now))
        left = min(most, left + (now - seen) * rate)
        taken = left >= 1
        self._buckets[caller] = (left - 1 if taken else left, now)
        if len(self._buckets) > MAX_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if taken else (1 - left) / rate


class Guard:
    """Refuses who may not: 401 without a token that is known, 403 without the right, 429 too often.

    Args:
        app: what is behind.
        access: the settings.
        internal: the backend's token, if there is one.
        assets: path of the finished files, which are public.
    """

    def __init__(self, app: ASGIApp, access: AccessSettings, internal: ApiToken | None, assets: str) -> None:
        self._app = app
        self._off = access.auth is AuthMode.OFF
        self._internal = internal is not None
        self._tokens = Tokens([*access.tokens, *([internal] if internal else [])])
        self._origins = frozenset(access.origins)
        self._assets = assets + "/"
        self._rates = Rates(access.rate)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send)
            return
        status, code, detail, headers = refusal
        if scope["type"] == "websocket":
            await receive()  # websocket.connect
            send = _denying(send)
        await problem(status, code, detail, headers)({**scope, "type": "http"}, receive, send)

    def _refusal(
        self, scope: Scope, headers: Headers
    ) -> tuple[int, HttpCode, str, dict[str, str] | None] | None:
        path = scope["path"]
        if self._off and (why := self._stranger(headers)) is not None:
            return 403, HttpCode.FORBIDDEN, why, None
        if path in OPEN_PATHS or path.startswith(self._assets):
            return None
        needed = right_for(scope.get("method", "GET"), path)
        holder = self._holder(scope, headers)
        scope["lectern.caller"] = holder.name if holder else ""
        caller = holder.name if holder else f"@{(scope.get('client') or ['?'])[0]}"
        free = self._off and not (needed is Right.INTERNAL and self._internal)
        wait = self._rates.take(caller, 1.0 if holder or free else UNKNOWN_SHARE)
        if wait > 0:
            retry = {"Retry-After": str(int(wait) + 1)}
            return 429, HttpCode.RATE_LIMITED, "too many requests: come back later", retry
        if free:
            return None
        if holder is None:
            challenge = {"WWW-Authenticate": 'Bearer realm="lectern"'}
            return 401, HttpCode.UNAUTHENTICATED, "a known bearer token is needed", challenge
        if needed not in holder.scopes:
            challenge = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{needed}"'}
            return 403, HttpCode.FORBIDDEN, f"the token is not good for {needed}", challenge
        return None

    def _holder(self, scope: Scope, headers: Headers) -> ApiToken | None:
        secret = bearer_of(headers.get("authorization"))
        if secret is None and scope["type"] == "websocket":
            secret = secret_of(scope.get("subprotocols", ()))
        return self._tokens.holder(secret) if secret else None

    def _stranger(self, headers: Headers) -> str | None:
        """Say why a call without tokens does not come from this machine's own pages."""
        host = headers.get("host", "").lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        # no browser speaks HTTP/1.0, which alone may leave the name out
        if "host" in headers and not is_loopback(name.removesuffix(".")):
            return "without tokens only loopback names are answered to"  # a name rebound to us
        origin = headers.get("origin")
        if origin is None or origin in self._origins or origin in {f"http://{host}", f"https://{host}"}:
            return None
        return "without tokens no foreign page may call"


class SecurityHeaders:
    """Adds the headers that browsers obey, where a response does not bring its own.

    Args:
        app: what is behind.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"] = list(message.get("headers", ()))
                brought = {name.lower() for name, _ in headers}
                headers += [header for header in _RAW_HEADERS if header[0] not in brought]
                if b"cache-control" not in brought and not scope["path"].startswith("/assets"):
                    headers.append(_NOT_STORED)
            await send(message)

        await self._app(scope, receive, add)


def right_for(method: str, path: str) -> Right:
    """Return what a token must be good for."""
    if path.startswith(INTERNAL_PATHS):
        return Right.INTERNAL
    return Right.READ if method in {"GET", "HEAD", "OPTIONS"} else Right.WRITE


def secret_of(subprotocols: Iterable[str]) -> str | None:
    """Return the token among the subprotocols that a browser offers."""
    for offered in subprotocols:
        if offered.startswith(SUBPROTOCOL_BEARER):
            return offered.removeprefix(SUBPROTOCOL_BEARER)
    return None


def _denying(send: Send) -> Send:
    async def deny(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return deny
