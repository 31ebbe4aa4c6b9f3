"""One HTTP connection, and what it may cost: uvicorn's protocol with budgets, for every server of ours.

Here, and not in the application, because what a budget is for never becomes a request: half a head.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from services.runtime.http.connection_limits import Place
from services.runtime.http.refusal import RefusableConnection
from services.runtime.observability.metrics import CONNECTIONS_REFUSED

HEAD_SECONDS = 10.0
"""From the accept, or a later request's first byte, to the end of its head. Shorter: a phone in a tunnel is
cut off. Longer: whoever opens connections and sends a byte now and then holds descriptors at no cost."""

BODY_SECONDS = 10.0
"""In each so many seconds, as long as we read, a body has to grow by ``PACE`` a second; and what is left of
one that was answered has to come. Shorter: a phone in a tunnel is cut off. Longer: half bodies stay for
longer."""

WRITE_SECONDS = 20.0
"""In each so many seconds a peer has to take ``PACE`` a second of what waits to be sent. Shorter: a film that
is paused in a tunnel breaks off. Longer: peers that do not read hold what they asked for."""

WRITE_BUFFER = 16 * 1024
"""Bytes that wait to be sent, above which no more is made and they count as held. Fewer: more turns for a
film. More: so much of each connection's is not counted."""

PACE = 1_024
"""Bytes a second. Fewer: a byte now and then holds a connection. More: slow phones are cut off."""

KEEP_ALIVE_SECONDS = 5
"""How long a connection is kept between requests. Shorter: clients connect anew. Longer: descriptors."""

UPGRADE_LINE_BYTES = 8_192
"""Of a line of a WebSocket's handshake: what the library behind it takes. Another figure: it says nothing."""

_TOO_MANY = {
    "address": (HTTPStatus.TOO_MANY_REQUESTS, "too many connections from your address"),
    "all": (HTTPStatus.SERVICE_UNAVAILABLE, "too many connections"),
}


