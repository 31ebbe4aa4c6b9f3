"""What a message may have outside its body, how many may wait, and h11's connection with such a budget."""

from typing import Any

import h11
from uvicorn.protocols.http.flow_control import FlowControl

HEAD_BYTES = 64 * 1024
"""Of a message outside its body: request line, headers, what frames chunks, trailers. Smaller: who has
cookies of 20 kB, and proxies that add theirs, are refused; a body of 1 MiB in chunks of fewer than 100 bytes,
too. Larger: what comes piece by piece is put together anew with each, which takes time from everybody."""

HEADERS = 100
"""Of a message, trailers included. Fewer: browsers send up to 30, and each proxy adds some. More: a header of
four bytes costs 150 in memory."""

REQUESTS_WAITING = 8
"""Requests behind the one that is answered, before parsing stops; a last piece may add ``PIECE_BYTES`` of the
shortest, to 15. Fewer: nothing gained. More: memory, and their answers come one by one anyway."""

REQUEST_BYTES = 3_072
"""What a request that waits takes beside its own bytes. Fewer: more is kept than is counted."""

PIPELINED_SECONDS = 0.01
"""From an answer to the begin of a request that did not wait for it. Shorter: ten connections that pipeline
take every other turn of the loop. Longer: who pipelines is slow, at 100 requests a second now."""

BODY_PIECE_BYTES = 4_096
"""Of a body that has not ended, which wake its application. Fewer: a thousand bodies that grow by a byte a
second wake it a thousand times. More: who takes large bodies piece by piece waits for each."""

HEAD_PIECE_BYTES = 4_096
"""Of a head that are given to the parser at once: what most heads have. Fewer: it is called more often. More:
it tells thousands of headers, a microsecond each, before anybody counts them."""

PIECE_BYTES = 64
"""Of a body that are given to the parser at least, if its end is not known: seven requests of nine bytes, the
shortest there are. Fewer: a body of blank lines is parsed in as many calls. More: more requests may wait."""

MOST_AT_ONCE = 16 * 1024
"""Bytes of a body that are given to the parser at most, since what frames chunks is counted after each piece.
Fewer: more calls. More: so much over its budget a message may be."""

CHUNK_BYTES = 5
"""The least that frames a chunk, as in ``1\\r\\nx\\r\\n``."""

RECEIVE_BUFFER = 64 * 1024
"""SO_RCVBUF of a connection, which Linux doubles: so much at most comes in one read and is kept while
requests wait. Fewer: slow for who is far away (640 kB/s at 100 ms). More: memory, and the kernel's own
default grows to 6 MB a connection."""


class HeadTooLargeError(h11.RemoteProtocolError):
    """More than ``HEAD_BYTES`` or ``HEADERS``; h11's, so that uvicorn takes it for h11's own."""

    def __init__(self) -> None:
        super().__init__("head too large", error_status_hint=431)


class Flow(FlowControl):
    """Uvicorn's flow control, that goes on reading for no reason but ours while requests wait."""

    _held = False

    def resume_reading(self) -> None:
        """Go on, unless there is enough to do."""
        if not self._held:
            super().resume_reading()

    def hold(self, *, held: bool) -> None:
        """Read no more; or go on."""
        if held:
            self._held = True
            self.pause_reading()
        elif self._held:
            self._held = False
            super().resume_reading()


class BudgetedH11(h11.Connection):
    """h11's connection, with the budget of a message.

    Attributes:
        head_due: whether a head comes next.
        outside: bytes that came and were no body, since a message began; with those not yet looked at.
        body_bytes: of the message's body.
    """

    head_due = True
    outside = 0
    body_bytes = 0
    _headers = 0

    @property
    def buffered(self) -> int:
        """Bytes not yet looked at."""
        return len(self._receive_buffer)

    def receive_data(self, data: bytes) -> None:
        """Count, and take."""
        self.outside += len(data)
        super().receive_data(data)

    def next_event(self) -> Any:
        """Return the next event; raises :class:`HeadTooLargeError`."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._headers = self.body_bytes = 0
        if isinstance(event, h11.Data):
            self.outside -= len(event.data)
            self.body_bytes += len(event.data)
        elif isinstance(event, h11.Request | h11.EndOfMessage):
            self._headers += len(event.headers)
        if self._headers > HEADERS or self.outside - self.buffered > HEAD_BYTES:
            raise HeadTooLargeError
        if isinstance(event, h11.Request):
            self.head_due = False
        elif isinstance(event, h11.EndOfMessage):
            self.head_due = True
            self.outside = self.buffered
        return event
