"""WebSocket frames as they travel, built once and written to any number of sockets (RFC 6455)."""

import struct

_ASKED = b"read"

QUESTION = b"\x89\x04" + _ASKED
"""A ping: its payload shows which pongs answer it, and not the server's own keepalive."""

_ANSWER, _ANSWER_SIZE = b"\x8a\x84", 10


def text_frame(payload: bytes) -> bytes:
    """Return the unfragmented, unmasked text frame of ``payload`` (5.2)."""
    size = len(payload)
    if size < 126:
        return b"\x81" + bytes((size,)) + payload
    if size < 65_536:
        return b"\x81\x7e" + struct.pack("!H", size) + payload
    return b"\x81\x7f" + struct.pack("!Q", size) + payload


def close_frame(code: int, reason: bytes) -> bytes:
    """Return a close frame (5.5.1)."""
    return b"\x88" + bytes((2 + len(reason),)) + struct.pack("!H", code) + reason


def answers(data: bytes) -> bool:
    """Say whether ``data`` is one whole frame, a client's pong to :data:`QUESTION` (5.3, 5.5.3)."""
    if len(data) != _ANSWER_SIZE or not data.startswith(_ANSWER):
        return False
    return int.from_bytes(data[2:6]) ^ int.from_bytes(data[6:]) == int.from_bytes(_ASKED)
