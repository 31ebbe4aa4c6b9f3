"""What the HTTP RFCs ask of a server, in bytes on real sockets: HEAD, Host, odd targets, half requests."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from email.utils import formatdate
from typing import Any

import pytest
from prometheus_client.openmetrics import parser

from services.gateway.live.hub import Hub
from services.runtime.engine.health import Health, HealthServer
from services.runtime.http import connection, framing
from services.runtime.kafka.probe import free_port
from tests.support.eventually import eventually
from tests.support.raw_http import answers_in, ask, talk
from tests.unit.gateway.conftest import Harness

CREATE = "/api/v2/videos/v-1/render-jobs"
BODY = b'{"script_id": "none"}'
JSON = "Content-Type: application/json"
PROBLEM = "application/problem+json"
KEY = "videos/v-1/s-1/j-1/video.mp4"
FILM = bytes(range(256)) * 1_000
families: Any = parser.text_string_to_metric_families

OPENMETRICS = "Accept: application/openmetrics-text; version=1.0.0"
WEBSOCKET = ("Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
POST = f"POST {CREATE} HTTP/1.1\r\nHost: localhost\r\n{JSON}\r\n".encode()
SIZED = f"Content-Length: {len(BODY)}\r\n".encode()
LAST = b"Connection: close\r\n"
HALF = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


@pytest.fixture
def film(served: Harness) -> str:
    file = served.gateway.settings.assets_dir / KEY
    file.parent.mkdir(parents=True)
    file.write_bytes(FILM)
    return f"/assets/{KEY}"


IN_TIME = 0.5
"""Seconds that a head may take in the tests of that: enough for one that comes at once on a busy machine."""

WORKER = """
import asyncio, sys
sys.modules["httptools"] = None
from services.runtime.http import connection
from services.runtime.engine.health import Health, HealthServer

async def main():
    await HealthServer(Health([], list), "127.0.0.1", int(sys.argv[1])).start()
    await asyncio.Event().wait()

connection.HEAD_SECONDS = float(sys.argv[2])
asyncio.run(main())
"""


@pytest.fixture(scope="module")
def h11() -> Iterator[str]:
    """A worker's health pages in a process without httptools, of which a worker's image has none."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", WORKER, str(port), str(IN_TIME)])
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


