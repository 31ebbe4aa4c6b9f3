"""Whose address a request counts for, with and without proxies."""

import os
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from pydantic import SecretStr
from starlette.types import Message, Receive, Scope, Send

from services.gateway.auth.access import AccessSettings
from services.gateway.http.middleware.auth import UNKNOWN_PER_SECOND
from services.gateway.http.middleware.forwarded import MAX_HOPS, Forwarded, neighbourhood
from services.gateway.settings import GatewaySettings
from tests.support.raw_http import ask
from tests.unit.gateway.conftest import Harness, running

BURST = int(2 * UNKNOWN_PER_SECOND)
PROXIES = [ip_network("10.0.0.0/8"), ip_network("192.0.2.7"), ip_network("fd00::/8")]


async def told(peer: str, *headers: tuple[str, str]) -> tuple[str, str]:
    """Client and scheme that the application sees."""
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    async def receive() -> Message:
        return {}

    async def send(message: Message) -> None: ...

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    scope = {"type": "http", "scheme": "http", "client": (peer, 1), "headers": raw}
    await Forwarded(app, PROXIES)(scope, receive, send)
    return seen[0]["client"][0], seen[0]["scheme"]


FOR, PROTO = "X-Forwarded-For", "X-Forwarded-Proto"


@pytest.mark.parametrize(
    ("peer", "chain", "client"),
    [
        ("203.0.113.5", "1.2.3.4", "203.0.113.5"),  # nobody's proxy
        ("127.0.0.1", "1.2.3.4", "127.0.0.1"),
        ("10.1.1.1", "1.2.3.4", "1.2.3.4"),
        ("::ffff:10.1.1.1", "1.2.3.4", "1.2.3.4"),
        ("10.1.1.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),  # what the client wrote before it does not count
        ("10.1.1.1", "6.6.6.6, 1.2.3.4, 192.0.2.7, 10.9.9.9", "1.2.3.4"),
        ("10.1.1.1", "2001:db8::1", "2001:db8::1"),
        ("10.1.1.1", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.1.1.1", "1.2.3.4:5678", "1.2.3.4"),
        ("10.1.1.1", "unknown", "10.1.1.1"),
        ("10.1.1.1", "", "10.1.1.1"),
        ("10.1.1.1", "1.2.3.4, garbage", "10.1.1.1"),
        ("10.1.1.1", "10.2.2.2", "10.1.1.1"),
        ("10.1.1.1", "1.2.3.4" + ", 10.0.0.1" * MAX_HOPS, "10.1.1.1"),
        ("10.1.1.1", "x" * 60_000, "10.1.1.1"),
    ],
)
async def test_the_client_is_the_last_one_that_is_no_named_proxy(peer: str, chain: str, client: str) -> None:
    assert (await told(peer, (FOR, chain)))[0] == client


async def test_several_headers_are_one_list() -> None:
    assert (await told("10.1.1.1", (FOR, "6.6.6.6"), (FOR, "1.2.3.4")))[0] == "1.2.3.4"


@pytest.mark.parametrize(
    ("peer", "said", "scheme"),
    [("10.1.1.1", "https", "https"), ("10.1.1.1", "gopher", "http"), ("203.0.113.5", "https", "http")],
)
async def test_the_scheme_is_a_named_proxys_word_alone(peer: str, said: str, scheme: str) -> None:
    assert (await told(peer, (PROTO, said)))[1] == scheme


async def test_no_other_header_says_who_the_client_is() -> None:
    headers = (("Forwarded", "for=1.2.3.4;proto=https;host=evil.example"), ("X-Real-IP", "1.2.3.4"))
    assert await told("10.1.1.1", *headers) == ("10.1.1.1", "http")


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("no address", "no address"),
    ],
)
def test_who_has_a_whole_network_counts_once(address: str, counted: str) -> None:
    assert neighbourhood(address) == counted


@pytest.fixture
def closed(settings: GatewaySettings) -> GatewaySettings:
    access = AccessSettings(api_tokens=SecretStr("a=read:0123456789abcdef"))
    return settings.model_copy(update={"access": access})


@pytest.fixture
async def trusting(closed: GatewaySettings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Harness]:
    """A gateway in whose environment uvicorn would find that everybody is to be believed."""
    monkeypatch.setitem(os.environ, "FORWARDED_ALLOW_IPS", "*")
    async with running(closed, served=True) as opened:
        yield opened


async def guesses(url: str) -> list[int]:
    """Statuses of guesses that each claim to come from somewhere else."""
    return [
        (await ask(url, "GET /api/v2/render-jobs HTTP/1.1", f"X-Forwarded-For: 198.51.100.{n}")).status
        for n in range(2 * BURST)
    ]


async def test_a_caller_who_names_another_address_each_time_has_one_rate_all_the_same(
    trusting: Harness,
) -> None:
    statuses = await guesses(trusting.url)
    assert statuses[0] == 401
    assert statuses.count(401) < 2 * BURST, f"{2 * BURST} addresses in X-Forwarded-For had {BURST} tries each"
    assert set(statuses) == {401, 429}


async def test_callers_behind_a_named_proxy_have_a_rate_each(closed: GatewaySettings) -> None:
    named = closed.access.model_copy(update={"trusted_proxies": "127.0.0.0/8"})
    async with running(closed.model_copy(update={"access": named}), served=True) as harness:
        assert set(await guesses(harness.url)) == {401}
