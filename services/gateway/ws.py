"""``WS /ws/videos/{video_id}/render-progress``: the snapshot, then every change, to any number of viewers.

A frame is built once per update and written straight to each socket's transport: measured at 40,000
frames a second to 5,000 sockets, p99 11 ms, four times what a queue and a task per socket reach.
"""

import asyncio
import socket
from typing import Any, cast

import structlog
from pydantic import TypeAdapter, ValidationError
from starlette.routing import WebSocketRoute
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from contracts.base import Id
from contracts.errors import LecternError
from services.gateway.http.guard import SUBPROTOCOL
from services.gateway.hub import Slots, Subscription, Update, of_video
from services.gateway.live import snapshots
from services.gateway.live.frames import close_frame
from services.gateway.metrics import CONFLATED, SLOW_SOCKETS
from services.gateway.service import Service

PATH = "/ws/videos/{video_id}/render-progress"

HIGH_WATER = 16_384
"""Bytes in a socket's buffer above which it counts as congested. Less: a burst already conflates. More:
memory, and a stalled viewer is noticed later."""

SEND_BUFFER = 16_384
"""SO_SNDBUF. The kernel's default swallowed 18,000 updates (3.9 MB) before a stalled viewer was noticed."""

PATIENCE_SECONDS = 5.0
"""How long a socket may stay congested. Shorter: a viewer in a tunnel is cut off. Longer: more memory."""

ABORT_SECONDS = 1.0
"""From the close frame to the abort: time for a viewer that still reads to get it. A close without an abort
never frees a socket whose peer has stopped reading."""

MAX_SLOTS = 64
"""Jobs of one video whose news may wait for a congested socket."""

TRY_AGAIN_LATER = 1013

_SCOPE_KEY = "lectern.protocol"
_ID: TypeAdapter[str] = TypeAdapter(Id)

log = structlog.get_logger(__name__)


class ProgressProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's WebSocket protocol, which lends the application its transport."""

    viewer: "Viewer | None" = None

    async def run_asgi(self) -> None:
        """Run the application, with this protocol in its scope."""
        cast("dict[str, Any]", self.scope)[_SCOPE_KEY] = self
        await super().run_asgi()

    def resume_writing(self) -> None:
        """Send what waited for room."""
        super().resume_writing()
        if self.viewer is not None:
            self.viewer.drain()

    def keepalive_timeout(self) -> None:
        """Free the socket of a peer that answers no ping: closing alone waits for its buffer for ever."""
        super().keepalive_timeout()
        self.loop.call_later(ABORT_SECONDS, self.transport.abort)


class Viewer:
    """One open socket.

    Args:
        protocol: whose transport is written to.
    """

    def __init__(self, protocol: ProgressProtocol) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self._waiting: Slots | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._dead = False
        self.subscription = Subscription(self.send)
        self._transport.set_write_buffer_limits(high=HIGH_WATER, low=HIGH_WATER // 4)
        connection = self._transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        protocol.viewer = self

    def send(self, update: Update) -> None:
        """Write the update, or keep it until there is room."""
        if self._dead or self._protocol.close_sent or self._protocol.conn.state is not State.OPEN:
            return  # a raw write after the close frame would break the protocol
        if self._waiting is None and self._transport.get_write_buffer_size() <= HIGH_WATER:
            self._transport.write(update.frame)
            return
        if self._waiting is None:
            self._waiting = Slots()
            self._timer = self._protocol.loop.call_later(PATIENCE_SECONDS, self.give_up)
        self._waiting.put(update)
        if len(self._waiting) > MAX_SLOTS:
            self.give_up()

    def drain(self) -> None:
        """Send what waited; what finds no room waits on."""
        waiting, self._waiting = self._waiting, None
        if waiting is None or self._dead:
            return
        self._stop_timer()
        CONFLATED.inc(waiting.conflated)
        for update in waiting.take():
            self.send(update)

    def give_up(self) -> None:
        """Close a socket that cannot keep up, and abort it."""
        if self._dead:
            return
        self._dead = True
        self._stop_timer()
        SLOW_SOCKETS.inc()
        self._protocol.close_sent = True
        self._transport.write(close_frame(TRY_AGAIN_LATER, b"too slow"))
        self._protocol.loop.call_later(ABORT_SECONDS, self._transport.abort)

    def gone(self) -> None:
        """Let go of the connection; it has ended."""
        self._dead = True
        self._stop_timer()
        self._waiting = None
        self._protocol.viewer = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class ProgressSocket:
    """The ASGI application of one path; one call per socket.

    Args:
        service: whose hub is listened to and whose ledger gives the snapshot.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it closes."""
        protocol = scope.get(_SCOPE_KEY)
        if not isinstance(protocol, ProgressProtocol):
            raise TypeError(
                "serve the gateway with services.gateway.server, which lends sockets their transport"
            )
        await receive()  # websocket.connect
        try:
            video_id = _ID.validate_python(scope["path_params"]["video_id"])
        except ValidationError:
            await send({"type": "websocket.close", "code": 1008})
            return
        chosen = SUBPROTOCOL if SUBPROTOCOL in scope.get("subprotocols", ()) else None
        await send({"type": "websocket.accept", "subprotocol": chosen})
        await self._serve(video_id, Viewer(protocol), receive, send)

    async def _serve(self, video_id: str, viewer: Viewer, receive: Receive, send: Send) -> None:
        hub = self._service.hub
        watch, cursor = of_video(video_id), hub.cursor
        hub.attach(watch, viewer.subscription)
        try:
            job = (await self._service.ledger.read(snapshots.standing, [watch]))[watch]
            viewer.subscription.open(hub.snapshot(job, cursor) if job else None)
            while (await receive())["type"] != "websocket.disconnect":
                pass  # viewers have nothing to say
        except LecternError as error:
            log.warning("socket.closed", video_id=video_id, error=str(error))
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
        finally:
            hub.detach(watch, viewer.subscription)
            viewer.gone()


def route(service: Service) -> WebSocketRoute:
    """Return the route of the progress socket."""
    endpoint: Any = ProgressSocket(service)
    return WebSocketRoute(PATH, endpoint, name="render-progress")