@pytest.fixture(params=["httptools", "h11"])
async def worker(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A worker's health pages, served as a worker serves them, with either parser of uvicorn's."""
    if request.param == "h11":
        url: str = request.getfixturevalue("h11")
        await answering(url)
        yield url
        return
    port = free_port()
    server = HealthServer(Health([], list), "127.0.0.1", port)
    await server.start()
    await answering(f"http://127.0.0.1:{port}")
    yield f"http://127.0.0.1:{port}"
    await server.stop()


async def answering(url: str) -> None:
    """Wait until somebody does."""

    async def up() -> bool:
        try:
            return (await ask(url, "GET /livez HTTP/1.1")).status == 200
        except OSError:
            return False

    await eventually(up, 60)


async def test_head_is_get_without_a_body(served: Harness, film: str) -> None:
    script_id = await served.script("v-1", approved=False)
    for path in (
        "/", "/livez", "/readyz", "/openapi.json", "/asyncapi.json", f"/api/v2/scripts/{script_id}",
        f"/api/scripts/{script_id}/versions", "/api/v2/render-jobs", "/api/v2/callbacks", film,
        "/api/v2/render-jobs/none", "/nowhere", "/assets/none.mp4", "/api/v2/render-jobs/none/events",
    ):  # fmt: skip
        get = await ask(served.url, f"GET {path} HTTP/1.1")
        head = await ask(served.url, f"HEAD {path} HTTP/1.1")
        assert head.body == b""
        assert head.status == get.status, path
        assert {**head.headers, "date": ""} == {**get.headers, "date": ""}, path
        assert int(head.headers["content-length"]) == len(get.body), path
    told = await ask(served.url, "HEAD /metrics HTTP/1.1")
    assert (told.status, told.headers["content-type"].split(";")[0]) == (200, "text/plain")
    assert int(told.headers["content-length"]) > 0


async def test_head_of_a_stream_begins_none(served: Harness) -> None:
    job_id = await served.job("v-1")
    hub: Hub = served.gateway.service.hub
    for path in (f"/api/v2/render-jobs/{job_id}/events", "/api/v2/videos/v-1/render-progress"):
        head = await ask(served.url, f"HEAD {path} HTTP/1.1")
        assert head.status == 200
        assert head.headers["content-type"].startswith("text/event-stream")
        await eventually(lambda: len(hub) == 0, message="nobody watches")


async def test_head_has_the_rights_of_get_and_is_no_way_around_them(served: Harness) -> None:
    approve = await ask(served.url, "HEAD /api/v2/scripts/none/approve HTTP/1.1")
    assert (approve.status, approve.headers["allow"]) == (405, "POST, OPTIONS")
    stranger = await ask(served.url, "HEAD /api/v2/render-jobs HTTP/1.1", host="evil.example")
    assert stranger.status == 403


async def test_a_workers_health_pages_take_head_as_well(worker: str) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        head, get = await ask(worker, f"HEAD {path} HTTP/1.1"), await ask(worker, f"GET {path} HTTP/1.1")
        assert (head.status, head.headers["content-type"]) == (get.status, get.headers["content-type"]), path
        assert int(head.headers["content-length"]) > 0


async def test_what_a_worker_does_not_serve_is_a_problem_document(worker: str) -> None:
    for line, host, status in (
        ("GET /nowhere HTTP/1.1", "localhost", 404),
        ("POST /livez HTTP/1.1", "localhost", 405),
        ("GET /livez HTTP/1.1", None, 400),
        ("GET /livez HTTP/x.y", "localhost", 400),
    ):
        answer = await ask(worker, line, host=host)
        assert (answer.status, answer.headers["content-type"]) == (status, PROBLEM), line
        assert json.loads(answer.body)["status"] == status
    assert (await ask(worker, "GET /livez HTTP/1.0", host=None)).status == 200


async def test_metrics_are_told_in_the_format_that_is_asked_for(served: Harness, worker: str) -> None:
    for url in (served.url, worker):
        for accept in (
            OPENMETRICS,
            'accept: Application/OpenMetrics-Text; Version="1.0.0", text/plain;q=0.1',
        ):
            answer = await ask(url, "GET /metrics HTTP/1.1", accept)
            assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
            assert answer.body.endswith(b"# EOF\n")
            assert len(list(families(answer.body.decode()))) > 10
            assert "Accept" in answer.headers["vary"]
        for accept in ("Accept: */*", "Accept: text/html", "Accept: application/openmetrics-text; version=x"):
            answer = await ask(url, "GET /metrics HTTP/1.1", accept)
            assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, "text/plain")


async def test_a_request_line_and_a_host_are_taken_as_the_rfcs_say(served: Harness) -> None:
    rows: dict[tuple[str, str | None], int] = {
        ("GET /livez HTTP/1.1", "localhost"): 200,
        ("GET /livez HTTP/1.1", "LOCALHOST:8080"): 200,
        ("GET /livez HTTP/1.1", "LocalHost."): 200,
        ("GET /livez HTTP/1.1", "127.0.0.1:"): 200,
        ("GET /livez HTTP/1.1", "[::1]:8080"): 200,
        ("GET /livez HTTP/1.1", "lectern.example"): 403,
        ("GET /livez HTTP/1.1", "localhost.evil.example"): 403,
        ("GET /livez HTTP/1.1", ""): 403,
        ("GET /livez HTTP/1.1", None): 400,
        ("GET /livez HTTP/1.1", "localhost\r\nHost: localhost"): 400,
        ("GET /livez HTTP/1.1", "local host"): 400,
        ("GET /livez HTTP/1.1", "localhost/x"): 400,
        ("GET /livez HTTP/1.1", "user@localhost"): 400,
        ("GET /livez HTTP/1.1", "localhost:80a"): 400,
        ("GET /livez HTTP/1.0", None): 200,
        ("GET /livez HTTP/1.0", "localhost"): 200,
        ("GET http://localhost/livez HTTP/1.1", "evil.example"): 200,
        ("GET HTTP://LOCALHOST:80?x=1 HTTP/1.1", "localhost"): 200,
        ("GET http://evil.example/livez HTTP/1.1", "localhost"): 403,
        ("get /livez HTTP/1.1", "localhost"): 400,
        ("GET /livez HTTP/3.7", "localhost"): 400,
        ("CONNECT localhost:80 HTTP/1.1", "localhost"): 400,
        ("OPTIONS * HTTP/1.1", "localhost"): 204,
        ("OPTIONS /livez HTTP/1.1", "localhost"): 204,
        ("OPTIONS /nowhere HTTP/1.1", "localhost"): 404,
        ("TRACE /livez HTTP/1.1", "localhost"): 405,
        ("PROPFIND /livez HTTP/1.1", "localhost"): 405,
        ("GET /ws/v2/jobs HTTP/1.1", "localhost"): 404,
        ("GET //livez HTTP/1.1", "localhost"): 404,
        ("GET /%6Civez HTTP/1.1", "localhost"): 200,
        ("GET /api/v2/render-jobs/a%2Fb HTTP/1.1", "localhost"): 404,
        ("GET /api/v2/render-jobs/a%00b HTTP/1.1", "localhost"): 422,
        ("GET /api/v2/render-jobs/%FF HTTP/1.1", "localhost"): 422,
    }
    got = {row: await ask(served.url, row[0], host=row[1]) for row in rows}
    assert {row: answer.status for row, answer in got.items()} == rows
    for row, answer in got.items():
        if answer.status >= 400:
            assert answer.headers["content-type"] == PROBLEM, row
            assert json.loads(answer.body)["status"] == answer.status
        if answer.status in {204, 405}:
            assert answer.headers["allow"].endswith("OPTIONS"), row
    assert got[("OPTIONS /livez HTTP/1.1", "localhost")].headers["allow"] == "GET, HEAD, OPTIONS"


async def test_bodies_come_in_codings_that_are_known(served: Harness) -> None:
    rows = {
        ("Content-Encoding: identity",): 404,  # there is no such script: the body was understood
        ("Content-Encoding: Identity",): 404,
        ("Content-Encoding: gzip",): 415,
        ("content-encoding: GZip",): 415,
        ("Content-Encoding: identity, br",): 415,
        ("Content-Encoding: identity", "Content-Encoding: deflate"): 415,
    }
    for headers, status in rows.items():
        answer = await ask(served.url, f"POST {CREATE} HTTP/1.1", JSON, *headers, body=BODY)
        assert answer.status == status, headers
        assert (answer.headers.get("accept-encoding") == "identity") is (status == 415)
        assert answer.headers["content-type"] == PROBLEM
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    for coding, status in (("chunked", 404), ("Chunked", 404), ("gzip, chunked", 501)):
        head = f"POST {CREATE} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{JSON}\r\n"
        raw = await talk(served.url, f"{head}Transfer-Encoding: {coding}\r\n\r\n".encode() + chunked)
        assert answers_in(raw, ["POST"])[0].status == status, coding


async def test_a_wish_for_another_protocol_costs_no_body_and_no_connection(served: Harness) -> None:
    post, get = POST + H2C + SIZED + b"\r\n", GET + H2C + b"\r\n"
    last = GET + LAST + b"\r\n"
    for pieces in (
        (post + BODY + get + last,),
        (post, BODY, get, last),
        (post[:90], post[90:] + BODY[:5], BODY[5:], get + last),
    ):
        answers = answers_in(await talk(served.url, *pieces), ["POST", "GET", "GET"])
        assert [answer.status for answer in answers] == [404, 200, 200]
        assert json.loads(answers[0].body)["code"] == "SCRIPT_NOT_FOUND"


async def test_a_connection_goes_on_after_errors_and_answers_in_order(served: Harness) -> None:
    post, gzip = POST + SIZED + b"\r\n", POST + b"Content-Encoding: gzip\r\n" + SIZED + b"\r\n"
    lost = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"
    nobody = b"GET /livez HTTP/1.1\r\n\r\n"
    last = b"HEAD /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    raw = await talk(served.url, (post + BODY) * 2 + lost + gzip + BODY + nobody + last)
    statuses = [a.status for a in answers_in(raw, ["POST", "POST", "GET", "POST", "GET", "HEAD"])]
    assert statuses == [404, 404, 404, 415, 400, 200]


async def test_what_is_no_http_behind_a_request_ends_the_connection_after_its_answer(served: Harness) -> None:
    script_id = await served.script("v-1")
    made = await served.client.post(CREATE, json={"script_id": script_id})
    path = f"/api/v2/render-jobs/{made.json()['job_id']}"
    waits = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=1\r\n\r\n".encode()
    raw = await talk(served.url, waits, b"garbage\r\n\r\n", b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
    [answer] = answers_in(raw, ["GET"])
    assert answer.status == 200


async def test_an_expectation_is_met_before_the_body_is_sent(served: Harness) -> None:
    post = POST + LAST + SIZED + b"Expect: 100-Continue\r\n\r\n"
    raw = await talk(served.url, post, BODY)
    interim, _, rest = raw.partition(b"\r\n\r\n")
    assert interim == b"HTTP/1.1 100 Continue"
    assert answers_in(rest, ["POST"])[0].status == 404
    old = await talk(served.url, post.replace(b"HTTP/1.1", b"HTTP/1.0"), BODY)
    assert answers_in(old, ["POST"])[0].status == 404  # HTTP/1.0 knows no interim answers


async def test_a_file_is_told_only_to_whom_it_is_news(served: Harness, film: str) -> None:
    first = (await ask(served.url, f"GET {film} HTTP/1.1")).headers
    tag, modified = first["etag"], first["last-modified"]
    old, new = formatdate(0, usegmt=True), formatdate(2**31, usegmt=True)
    part = "Range: bytes=0-3"
    rows = {
        (f"If-None-Match: {tag}",): 304,
        (f"If-None-Match: W/{tag}",): 304,
        (f'If-None-Match: "other", {tag}',): 304,
        ("If-None-Match: *",): 304,
        ('If-None-Match: "other"',): 200,
        (f"If-Modified-Since: {modified}",): 304,
        (f"If-Modified-Since: {new}",): 304,
        (f"If-Modified-Since: {old}",): 200,
        ("If-Modified-Since: yesterday",): 200,
        (f"If-Modified-Since: {modified}", 'If-None-Match: "other"'): 200,  # the tag alone counts
        (f"If-Match: {tag}",): 200,
        ("If-Match: *",): 200,
        ('If-Match: "other"',): 412,
        (f"If-Match: W/{tag}",): 412,
        (f"If-Unmodified-Since: {modified}",): 200,
        (f"If-Unmodified-Since: {old}",): 412,
        ("If-Unmodified-Since: yesterday",): 200,
        (f"If-Unmodified-Since: {old}", f"If-Match: {tag}"): 200,
        (part,): 206,
        (part, f"If-Range: {tag}"): 206,
        (part, f"If-Range: {modified}"): 206,
        (part, 'If-Range: "other"'): 200,
        (part, f"If-Range: {old}"): 200,
        (part, f"If-None-Match: {tag}"): 304,
        ("Range: bytes=999999-",): 416,
        ("Range: lines=1-2",): 200,
    }
    got = {row: await ask(served.url, f"GET {film} HTTP/1.1", *row) for row in rows}
    assert {row: answer.status for row, answer in got.items()} == rows
    for answer in got.values():
        if answer.status == 304:
            assert {"etag", "cache-control"} <= set(answer.headers)
            assert answer.body == b""
    assert got[(part,)].body == FILM[:4]
    whole = await ask(served.url, f"HEAD {film} HTTP/1.1", part)
    assert (whole.status, whole.headers["content-length"]) == (200, str(len(FILM)))  # ranges are GET's alone
    assert (await ask(served.url, f"HEAD {film} HTTP/1.1", f"If-None-Match: {tag}")).status == 304


async def refused_after(url: str, begin: bytes, piece: bytes, most: int) -> tuple[bytes, int]:
    """Send ``begin``, and ``piece`` until an answer comes; return it, and how many bytes that took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
    sent = len(begin)
    writer.write(begin)
    answer = asyncio.create_task(reader.read())
    try:
        while not answer.done() and sent < most:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            await asyncio.wait([answer], timeout=0.01)
        return await asyncio.wait_for(answer, 10), sent
    finally:
        writer.close()


CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + BODY[:5] + b"\r\n"


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (GET + b"X-Big: ", b"a" * 16_000),
        (GET, b"X-Many: a\r\n" * 1_600),
        (b"GET /" + b"a" * 100, b"a" * 16_000),
        (b"\r\n", b"\r\n" * 8_000),
        (CHUNKED + b"0\r\nX-Trailer: ", b"a" * 16_000),
        (CHUNKED + b"5;x=", b"a" * 16_000),
    ],
    ids=["a header", "many headers", "a target", "blank lines", "a trailer", "a chunk's extension"],
)
async def test_what_grows_and_is_no_body_is_refused_before_it_is_large(
    served: Harness, begin: bytes, piece: bytes
) -> None:
    raw, sent = await refused_after(served.url, begin, piece, 4_000_000)
    [answer] = answers_in(raw, ["GET"])
    assert (answer.status, answer.headers["content-type"]) == (431, PROBLEM)
    assert json.loads(answer.body)["code"] == "HEAD_TOO_LARGE"
    assert sent < 1_000_000
    assert (await ask(served.url, "GET /livez HTTP/1.1")).status == 200


