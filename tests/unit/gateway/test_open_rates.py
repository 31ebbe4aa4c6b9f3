"""What needs no token has a rate of its own, per address; probes are always answered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY
from pydantic import SecretStr

from services.gateway.auth import rates as rates_module
from services.gateway.auth.access import AccessSettings
from services.gateway.auth.rates import Rates
from services.gateway.http.middleware import auth
from services.gateway.http.middleware.auth import DOCUMENTS_PER_SECOND, FILES_PER_SECOND, UNKNOWN_PER_SECOND
from services.gateway.settings import GatewaySettings
from tests.unit.gateway.conftest import Harness, running

SECRET = "0123456789abcdef"
KNOWN = {"Authorization": f"Bearer {SECRET}"}
READ = "/api/v2/render-jobs"


@pytest.fixture
async def closed(settings: GatewaySettings) -> AsyncIterator[Harness]:
    """A gateway whose tokens have no rate, which is no reason that others have none."""
    access = AccessSettings(api_tokens=SecretStr(f"a=read:{SECRET}"), rate=0)
    async with running(settings.model_copy(update={"access": access})) as opened:
        yield opened


def client(harness: Harness, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(harness.gateway.app, client=(address, 1))
    return httpx.AsyncClient(base_url="http://gateway.example", transport=transport)


async def flood(caller: httpx.AsyncClient, path: str, times: int, **asked: Any) -> list[httpx.Response]:
    return [await caller.get(path, **asked) for _ in range(times)]


@pytest.mark.parametrize(
    ("path", "headers", "rate"),
    [
        ("/", {}, DOCUMENTS_PER_SECOND),
        ("/asyncapi.json", {}, DOCUMENTS_PER_SECOND),
        ("/openapi.json", {}, DOCUMENTS_PER_SECOND),
        ("/metrics", {}, DOCUMENTS_PER_SECOND),
        ("/assets/none.mp4", {}, FILES_PER_SECOND),
        (READ, {"Authorization": "Bearer a-guess-a-guess-a-guess"}, UNKNOWN_PER_SECOND),
        (READ, {}, UNKNOWN_PER_SECOND),
        ("/nowhere", {}, UNKNOWN_PER_SECOND),
        (f"{READ}/j/events?ticket=lst_guess", {}, UNKNOWN_PER_SECOND),
        (f"{READ}/j/events?ticket=lst_{'A' * 43}", {}, UNKNOWN_PER_SECOND),
    ],
)
async def test_who_floods_an_open_path_is_told_to_come_later_and_nobody_else_is(
    closed: Harness, path: str, headers: dict[str, str], rate: float
) -> None:
    clock = Clock()
    rates: Any = vars(find_guard(closed))
    for each in rates.values():
        if isinstance(each, Rates):
            each._clock = clock
    burst = int(2 * rate)
    async with client(closed, "192.0.2.1") as flooding, client(closed, "192.0.2.2") as other:
        before = refused()
        answers = await flood(flooding, path, burst + 5, headers=headers)
        assert [answer.status_code for answer in answers[burst:]] == [429] * 5, f"{burst} at once, no more"
        assert refused() == before + 5, "each one counted"
        assert 429 not in {answer.status_code for answer in answers[:burst]}
        told = answers[-1]
        assert (told.json()["code"], int(told.headers["retry-after"])) == ("RATE_LIMITED", 1)
        assert (await other.get(path, headers=headers)).status_code != 429
        # from the same address: probes, and whoever has a token
        assert {(await flooding.get(probe)).status_code for probe in ("/livez", "/readyz")} == {200}
        assert (await flooding.get(READ, headers=KNOWN)).status_code == 200
        clock.now += 1
        assert (await flooding.get(path, headers=headers)).status_code != 429


def refused() -> float:
    return REGISTRY.get_sample_value("lectern_requests_refused_total", {"code": "RATE_LIMITED"}) or 0.0


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def find_guard(harness: Harness) -> auth.Guard:
    layer: Any = harness.gateway.app.middleware_stack or harness.gateway.app.build_middleware_stack()
    harness.gateway.app.middleware_stack = layer
    while not isinstance(layer, auth.Guard):
        layer = getattr(layer, "app", None) or layer._app
    return layer


async def test_a_thousand_probes_of_one_address_are_answered_and_share_one_look_at_the_ledger(
    closed: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    read = closed.gateway.ledger.read

    async def counted(work: Callable[..., Any], *rest: Any, **named: Any) -> Any:
        nonlocal looks
        looks += 1
        return await read(work, *rest, **named)

    monkeypatch.setattr(closed.gateway.ledger, "read", counted)
    async with client(closed, "192.0.2.1") as flooding:
        for path in ("/livez", "/readyz"):
            answers = await asyncio.gather(*(flooding.get(path) for _ in range(500)))
            assert {answer.status_code for answer in answers} == {200}
    assert looks < 50, f"{looks} looks into the ledger for 500 probes"


async def test_what_is_no_probe_has_a_rate_also_on_the_path_of_one(closed: Harness) -> None:
    async with client(closed, "192.0.2.1") as flooding:
        times = 3 * int(DOCUMENTS_PER_SECOND)
        answers = {(await flooding.post("/livez")).status_code for _ in range(times)}
        assert answers == {405, 429}, f"{times} POSTs at once"
        assert (await flooding.head("/livez")).status_code == 200


async def test_a_look_that_failed_is_told_to_all_and_not_for_long(closed: Harness) -> None:
    async with client(closed, "192.0.2.1") as probe:

        def rename(old: str, new: str) -> Callable[[sa.Connection], Any]:
            return lambda conn: conn.exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")

        await closed.gateway.ledger.write(rename("outbox", "elsewhere"))
        answers = await asyncio.gather(*(probe.get("/readyz") for _ in range(20)))
        assert {answer.status_code for answer in answers} == {503}


def test_the_table_of_callers_is_bounded_and_forgets_who_has_not_called_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rates_module, "MAX_CALLERS", 100)
    rates = Rates(1.0, lambda: 0.0)
    for number in range(1_000):
        rates.take(f"@{number}")
        rates.take("@constant")
    assert len(rates._buckets) == 100, "100 callers remembered of 1,001"
    assert rates.take("@constant") > 0
