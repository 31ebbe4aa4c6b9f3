"""In front of every route: who calls, what for, from which page, how often."""

from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.errors import LecternError
from services.gateway.auth.access import AccessSettings, AuthMode, is_loopback
from services.gateway.auth.rates import Rates
from services.gateway.auth.signed_links import Signer
from services.gateway.auth.tickets import AGAIN, GRANT_KEY, Target, TicketRefusedError, Tickets
from services.gateway.auth.tokens import SUBPROTOCOL_BEARER, ApiToken, Tokens, bearer_of
from services.gateway.auth.tokens import Scope as Right
from services.gateway.http.middleware.forwarded import FORWARDING, neighbourhood
from services.gateway.http.middleware.ticket_query import take_ticket, target_of
from services.gateway.http.paths import TICKET_PATHS
from services.gateway.metrics import REFUSED, STREAM_TICKETS
from services.gateway.web.problems import HttpCode, problem, status_of

OPEN_PATHS = {"/", "/livez", "/readyz", "/metrics", "/openapi.json", "/asyncapi.json"}
"""For probes, scrapers and developers; they tell nothing of anybody's lessons."""

PROBES = frozenset({"/livez", "/readyz"})
"""Have no rate. An orchestrator starts a gateway again that does not answer its probes, and often shares its
address with everybody who comes through a node or a proxy: a rate would let any of them have the gateway
killed. A refusal would cost no less than the answer, see ``probing``."""

INTERNAL_PATHS = ("/video/", "/api/v2/callbacks", "/api/callbacks")


DOCUMENTS_PER_SECOND = 10.0
"""Of one address, of the open paths that are no probes; twice as many at once. Fewer: several scrapers and
developers behind one address are refused. More: a few of them take everybody's time, 3 ms for the metrics and
1 ms for the 140 kB that describe the API."""

FILES_PER_SECOND = 500.0
"""Of one address, of finished files; twice as many at once. Fewer: a school's viewers behind one address,
each of whom asks for some ranges a second, see films stop. More: one address takes the threads that read."""

UNKNOWN_PER_SECOND = 20.0
"""Requests without a token, ticket or link that is known, of one address; twice as many at once. Fewer: a
page whose token was just taken out is told 429 in the place of 401. More: guessing is cheap. Who shows a
token that is known is not counted, whatever others at the address do."""

UNKNOWN_SHARE = 0.02
"""At most this share of the rate that a known one has, where that has one. Less: a mistake is told once.
More: a gateway that was made slow spends its time on guesses."""


TICKET_SHOWN_PER_SECOND = 50.0
"""Times that one ticket may be shown; twice as many at once. Fewer: a page whose network comes and goes is
told that it is too early. More: whoever has one that was used can keep the ledger busy with it."""

HOLDER_KEY = "lectern.holder"
"""Where a connection's scope holds the token that was shown, ``None`` for none."""

OWN_PAGES = frozenset({"same-origin", "none"})
"""``Sec-Fetch-Site`` of our own pages, and of what a person typed. Not ``same-site``: that is any page of any
program that serves pages on this machine, on another port."""

Refusal = tuple[int, str, str, dict[str, str] | None]
"""Status, code, detail and headers."""


class Guard:
    """Refuses who may not: 401 without a token that is known, 403 without the right, 429 too often.

    Args:
        app: what is behind.
        access: the settings.
        internal: the backend's token, if there is one.
        assets: path of the finished files, which need no token.
        tickets: what opens streams and sockets in the place of a token.
        signer: what opens finished files, where they need a token or a link.
    """

    def __init__(
        self,
        app: ASGIApp,
        access: AccessSettings,
        internal: ApiToken | None,
        assets: str,
        tickets: Tickets,
        signer: Signer | None = None,
    ) -> None:
        self._app = app
        self._off = access.auth is AuthMode.OFF
        self._internal = internal is not None
        self._tokens = Tokens([*access.tokens, *([internal] if internal else [])])
        self._origins = frozenset(access.origins)
        self._assets = assets + "/"
        self._signer = signer
        self._rates = Rates(access.rate)
        self._documents = Rates(DOCUMENTS_PER_SECOND)
        self._files = Rates(FILES_PER_SECOND)
        self._unknown = Rates(min(UNKNOWN_PER_SECOND, access.rate * UNKNOWN_SHARE or UNKNOWN_PER_SECOND))
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
        elif self._signer is not None and scope["path"].startswith(self._assets):
            refusal = await self._link_refusal(self._signer, scope, said)
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
            wait = self._unknown.take(_address(scope))
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

    async def _link_refusal(self, signer: Signer, scope: Scope, headers: Headers) -> Refusal | None:
        """Refuse a finished file to whoever has neither a link to it nor a token."""
        if self._off and (why := self._stranger(headers)) is not None:
            return 403, HttpCode.FORBIDDEN, why, None
        try:
            opens = await signer.opens(scope["path"].removeprefix(self._assets), scope["query_string"])
        except LecternError as error:
            return status_of(error), error.code, error.message, {"Retry-After": "1"}
        if opens is None:
            return self._token_refusal(scope, headers)
        wait = (self._files if opens else self._unknown).take(_address(scope))
        if wait > 0:
            return _too_often(wait)
        if opens:
            return None
        return 403, HttpCode.LINK_INVALID, "the link has expired, or is none of ours: ask for another", None

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        path = scope["path"]
        if self._off and (why := self._stranger(headers)) is not None:
            return 403, HttpCode.FORBIDDEN, why, None
        if path in PROBES and scope.get("method") == "GET":
            return None
        if path in OPEN_PATHS or path.startswith(self._assets):
            wait = (self._documents if path in OPEN_PATHS else self._files).take(_address(scope))
            return _too_often(wait) if wait > 0 else None
        return self._token_refusal(scope, headers)

    def _token_refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        needed = right_for(scope.get("method", "GET"), scope["path"])
        holder = self._holder(scope, headers)
        scope["lectern.caller"] = holder.name if holder else ""
        scope[HOLDER_KEY] = holder
        free = self._off and not (needed is Right.INTERNAL and self._internal)
        if holder is not None:
            wait = self._rates.take(holder.name)
        else:
            wait = (self._rates if free else self._unknown).take(_address(scope))
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
        if any(name in FORWARDING for name, _ in headers.raw):
            return "without tokens nothing is answered that a proxy forwards: set GATEWAY_API_TOKENS"
        origin = headers.get("origin")
        if origin is not None and origin in self._origins:
            return None
        sites = headers.getlist("sec-fetch-site")
        if origin in {None, f"http://{host}", f"https://{host}"} and OWN_PAGES.issuperset(sites):
            return None
        return "without tokens no page of another origin may call, unless GATEWAY_CORS_ORIGINS names that"


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
    REFUSED.labels(code).inc()
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        send = _denying(send)
    await problem(status, code, detail, headers)({**scope, "type": "http"}, receive, send)


def sharer_of(scope: Scope) -> str:
    """Return who a connection is of, for what callers share: a token's name, else an address."""
    return scope.get("lectern.caller") or _address(scope)


def _address(scope: Scope) -> str:
    return f"@{neighbourhood((scope.get('client') or ['?'])[0])}"


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
