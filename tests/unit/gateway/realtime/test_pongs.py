"""Answers to the question whether a viewer reads are taken without the parser, and nothing else is."""

import asyncio
import itertools

import pytest
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

from services.gateway.ledger.jobs import events, queries
from services.gateway.live.frames import answer_in, pong_frame, question
from services.gateway.realtime import connection
from services.gateway.realtime.connection import SocketProtocol
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness
from tests.unit.gateway.realtime.client import session

PONG = b"\x8a\x84\0\0\0\0read"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the parser is given."""
    given: list[bytes] = []
    parse = WebSocketsSansIOProtocol.data_received

    def note(protocol: WebSocketsSansIOProtocol, data: bytes) -> None:
        given.append(bytes(data))
        parse(protocol, data)

    monkeypatch.setattr(WebSocketsSansIOProtocol, "data_received", note)
    return given


def test_a_pong_to_our_question_is_known_whatever_its_mask() -> None:
    assert Frame(Opcode.PING, b"read").serialize(mask=False) == question(b"read")
    assert Frame(Opcode.PONG, b"read").serialize(mask=False) == pong_frame(b"read")
    for _ in range(100):
        assert answer_in(Frame(Opcode.PONG, b"read").serialize(mask=True)) == b"read"
        assert answer_in(Frame(Opcode.PING, b"read").serialize(mask=True)) is None
    assert answer_in(PONG + PONG) is None
    assert answer_in(PONG[:-1]) is None
    assert answer_in(b"") is None


async def test_a_clients_answers_are_not_parsed(
    served: Harness, monkeypatch: pytest.MonkeyPatch, parsed: list[bytes]
) -> None:
    """Also holds the parser that is looked into against the pinned version of the library."""
    monkeypatch.setattr(connection, "PROOF_SECONDS", 0.0)
    noted = 0
    note = SocketProtocol._answered

    def count(protocol: SocketProtocol) -> None:
        nonlocal noted
        noted += 1
        note(protocol)

    monkeypatch.setattr(SocketProtocol, "_answered", count)
    job_id = await served.job("v-1")
    job = events.job_updated(await served.gateway.ledger.read(queries.require, job_id))
    async with session(served) as client:
        await client.subscribe(job_id)
        revisions = itertools.count(job.revision + 1)

        def often() -> bool:
            served.gateway.service.hub.publish(job.model_copy(update={"revision": next(revisions)}))
            return noted >= 3

        await eventually(often, message="the client has answered")
    assert not [data for data in parsed if data.startswith(b"\x8a")]


async def test_what_looks_like_an_answer_within_a_frame_is_not_one(
    served: Harness, parsed: list[bytes]
) -> None:
    """A message of ten bytes that are a pong's, which come by themselves."""
    port = int(served.url.rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"GET /ws/v2/jobs HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    async with asyncio.timeout(10):
        await reader.readuntil(b"\r\n\r\n")
        header = b"\x82\x8a\0\0\0\0"
        writer.write(header)
        await eventually(lambda: parsed[-1:] == [header], message="the header is taken")
        writer.write(PONG)
        await eventually(lambda: parsed[-1:] == [PONG], message="the payload is given to the parser")
        assert b'"error"' in await reader.readuntil(b"}")  # the message, which is no request, is answered
    writer.close()
