"""How clients call: nowhere but where they were told, by no proxy unasked, no longer than they may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from contracts.errors import PermanentError
from services.runtime.outbound.client import PIECE_BYTES, body_of, open_client, proxy_of
from services.runtime.outbound.settings import OutboundSettings, Proxies
from services.runtime.outbound.wire import AnswerRefusedError
from tests.support.hostile_server import CHUNKED, Attack, HostileServer, answer, dripping, hostile_server

LARGEST = 1 << 20


@asynccontextmanager
async def asking(
    attack: Attack, *, pause: float = 0.0, proxies: Proxies = Proxies.NONE
) -> AsyncIterator[tuple[HostileServer, httpx.AsyncClient]]:
    async with (
        hostile_server({"x": attack}, pause=pause) as server,
        open_client(server.url, timeout=30, proxies=proxies) as client,
    ):
        yield server, client


async def body(client: httpx.AsyncClient, url: str) -> bytes:
    async with client.stream("GET", f"{url}/x") as response:
        return await body_of(response, LARGEST)


async def test_an_answer_as_large_as_allowed_is_taken_however_it_is_cut() -> None:
    data = b"x" * LARGEST
    chunked = (
        CHUNKED + b"".join(b"%x\r\n%s\r\n" % (512, data[:512]) for _ in range(LARGEST // 512)) + b"0\r\n\r\n"
    )
    for attack in (answer(data), lambda _: iter([chunked])):
        async with asking(attack) as (server, client):
            assert len(await body(client, server.url)) == LARGEST


async def test_others_get_their_turn_while_ten_thousand_pieces_of_a_byte_come_at_once() -> None:
    pieces = 10_000
    async with asking(lambda _: iter([CHUNKED + b"1\r\nx\r\n" * pieces + b"0\r\n\r\n"])) as (server, client):
        reading = asyncio.ensure_future(body(client, server.url))
        turns = 0
        while not reading.done():
            await asyncio.sleep(0)
            turns += 1
        assert await reading == b"x" * pieces
        assert turns >= pieces // 64, "one turn in 64 pieces"


async def test_pieces_of_a_byte_are_refused_when_they_cost_as_much_as_the_largest_answer() -> None:
    many = LARGEST // (PIECE_BYTES - 1) + 2
    async with asking(lambda _: iter([CHUNKED + b"1\r\nx\r\n" * many])) as (server, client):
        with pytest.raises(AnswerRefusedError, match=r"comes in 16,64[45] pieces of 1 bytes"):
            await body(client, server.url)


async def test_an_answer_that_says_that_it_is_too_large_is_refused_before_any_of_it_comes() -> None:
    def attack(_: HostileServer) -> object:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (LARGEST + 1)
        yield from dripping(b"1" * 2_000)(_)

    async with asking(attack, pause=0.02) as (server, client):  # type: ignore[arg-type]
        async with asyncio.timeout(20):
            with pytest.raises(AnswerRefusedError, match="is larger than"):
                await body(client, server.url)
        assert server.sent.get("x", 0) < 2_000


@pytest.mark.parametrize("start", [b"", CHUNKED, b"HTTP/1.1 100 \r\n\r\nHTTP/1.1 200 OK\r\nX: "])
async def test_a_server_that_drips_a_byte_now_and_then_is_left_at_the_deadline(start: bytes) -> None:
    def attack(_: HostileServer) -> object:
        yield start
        yield from dripping(b"1" * 2_000)(_)

    async with asking(attack, pause=0.02) as (server, client):  # type: ignore[arg-type]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await body(client, server.url)
        assert server.sent.get("x", 0) < 2_000, "it would have gone on for 40 s"


@pytest.mark.parametrize(
    "where", ["http://169.254.169.254/latest", "file:///etc/passwd", "/x", "https://127.0.0.1"]
)
async def test_a_redirect_is_an_answer_and_leads_nowhere(where: str) -> None:
    async with asking(answer(b"{}", f"Location: {where}", status="307 Temporary Redirect")) as (
        server,
        client,
    ):
        async with client.stream("GET", f"{server.url}/x", headers={"Authorization": "Bearer x"}) as response:
            assert response.status_code == 307
        assert len(server.asked) == 1


async def test_a_proxy_of_the_environment_gets_no_call_unless_a_setting_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with hostile_server({"": answer(b"by the proxy")}) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setenv("NETRC", "/dev/null")
        async with asking(answer(b"directly")) as (server, client):
            assert await body(client, server.url) == b"directly"
        assert proxy.asked == []
        async with asking(answer(b"directly"), proxies=Proxies.ENVIRONMENT) as (server, client):
            assert await body(client, server.url) == b"by the proxy"
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        async with asking(answer(b"directly"), proxies=Proxies.ENVIRONMENT) as (server, client):
            assert await body(client, server.url) == b"directly"
    assert len(proxy.asked) == 1


def test_the_setting_is_off_by_default_and_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    assert OutboundSettings().proxies is Proxies.NONE
    monkeypatch.setenv("LECTERN_OUTBOUND_PROXIES", "environment")
    assert proxy_of("https://model.example/v1", OutboundSettings().proxies) == "http://proxy:3128"
    assert proxy_of("https://model.example/v1", Proxies.NONE) is None


def test_a_proxy_of_another_kind_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:hunter22@proxy:1080")
    with pytest.raises(PermanentError, match="must be an http") as caught:
        proxy_of("https://model.example", Proxies.ENVIRONMENT)
    assert "hunter22" not in str(caught.value)
