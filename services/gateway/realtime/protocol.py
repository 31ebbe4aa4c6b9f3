"""Uvicorn's HTTP protocol, which lends the application its transport: a stream nobody reads is aborted."""

import asyncio
from typing import Any, cast

from starlette.types import Scope

from services.runtime.http.connection import HttpConnection

_STATE_KEY = "lectern.transport"


class StreamProtocol(HttpConnection):
    """See the module."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Lend the transport to every request's scope."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _STATE_KEY: transport}

    def connection_lost(self, exc: Exception | None) -> None:
        """End; what holds each other lets go, so that no collection is needed."""
        super().connection_lost(exc)
        release(self.transport)
        self._let_go()

    def handed_on(self) -> None:
        """Let go of the connection: this protocol is never told that it has ended."""
        self.parser = self.flow = self.transport = None
        self._let_go()

    def _let_go(self) -> None:
        self.app_state = {}
        self.scope = self.cycle = self.running = None


def release(transport: asyncio.BaseTransport | None) -> None:
    """Take a transport that has ended out of the circle that asyncio's own keep with a method of theirs.

    A full collection stops all sockets for as long as it takes; where nothing is circular, none is needed.
    """
    getattr(transport, "__dict__", {}).pop("_read_ready_cb", None)


def transport_of(scope: Scope) -> asyncio.Transport | None:
    """Return a request's transport; ``None`` where another server serves the application."""
    return cast("asyncio.Transport | None", scope.get("state", {}).get(_STATE_KEY))
