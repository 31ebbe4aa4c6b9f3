"""In front of every route: who calls, what for, from which page, how often; and the headers browsers obey."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from time import monotonic

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.errors import LecternError
from services.gateway.access import AccessSettings, AuthMode, is_loopback
from services.gateway.auth import ApiToken, Tokens, bearer_of
from services.gateway.auth import Scope as Right
from services.gateway.http.paths import TICKET_PATHS
from services.gateway.http.problems import HttpCode, problem, status_of
from services.gateway.http.ticket_query import take_ticket, target_of
from services.gateway.metrics import STREAM_TICKETS
from services.gateway.tickets import AGAIN, GRANT_KEY, Target, TicketRefusedError, Tickets

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

TICKET_SHOWN_PER_SECOND = 50.0
"""Times that one ticket may be shown; twice as many at once. Fewer: a page whose network comes and goes is
told that it is too early. More: whoever has one that was used can keep the ledger busy with it."""

HOLDER_KEY = "lectern.holder"
"""Where a connection's scope holds the token that was shown, ``None`` for none."""

Refusal = tuple[int, str, str, dict[str, str] | None]
"""Status, code, detail and headers."""

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
        tickets: what opens streams and sockets in the place of a token.
    """

    def __init__(
        self, app: ASGIApp, access: AccessSettings, internal: ApiToken | None, assets: str, tickets: Tickets
    ) -> None:
        self._app = app
        self._off = access.auth is AuthMode.OFF
        self._internal = internal is not None
        self._tokens = Tokens([*access.tokens, *([internal] if internal else [])])
        self._origins = frozenset(access.origins)
        self._assets = assets + "/"
        self._rates = Rates(access.rate)
        self._tickets = tickets
        self._shown = Rates(TICKET_SHOWN_PER_SECOND)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        said = Headers(scope=scope)
        ticket = take_ticket(scope)
        target = target_of(scope) if ticket is not None else None
        if ticket is not None and target is not None:
            refusal = await self._ticket_refusal(ticket, target, scope, said)
        else:
            refusal = self._refusal(scope, said)
        if refusal is None:
            await self._app(scope, receive, send)
            return
        await refuse(refusal, scope, receive, send)

    async def _ticket_refusal(
        self, ticket: str, target: Target, scope: Scope, headers: Headers
    ) -> Refusal | None:
        """Refuse what a ticket does not open; a token beside it does not count."""
        if self._off and (why := self._stranger(headers)) is not None:
            return 403, HttpCode.FORBIDDEN, why, None
        holder = self._tickets.holder(ticket)
        if holder is None:
            wait = self._rates.take(_address(scope), UNKNOWN_SHARE)
            why = f"this is no ticket, or its token is no longer known: {AGAIN}"
            return _too_often(wait) if wait > 0 else _no_ticket(why)
        wait = self._shown.take(ticket) or self._rates.take(holder.name or _address(scope))
        if wait > 0:
            return _too_often(wait)
        try:
            grant = await self._tickets.redeem(ticket, target, headers.get("last-event-id", ""))
        except TicketRefusedError as error:
            return _no_ticket(str(error))
        except LecternError as error:
            return status_of(error), error.code, error.message, {"Retry-After": "1"}
        scope["lectern.caller"] = holder.name
        scope[GRANT_KEY] = grant
        return None

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        path = scope["path"]
        if self._off and (why := self._stranger(headers)) is not None:
            return 403, HttpCode.FORBIDDEN, why, None
        if path in OPEN_PATHS or path.startswith(self._assets):
            return None
        needed = right_for(scope.get("method", "GET"), path)
        holder = self._holder(scope, headers)
        scope["lectern.caller"] = holder.name if holder else ""
        scope[HOLDER_KEY] = holder
        caller = holder.name if holder else _address(scope)
        free = self._off and not (needed is Right.INTERNAL and self._internal)
        wait = self._rates.take(caller, 1.0 if holder or free else UNKNOWN_SHARE)
        if wait > 0:
            return _too_often(wait)
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
    reads = method in {"GET", "HEAD", "OPTIONS"} or path in TICKET_PATHS
    return Right.READ if reads else Right.WRITE


def secret_of(subprotocols: Iterable[str]) -> str | None:
    """Return the token among the subprotocols that a browser offers."""
    for offered in subprotocols:
        if offered.startswith(SUBPROTOCOL_BEARER):
            return offered.removeprefix(SUBPROTOCOL_BEARER)
    return None


async def refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request, or a socket's opening handshake, with a problem document."""
    status, code, detail, headers = refusal
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        send = _denying(send)
    await problem(status, code, detail, headers)({**scope, "type": "http"}, receive, send)


def sharer_of(scope: Scope) -> str:
    """Return who a connection is of, for what callers share: a token's name, else an address."""
    return scope.get("lectern.caller") or _address(scope)


def _address(scope: Scope) -> str:
    return f"@{(scope.get('client') or ['?'])[0]}"


def _too_often(wait: float) -> Refusal:
    retry = {"Retry-After": str(int(wait) + 1)}
    return 429, HttpCode.RATE_LIMITED, "too many requests: come back later", retry


def _no_ticket(why: str) -> Refusal:
    STREAM_TICKETS.labels("refused").inc()
    challenge = {"WWW-Authenticate": 'Bearer realm="lectern", error="invalid_token"'}
    return 401, HttpCode.TICKET_INVALID, why, challenge


def _denying(send: Send) -> Send:
    async def deny(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return deny
