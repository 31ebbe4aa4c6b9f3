"""The headers that browsers obey, on every answer."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

_POLICY = b"cross-origin-resource-policy"
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_NOT_STORED = (b"cache-control", b"no-store")
_ANSWERS = frozenset({"http.response.start", "websocket.http.response.start"})


class SecurityHeaders:
    """Adds the headers that browsers obey, where a response does not bring its own.

    Args:
        app: what is behind.
        assets: path of the finished files.
        policy: from which pages those may be embedded; everything else from our own alone.
    """

    def __init__(self, app: ASGIApp, assets: str, policy: str) -> None:
        self._app = app
        self._assets = assets + "/"
        self._usual = [*_RAW_HEADERS, (_POLICY, b"same-origin")]
        self._of_assets = [*_RAW_HEADERS, (_POLICY, policy.encode())]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] in _ANSWERS:
                headers = message["headers"] = list(message.get("headers", ()))
                brought = {name.lower() for name, _ in headers}
                ours = self._of_assets if scope["path"].startswith(self._assets) else self._usual
                headers += [header for header in ours if header[0] not in brought]
                if b"cache-control" not in brought:
                    headers.append(_NOT_STORED)
            await send(message)

        await self._app(scope, receive, add)
