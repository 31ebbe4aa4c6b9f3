"""What clients send is counted where it arrives: no socket has the loop, or memory, for itself."""

import asyncio
import logging

import pytest
from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode

from services.gateway.realtime import parser, reading
from services.gateway.realtime.connection import SocketProtocol
from services.gateway.realtime.parser import FRAMES_AT_ONCE, MAX_FRAGMENTS, Incoming
from services.gateway.realtime.reading import HIGH_WATER
from services.gateway.settings import GatewaySettings
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness, running
from tests.unit.gateway.realtime.client import PATH
from tests.unit.gateway.realtime.raw import (
    BINARY,
    CONTINUED,
    HANDSHAKE,
    PING,
    PONG,
    RSV1,
    TEXT,
    frame,
    opened,
)

PROGRESS = "/ws/videos/v-1/render-progress"
SEGMENT = 64 * 1024


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Frames parsed in each turn of the loop in which bytes came."""
    turns: list[int] = []
    take, parse = SocketProtocol.data_received, Incoming.recv_frame

    def turn(protocol: SocketProtocol, data: bytes) -> None:
        turns.append(0)
        take(protocol, data)

    def one(conn: Incoming, piece: object) -> None:
        turns[-1] += 1
        parse(conn, piece)  # type: ignore[arg-type]

    monkeypatch.setattr(SocketProtocol, "data_received", turn)
    monkeypatch.setattr(Incoming, "recv_frame", one)
    return turns


@pytest.mark.parametrize("opcode", [TEXT, BINARY, CONTINUED, PING, PONG])
async def test_of_10922_empty_frames_in_a_segment_64_are_parsed(
    served: Harness, parsed: list[int], opcode: int
) -> None:
    start = frame(TEXT, fin=False) if opcode == CONTINUED else b""
    flood = start + frame(opcode, fin=opcode != CONTINUED) * (SEGMENT // 6)
    async with opened(served.url, PATH) as socket:
        await socket.say(flood)
        assert await socket.closed_with() == 1008
    assert max(parsed) <= FRAMES_AT_ONCE + 1, f"{max(parsed)} frames in one turn of the loop"
    assert sum(parsed) <= FRAMES_AT_ONCE + 1, f"{sum(parsed)} frames of one socket"


@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, PONG])
async def test_a_flood_of_small_segments_is_cut_off_as_soon(
    served: Harness, parsed: list[int], opcode: int
) -> None:
    async with opened(served.url, PATH) as socket:
        flood = asyncio.create_task(_on_and_on(socket.writer, frame(opcode)))
        assert await socket.closed_with() == 1008
        flood.cancel()
    assert sum(parsed) < 3 * FRAMES_AT_ONCE, f"{sum(parsed)} frames of one socket"


@pytest.mark.parametrize(("pause", "more"), [(0.0, 0), (1.0, 50), (0.5, 25), (1_000.0, FRAMES_AT_ONCE)])
def test_64_frames_at_once_and_50_a_second_are_taken(
    monkeypatch: pytest.MonkeyPatch, pause: float, more: int
) -> None:
    now = 0.0
    monkeypatch.setattr(parser, "monotonic", lambda: now)
    conn = Incoming(1_000, None)
    for _ in range(FRAMES_AT_ONCE):
        conn.recv_frame(Frame(Opcode.PONG, b""))
    now = pause
    for _ in range(more):
        conn.recv_frame(Frame(Opcode.PONG, b""))
    with pytest.raises(ProtocolError, match="too many frames"):
        conn.recv_frame(Frame(Opcode.PONG, b""))


async def test_of_50_pings_that_wait_the_newest_is_answered(served: Harness) -> None:
    async with opened(served.url, PROGRESS) as socket:
        await socket.say(*(frame(PING, b"%d" % number) for number in range(50)))
        assert await socket.hear() == (PONG, b"49")
        await socket.say(frame(PING))
        assert await socket.hear() == (PONG, b"")


@pytest.mark.parametrize("path", [PATH, PROGRESS])
async def test_who_pings_and_does_not_read_is_given_up_with_16_kb_waiting(
    settings: GatewaySettings, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(parser, "FRAMES_AT_ONCE", 1_000_000)  # it is not the number that ends it
    access = settings.access.model_copy(update={"rate": 0})
    most = 0
    take = SocketProtocol.data_received

    def look(protocol: SocketProtocol, data: bytes) -> None:
        nonlocal most
        take(protocol, data)
        most = max(most, protocol.transport.get_write_buffer_size())

    monkeypatch.setattr(SocketProtocol, "data_received", look)
    async with running(settings.model_copy(update={"access": access}), served=True) as served:
        async with opened(served.url, path, room=4_096) as socket:
            socket.writer.transport.pause_reading()  # type: ignore[attr-defined]
            flood = asyncio.create_task(_on_and_on(socket.writer, frame(PING, bytes(125))))
            await eventually(flood.done, message="it is given up")
        await eventually(lambda: len(served.gateway.service.hub) == 0, message="it is let go of")
    assert HIGH_WATER < most <= HIGH_WATER + 127 + 12, f"{most} bytes waited for a viewer that does not read"


@pytest.mark.parametrize(
    "said",
    [
        frame(TEXT),
        frame(TEXT, b"hello"),
        frame(BINARY, b"\0"),
        frame(TEXT, b"a", fin=False),
        frame(TEXT, size=32_000),
        frame(BINARY, size=60_000),
    ],
    ids=["empty", "text", "binary", "begun", "head of 32 kB", "head of 60 kB"],
)
async def test_a_progress_socket_that_talks_is_closed_at_its_first_frame(
    served: Harness, parsed: list[int], said: bytes
) -> None:
    async with opened(served.url, PROGRESS) as socket:
        await socket.say(frame(PING), frame(PONG))
        await socket.say(said)
        assert await socket.closed_with() == 1008
    await eventually(lambda: len(served.gateway.service.hub) == 0, message="it is let go of")
    assert sum(parsed) <= 3


async def test_a_message_of_33_fragments_ends_the_socket(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser, "FRAMES_AT_ONCE", 1_000)  # it is not their number that ends it
    pieces = [frame(CONTINUED, b" ", fin=False) for _ in range(MAX_FRAGMENTS - 2)]
    async with opened(served.url, PATH) as socket:
        begin, end = frame(TEXT, b'{"type":', fin=False), frame(CONTINUED, b'"ping"}')
        await socket.say(begin, *pieces, end)
        assert await socket.hear() == (TEXT, b'{"type":"pong"}')
        await socket.say(begin, *pieces, pieces[0])
        await socket.say(end)
        assert await socket.closed_with() == 1008


@pytest.mark.parametrize(
    "begun",
    [b"\x81", frame(TEXT, b"x" * 10, size=32_000), frame(TEXT, b"{", fin=False), frame(PING)[:-1]],
    ids=["byte", "frame", "message", "ping"],
)
async def test_what_begins_and_does_not_end_ends_the_socket(
    served: Harness, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(reading, "MESSAGE_SECONDS", 0.2)
    async with opened(served.url, PATH) as socket:
        await socket.say(begun)
        assert await socket.closed_with() == 1008


async def test_pings_between_its_pieces_do_not_give_a_message_more_time(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MESSAGE_SECONDS", 0.3)
    async with opened(served.url, PATH) as socket:
        await socket.say(frame(TEXT, b"{", fin=False))
        more = asyncio.create_task(_on_and_on(socket.writer, frame(PING), every=0.05))
        assert await socket.closed_with() == 1008
        more.cancel()


async def test_messages_that_each_end_in_time_end_nothing(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each write ends in the middle of a frame, for longer than one message may take."""
    monkeypatch.setattr(reading, "MESSAGE_SECONDS", 0.3)
    ping = frame(TEXT, b'{"type":"ping"}')
    loop = asyncio.get_running_loop()
    over = loop.time() + 0.8
    async with opened(served.url, PATH) as socket:
        await socket.say(ping[:3])
        while loop.time() < over:
            await socket.say(ping[3:], ping[:3])
            assert await socket.hear() == (TEXT, b'{"type":"pong"}')
            await asyncio.sleep(0.06)


