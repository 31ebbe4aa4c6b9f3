"""Uvicorn's HTTP protocol, which lends the application its transport: a stream nobody reads is aborted."""

import asyncio
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.http.auto import AutoHTTPProtocol

_STATE_KEY = "lectern.transport"
_Base: Any = AutoHTTPProtocol  # httptools' protocol, or h11's where there is no httptools


class StreamProtocol(_Base):  # type: ignore[misc]
    """See the module."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Lend the transport to every request's scope."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _STATE_KEY: transport}

    def connection_lost(self, exc: Exception | None) -> None:
        """End; what holds each other lets go."""
        super().connection_lost(exc)
        self.app_state = {}


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """Return a request's transport; ``None`` where another server serves the application."""
    return cast("asyncio.Transport | None", scope.get("state", {}).get(_STATE_KEY))
