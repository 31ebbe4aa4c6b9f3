"""Serving the gateway: uvicorn, with the socket protocol and the collector set for many sockets."""

import asyncio
import contextlib
import gc
import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import uvicorn
from fastapi import FastAPI

from contracts.errors import ErrorCode, PermanentError
from services.gateway.realtime.connection import SocketProtocol
from services.gateway.realtime.protocol import StreamProtocol
from services.runtime.http.connection import KEEP_ALIVE_SECONDS
from services.runtime.http.connection_limits import ACCEPTED_AT_ONCE, ConnectionLimits, descriptors
from services.runtime.http.message_budget import RECEIVE_BUFFER

MAX_SOCKET_MESSAGE = 32_768
"""Bytes of a message that a viewer may send: as many ids, UUIDs, as it may watch."""

GC_THRESHOLDS = (5_000, 100_000, 1_000)
"""A full collection stops the loop for 0.8 s at 10,000 sockets; with these it all but never comes. What a
connection is made of holds nothing that holds it, so that nothing waits for one. The youngest objects are
looked at by the clock as well, see :meth:`GatewayServer.on_tick`."""

PING_SECONDS = 15.0
"""From one ping to the next on a socket where nothing else shows that the peer is there. Shorter: idle phones
are woken. Longer: proxies cut a silent connection (30 s is common), the dead stay."""

PONG_SECONDS = 10.0
"""For the answer. Shorter: one in a tunnel is cut off. Longer: the dead stay."""

BACKLOG = 2_048
"""Connections that the system accepts for us until we come to them. Fewer: of 10,000 viewers who come back at
once, many have to try again. More: who waits there sees nothing."""

SHUTDOWN_SECONDS = 5
"""How long open requests may go on when the process stops."""


def listen(host: str, port: int) -> socket.socket:
    """Bind the gateway's port; 0 lets the system choose one.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: the address is taken or is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family=family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)  # inherited by connections
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID,
            f"cannot listen on {host}:{port} ({error.strerror}): set GATEWAY_HOST and GATEWAY_PORT",
        ) from None
    return listener


class GatewayServer(uvicorn.Server):
    """Uvicorn for one application; signals are the process's own business.

    Args:
        app: the gateway's.
        limits: of its connections.
    """

    def __init__(self, app: FastAPI, limits: ConnectionLimits | None = None) -> None:
        connection: Any = partial(StreamProtocol, limits=limits or ConnectionLimits(descriptors()))
        super().__init__(
            uvicorn.Config(
                app,
                http=connection,
                backlog=ACCEPTED_AT_ONCE,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                ws=SocketProtocol,
                ws_per_message_deflate=False,  # frames are written raw; deflate doubles memory and CPU
                ws_max_size=MAX_SOCKET_MESSAGE,
                ws_ping_interval=PING_SECONDS,
                ws_ping_timeout=PONG_SECONDS,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # uvicorn believes whoever calls from this machine, and its environment
                timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            )
        )

        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield

    async def on_tick(self, counter: int) -> bool:
        """Look at the youngest objects, five times a second, for a millisecond or two.

        What sockets hold and replace all the time (timers, updates) is as often freed as made. The threshold,
        which counts the difference, is not reached for seconds, and then 60,000 objects are looked at in one
        go: 60 ms in which nobody is told anything.
        """
        if counter % 2:
            gc.collect(0)
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(
                BACKLOG
            )  # of the event loop's, which has the same name, ACCEPTED_AT_ONCE are enough
        self.up.set()


async def serve(
    app: FastAPI,
    listener: socket.socket,
    stop: asyncio.Event,
    ready: Callable[[str], None],
    limits: ConnectionLimits | None = None,
) -> None:
    """Serve ``app`` until ``stop`` is set.

    Args:
        app: the gateway's application; its ``state.drain`` ends what would else go on for ever.
        listener: from :func:`listen`; closed at the end.
        stop: set by whoever handles signals.
        ready: called once with the URL, when requests are taken.
        limits: of its connections; as many as the process's descriptors allow when left out.
    """
    gc.set_threshold(*GC_THRESHOLDS)
    server = GatewayServer(app, limits)
    running = asyncio.create_task(server.serve([listener]), name="gateway-server")
    up, stopping = asyncio.create_task(server.up.wait()), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, up}, return_when=asyncio.FIRST_COMPLETED)
        if up.done():
            host, port = listener.getsockname()[:2]
            ready(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        up.cancel()
        stopping.cancel()
        server.should_exit = True
        app.state.drain()
        await running
        listener.close()