async def test_nothing_is_compressed(served: Harness) -> None:
    """A bomb needs an extension: it is not granted, and a frame that uses it ends the socket."""
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    async with opened(served.url, PATH, offer) as socket:
        await socket.say(frame(TEXT | RSV1, b"\xaa\x56\x4a\x04\x00"))
        assert await socket.closed_with() == 1002


async def test_what_comes_before_the_handshake_is_answered_waits(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, accept, send = asyncio.Event(), asyncio.Event(), SocketProtocol.send

    async def late(protocol: SocketProtocol, message: object) -> None:
        asked.set()
        await accept.wait()
        await send(protocol, message)

    monkeypatch.setattr(SocketProtocol, "send", late)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
    async with asyncio.timeout(10):
        writer.write(f"GET {PROGRESS} HTTP/1.1\r\n{HANDSHAKE}\r\n".encode())
        await asked.wait()
        writer.write(frame(PING, b"x"))
        await writer.drain()
        for _ in range(3):  # whatever lies there has been looked at by then
            assert (await served.client.get("/livez")).status_code == 200
        accept.set()
        assert await reader.readexactly(13) == b"HTTP/1.1 101 "
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(3) == b"\x8a\x01x"
    writer.close()


async def test_bad_text_and_a_farewell_in_one_segment_leave_no_trace(
    served: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with opened(served.url, PATH) as socket:
            await socket.say(frame(TEXT, b"\xff"), frame(0x8, b"\x03\xe8"))
            assert await socket.closed_with() == 1007
        await eventually(lambda: len(served.gateway.service.hub) == 0)
    assert [record.getMessage() for record in caplog.records] == []


async def _on_and_on(writer: asyncio.StreamWriter, piece: bytes, every: float = 0.0) -> None:
    while True:
        try:
            writer.write(piece)
            await writer.drain()
        except OSError:
            return
        if writer.transport.is_closing():
            return
        await asyncio.sleep(every)
