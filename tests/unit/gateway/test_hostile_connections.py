"""What never becomes a request costs a bounded share: attacks in bytes, on a gateway's own process."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from services.gateway.realtime import event_stream as live_stream
from services.runtime.http import framing
from services.runtime.http.connection import HttpConnection
from services.runtime.http.framing import FramedConnection
from services.runtime.http.message_budget import REQUESTS_WAITING
from tests.support.bare_gateway import BareGateway, bare_gateway
from tests.support.eventually import eventually
from tests.support.raw_http import Answer, answers_in, ask, talk
from tests.unit.gateway.conftest import Harness

CREATE = "/api/v2/videos/v-1/render-jobs"
GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
WHOLE = GET + b"\r\n"
POST = f"POST {CREATE} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
CHUNKED = POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
LAST_CHUNKS = b"2\r\n{}\r\n0\r\n\r\n"
UPGRADE = (
    b"GET /ws/v2/jobs HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
MB = 1_000_000
DESCRIPTORS = 512
SHORT = [
    f"services.runtime.http.connection:{name}=1" for name in ("HEAD_SECONDS", "BODY_SECONDS", "WRITE_SECONDS")
]


@pytest.fixture(scope="module", params=["httptools", "h11"])
def parser(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def gateway(parser: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareGateway]:
    """With its own time limits, and 512 descriptors."""
    arguments = ["h11"] if parser == "h11" else []
    with bare_gateway(tmp_path_factory.mktemp("gateway"), *arguments, descriptors=DESCRIPTORS) as opened:
        yield opened


@pytest.fixture(scope="module")
def hasty(parser: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareGateway]:
    """With a second for everything, and 4 MB for what is held."""
    arguments = [*SHORT, "services.runtime.http.connection_limits:HELD_BYTES=4000000"]
    arguments += ["h11"] if parser == "h11" else []
    with bare_gateway(tmp_path_factory.mktemp("hasty"), *arguments, descriptors=DESCRIPTORS) as opened:
        yield opened


@dataclass
class Foe:
    """A connection of an attacker's."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def ended(self) -> bool:
        """Whether nothing more comes; what came may be unread."""
        return bool(vars(self.reader)["_eof"]) or self.reader.exception() is not None

    async def fate(self) -> str:
        """Return the status that it was answered with, ``closed`` without one; ``open`` if neither comes."""
        try:
            async with asyncio.timeout(0.01):
                line = await self.reader.readline()
        except TimeoutError:
            return "open"
        except OSError:
            return "closed"
        return line.split()[1].decode() if line else "closed"


async def foes(gateway: BareGateway, count: int, says: bytes, address: str = "127.0.0.1") -> list[Foe]:
    """Connect so often, and say something each time."""
    opened = []
    for _ in range(count):
        foe = Foe(*await asyncio.open_connection("127.0.0.1", gateway.port, local_addr=(address, 0)))
        foe.writer.write(says)
        opened.append(foe)
    return opened


async def fates(opened: list[Foe]) -> Counter[str]:
    return Counter([await foe.fate() for foe in opened])


async def leave(gateway: BareGateway, opened: list[Foe]) -> None:
    for foe in opened:
        foe.writer.transport.abort()
    # the limits of an address are for all tests of a gateway
    await eventually(lambda: gateway.descriptors <= gateway.idle, 30, message="it has let go of them")


