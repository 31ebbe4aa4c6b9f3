"""WebSocket frames as they travel, built once and written to any number of sockets (RFC 6455)."""

import struct


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
