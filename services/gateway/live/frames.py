"""WebSocket frames as they travel, built once and written to any number of sockets (RFC 6455)."""

import struct

QUESTION_BYTES = 4
"""Of a ping's payload, random: who has not read the ping cannot answer it. Fewer: guesses become thinkable.
More: more in each pong."""

_ANSWER, _ANSWER_SIZE = b"\x8a" + bytes((0x80 | QUESTION_BYTES,)), 6 + QUESTION_BYTES


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


def question(payload: bytes) -> bytes:
    """Return a ping with a payload of :data:`QUESTION_BYTES` (5.5.2)."""
    return b"\x89\x04" + payload


def pong_frame(payload: bytes) -> bytes:
    """Return the pong that answers a ping, with at most 125 bytes (5.5.3)."""
    return b"\x8a" + bytes((len(payload),)) + payload


def answer_in(data: bytes) -> bytes | None:
    """Return the payload if ``data`` is one whole frame, a client's pong to a question (5.3)."""
    if len(data) != _ANSWER_SIZE or not data.startswith(_ANSWER):
        return None
    return (int.from_bytes(data[2:6]) ^ int.from_bytes(data[6:])).to_bytes(QUESTION_BYTES)
