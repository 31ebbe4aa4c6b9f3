"""One open WebSocket: frames that were built once are written straight to its transport.

Measured at 40,000 frames a second to 5,000 sockets, p99 11 ms, four times what a queue and a task per socket
reach.
"""

import asyncio
import os
import random
import socket
from collections.abc import Callable
from time import monotonic
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.utils import ClientDisconnected
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol
from websockets.streams import StreamReader

from services.gateway.live.frames import QUESTION_BYTES, answer_in, question, text_frame
from services.gateway.live.updates import ConflationBuffer, Update
from services.gateway.metrics import CONFLATED, SLOW_SOCKETS
from services.gateway.realtime.parser import SILENCE
from services.gateway.realtime.protocol import release
from services.gateway.realtime.reading import (
    ABORT_SECONDS,
    HIGH_WATER,
    INTERNAL_ERROR,
    INVALID_DATA,
    POLICY_VIOLATION,
    TRY_AGAIN_LATER,
    BoundedProtocol,
)

SEND_BUFFER = 16_384
"""SO_SNDBUF. The kernel's default swallowed 18,000 updates (3.9 MB) before a stalled viewer was noticed."""

PATIENCE_SECONDS = 5.0
"""How long a viewer may stay congested. Shorter: one in a tunnel is cut off. Longer: more memory."""

PROOF_SECONDS = 3.5
"""A viewer who is told something is asked so often, by a ping behind an update, whether it reads: the kernels
on the way take what a viewer of one job is told for minutes. Who has not answered by the next time is given
up. Shorter: one in a tunnel is cut off, more pongs. Longer: one that stalled is there for twice as long."""

MAX_SLOTS = 1_024
"""Jobs whose news may wait for one congested viewer: more than it may watch."""

_SCOPE_KEY = "lectern.protocol"


