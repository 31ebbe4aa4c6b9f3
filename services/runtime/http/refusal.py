"""How a connection is refused: in words where there may be some, and so that they arrive."""

import asyncio
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from services.runtime.http.connection_limits import ConnectionLimits
from services.runtime.http.framing import FramedConnection
from services.runtime.http.message_budget import HEAD_BYTES, HEADERS, HeadTooLargeError
from services.runtime.http.problems import MEDIA_TYPE, problem_bytes, title_of
from services.runtime.observability.metrics import CONNECTIONS_REFUSED

LINGER_SECONDS = 2.0
"""After a refusal, what still comes is read and dropped for so long. Shorter: who sends much sees a reset,
and not why. Longer: whoever was refused holds a descriptor."""

_TOO_LARGE = f"a message has up to {HEAD_BYTES} bytes outside its body, and up to {HEADERS} headers"


class RefusableConnection(FramedConnection):
    """A connection that can be refused at any time.

    Args:
        limits: of its server, which say whether it may linger.
    """

    transport: Any
    _lingering: asyncio.TimerHandle | None = None
    _lingered: Callable[[], None] | None = None

    def __init__(self, *args: Any, limits: ConnectionLimits, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limits = limits

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        if self._lingering is not None:
            self._lingering.cancel()
        if self._lingered is not None:
            self._lingered()
            self._lingered = None
        super().connection_lost(exc)

    def closing(self) -> None:
        """See that what is still to be sent does not hold a connection that is closed."""

    def hear_nothing(self) -> None:
        """Drop what came and still comes."""
        self.deaf = True
        self.drop()

    def send_400_response(self, msg: str) -> None:
        """Say that what came is no HTTP, or too large."""
        self.look()
        error = sys.exception()
        hint = getattr(error, "error_status_hint", 400)  # h11's
        if hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE or isinstance(
            getattr(error, "__context__", None), HeadTooLargeError
        ):
            self.refuse_head()
        else:
            self.refuse_what_came(400, "REQUEST_INVALID", msg, "malformed")

    def refuse_head(self) -> None:
        """Refuse a message that is too large outside its body."""
        self.refuse_what_came(431, "HEAD_TOO_LARGE", _TOO_LARGE, "head_too_large")

    def refuse(self, status: int, code: str, detail: str, reason: str | None) -> None:
        """Answer with a problem document; close once the peer has, or after a while.

        Closed at once, with bytes unread, the connection is reset, and the answer lost (RFC 9112, 9.6).

        Args:
            status: of the answer.
            code: for machines.
            detail: for people.
            reason: what the metric counts; ``None``: it has been counted.
        """
        if reason is not None:
            CONNECTIONS_REFUSED.labels(reason).inc()
        self.hear_nothing()
        if self.cycle is not None:
            self.cycle.disconnected = True  # whoever waits for the rest of a body waits no more
            self.cycle.message_event.set()
        body = problem_bytes(status, code, detail)
        again = "retry-after: 1\r\n" if status in {429, 503} else ""
        head = (
            f"HTTP/1.1 {int(status)} {title_of(status)}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\n{again}connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self._lingered = self.limits.linger()
        if self._lingered is None:
            self.transport.close()
            self.closing()
            return
        self.transport.write_eof()
        self.flow.hold(held=False)
        self.flow.resume_reading()
        self._lingering = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def refuse_what_came(self, status: int, code: str, detail: str, reason: str | None) -> None:
        """Refuse, unless an answer is under way: nothing may be written into that or before it."""
        if not self.answering() and (self.head_due or self.cycle is None):
            self.refuse(status, code, detail, reason)
            return
        if self.answering() and not (self.head_due or self.cycle.response_started or self.pipeline):
            # it is the body of the request itself, which will never be whole
            self.refuse(status, code, detail, reason)
            return
        if reason is not None:
            CONNECTIONS_REFUSED.labels(reason).inc()
        if self.answering() and self.head_due:
            self._hear_no_more()
        else:  # of a body that will never be whole, or was answered
            self.end()

    def end(self) -> None:
        """Close; what was not taken yet has a moment."""
        self.hear_nothing()
        if self._lingered is None and self.transport.get_write_buffer_size():
            self._lingered = self.limits.linger()
        if self._lingered is None or self._lingering is not None:
            self.transport.abort()
        else:
            self.transport.close()
            self._lingering = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _hear_no_more(self) -> None:
        """Close once the answer under way has gone."""
        self.hear_nothing()
        self.cycle.keep_alive = False