async def flood(gateway: BareGateway, data: bytes, *, reads: bool = True) -> bytes:
    """Send it all, whatever comes; return what did if it is read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port, limit=1)
    if not reads:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
    got = b""

    async def send() -> None:
        with suppress(OSError):
            for start in range(0, len(data), 1 << 16):
                writer.write(data[start : start + (1 << 16)])
                await writer.drain()

    sending = asyncio.create_task(send())
    try:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(None if reads else 3):
                while piece := await reader.read(1 << 16):
                    got = (got + piece)[:1_000]
    finally:
        sending.cancel()
        writer.transport.abort()
    return got


async def answer_to(gateway: BareGateway, data: bytes) -> Answer:
    [answer] = answers_in(await talk(gateway.url, data), ["GET"])
    return answer


@pytest.mark.parametrize(
    "data",
    [
        GET + b"X: a\r\n" * (24 * MB // 6),
        GET + b"X: " + b"a" * 24 * MB,
        b"GET /" + b"a" * 24 * MB,
        b"GET /?" + b"a&" * (12 * MB),
        CHUNKED + b"2\r\n{}\r\n0\r\n" + b"X: a\r\n" * (24 * MB // 6),
        CHUNKED + b"2\r\n{}\r\n0\r\nX: " + b"a" * 24 * MB,
        CHUNKED + b"2;x=" + b"a" * 24 * MB,
        CHUNKED + b"1\r\n \r\n" * (24 * MB // 6),
        CHUNKED + b"1;x=123456789012345678901234567890\r\n \r\n" * (24 * MB // 39),
    ],
    ids=[
        "small headers", "a header", "a path", "a query", "small trailers", "a trailer", "an extension",
        "small chunks", "small extensions",
    ],
)  # fmt: skip
async def test_24_mb_outside_a_body_are_answered_with_431_and_cost_less_than_8_mb(
    gateway: BareGateway, data: bytes
) -> None:
    before = gateway.memory
    gateway.forget_peak()
    raw = await flood(gateway, data)
    assert raw.startswith(b"HTTP/1.1 431 "), raw[:100]
    assert b'"code":"HEAD_TOO_LARGE"' in raw
    assert gateway.peak - before < 8 * MB, f"{(gateway.peak - before) / MB:.1f} MB"


async def test_a_message_has_100_headers_and_64_kib_outside_its_body(gateway: BareGateway) -> None:
    small = b"X: a\r\n"
    close = b"Connection: close\r\n"
    rows = {
        GET + close + small * 98 + b"\r\n": 200,
        GET + close + small * 99 + b"\r\n": 431,
        CHUNKED[:-2] + small * 50 + b"\r\n2\r\n{}\r\n0\r\n" + small * 46 + b"\r\n": 422,
        CHUNKED[:-2] + small * 50 + b"\r\n2\r\n{}\r\n0\r\n" + small * 47 + b"\r\n": 431,
        CHUNKED + b"1\r\n \r\n" * 13_000 + LAST_CHUNKS: 422,
        CHUNKED + b"1\r\n \r\n" * 13_200 + LAST_CHUNKS: 431,
        CHUNKED + b"400\r\n%s\r\n" % (b" " * 1_024) * 1_000 + LAST_CHUNKS: 422,  # 1 MB, 8 kB around it
    }
    got = {data: (await answer_to(gateway, data)).status for data in rows}
    assert list(got.values()) == list(rows.values())


async def test_40_mb_of_pipelined_requests_on_10_connections_cost_less_than_16_mb(
    gateway: BareGateway,
) -> None:
    before = gateway.memory
    gateway.forget_peak()
    data = b"GET / HTTP/1.1\r\n\r\n" * (4 * MB // 18)
    flooding = [asyncio.create_task(flood(gateway, data)) for _ in range(10)]
    for _ in range(20):
        assert (await ask(gateway.url, "GET /livez HTTP/1.1")).status == 200
    for task in flooding:
        task.cancel()
    await asyncio.gather(*flooding, return_exceptions=True)
    assert gateway.peak - before < 16 * MB, f"{(gateway.peak - before) / MB:.1f} MB"


async def test_160_mb_of_pipelined_requests_whose_answers_nobody_reads_cost_less_than_32_mb(
    gateway: BareGateway,
) -> None:
    before = gateway.memory
    gateway.forget_peak()
    data = WHOLE * (8 * MB // len(WHOLE))
    flooding = [asyncio.create_task(flood(gateway, data, reads=False)) for _ in range(20)]
    for _ in range(20):
        assert (await ask(gateway.url, "GET /livez HTTP/1.1")).status == 200
    await asyncio.gather(*flooding)
    assert gateway.peak - before < 32 * MB, f"{(gateway.peak - before) / MB:.1f} MB"


HALVES = {
    "silent": b"",
    "half a head": GET + b"X: ",
    "half a body": POST + b"Content-Length: 100\r\n\r\n{",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "idle": WHOLE,
}


@pytest.mark.parametrize("kind", HALVES)
async def test_600_connections_that_owe_something_keep_nobody_out_of_512_descriptors(
    gateway: BareGateway, kind: str
) -> None:
    displaced = await gateway.refused("displaced")
    opened = []
    for _ in range(12):
        some = await foes(gateway, 50, HALVES[kind])
        if kind == "idle":  # until they are answered, their requests are at work
            assert [(await foe.reader.readline())[:12] for foe in some] == [b"HTTP/1.1 200"] * 50
        opened += some
    for _ in range(5):
        assert (await ask(gateway.url, "GET /livez HTTP/1.1")).status == 200
    assert gateway.descriptors < DESCRIPTORS - 100
    assert await gateway.refused("displaced") > displaced + 300
    await leave(gateway, opened)


async def test_a_burst_of_600_connections_is_counted_before_512_descriptors_are_spent(
    gateway: BareGateway,
) -> None:
    opened = await asyncio.gather(*(foes(gateway, 1, b"") for _ in range(600)))
    assert (await ask(gateway.url, "GET /livez HTTP/1.1")).status == 200
    assert gateway.descriptors < DESCRIPTORS - 100
    assert "EMFILE" not in gateway.child.tail(20_000)
    assert "Too many open files" not in gateway.child.tail(20_000)
    await leave(gateway, [foe for each in opened for foe in each])


async def test_one_address_has_three_quarters_of_256_places_for_its_websockets_and_gets_them_back(
    gateway: BareGateway,
) -> None:
    for _ in range(2):
        opened = await foes(gateway, 192, UPGRADE + b"\r\n")
        assert [await foe.reader.read(12) for foe in opened] == [b"HTTP/1.1 101"] * 192
        [late] = await foes(gateway, 1, WHOLE)
        answer = answers_in(await late.reader.read(), ["GET"])[0]
        assert (answer.status, json.loads(answer.body)["code"]) == (429, "TOO_MANY_CONNECTIONS")
        assert answer.headers["retry-after"] == "1"
        [other] = await foes(gateway, 1, WHOLE, "127.0.0.2")
        assert (await other.reader.readline()).split()[1] == b"200"
        await leave(gateway, [*opened, late, other])


async def test_who_owes_a_request_is_told_408_or_closed_after_its_second(hasty: BareGateway) -> None:
    late = {kind: await foes(hasty, 10, says) for kind, says in HALVES.items() if kind != "idle"}
    # not only the descriptors: those that were not let in yet have none there
    judged = [foe for opened in late.values() for foe in opened]
    await eventually(lambda: all(foe.ended for foe in judged), 30, message="all have ended")
    await eventually(lambda: hasty.descriptors <= hasty.idle, 30, message="all are closed")
    assert {kind: await fates(opened) for kind, opened in late.items()} == {
        kind: Counter({"closed" if kind == "silent" else "408": 10}) for kind in late
    }
    assert await hasty.refused("head_late") >= 10
    assert await hasty.refused("body_late") >= 20
    await leave(hasty, [foe for opened in late.values() for foe in opened])


@pytest.mark.parametrize(
    "begin",
    [
        POST + b"Content-Length: 1000000\r\n\r\n" + b" " * 500_000,  # whose average would last for minutes
        POST + b"Transfer-Encoding: chunked\r\n\r\n",
        b"POST /nowhere HTTP/1.1\r\nHost: stranger\r\nContent-Length: 1000000\r\n\r\n",  # answered at once
    ],
    ids=["half a body", "chunks", "what was answered"],
)
async def test_a_byte_now_and_then_does_not_keep_a_body_open(hasty: BareGateway, begin: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", hasty.port)
    writer.write(begin)
    chunked = b"chunked" in begin

    async def drip() -> None:
        with suppress(OSError):
            while True:
                writer.write(b"1\r\n \r\n" if chunked else b" ")
                await writer.drain()
                await asyncio.sleep(0.05)

    dripping = asyncio.create_task(drip())
    async with asyncio.timeout(15):
        with suppress(OSError):
            raw = await reader.read()
            assert raw.startswith(b"HTTP/1.1 403 " if b"stranger" in begin else b"HTTP/1.1 408 ")
            assert raw.count(b"HTTP/1.1") == 1
    dripping.cancel()
    writer.transport.abort()


async def test_an_answer_that_is_not_read_for_a_second_is_given_up(hasty: BareGateway) -> None:
    gone = await hasty.refused("unread")
    _, writer = await asyncio.open_connection("127.0.0.1", hasty.port, limit=1)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1_000)

    async def counted() -> bool:
        return await hasty.refused("unread") > gone

    await eventually(counted)
    writer.transport.abort()


async def test_100_unfinished_requests_of_100_kb_share_4_mb(hasty: BareGateway) -> None:
    displaced = await hasty.refused("displaced")
    before = hasty.memory
    hasty.forget_peak()
    says = POST + b"Content-Length: 200000\r\n\r\n" + b" " * 100_000
    opened = await foes(hasty, 100, says)

    async def shared() -> bool:
        return await hasty.refused("displaced") > displaced

    await eventually(shared)
    assert hasty.peak - before < 24 * MB, f"{(hasty.peak - before) / MB:.1f} MB"
    await leave(hasty, opened)


REFUSED = {
    UPGRADE + b"X: a\r\n" * 200: 431,
    UPGRADE + b"X: " + b"a" * 20_000 + b"\r\n": 431,
    UPGRADE.replace(b"jobs", b"jobs?" + b"a" * 9_000): 431,
    UPGRADE + b"Content-Length: 5\r\n": 400,
    UPGRADE + b"Transfer-Encoding: chunked\r\n": 400,
    UPGRADE.replace(b"dGhl", b"dG"): 400,
    UPGRADE.replace(b"Version: 13", b"Version: 8"): 400,
    UPGRADE.replace(b"/ws/v2/jobs", b"/nowhere"): 403,
    UPGRADE.replace(b"localhost", b"stranger"): 403,
    UPGRADE.replace(b"jobs", b"jobs?\xff"): 400,
    UPGRADE + b"Upgrade: websocket\r\n": 426,
    UPGRADE.replace(b"GET", b"POST"): 405,
}


async def test_12_handshakes_that_are_refused_are_answered_closed_and_counted(gateway: BareGateway) -> None:
    async def counted() -> float:
        return sum([await gateway.refused(why) for why in ("handshake", "head_too_large", "malformed")])

    before = await counted()
    got = {}
    for head in REFUSED:
        raw = await talk(gateway.url, head + b"\r\n")  # until it is closed
        got[head] = int(raw.split(b" ", 2)[1])
    assert list(got.values()) == list(REFUSED.values())
    assert await counted() == before + len(REFUSED)


async def test_a_handshake_behind_a_request_does_not_write_into_its_answer(served: Harness) -> None:
    wait = b"GET /api/v2/videos/v-1/render-progress HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=1\r\n\r\n"
    [answer] = answers_in(await talk(served.url, wait + UPGRADE + b"\r\n"), ["GET"])
    assert answer.status == 200
    assert len(served.gateway.service.hub) == 0


async def test_all_requests_of_a_connection_that_breaks_are_told(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_stream, "HEARTBEAT_SECONDS", 0.1)  # what notices that nobody is there
    stream = b"GET /api/v2/videos/v-1/render-progress HTTP/1.1\r\nHost: localhost\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
    writer.write(stream)
    await reader.readuntil(b"\r\n\r\n")
    writer.write(stream)
    hub = served.gateway.service.hub
    await eventually(lambda: len(hub) == 1)
    writer.transport.abort()
    await eventually(lambda: len(hub) == 0, message="nobody watches")


async def test_requests_that_wait_count_as_held_with_3_kb_each_beside_their_bytes(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    settle = HttpConnection.settle

    def settled(self: HttpConnection) -> None:
        settle(self)
        held.append(self.held)

    monkeypatch.setattr(HttpConnection, "settle", settled)
    monkeypatch.setattr(live_stream, "HEARTBEAT_SECONDS", 0.1)  # what notices that nobody is there
    stream = b"GET /api/v2/videos/v-1/render-progress HTTP/1.1\r\nHost: localhost\r\n\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
    writer.write(stream + WHOLE * REQUESTS_WAITING)
    await eventually(lambda: max(held, default=0) > REQUESTS_WAITING * 3_072)
    assert max(held) < REQUESTS_WAITING * 4_000
    writer.transport.abort()
    await eventually(lambda: len(served.gateway.service.hub) == 0, message="nobody watches")


async def test_above_16_kb_that_wait_to_be_sent_no_more_is_made(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[int] = []
    made = HttpConnection.connection_made

    def connected(self: HttpConnection, transport: Any) -> None:
        made(self, transport)
        limits.append(transport.get_write_buffer_limits()[1])

    monkeypatch.setattr(HttpConnection, "connection_made", connected)
    assert (await ask(served.url, "GET /livez HTTP/1.1")).status == 200
    assert limits == [16 * 1024]


async def test_who_pipelines_is_answered_when_others_have_had_a_turn(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    three = await talk(served.url, WHOLE * 2 + GET + b"Connection: close\r\n\r\n")
    assert [answer.status for answer in answers_in(three, ["GET"] * 3)] == [200] * 3
    monkeypatch.setattr(framing, "PIPELINED_SECONDS", 3_600)
    completed: list[FramedConnection] = []
    complete = FramedConnection.on_response_complete

    def on_response_complete(self: FramedConnection) -> None:
        completed.append(self)
        complete(self)

    monkeypatch.setattr(FramedConnection, "on_response_complete", on_response_complete)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
    writer.write(WHOLE + GET + b"Connection: close\r\n\r\n")
    await eventually(lambda: completed)
    for _ in range(10):
        assert (await ask(served.url, "GET /livez HTTP/1.1")).status == 200
    assert completed.count(completed[0]) == 1
    completed[0].go_on()  # instead of in an hour
    assert len(answers_in(await reader.read(), ["GET"] * 2)) == 2
    writer.close()


async def test_of_10_000_headers_fewer_than_1_000_are_looked_at(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = 0

    def on_header(self: Any, name: bytes, value: bytes) -> None:
        nonlocal looked
        looked += 1
        self.headers.append((name.lower(), value))

    monkeypatch.setattr(HttpToolsProtocol, "on_header", on_header)
    [answer] = answers_in(await talk(served.url, GET + b"X: a\r\n" * 10_000), ["GET"])
    assert answer.status == 431
    assert looked < 1_000


async def test_a_body_that_comes_byte_by_byte_wakes_its_application_once(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces: list[int] = []
    woken: list[int] = []
    on_body, receive = FramedConnection.on_body, RequestResponseCycle.receive

    def counted_on_body(self: Any, body: bytes) -> None:
        pieces.append(len(body))
        on_body(self, body)

    async def counted_receive(self: Any) -> Any:
        message: dict[str, Any] = dict(await receive(self))
        woken.append(len(message.get("body", b"")))
        return message

    monkeypatch.setattr(FramedConnection, "on_body", counted_on_body)
    monkeypatch.setattr(RequestResponseCycle, "receive", counted_receive)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
    writer.write(POST + b"Connection: close\r\nContent-Length: 50\r\n\r\n")
    for number in range(50):
        writer.write(b" ")
        await eventually(lambda count=number: sum(pieces) > count)  # type: ignore[misc]
    assert (await reader.read()).startswith(b"HTTP/1.1 4")
    assert pieces == [1] * 50
    assert woken[0] == 50
    writer.close()


async def test_trailers_do_not_become_headers(served: Harness) -> None:
    data = CHUNKED + b"2\r\n{}\r\n0\r\nContent-Encoding: gzip\r\n\r\n"
    [answer] = answers_in(await talk(served.url, data), ["POST"])
    assert answer.status == 422  # a header would be answered with 415


async def test_of_20_downloads_that_nobody_reads_some_are_told_503_before_256_descriptors_are_spent(
    parser: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if parser == "h11":
        pytest.skip("files are the same with any parser")
    folder = tmp_path_factory.mktemp("downloads")
    film = folder / "assets/videos/v-1/film.mp4"
    film.parent.mkdir(parents=True)
    film.write_bytes(bytes(8 * MB))
    with bare_gateway(folder, descriptors=256) as small:
        opened = await foes(small, 20, b"GET /assets/videos/v-1/film.mp4 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = Counter([(await foe.reader.readline()).split()[1] for foe in opened])
        assert got == {b"200": 8, b"503": 12}
        await leave(small, opened)
        assert (await ask(small.url, "HEAD /assets/videos/v-1/film.mp4 HTTP/1.1")).status == 200