async def test_who_sends_it_all_before_reading_is_told_why(served: Harness, worker: str) -> None:
    for url in (served.url, worker):
        raw = await talk(url, GET + b"X-Big: " + b"a" * 8_000_000 + b"\r\n\r\n")
        assert [answer.status for answer in answers_in(raw, ["GET"])] == [431], url


async def test_a_head_of_64_kib_is_taken_and_bodies_count_for_themselves(
    served: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(framing, "PIPELINED_SECONDS", 0)
    for size, status in ((20_000, 200), (65_000, 200), (66_000, 431), (100_000, 431)):
        assert (await ask(served.url, "GET /livez HTTP/1.1", f"X-Big: {'a' * size}")).status == status, size
    large = b'{"script_id": "none"' + b" " * 200_000 + b"}"
    pieces = [large[i : i + 20_000] for i in range(0, len(large), 20_000)]
    sized = POST + LAST + f"Content-Length: {len(large)}\r\n\r\n".encode()
    assert answers_in(await talk(served.url, sized, *pieces), ["POST"])[0].status == 404
    chunked = POST + LAST + b"Transfer-Encoding: chunked\r\n\r\n"
    chunks = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces]
    assert answers_in(await talk(served.url, chunked, *chunks, b"0\r\n\r\n"), ["POST"])[0].status == 404
    many = (GET + b"\r\n") * 3_000 + GET + LAST + b"\r\n"
    assert len(answers_in(await talk(served.url, many), ["GET"] * 3_001)) == 3_001