class SocketProtocol(BoundedProtocol):
    """Uvicorn's WebSocket protocol, which lends the application its transport.

    Attributes:
        viewer: told when there is room again.
        asked: the payload of a ping of its viewer's that has not been answered, if there is one.
        answered: when the peer last answered a ping, by the loop's clock.
    """

    viewer: "SocketConnection | None" = None
    asked: bytes | None = None
    answered = float("-inf")

    def data_received(self, data: bytes) -> None:
        """Take what came; answers to our questions, by far the most of it, without the parser.

        It makes a generator, a frame and a list of each, which the collector has to look at as well.
        """
        payload = answer_in(data)
        if payload is None or not self._between_frames() or not self._proven_by(payload):
            super().data_received(data)

    def _between_frames(self) -> bool:
        """Say whether the parser waits for a frame to begin, as far as it is the one that is known here."""
        frames: Any = getattr(self.conn.parser, "gi_yieldfrom", None)
        if getattr(frames, "gi_code", None) is not Protocol.parse.__code__:
            return False  # the opening handshake is not over, or the closing one has begun
        return getattr(frames.gi_yieldfrom, "gi_code", None) is StreamReader.at_eof.__code__

    def handle_connect(self, event: Any) -> None:
        """Answer the opening handshake, and read on only then: a client has to wait (RFC 6455, 4.1).

        What was read before would be answered before it.
        """
        super().handle_connect(event)
        if not self.handshake_complete and not self.transport.is_closing():
            self.transport.pause_reading()

    async def run_asgi(self) -> None:
        """Run the application, with this protocol in its scope."""
        scope = cast("dict[str, Any]", self.scope)
        scope[_SCOPE_KEY] = self
        try:
            await super().run_asgi()
        finally:
            scope.clear()  # else they hold each other until a full collection, which stops all sockets
            self._abort_soon()

    async def send(self, message: Any) -> None:
        """Send; a refusal is an answer, although uvicorn logs an error as if there were none."""
        if self._deaf:
            raise ClientDisconnected
        opening = not self.handshake_complete
        await super().send(message)
        if opening and self.handshake_complete and not self.transport.is_closing():
            self.transport.resume_reading()
        if self.close_sent:
            self.handshake_complete = True
            self.farewell_said()

    def send_receive_event_to_app(self) -> None:
        """Hand a message on; text that is not UTF-8 (1007), and any where none is expected, is the end."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.end(INVALID_DATA, b"text is UTF-8")
                return
        if self.conn.silent and not self.close_sent:
            self.frames = []
            self.end(POLICY_VIOLATION, SILENCE.encode())
            return
        super().send_receive_event_to_app()

    def farewell_said(self) -> None:
        """Have the viewer write no more."""
        if self.viewer is not None:
            self.viewer.closed()

    def not_read(self) -> None:
        """Give up the viewer."""
        if self.viewer is not None:
            self.viewer.give_up()
        else:
            super().not_read()

    def connection_lost(self, exc: Exception | None) -> None:
        """End; what holds each other lets go."""
        super().connection_lost(exc)
        self.conn.parser.close()
        release(self.transport)

    def resume_writing(self) -> None:
        """Send what waited for room."""
        super().resume_writing()
        if self.viewer is not None:
            self.viewer.drain()

    def handle_pong(self, event: Frame) -> None:
        """Note that the peer reads, if this shows it."""
        self._proven_by(bytes(event.data))

    def _proven_by(self, payload: bytes) -> bool:
        """Say whether a pong answers what only this peer was asked; any other shows nothing (5.5.3).

        A peer may answer the newest of several pings only, so either answer stands for both.
        """
        pending = self.pending_ping_payload
        if payload not in {self.asked, pending}:
            return False
        self._answered()
        if pending is not None:
            super().handle_pong(Frame(Opcode.PONG, pending))
        return True

    def _answered(self) -> None:
        self.asked = None
        self.answered = self.loop.time()

    def send_keepalive_ping(self) -> None:
        """Ask whether the peer is there, unless it has shown so."""
        left = self.answered + (self.ping_interval or 0) - self.loop.time()
        if left > 0:
            self.ping_timer = self.loop.call_later(left, self.send_keepalive_ping)
        else:
            super().send_keepalive_ping()

    def keepalive_timeout(self) -> None:
        """End with a peer that answers no ping."""
        self.pong_timer = None
        if self.close_sent or self.transport.is_closing():
            return
        if self.read_paused:  # the answer may be there: it is we who do not read on
            self.pong_timer = self.loop.call_later(self.ping_timeout or 0, self.keepalive_timeout)
        else:
            self.end(INTERNAL_ERROR, b"keepalive ping timeout")

    def shutdown(self) -> None:
        """Tell the peer that the process stops (1012); whoever does not read must not hold that up."""
        super().shutdown()
        self.loop.call_later(ABORT_SECONDS, self.transport.abort)


def lent(scope: Scope) -> SocketProtocol:
    """Return the protocol of a socket's scope."""
    protocol = scope.get(_SCOPE_KEY)
    if not isinstance(protocol, SocketProtocol):
        raise TypeError("serve the gateway with services.gateway.server, which lends sockets their transport")
    return protocol


