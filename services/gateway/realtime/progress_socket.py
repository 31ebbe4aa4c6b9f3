"""``WS /ws/videos/{video_id}/render-progress``: the snapshot, then every change, to any number of viewers."""

from operator import attrgetter
from typing import Any

import structlog
from pydantic import TypeAdapter, ValidationError
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send

from contracts.base import Id
from contracts.errors import LecternError
from services.gateway.auth.tokens import SUBPROTOCOL
from services.gateway.live.hub import ViewerSubscription, of_video
from services.gateway.realtime.connection import SocketConnection, lent
from services.gateway.realtime.reading import TRY_AGAIN_LATER
from services.gateway.service import Service

PATH = "/ws/videos/{video_id}/render-progress"

_ID: TypeAdapter[str] = TypeAdapter(Id)
_frame = attrgetter("frame")

log = structlog.get_logger(__name__)


class ProgressSocket:
    """The ASGI application of one path; one call per socket.

    Args:
        service: whose hub is listened to and whose ledger gives the snapshot.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it closes."""
        protocol = lent(scope)
        protocol.conn.expect_silence()
        await receive()  # websocket.connect
        try:
            video_id = _ID.validate_python(scope["path_params"]["video_id"])
        except ValidationError:
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "websocket.accept", "subprotocol": chosen(scope)})
        await self._serve(video_id, SocketConnection(protocol, _frame), receive, send)

    async def _serve(self, video_id: str, viewer: SocketConnection, receive: Receive, send: Send) -> None:
        hub = self._service.hub
        watch, cursor = of_video(video_id), hub.cursor
        subscription = ViewerSubscription(viewer.send)
        hub.attach(watch, subscription)
        try:
            job = await self._service.standing(watch)
            subscription.open(hub.snapshot(job, cursor) if job else None)
            while (await receive())["type"] != "websocket.disconnect":
                pass  # a message would have ended the connection
        except LecternError as error:
            # thousands come back every few seconds; that the ledger is away is told once, by itself
            log.debug("socket.closed", video_id=video_id, error=str(error))
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
        finally:
            hub.detach(watch, subscription)
            viewer.gone()


def chosen(scope: Scope) -> str | None:
    """Return the subprotocol that is spoken: ours, if it was offered (with a token beside it)."""
    return SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None


def route(service: Service) -> WebSocketRoute:
    """Return the route of the progress socket."""
    endpoint: Any = ProgressSocket(service)
    return WebSocketRoute(PATH, endpoint, name="render-progress")