async def test_a_body_that_is_no_http_is_answered_and_waited_for_no_more(served: Harness) -> None:
    [answer] = answers_in(await talk(served.url, CHUNKED, b"ZZ\r\n"), ["POST"])
    assert (answer.status, answer.headers["content-type"]) == (400, PROBLEM)


class TestHeadsInTime:
    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection, "HEAD_SECONDS", IN_TIME)

    @pytest.mark.parametrize("half", [HALF, b"GET /livez HT", b"G", b"\r\n\r\n"])
    async def test_half_a_head_is_answered_with_408_and_closed(self, served: Harness, half: bytes) -> None:
        [answer] = answers_in(await talk(served.url, half), ["GET"])
        assert (answer.status, answer.headers["content-type"]) == (408, PROBLEM)
        assert answer.headers["connection"] == "close"
        assert json.loads(answer.body)["code"] == "REQUEST_TIMEOUT"

    async def test_a_workers_health_pages_wait_no_longer(self, worker: str) -> None:
        whole = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
        first, later, silent, bad = await asyncio.gather(
            talk(worker, HALF),
            talk(worker, whole, HALF),
            talk(worker),
            talk(worker, whole, b"garbage\r\n\r\n"),
        )
        assert [answer.status for answer in answers_in(first, ["GET"])] == [408]
        assert [answer.status for answer in answers_in(later, ["GET", "GET"])] == [200, 408]
        assert silent == b""
        assert [answer.status for answer in answers_in(bad, ["GET", "GET"])] == [200, 400]

    async def test_a_byte_now_and_then_gains_no_time(self, served: Harness) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
        writer.write(HALF)

        async def drip() -> None:
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.05)

        dripping = asyncio.create_task(drip())
        try:
            assert (await asyncio.wait_for(reader.read(12), 10)).endswith(b"408")
        finally:
            dripping.cancel()
            writer.close()

    async def test_who_says_nothing_is_closed_without_a_word(self, served: Harness) -> None:
        assert await talk(served.url) == b""

    async def test_a_later_requests_head_has_no_more_time(self, served: Harness) -> None:
        raw = await talk(served.url, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", HALF)
        assert [answer.status for answer in answers_in(raw, ["GET", "GET"])] == [200, 408]

    async def test_an_answer_that_takes_longer_is_not_cut_by_half_a_head_behind_it(
        self, served: Harness
    ) -> None:
        job_id = await served.job("v-1")
        waits = (
            f"GET /api/v2/render-jobs/{job_id} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=1\r\n\r\n".encode()
        )
        [answer] = answers_in(await talk(served.url, waits, HALF), ["GET"])
        assert answer.status == 200
        [answer] = answers_in(await talk(served.url, waits + waits + HALF), ["GET", "GET"])[1:]
        assert answer.status == 200

    async def test_a_body_a_stream_and_a_socket_may_take_longer(self, served: Harness) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
        path = "/api/v2/videos/v-1/render-progress"
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=1\r\nConnection: close\r\n\r\n".encode()
        )
        one, other = await asyncio.open_connection("127.0.0.1", int(served.url.rsplit(":", 1)[1]))
        other.write(POST + LAST + SIZED + b"\r\n" + BODY[:3])
        assert b"200 OK" in await reader.readuntil(b"\r\n")
        streamed = await asyncio.wait_for(reader.read(), 10)  # a second, three times what a head may take
        assert streamed.endswith(b"0\r\n\r\n")
        other.write(BODY[3:])
        assert b" 404 " in await one.readuntil(b"\r\n")
        for each in (writer, other):
            each.close()
