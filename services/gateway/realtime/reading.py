"""The incoming half of a WebSocket: what a peer may send, and how a connection ends that sends too much."""

import asyncio
from collections import deque
from typing import Any, cast

from websockets.frames import Frame

from services.gateway.live.frames import close_frame, pong_frame
from services.gateway.metrics import SOCKETS_CLOSED
from services.gateway.realtime.handshake import HandshakeProtocol
from services.gateway.realtime.parser import SILENCE, Incoming
from services.gateway.realtime.share import Share

HIGH_WATER = 16_384
"""Bytes in a socket's buffer above which it counts as congested. Less: a burst already conflates. More:
memory, and a stalled viewer is noticed later."""

ABORT_SECONDS = 1.0
"""From the close frame to the abort: time for a viewer that still reads to get it. A close without an abort
never frees a socket whose peer has stopped reading."""

MESSAGE_SECONDS = 10.0
"""From the first byte of a message, or of a frame between two, to its last. Shorter: who sends 32 kB through
a tunnel is cut off. Longer: so long each socket may have us keep half a message, 32 kB, for nothing."""

MESSAGE_BYTES = 512
"""What a message takes beside its text. Fewer: many small ones take more than is counted. More: fewer are
taken than there is room for."""

ABNORMAL = 1006
INVALID_DATA = 1007
POLICY_VIOLATION = 1008
INTERNAL_ERROR = 1011
TRY_AGAIN_LATER = 1013

_CLOSE = 0x88


class BoundedProtocol(HandshakeProtocol):
    """Uvicorn's WebSocket protocol with the parser of :mod:`services.gateway.realtime.parser`."""

    conn: Incoming
    _deaf = False
    _message_timer: asyncio.TimerHandle | None = None
    _message_after = 0
    _kept = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._unheard: deque[int] = deque()  # bytes of each message that waits for the application
        self.conn.parser.close()  # it holds what it belongs to
        self.conn = Incoming(self.config.ws_max_size, cast("Any", self.conn.logger))

    def belong_to(self, share: Share) -> None:
        """Count what is sent here as what a caller sends."""
        self.conn.share = share

    def data_received(self, data: bytes) -> None:
        """Take what came, up to what is too much."""
        if self._deaf:
            self._overhear(data)
            return
        super().data_received(data)
        if self._deaf:
            return
        if self.conn.silent and self.conn.current_size is not None:
            self.end(POLICY_VIOLATION, SILENCE.encode())  # a message has begun
            return
        if self.conn.ping is not None:
            self._answer_ping(self.conn.ping)
        if self._message_timer is not None or self.conn.unfinished:
            self._time_message()
        self._account()

    def send_receive_event_to_app(self) -> None:
        """Hand a message on."""
        if not self.close_sent:
            self._unheard.append(MESSAGE_BYTES + sum(map(len, self.frames)))
        super().send_receive_event_to_app()

    async def receive(self) -> Any:
        """Give the application what waits."""
        event = await super().receive()
        if event["type"] == "websocket.receive":
            self._unheard.popleft()
            self._account()
        return event

    def handle_parser_exception(self) -> None:
        """Close on what breaks the protocol, or is too much."""
        close = self.conn.close_sent
        code, reason = (close.code, close.reason) if close else (ABNORMAL, "")
        self._end(code, reason, b"".join(self.conn.data_to_send()))

    def handle_close(self, event: Frame) -> None:
        """Close with the peer, which need not read that."""
        self._forget()
        super().handle_close(event)
        self._abort_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._forget()
        super().connection_lost(exc)
        self._stop_message_timer()

    def end(self, code: int, reason: bytes) -> None:
        """Close with a frame of ours."""
        self._end(code, reason.decode(), close_frame(code, reason))

    def _end(self, code: int, reason: str, farewell: bytes) -> None:
        """Say farewell, tell the application, hear no more, and abort: the peer may not read any more.

        Closed at once, with bytes unread, the connection is reset, and the farewell may be lost.
        """
        SOCKETS_CLOSED.labels(code).inc()
        self._deaf = self.close_sent = True
        self.farewell_said()
        self.stop_keepalive()
        self._stop_message_timer()
        self._forget()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        if not self.transport.is_closing():
            self.transport.write(farewell)
            self.transport.write_eof()
        self._abort_soon()

    def not_read(self) -> None:
        """Give up a peer that does not read what it is sent."""
        self.end(TRY_AGAIN_LATER, b"too slow")

    def farewell_said(self) -> None:
        """Be told that nothing may be written any more."""

    def _overhear(self, data: bytes) -> None:
        """Go when the peer says farewell too; whatever else it says waits in its own memory."""
        if data[0] == _CLOSE:
            self.transport.close()
        else:
            self.transport.pause_reading()

    def _abort_soon(self) -> None:
        """Free the socket of a peer that does not read: closing alone waits for its buffer for ever."""
        if self.close_timer is not None:
            self.close_timer.cancel()
        if not self.disconnected:
            self.close_timer = self.loop.call_later(ABORT_SECONDS, self.transport.abort)

    def _account(self) -> None:
        """Tell the caller's share how much is kept here of what came."""
        kept = self.conn.begun + sum(self._unheard)
        if self.conn.share is None or self._deaf or kept == self._kept:
            return
        more, self._kept = kept - self._kept, kept
        if not self.conn.share.keep(more) and more > 0 and not self.close_sent:
            self.end(TRY_AGAIN_LATER, b"too much of one caller waits")

    def _forget(self) -> None:
        """Let go of messages that nobody waits for the answers to."""
        if not self.handshake_complete:
            return
        while not self.queue.empty():
            self.queue.get_nowait()
        self._unheard.clear()
        if self.conn.share is not None:
            self.conn.share.keep(-self._kept)
        self._kept = 0

    def _answer_ping(self, payload: bytes) -> None:
        """Answer the newest ping, unless what was written before is not read."""
        self.conn.ping = None
        if self.close_sent or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() <= HIGH_WATER:
            self.transport.write(pong_frame(payload))
        else:
            self.not_read()

    def _time_message(self) -> None:
        """Give what has begun so long to be whole."""
        after, unfinished = self.conn.finished, self.conn.unfinished
        if not unfinished or after != self._message_after:
            self._stop_message_timer()
        if unfinished and self._message_timer is None:
            self._message_after = after
            self._message_timer = self.loop.call_later(MESSAGE_SECONDS, self._message_is_late)

    def _message_is_late(self) -> None:
        self._message_timer = None
        if self.read_paused:  # it is we who do not read on
            self._time_message()
        elif not self.transport.is_closing():
            self.end(POLICY_VIOLATION, b"a message takes too long")

    def _stop_message_timer(self) -> None:
        if self._message_timer is not None:
            self._message_timer.cancel()
            self._message_timer = None
