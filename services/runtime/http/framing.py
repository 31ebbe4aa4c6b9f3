"""Where messages end on a connection: a budget for each outside its body, and no more parsed than may wait.

On both of uvicorn's parsers. httptools parses all that it is given, so it is given pieces in which few
requests can end; h11 stops by itself behind a request.
"""

import asyncio
import sys
from typing import Any

import h11
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from services.runtime.http.message_budget import (
    BODY_PIECE_BYTES,
    CHUNK_BYTES,
    HEAD_BYTES,
    HEAD_PIECE_BYTES,
    HEADERS,
    MOST_AT_ONCE,
    PIECE_BYTES,
    PIPELINED_SECONDS,
    REQUEST_BYTES,
    REQUESTS_WAITING,
    BudgetedH11,
    Flow,
    HeadTooLargeError,
)
from services.runtime.http.targets import origin_form

_BLANK_LINE = b"\r\n\r\n"

_Base: Any = AutoHTTPProtocol  # httptools' protocol, or h11's where there is no httptools

_IN_PIECES = hasattr(_Base, "on_message_begin")
"""Whether it is httptools', which must be given pieces."""


class FramedConnection(_Base):  # type: ignore[misc]
    """A connection whose messages have budgets; what is done about them, its heir says.

    Attributes:
        head_due: whether the next byte belongs to a request's head.
        begun: whether a message has begun that is not whole.
        deaf: whether what still comes is dropped.
        framing: bytes of the message so far that were no body.
        body_bytes: bytes of its body so far.
        running: the cycle that is answered; uvicorn's ``cycle`` is the newest one, which may wait.
    """

    head_due = True
    begun = False
    deaf = False
    framing = 0
    body_bytes = 0
    pipeline: Any = ()  # of httptools; h11 has none
    running: Any = None
    flow: Any
    parser: Any  # of httptools, as are the next three
    url: bytes
    headers: list[tuple[bytes, bytes]] | None
    expect_100_continue: bool
    _came = b""
    _at = 0
    _piece = b""
    _piece_is_head = True
    _head_headers = 0
    _chunks = 0
    _queued = 0
    _pause: asyncio.TimerHandle | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not _IN_PIECES:
            self.conn = BudgetedH11(h11.SERVER, HEAD_BYTES)

    def connection_made(self, transport: Any) -> None:
        """Begin, with a flow control of ours."""
        super().connection_made(transport)
        self.flow = Flow(transport)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it follows on what nobody could read."""
        if not self.deaf:
            self._came = self._came[self._at :] + data if self._came else data
            self._at = 0
            self.read_on()

    def keep(self, data: bytes) -> None:
        """Keep what came until :meth:`read_on`, and read no more."""
        self._came = data
        self.flow.hold(held=True)

    def on_response_complete(self) -> None:
        """Go on with what waited for the answer, once others have had their turn."""
        if self._waits_behind() and not self.transport.is_closing():
            self._pause = self.loop.call_later(PIPELINED_SECONDS, self.go_on)
        else:
            self.go_on()

    def go_on(self) -> None:
        """Begin the request behind the one that is answered."""
        self._pause = None
        super().on_response_complete()
        if not self.pipeline:
            self._queued = 0
        if not self.deaf and not self.transport.is_closing():
            self.read_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """End: all that are answered or wait are told so, not only the newest."""
        for cycle in [self.running, *(cycle for cycle, _ in self.pipeline)]:
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        if self.pipeline:
            self.pipeline.clear()
        self.running = None
        if self._pause is not None:
            self._pause.cancel()
        super().connection_lost(exc)
        self.drop()

    @property
    def unread(self) -> int:
        """Bytes that came and wait to be parsed."""
        return len(self._came) - self._at

    @property
    def held(self) -> int:
        """Bytes that are kept of requests that are not whole, or wait."""
        begun = self.framing + self.body_bytes if self.begun else 0
        return self.unread + self._queued + len(self.pipeline) * REQUEST_BYTES + begun

    def read_on(self) -> None:
        """Parse what came, as far as requests may wait; read no more meanwhile."""
        while self._at < len(self._came) and len(self.pipeline) < REQUESTS_WAITING and not self.deaf:
            piece = self._next_piece()
            self._feed(piece)
            self._queued = self._queued + len(piece) if self.pipeline else 0
        if self.deaf or not self.unread:
            self.drop()
        if self.deaf or self.transport.is_closing():
            return
        if not _IN_PIECES:
            self.look()
        waits = self.unread or self.pipeline or (not _IN_PIECES and not self.begun and self.conn.buffered)
        self.flow.hold(held=bool(waits))
        self.settle()

    def drop(self) -> None:
        """Forget what came and was not parsed."""
        self._came, self._at = b"", 0

    def settle(self) -> None:
        """See what is owed to whom; called when that may have changed."""

    def answering(self) -> bool:
        """Whether an answer is under way, or due."""
        return self.cycle is not None and not self.cycle.response_complete

    def refuse_head(self) -> None:
        """Refuse a message that is too large outside its body."""
        raise NotImplementedError

    def _waits_behind(self) -> bool:
        """Whether a request came before the answer to the one before it."""
        if _IN_PIECES:
            return bool(self.pipeline)
        return self.conn.their_state is h11.DONE and self.conn.buffered > 0

    def _next_piece(self) -> bytes:
        came, at = self._came, self._at
        most = len(came)
        if _IN_PIECES:
            begin = at if self.head_due else at + PIECE_BYTES
            most = min(most, at + (HEAD_PIECE_BYTES if self.head_due else MOST_AT_ONCE))
            end = came.find(_BLANK_LINE, begin, most)
            most = most if end < 0 else end + len(_BLANK_LINE)
        self._at = most
        return came[at:most]

    def _feed(self, piece: bytes) -> None:
        self._piece, self._piece_is_head = piece, self.head_due
        self.framing += len(piece)
        super().data_received(piece)
        self._piece = b""
        if not _IN_PIECES or self.deaf:
            return
        if self.framing > HEAD_BYTES or self._head_headers + len(self.headers or ()) > HEADERS:
            self.refuse_head()

    # httptools

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        self.running = cycle
        super()._start_asgi_task(cycle, app)

    def on_message_begin(self) -> None:
        """A head begins."""
        self.head_due = self.begun = True
        self.body_bytes = self._head_headers = self._chunks = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It is whole."""
        assert self.headers is not None
        size = self.framing if self._piece_is_head else self._head_size()
        if size > HEAD_BYTES or len(self.headers) > HEADERS:
            raise HeadTooLargeError
        self.head_due = False
        self.head_complete()
        if not self.url.startswith((b"/", b"*")):
            self.url = origin_form(self.url, self.headers)
        if self.expect_100_continue and self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False  # it would take the interim answer for the answer
        if self._ignores_upgrade():
            return
        super().on_headers_complete()
        if not self.parser.should_upgrade():
            # what follows are trailers, which must not become headers (RFC 9110, 6.5.1)
            self._head_headers = len(self.headers)
            self.headers = []

    def on_body(self, body: bytes) -> None:
        """A piece of a body came; how large bodies may be is the application's to say."""
        self.framing -= len(body)
        self.body_bytes += len(body)
        cycle = self.cycle
        if (
            cycle is None
            or cycle.response_complete
            or self.parser.should_upgrade()
            or len(cycle.body) + len(body) >= BODY_PIECE_BYTES
        ):
            super().on_body(body)
        else:
            cycle.body += body  # and its end wakes the application, if no more comes

    def on_chunk_header(self) -> None:
        """A chunk begins."""
        self._chunks += 1
        if self._chunks * CHUNK_BYTES > HEAD_BYTES:
            raise HeadTooLargeError

    def on_message_complete(self) -> None:
        """A request is whole."""
        if self.headers and (  # trailers
            self._head_headers + len(self.headers) > HEADERS or self._head_size() > HEAD_BYTES
        ):
            raise HeadTooLargeError
        self.head_due = True
        self.begun = False
        self.framing = self._head_headers = 0
        if not self._ignores_upgrade():
            self.headers = self.headers if self.parser.should_upgrade() else None
            super().on_message_complete()

    def head_complete(self) -> None:
        """A head is whole."""

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers or ())

    def _ignores_upgrade(self) -> bool:
        """Whether a wish to speak something else is not granted; CONNECT is no wish, and never granted."""
        wished = self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"
        return wished and not self._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Go on in HTTP/1.1, as RFC 9110 (7.8) lets us: Java's client asks for HTTP/2 with its first request.

        httptools has stopped behind the head, and would never give the body: it reads on without the wish.
        """
        stopped = sys.exception()
        if stopped is None:
            return  # h11 has not
        rest = self._piece[stopped.args[0] :]
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/", self.parser.get_http_version().encode()]
        for name, value in self.headers or ():
            if name != b"upgrade":
                head += [b"\r\n", name, b": ", value]
        self.parser = type(self.parser)(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.head_due, self.framing = True, 0
        self._feed(b"".join([*head, b"\r\n\r\n", rest]))

    # h11

    def handle_events(self) -> None:
        """Look whether a head is whole: h11 tells nobody when it begins."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self.head_complete()

    def look(self) -> None:
        """Take over where h11 is."""
        if _IN_PIECES:
            return
        self.head_due = self.conn.head_due
        self.begun = not self.head_due or (self.conn.their_state is h11.IDLE and self.conn.buffered > 0)
        self.framing, self.body_bytes = self.conn.outside, self.conn.body_bytes