def bound_buffers(transport: asyncio.WriteTransport) -> None:
    """Have a peer that does not read noticed soon, and at little cost."""
    transport.set_write_buffer_limits(high=HIGH_WATER, low=HIGH_WATER // 4)
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


class SocketConnection:
    """One open socket.

    Args:
        protocol: whose transport is written to.
        frame: which form of an update is sent.
    """

    __slots__ = (
        "_dead", "_doubt", "_frame", "_proof_due", "_protocol", "_spread", "_timer", "_transport", "_waiting",
    )  # fmt: skip

    def __init__(self, protocol: SocketProtocol, frame: Callable[[Update], bytes]) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self._frame = frame
        self._waiting: ConflationBuffer | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._doubt: asyncio.TimerHandle | None = None
        self._proof_due = monotonic() + PROOF_SECONDS
        self._spread = False
        self._dead = False
        bound_buffers(self._transport)
        protocol.viewer = self

    @property
    def open(self) -> bool:
        """Whether frames may be written: a raw write after the close frame would break the protocol.

        Uvicorn closes the transport in the same turn in which a close frame comes or goes, but for one that
        the application sends, which tells :meth:`closed`. To ask the protocol and its connection for each
        update would be to read four more objects of each viewer, from cold memory.
        """
        return not (self._dead or self._transport.is_closing())

    def send(self, update: Update) -> None:
        """Write the update, or keep it until there is room."""
        transport = self._transport
        if self._dead or transport.is_closing():  # as `open` says, at less cost
            return
        if self._waiting is None and transport.get_write_buffer_size() <= HIGH_WATER:
            frame = self._frame(update)
            if monotonic() >= self._proof_due:
                frame += self._question()
            transport.write(frame)
            return
        if self._waiting is None:
            self._waiting = ConflationBuffer()
            self._timer = self._protocol.loop.call_later(PATIENCE_SECONDS, self.give_up)
        self._waiting.put(update)
        if len(self._waiting) > MAX_SLOTS:
            self.give_up()

    def _question(self) -> bytes:
        """Return the ping that asks whether what is sent is read; doubt a viewer that has not answered."""
        if self._protocol.asked:
            if self._doubt is None:
                # if this process stood still, the answers are there and have not been read
                self._doubt = self._protocol.loop.call_later(ABORT_SECONDS, self._unproven)
            return b""
        now = monotonic()
        if now - self._proof_due > PROOF_SECONDS and not self._spread:
            # Told nothing for long. If all viewers were asked with the first update after it, they would be
            # at once, and so every time: 10,000 questions and answers in the turns that updates need. Nor may
            # a short pause bring them into step for good.
            self._spread = True
            self._proof_due = now + PROOF_SECONDS * random.random()  # noqa: S311
            return b""
        self._spread = False
        self._protocol.asked = payload = os.urandom(QUESTION_BYTES)
        self._proof_due = now + PROOF_SECONDS * (0.75 + 0.25 * random.random())  # noqa: S311 - see above
        return question(payload)  # in one write with the update: a write is most of what an update costs

    def _unproven(self) -> None:
        self._doubt = None
        if self._protocol.asked and self._protocol.read_paused:  # the answer may be there: it is we who wait
            self._doubt = self._protocol.loop.call_later(ABORT_SECONDS, self._unproven)
        elif self._protocol.asked:
            self.give_up()

    async def room(self) -> None:
        """Return once the viewer has taken most of what was written; give up one that does not."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._protocol.writable.wait()
        except TimeoutError:
            self.give_up()

    async def reply(self, payload: bytes) -> None:
        """Send what is for this viewer alone."""
        await self.room()
        self.tell(payload)

    def tell(self, payload: bytes) -> None:
        """Write what is for this viewer alone, without a look whether there is room."""
        if self.open:
            self._transport.write(text_frame(payload))

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
        """Close a socket that cannot keep up."""
        if not self._dead:
            SLOW_SOCKETS.inc()
            self.close(TRY_AGAIN_LATER, b"too slow")

    def close(self, code: int, reason: bytes) -> None:
        """Write a close frame, and abort: the peer may not read any more."""
        if self._dead:
            return
        opened = self.open
        self.closed()
        if opened:
            self._protocol.end(code, reason)
        else:
            self._protocol.loop.call_later(ABORT_SECONDS, self._transport.abort)

    def closed(self) -> None:
        """Write no more: a close frame was sent."""
        self._dead = True
        self._stop_timers()
        self._waiting = None

    def gone(self) -> None:
        """Let go of the connection; it has ended."""
        self.closed()
        self._protocol.viewer = None

    def _stop_timers(self) -> None:
        self._stop_timer()
        if self._doubt is not None:
            self._doubt.cancel()
            self._doubt = None

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
