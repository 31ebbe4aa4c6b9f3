"""Stream tickets as the ledger keeps them: once whoever asks, for so long, and by hash."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import structlog
from pydantic import SecretStr
from websockets.asyncio.client import connect

from services.gateway.auth import tickets
from services.gateway.auth.access import AccessSettings
from services.gateway.auth.tickets import CLOCK_TOLERANCE, Target, TicketRefusedError, Tickets
from services.gateway.ledger.db.schema import METADATA
from services.gateway.ledger.db.schema import stream_tickets as table
from services.gateway.ledger.db.sqlite import Ledger
from services.gateway.rebuild import fill
from services.gateway.settings import GatewaySettings
from tests.unit.gateway.conftest import Harness, running
from tests.unit.gateway.test_streams import Listener
from tests.unit.gateway.ticketing import ONCE, PATH, READER, SECRET, closed, closes, issued, job, refused


@pytest.fixture
async def guarded(settings: GatewaySettings) -> AsyncIterator[Harness]:
    async with running(closed(settings), served=True) as opened:
        yield opened


async def test_of_fifty_who_show_a_ticket_at_once_one_is_let_in(guarded: Harness) -> None:
    told = await issued(guarded, job_ids=[await job(guarded)])
    answers = await asyncio.gather(*(guarded.client.get(told["streams"][0], headers=ONCE) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49


async def test_two_gateways_on_one_ledger_let_one_of_fifty_in(settings: GatewaySettings) -> None:
    async with running(closed(settings), served=True) as one, running(closed(settings), served=True) as two:
        [path] = (await issued(one, video_ids=["v-1"]))["streams"]
        calls = [(one, two)[number % 2].client.get(path, headers=ONCE) for number in range(50)]
        answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 49


async def test_who_opened_a_stream_resumes_it_at_any_gateway_and_who_has_the_url_does_not(
    settings: GatewaySettings,
) -> None:
    async with (
        running(closed(settings), served=True) as one,
        running(closed(settings), served=True) as two,
    ):
        job_id = await job(one)
        [url] = (await issued(one, job_ids=[job_id]))["streams"]
        async with two.client.stream("GET", url) as response:
            snapshot = await Listener(response).hear()
        assert snapshot is not None
        assert snapshot.id is not None
        for harness in (one, two, one):
            refused(await harness.client.get(url, headers=ONCE), "was used")
            bookmark, _, proof = snapshot.id.partition(".")
            for wrong in (bookmark, f"{bookmark}.", f"{bookmark}.{proof[:-1]}", f"{bookmark}.{'A' * 22}"):
                refused(await harness.client.get(url, headers={**ONCE, "Last-Event-ID": wrong}), "was used")
            last = {"Last-Event-ID": snapshot.id}
            async with harness.client.stream("GET", url, headers=last) as response:
                assert response.status_code == 200
        socket = f"/ws/v2/jobs?{url.partition('?')[2]}"
        assert await closes(one, socket, **{"Last-Event-ID": snapshot.id}) == 401
        other = f"/api/v2/render-jobs/x/events?{url.partition('?')[2]}"
        refused(await one.client.get(other, headers={**ONCE, "Last-Event-ID": snapshot.id}), "is not for")


async def test_for_so_long_and_no_longer(guarded: Harness) -> None:
    [url] = (await issued(guarded, video_ids=["v-1"]))["streams"]
    async with guarded.client.stream("GET", url) as response:
        last = (await anext(response.aiter_lines())).removeprefix("id: ")
    until = await guarded.gateway.ledger.read(
        lambda conn: conn.execute(sa.select(table.c.expires_at)).scalar_one()
    )
    assert timedelta(minutes=59) < until - datetime.now(UTC) <= timedelta(hours=1)
    past = datetime.now(UTC) - CLOCK_TOLERANCE - timedelta(seconds=1)
    await guarded.gateway.ledger.write(lambda conn: conn.execute(sa.update(table).values(expires_at=past)))
    refused(await guarded.client.get(url, headers={**ONCE, "Last-Event-ID": last}), "has expired")


async def test_one_token_has_so_many_unused_ones_and_no_more(
    guarded: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tickets, "MAX_UNUSED", 3)
    made = [await issued(guarded, video_ids=["v-1"]) for _ in range(3)]
    full = await guarded.client.post(PATH, json={"video_ids": ["v-1"]}, headers=READER)
    assert (full.status_code, full.json()["code"]) == (429, "TOO_MANY_TICKETS")
    assert full.headers["retry-after"] == "60"
    assert (await guarded.client.get(made[0]["streams"][0], headers=ONCE)).status_code == 200
    await issued(guarded, video_ids=["v-1"])


async def test_expired_ones_are_forgotten_as_others_are_made(guarded: Harness) -> None:
    for _ in range(3):
        await issued(guarded, video_ids=["v-1"])
    past = datetime.now(UTC) - timedelta(hours=1)
    await guarded.gateway.ledger.write(lambda conn: conn.execute(sa.update(table).values(expires_at=past)))
    await issued(guarded, video_ids=["v-1"])
    assert await guarded.gateway.ledger.read(count) == 1


async def test_a_ledger_with_nothing_but_tickets_may_be_rebuilt_into(guarded: Harness) -> None:
    await issued(guarded, video_ids=["v-1"])
    assert await guarded.gateway.ledger.read(fill.occupied) == []
    await guarded.gateway.ledger.write(fill.clear)
    assert await guarded.gateway.ledger.read(count) == 0


async def test_no_ticket_is_in_what_the_process_says_nor_in_the_ledger_as_it_is(
    settings: GatewaySettings, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"job_ids": ["j-1"], "video_ids": ["v-1"]}
    # at INFO uvicorn tells the URL of each socket; the client here tells what it asks for, as it may
    with caplog.at_level(logging.INFO, "uvicorn.error"), structlog.testing.capture_logs() as logged:
        async with running(closed(settings), served=True) as harness:
            key = {**READER, "Idempotency-Key": "1"}
            answers = [await harness.client.post(PATH, json=body, headers=key) for _ in range(4)]
            made = [answer.json() for answer in answers]
            secrets = {each["ticket"] for each in made}
            assert len(secrets) == 4  # the first answer was kept nowhere
            told = ""
            for path in (*made[0]["streams"], *made[1]["streams"], f"/nothing?{made[0]['ticket']}"):
                told += (await harness.client.get(path, headers=ONCE)).text
            for path in (made[2]["sockets"][0], made[3]["sockets"][1]):
                async with connect(harness.url.replace("http", "ws") + path, proxy=None):
                    pass
                assert await closes(harness, path) == 401
            told += (await harness.client.get("/metrics")).text
            told += await harness.gateway.ledger.read(dump)
            told += repr(logged) + "".join(capsys.readouterr()) + repr(harness.published)
    told += "".join(record.getMessage() for record in caplog.records if record.name[:5] != "httpx")
    assert "WebSocket /ws/v2/jobs" in told
    assert "stream_tickets" in told
    assert not [secret for secret in secrets if secret in told]


class TestClocks:
    @pytest.fixture
    def make(self, ledger: Ledger) -> Callable[[timedelta], Tickets]:
        access = AccessSettings(api_tokens=SecretStr(f"reader=read:{SECRET}"), ticket_seconds=60)
        start = datetime(2026, 3, 2, 9, tzinfo=UTC)
        return lambda ahead: Tickets(ledger, access, lambda: start + ahead)

    @pytest.mark.parametrize(("later", "good"), [(0, True), (60, True), (65, True), (66, False), (-5, True)])
    async def test_a_ticket_lasts_a_minute_and_five_seconds_for_clocks_that_differ(
        self, make: Callable[[timedelta], Tickets], later: int, *, good: bool
    ) -> None:
        here, there = make(timedelta()), make(timedelta(seconds=later))
        [signer] = AccessSettings(api_tokens=SecretStr(f"reader=read:{SECRET}")).tokens
        ticket = await here.issue(signer, [("video", "v-1")])
        assert ticket is not None
        target = Target(("video", "v-1"), stream=True)
        if good:
            assert (await there.redeem(ticket.text, target, "")).proof
        else:
            with pytest.raises(TicketRefusedError, match="expired"):
                await there.redeem(ticket.text, target, "")


def count(conn: sa.Connection) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def dump(conn: sa.Connection) -> str:
    return repr({name: list(conn.execute(sa.select(each))) for name, each in METADATA.tables.items()})