class HttpConnection(RefusableConnection):
    """A connection whose requests come in time, and whose answers are taken in time."""

    _place: Place | None = None
    _clock: asyncio.TimerHandle | None = None
    _write_clock: asyncio.TimerHandle | None = None
    _new = True
    _seen = 0
    _unsent = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Give it a place, and so long for the first head."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(WRITE_BUFFER)
        place = self.limits.enter(self, self.client[0] if self.client else "")
        if isinstance(place, str):
            status, detail = _TOO_MANY[place]
            self.refuse(status, "TOO_MANY_CONNECTIONS", detail, f"too_many_of_{place}")
            return
        self._place = place
        self.settle()

    def data_received(self, data: bytes) -> None:
        """Take what came; the first of a connection when it is its turn."""
        if self._new:
            self._new = False
            if self._place is not None and not self.limits.newcomers.come(self, self._place.key):
                self.keep(data)
                return
        super().data_received(data)

    def let_in(self) -> None:
        """Go on with what came."""
        if not (self.deaf or self.transport.is_closing()):
            self.read_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_clock()
        self._stop_write_clock()
        if self._place is not None:
            self._place.leave()
            self._place = None
        super().connection_lost(exc)

    def head_complete(self) -> None:
        """What follows has a time of its own."""
        self._stop_clock()

    def on_message_complete(self) -> None:
        """A request is whole (httptools)."""
        super().on_message_complete()
        self._stop_clock()

    def on_response_complete(self) -> None:
        """Go on; whoever does not take what was sent last must not hold the connection."""
        super().on_response_complete()
        if self.transport is not None and self.transport.is_closing():
            self.closing()

    def timeout_keep_alive_handler(self) -> None:
        """Close what has been idle, if its peer took what was sent or not."""
        super().timeout_keep_alive_handler()
        self.closing()

    def settle(self) -> None:
        """Have the clock run while the peer owes something, and only then."""
        place = self._place
        if place is None:
            return
        answering = self.answering()
        if self.begun:
            self._unset_keepalive_if_required()  # which an answer to what came before has armed
        if self.deaf or (answering and not self.begun):
            self._stop_clock()
        elif self.begun or self.framing or self.timeout_keep_alive_task is None:
            self._start_clock(HEAD_SECONDS if self.head_due else BODY_SECONDS)
        if answering and self.head_due and not self.flow.write_paused:
            place.work()
        else:
            place.wait()
        unsent = self.transport.get_write_buffer_size() if self.flow.write_paused else 0
        place.hold(self.held + unsent)

    def make_room(self) -> None:
        """Go: others need the place, and this peer owes us something, be it that it reads."""
        if self.transport.is_closing():
            return
        CONNECTIONS_REFUSED.labels("displaced").inc()
        status, detail = _TOO_MANY["all"]
        if self.flow.write_paused or not (self.begun or self.answering()):
            self.end()
        else:
            self.refuse_what_came(status, "TOO_MANY_CONNECTIONS", detail, None)

    def handle_websocket_upgrade(self, *event: Any) -> None:
        """Hand the connection on: its head is whole."""
        assert self.headers is not None
        target = event[0].target if event else self.url
        if self.answering():  # two would write at once
            self.refuse_what_came(400, "REQUEST_INVALID", "an upgrade behind a request", "handshake")
        elif max(len(target), *(len(name) + len(value) for name, value in self.headers)) > (
            UPGRADE_LINE_BYTES - len("GET  HTTP/1.1\r\n")
        ):
            detail = f"a line of a WebSocket's handshake has up to {UPGRADE_LINE_BYTES} bytes"
            self.refuse(431, "HEAD_TOO_LARGE", detail, "handshake")
        else:
            self._hand_on(*event)

    def _hand_on(self, *event: Any) -> None:
        place, transport, connections = self._place, self.transport, self.connections
        self._stop_clock()
        self.flow.hold(held=False)
        self.flow.resume_reading()
        self.deaf = True
        super().handle_websocket_upgrade(*event)
        protocol: Any = transport.get_protocol()
        if protocol.handshake_initiated:
            if place is not None:
                place.keep()
                self._place, protocol.ended = None, place.leave
            self.handed_on()
            return
        # its library could not read the handshake, and has said nothing
        protocol.conn.parser.close()
        connections.discard(protocol)
        connections.add(self)
        transport.set_protocol(self)
        self.refuse(400, "REQUEST_INVALID", "this is no WebSocket handshake", "handshake")

    def handed_on(self) -> None:
        """The connection is a WebSocket's from now on; this protocol is told no more of it."""

    def hear_nothing(self) -> None:
        """Drop what came and still comes, and wait for nothing."""
        super().hear_nothing()
        self._stop_clock()
        if self._place is not None:
            self._place.hold(0)
            self._place.work()

    # what the peer owes us

    def _start_clock(self, seconds: float) -> None:
        if self._clock is None:
            self._seen = self.body_bytes
            self._clock = self.loop.call_later(seconds, self._late)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _late(self) -> None:
        self._clock = None
        if self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is we who do not read on
            self.settle()
        elif self.begun and not self.head_due:
            self._body_is_late()
        elif self.begun or self.framing:
            detail = f"no whole head within {HEAD_SECONDS:g} s"
            self.refuse_what_came(408, "REQUEST_TIMEOUT", detail, "head_late")
        else:  # opened ahead, as browsers do: there is nothing to be answered
            CONNECTIONS_REFUSED.labels("silent").inc()
            self.end()

    def _body_is_late(self) -> None:
        grown = self.body_bytes - self._seen
        if self.cycle.waiting_for_100_continue or (self.answering() and grown >= PACE * BODY_SECONDS):
            self.settle()
            return
        detail = f"a body grows by {PACE} bytes a second"
        self.refuse_what_came(408, "REQUEST_TIMEOUT", detail, "body_late")

    # what the peer does not take

    def pause_writing(self) -> None:
        """The peer does not read as fast as we write."""
        super().pause_writing()
        self._start_write_clock()
        self.settle()

    def resume_writing(self) -> None:
        """It has read."""
        super().resume_writing()
        self._stop_write_clock()
        self.settle()

    def closing(self) -> None:
        """See that what is still to be sent does not hold a connection that is closed."""
        self._start_write_clock()

    def _start_write_clock(self) -> None:
        if self._write_clock is None and self.transport is not None:
            self._unsent = self.transport.get_write_buffer_size()
            if self._unsent:
                self._write_clock = self.loop.call_later(WRITE_SECONDS, self._unread)

    def _stop_write_clock(self) -> None:
        if self._write_clock is not None:
            self._write_clock.cancel()
            self._write_clock = None

    def _unread(self) -> None:
        self._write_clock = None
        left = self.transport.get_write_buffer_size()
        if left and self._unsent - left < PACE * WRITE_SECONDS:
            CONNECTIONS_REFUSED.labels("unread").inc()
            self.transport.abort()
        else:
            self._start_write_clock()
