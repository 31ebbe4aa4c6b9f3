"""What clients send on a WebSocket, and how much of it is taken: the library's parser with a budget.

The parser takes all that came in one read in one go: 40,000 empty frames of six bytes are one read. What
is not counted within it has been paid for, in time that all viewers share, before anybody could look.
"""

from logging import Logger
from time import monotonic
from typing import Never

from websockets.exceptions import ProtocolError
from websockets.frames import CloseCode, Frame, Opcode
from websockets.server import ServerProtocol

from services.gateway.realtime.share import Share

FRAMES_PER_SECOND = 50.0
"""Frames that one socket may send, whatever they are; what answers our own questions comes on top. Fewer: a
page that sends its 20 messages a second in pieces is cut off. More: each costs 20 us of a loop that all
share."""

FRAMES_AT_ONCE = 64
"""The same, at once. Fewer: who sends 60 messages too many is cut off before it was told why. More: so many
are parsed in one turn of the loop."""

MAX_FRAGMENTS = 32
"""Frames of one message. Fewer: libraries that send 1 kB at a time cannot send the largest message. More:
each is an object, however little is in it."""

MAX_CONTROL = 125
"""Bytes in a ping, a pong or a close frame (RFC 6455, 5.5)."""

SILENCE = "nothing is said on this socket"

_MESSAGE = {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}


class Incoming(ServerProtocol):
    """The library's protocol, which stops in the middle of what came when it is too much.

    Args:
        max_size: bytes of a message, with all its fragments.
        logger: the library's.

    Attributes:
        ping: the payload of the newest ping that was not answered; of several only that one is
            (RFC 6455, 5.5.3).
        finished: frames after which no message was unfinished.
        silent: whether the peer has nothing to say.
        share: of the caller, whose sockets together may send so many frames.
    """

    ping: bytes | None = None
    finished = 0
    share: Share | None = None
    silent = False
    _fragments = 0

    def __init__(self, max_size: int | None, logger: Logger | None) -> None:
        super().__init__(max_size=max_size, logger=logger)
        self._left = float(FRAMES_AT_ONCE)
        self._counted = monotonic()

    @property
    def unfinished(self) -> bool:
        """Whether a frame or a message has begun and not ended."""
        return self.current_size is not None or bool(self.reader.buffer)

    @property
    def begun(self) -> int:
        """How many bytes of it are kept."""
        return len(self.reader.buffer) + (self.current_size or 0)

    def expect_silence(self) -> None:
        """Take no messages; one that is longer than a ping is refused by its head."""
        self.silent = True
        self.max_message_size = MAX_CONTROL

    def recv_frame(self, frame: Frame) -> None:
        """Take a frame.

        Raises:
            ProtocolError: it was too much; the connection has been failed, and the rest is not parsed.
        """
        self._count()
        if frame.opcode is Opcode.PING:
            self.ping = bytes(frame.data)
        else:
            if frame.opcode in _MESSAGE:
                self._take_piece(frame)
            super().recv_frame(frame)
        if self.current_size is None:
            self.finished += 1

    def fail(self, code: int, reason: str = "") -> None:
        """Fail the connection; whoever has nothing to say here has said too much, however much it was."""
        if self.silent and code == CloseCode.MESSAGE_TOO_BIG:
            code, reason = CloseCode.POLICY_VIOLATION, SILENCE
        super().fail(code, reason)

    def _count(self) -> None:
        now = monotonic()
        filled = self._left + (now - self._counted) * FRAMES_PER_SECOND
        self._left, self._counted = min(filled, FRAMES_AT_ONCE) - 1, now
        if self._left < 0:
            self._refuse(CloseCode.POLICY_VIOLATION, "too many frames")
        if self.share is not None and self.share.frame() > 0:
            self._refuse(CloseCode.TRY_AGAIN_LATER, "too many frames of one caller")

    def _take_piece(self, frame: Frame) -> None:
        self._fragments = self._fragments + 1 if frame.opcode is Opcode.CONT else 1
        if self._fragments > MAX_FRAGMENTS:
            self._refuse(CloseCode.POLICY_VIOLATION, "too many fragments")

    def _refuse(self, code: CloseCode, reason: str) -> Never:
        self.fail(code, reason)
        raise ProtocolError(reason)
