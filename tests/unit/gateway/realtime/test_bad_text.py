"""Text that is not UTF-8 ends a socket with 1007 (RFC 6455, 8.1): it is no fault of ours, so no trace."""

import asyncio
import json
import logging

import pytest

from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness
from tests.unit.gateway.realtime.client import PATH, session

PROGRESS = "/ws/videos/v-1/render-progress"
TEXT, CONTINUED, FIN = 0x01, 0x00, 0x80
HANDSHAKE = (
    "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def frame(opcode: int, payload: bytes) -> bytes:
    """A client's frame, its mask all zeros."""
    return bytes((opcode, 0x80 | len(payload))) + bytes(4) + payload


@pytest.mark.parametrize("path", [PATH, PROGRESS])
@pytest.mark.parametrize(
    "sent",
    [
        frame(FIN | TEXT, b'{"type": "ping\xff"}'),
        frame(FIN | TEXT, b"\xed\xa0\x80"),  # half a surrogate pair
        frame(FIN | TEXT, "안".encode()[:2]),
        frame(TEXT, "안".encode()[:2]) + frame(FIN | CONTINUED, b"x"),
        frame(FIN | 0x08, b"\x03\xe8\xff\xfe"),  # a close frame's reason is text too
    ],
    ids=["byte", "surrogate", "cut", "fragments", "reason"],
)
async def test_text_that_is_not_utf8_ends_the_socket_and_leaves_no_trace(
    served: Harness, caplog: pytest.LogCaptureFixture, path: str, sent: bytes
) -> None:
    with caplog.at_level(logging.WARNING):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
        writer.write(f"GET {path} HTTP/1.1\r\n{HANDSHAKE}".encode())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(sent)
        told = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        hub = served.gateway.service.hub
        await eventually(lambda: len(hub) == 0, message="it is let go of")
    opcode, size = told[0], told[1] & 0x7F
    assert (opcode, int.from_bytes(told[2:4])) == (FIN | 0x08, 1007)
    assert len(told) == 2 + size
    assert [record.getMessage() for record in caplog.records] == []


async def test_a_character_that_is_cut_by_frames_is_whole_text(served: Harness) -> None:
    name = "안".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
    writer.write(f"GET {PATH} HTTP/1.1\r\n{HANDSHAKE}".encode())
    await reader.readuntil(b"\r\n\r\n")
    writer.write(frame(TEXT, b'{"type": "' + name[:1]) + frame(FIN | CONTINUED, name[1:] + b'"}'))
    head = await asyncio.wait_for(reader.readexactly(4), 10)
    answer = json.loads(await reader.readexactly(int.from_bytes(head[2:])))
    writer.close()
    assert (answer["type"], answer["status"]) == ("error", 422)


@pytest.mark.parametrize(
    "message", [b"\x00\xff", b"{}", "{", "\\ud800", '"\\ud800"', "[]", "null", '{"type": NaN}']
)
async def test_what_is_no_message_is_answered_and_ends_nothing(served: Harness, message: str | bytes) -> None:
    async with session(served) as client:
        await client.connection.send(message)
        assert (await client.hear())["type"] == "error"
        await client.say(type="ping")
        assert (await client.hear())["type"] == "pong"
