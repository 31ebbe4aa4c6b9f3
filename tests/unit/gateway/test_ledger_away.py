"""A database that is away, and one that only refuses: what callers are told, on both databases, for real."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import sqlalchemy as sa
import structlog

from contracts.errors import ErrorCode, TransientError
from services.gateway.app import open_gateway
from services.gateway.ledger import commands
from services.gateway.ledger.db import availability, leadership, postgres
from services.gateway.ledger.db.group_commit import AWAY, storage_error
from services.gateway.ledger.db.postgres import PostgresLedger
from services.gateway.ledger.db.sqlite import Ledger, SqliteLedger, open_ledger, opened_ledger
from services.gateway.rebuild import fill
from services.gateway.rebuild.target import own_ledger, transaction
from services.gateway.settings import GatewaySettings
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.kafka.probe import free_port
from tests.support.eventually import eventually
from tests.support.postgres import PostgresServer, postgres_server
from tests.support.proxy import Proxy, proxying

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)

CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def record(conn: sa.Connection) -> None:
    commands.take(conn, uuid4(), "t", "s", now=NOW)


def wrong(conn: sa.Connection) -> None:
    conn.execute(sa.text("SELECT nonsense"))


def repeated(conn: sa.Connection) -> None:
    """Break a constraint."""
    conn.execute(sa.text("INSERT INTO alembic_version SELECT version_num FROM alembic_version"))


async def is_away(ledger: Ledger) -> str:
    """Return why a write is told to come again."""
    with pytest.raises(TransientError) as caught:
        await ledger.write(record)
    assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE
    return caught.value.message


async def is_well(ledger: Ledger) -> bool:
    with contextlib.suppress(TransientError):
        await ledger.write(record)
        return not ledger.standing.problems() and ledger.standing.seconds == 0
    return False


async def test_bugs_are_not_taken_for_absence(ledger: Ledger) -> None:
    for work in (wrong, repeated):
        with pytest.raises(sa.exc.DBAPIError):
            await ledger.write(work)
    assert ledger.standing.problems() == []


async def test_readiness_is_red_while_nothing_can_be_written(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(availability, "FRESH_SECONDS", 0.5)
    if not isinstance(ledger, SqliteLedger):
        pytest.skip("SQLite only; PostgreSQL's ways are below")
    pages = await ledger.read(lambda conn: conn.exec_driver_sql("PRAGMA page_count").scalar_one())

    def limit(conn: sa.Connection, size: int) -> None:
        conn.exec_driver_sql(f"PRAGMA max_page_count={size}")
        for _ in range(2):
            record(conn)

    def fill(conn: sa.Connection) -> None:
        for _ in range(2_000):
            record(conn)

    await ledger.write(limit, pages + 2)
    with pytest.raises(TransientError, match="disk is full"):
        await ledger.write(fill)
    assert "disk is full" in ledger.standing.problems()[0]
    await ledger.write(limit, 1 << 20)
    await ledger.write(fill)
    await eventually(lambda: is_well(ledger))


async def test_a_ledger_that_is_being_filled_is_not_told_to_be_away(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PROBE_SECONDS", "RETRY_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(availability, name, 0.05)
    with structlog.testing.capture_logs() as told:
        async with own_ledger(database_url), transaction(database_url) as run:
            await run(fill.clear)
            await asyncio.sleep(0.5)  # a rebuild takes minutes
    assert told == []


def test_what_says_nothing_of_the_statement_is_absence() -> None:
    for code in range(1, 27):
        raised = sqlite3.OperationalError("x")
        raised.sqlite_errorcode = code | 3 << 8  # an extended code
        told = storage_error(sa.exc.OperationalError("x", {}, raised))
        assert isinstance(told, TransientError) == (code in AWAY), code


@pytest.fixture(scope="module")
def own() -> Iterator[PostgresServer]:
    """A server to be stopped and started; the session's is everybody's."""
    with postgres_server() as server:
        yield server


async def leads(ledger: Ledger) -> bool:
    with contextlib.suppress(TransientError):
        return await ledger.lead()
    return False


class TestPostgres:
    """What a server does, and what a network does to it."""

    @pytest.fixture
    def url(self, own: PostgresServer) -> str:
        return own.new_database()

    @pytest.fixture
    async def ledger(self, url: str) -> AsyncIterator[Ledger]:
        async with opened_ledger(url) as opened:
            yield opened

    async def test_a_connection_cut_while_nobody_used_it_is_nobodys_trouble(
        self, ledger: Ledger, own: PostgresServer
    ) -> None:
        assert await ledger.lead()
        await asyncio.gather(*(ledger.read(commands.find, uuid4()) for _ in range(8)))
        admin = await asyncpg.connect(own.uri)
        await admin.execute(CUT)
        await admin.close()
        assert await ledger.write(commands.take, uuid4(), "t", "s", now=NOW)
        assert await ledger.lead() is False  # somebody else may lead by now
        assert await ledger.lead() is True
        assert await ledger.read(commands.find, uuid4()) is None

    async def test_a_server_stopped_and_started_is_waited_for(
        self, ledger: Ledger, own: PostgresServer
    ) -> None:
        assert await ledger.lead()
        await asyncio.to_thread(own.stop)
        try:
            await is_away(ledger)
            await eventually(ledger.standing.problems)
            assert not await leads(ledger)
        finally:
            await asyncio.to_thread(own.start)
        await eventually(lambda: is_well(ledger), 20)
        await eventually(lambda: leads(ledger))

    async def test_a_server_that_became_read_only_is_waited_for(
        self, ledger: Ledger, url: str, own: PostgresServer
    ) -> None:
        name = str(sa.engine.make_url(url).database)
        admin = await asyncpg.connect(own.uri)
        try:
            await admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
            await admin.execute(CUT)
            assert "read-only" in await is_away(ledger)
            await eventually(lambda: ledger.standing.why is not None)
            assert "read-only" in ledger.standing.problems()[0]
            await admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
            await admin.execute(CUT)
            await eventually(lambda: is_well(ledger), 20)
        finally:
            await admin.close()

    async def test_a_silent_network_holds_nobody_up_for_long(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module, name in (
            (postgres, "CONNECT_SECONDS"), (postgres, "TRANSACTION_SECONDS"), (postgres, "ANSWER_SECONDS"),
            (availability, "PROBE_SECONDS"), (postgres, "RECONNECT_SECONDS"), (availability, "FRESH_SECONDS"),
        ):  # fmt: skip
            monkeypatch.setattr(module, name, 0.7)
        async with behind_a_proxy(url) as (proxy, ledger):
            loop = asyncio.get_running_loop()
            assert await ledger.lead()
            proxy.go_silent()
            began = loop.time()
            answers = await asyncio.gather(
                *(ledger.write(record) for _ in range(20)),
                ledger.read(commands.find, uuid4()),
                return_exceptions=True,
            )
            assert not await leads(ledger)
            assert loop.time() - began < 20
            assert {type(answer) for answer in answers} == {TransientError}
            await eventually(lambda: ledger.standing.why is not None, 20)
            began = loop.time()
            await is_away(ledger)  # and at once, now that it is known
            assert loop.time() - began < 0.5
            proxy.speak()
            await eventually(lambda: is_well(ledger), 30)
            await eventually(ledger.lead, 30)

    async def test_a_ledger_that_is_busy_is_not_away(self, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Else the gateways of a busy system would be unready all at once."""
        monkeypatch.setattr(postgres, "POOL_SECONDS", 0.3)

        def long(conn: sa.Connection) -> None:
            conn.execute(sa.text("SELECT pg_sleep(1.5)"))

        async with opened_ledger(url) as ledger:
            busy = [asyncio.create_task(ledger.read(long)) for _ in range(postgres.POOL)]
            await asyncio.sleep(0)
            assert "busy" in await is_away(ledger)
            assert ledger.standing.problems() == []
            await asyncio.gather(*busy)
            assert await is_well(ledger)

    async def test_a_process_that_stops_does_not_wait_for_a_silent_network(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in (postgres, leadership):
            monkeypatch.setattr(module, "FAREWELL_SECONDS", 0.5)
        async with behind_a_proxy(url) as (proxy, ledger):
            assert await ledger.lead()
            await asyncio.gather(*(ledger.read(commands.find, uuid4()) for _ in range(8)))
            proxy.go_silent()
            async with asyncio.timeout(10):
                await ledger.close()

    async def test_a_gateway_that_starts_first_waits(
        self, own: PostgresServer, url: str, tmp_path: Path
    ) -> None:
        settings = GatewaySettings(lectern_home=tmp_path, database_url=url)
        await asyncio.to_thread(own.stop)
        async with open_artifacts(ArtifactSettings(lectern_home=tmp_path)) as artifacts:
            try:
                with pytest.raises(TransientError, match="the ledger cannot be used"):
                    async with open_gateway(settings, artifacts):
                        pass
            finally:
                starting = asyncio.create_task(asyncio.to_thread(own.start))
            async with open_gateway(settings, artifacts, patience=30) as gateway:
                await starting
                assert await is_well(gateway.ledger)


@contextlib.asynccontextmanager
async def behind_a_proxy(url: str) -> AsyncIterator[tuple[Proxy, PostgresLedger]]:
    """Give a ledger whose connections go through a proxy."""
    there = sa.engine.make_url(url)
    port = free_port("127.0.0.1")
    target = Path(str(there.query["host"])) / ".s.PGSQL.5432"
    async with proxying(port, target) as proxy:
        ledger = open_ledger(f"postgresql+asyncpg://postgres:@127.0.0.1:{port}/{there.database}")
        assert isinstance(ledger, PostgresLedger)
        await ledger.open()
        try:
            yield proxy, ledger
        finally:
            await ledger.close()
