"""One HTTP connection, and what it may cost: uvicorn's protocol with budgets, for every server of ours.

Here, and not in the application, because what a budget is for never becomes a request: half a head.
"""

import asyncio
import sys
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from services.runtime.problems import MEDIA_TYPE, problem_bytes, title_of

HEAD_SECONDS = 10.0
"""From the accept, or a later request's first byte, to the end of its head. Shorter: a phone in a tunnel is
cut off. Longer: whoever opens connections and sends a byte now and then holds descriptors at no cost."""

HEAD_BYTES = 64 * 1024
"""Of a request line and headers, or of trailers; as much as h11 takes of itself. Smaller: who has cookies of
20 kB, and proxies that add theirs, are refused. Larger: what comes piece by piece is put together anew with
each, so that a header of 32 MB takes time from everybody."""

LINGER_SECONDS = 2.0
"""After a refusal, what still comes is read and dropped for so long. Shorter: who sends much sees a reset,
and not why. Longer: whoever was refused holds a descriptor."""

_TOO_LARGE = (
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "REQUEST_TOO_LARGE",
    f"a request line and headers, or trailers, have up to {HEAD_BYTES} bytes",
)

_Base: Any = AutoHTTPProtocol  # httptools' protocol, or h11's where there is no httptools


class _HeadTooLargeError(Exception):
    """More than ``HEAD_BYTES``."""


class HttpConnection(_Base):  # type: ignore[misc]
    """A connection whose requests' heads come in time and are small; malformed ones are told in our words.

    Attributes:
        head_due: whether the next byte belongs to a request's head.
    """

    head_due = True
    parser: Any  # of httptools, as are the next three
    url: bytes
    headers: list[tuple[bytes, bytes]]
    expect_100_continue: bool
    _heard = False
    _deaf = False
    _data = b""
    _unread = 0  # bytes since the parser last gave a piece of a body, or began or ended a request
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Give it so long for the first head."""
        super().connection_made(transport)
        self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it follows on what nobody could read."""
        if self._deaf:
            return
        self._heard = True
        if self.head_due:
            self._start_head_timer()
        self._data = data
        self._unread += len(data)
        super().data_received(data)
        self._data = b""
        if self._unread > HEAD_BYTES and not self._deaf:
            self._refuse_what_came(*_TOO_LARGE)

    def on_message_begin(self) -> None:
        """A head begins (httptools)."""
        self.head_due = True
        self._unread = 0
        self._start_head_timer()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It is whole (httptools)."""
        if self._unread + len(self._data) > HEAD_BYTES and self._head_size() > HEAD_BYTES:
            raise _HeadTooLargeError
        self._head_complete()
        if not self.url.startswith((b"/", b"*")):
            self._take_authority()
        if self.expect_100_continue and self.parser.get_http_version() == "1.0":
            self.expect_100_continue = False  # it would take the interim answer for the answer
        if not self._ignores_upgrade():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body came (httptools); how large bodies may be is the application's to say."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole (httptools)."""
        self.head_due = True
        self._unread = 0
        if not self._ignores_upgrade():
            super().on_message_complete()

    def handle_events(self) -> None:
        """Look whether a head is whole (h11, which tells nobody when it begins)."""
        before = self.cycle
        self._unread = 0  # h11 counts itself
        super().handle_events()
        if self.cycle is not before:
            self._head_complete()
        # what waits behind a request under way is read on when that has been answered
        if not self._answering() and self.conn.trailing_data[0]:
            self.head_due = True
            self._start_head_timer()

    def handle_websocket_upgrade(self, *event: Any) -> None:
        """Hand the connection on: its head is whole."""
        self._head_complete()
        super().handle_websocket_upgrade(*event)

    def send_400_response(self, msg: str) -> None:
        """Say that what came is no HTTP, or too large."""
        error = sys.exception()
        hint = getattr(error, "error_status_hint", 400)  # h11's
        if hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE or isinstance(
            getattr(error, "__context__", None), _HeadTooLargeError
        ):
            self._refuse_what_came(*_TOO_LARGE)
        else:
            self._refuse_what_came(400, "REQUEST_INVALID", msg)

    def refuse(self, status: int, code: str, detail: str) -> None:
        """Answer with a problem document; close once the peer has, or after a while.

        Closed at once, with bytes unread, the connection is reset, and the answer lost (RFC 9112, 9.6).
        """
        self._deaf = True
        self._stop_head_timer()
        if self.cycle is not None:
            self.cycle.disconnected = True  # whoever waits for the rest of a body waits no more
            self.cycle.message_event.set()
        body = problem_bytes(status, code, detail)
        head = (
            f"HTTP/1.1 {int(status)} {title_of(status)}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.write_eof()
        self.flow.resume_reading()
        self._head_timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _refuse_what_came(self, status: int, code: str, detail: str) -> None:
        """Refuse, unless an answer is under way: nothing may be written into that or before it."""
        if not self._answering():
            self.refuse(status, code, detail)
        elif self.head_due:
            self._hear_no_more()
        elif self.cycle.response_started or getattr(self, "pipeline", None):
            self._deaf = True
            self.transport.close()
        else:  # it is the body of the request itself, which will never be whole
            self.refuse(status, code, detail)

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

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
        rest = self._data[stopped.args[0] :]
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/", self.parser.get_http_version().encode()]
        for name, value in self.headers:
            if name != b"upgrade":
                head += [b"\r\n", name, b": ", value]
        self.parser = type(self.parser)(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.data_received(b"".join([*head, b"\r\n\r\n", rest]))

    def _take_authority(self) -> None:
        """Bring a target with a host of its own into the usual form; its host counts (RFC 9112, 3.2.2)."""
        _, scheme, rest = self.url.partition(b"://")
        size = next((place for place, byte in enumerate(rest) if byte in b"/?"), len(rest))
        if not scheme or not size:
            return
        path = rest[size:]
        self.url = path if path.startswith(b"/") else b"/" + path
        # in place: the scope holds the same list
        self.headers[:] = [header for header in self.headers if header[0] != b"host"]
        self.headers.append((b"host", rest[:size].rpartition(b"@")[2]))

    def _head_complete(self) -> None:
        self.head_due = False
        self._stop_head_timer()

    def _start_head_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.transport.is_closing():
            return
        if self.flow.read_paused:  # it is we who do not read on
            self._start_head_timer()
        elif self._answering():
            self._hear_no_more()
        elif self._heard:
            self.refuse(408, "REQUEST_TIMEOUT", f"no whole head within {HEAD_SECONDS:g} s")
        else:
            self.transport.close()  # opened ahead, as browsers do: there is nothing to be answered

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _hear_no_more(self) -> None:
        """Close once the answer under way has gone."""
        self._deaf = True
        self._stop_head_timer()
        self.cycle.keep_alive = False
