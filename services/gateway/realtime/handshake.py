"""A WebSocket's opening handshake: one that is refused is answered, closed and counted."""

from collections.abc import Callable
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from services.runtime.observability.metrics import CONNECTIONS_REFUSED

_REFUSALS = {"websocket.close", "websocket.http.response.start"}


class HandshakeProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket protocol, which gives its place up when it ends.

    Attributes:
        ended: gives up the place that the connection has among all.
    """

    ended: Callable[[], None] | None = None

    def handle_connect(self, event: Request) -> None:
        """Take a handshake; its library answers those that are none."""
        super().handle_connect(event)
        if self.response.status_code != 101:
            CONNECTIONS_REFUSED.labels("handshake").inc()

    async def send(self, message: Any) -> None:
        """Send; the application may refuse what is a handshake."""
        if not self.handshake_complete and message["type"] in _REFUSALS:
            CONNECTIONS_REFUSED.labels("handshake").inc()
        await super().send(message)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        if self.ended is not None:
            self.ended()
