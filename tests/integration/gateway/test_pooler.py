"""A real pgbouncer between the ledger and PostgreSQL: in session mode all works, another is refused."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4, uuid5

import asyncpg
import pytest

from contracts.base import NAMESPACE
from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.events import ControlChanged
from services.gateway.ledger import commands, outbox
from services.gateway.ledger.db.sqlite import open_ledger, opened_ledger
from tests.support.eventually import eventually
from tests.support.pgbouncer import pgbouncer
from tests.support.postgres import PostgresServer, postgres_server

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)

NOTICED_WITHIN = 80
"""Seconds; ten where nothing else runs."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


async def busy(url: str, connections: int) -> None:
    """Have the pooler open sessions and keep them: a pool that others use, too."""
    clients = [
        await asyncpg.connect(url.replace("+asyncpg", ""), statement_cache_size=0) for _ in range(connections)
    ]
    for client in clients:
        await client.execute("BEGIN; SELECT 1")
    for client in clients:
        await client.execute("COMMIT")
        await client.close()


@pytest.mark.parametrize(
    ("mode", "settings", "warm"),
    [
        ("transaction", {}, 0),
        ("transaction", {}, 4),
        ("transaction", {"server_round_robin": "1"}, 0),
        ("transaction", {"server_round_robin": "1"}, 2),
        ("transaction", {"server_round_robin": "1"}, 5),
        ("transaction", {"default_pool_size": "1"}, 0),
        ("statement", {}, 0),
        ("statement", {"server_round_robin": "1"}, 0),
    ],
)
async def test_a_pooler_that_lends_sessions_is_refused_with_words(
    postgres: PostgresServer, mode: str, settings: dict[str, str], warm: int
) -> None:
    url = await asyncio.to_thread(postgres.new_database)
    with pgbouncer(url, pool_mode=mode, **settings) as pooler:
        await busy(pooler.url, warm)
        with pytest.raises(PermanentError) as caught:
            await open_ledger(pooler.url).open()
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert "pool_mode = session" in caught.value.message


async def test_behind_a_pooler_of_sessions_all_works(postgres: PostgresServer) -> None:
    url = await asyncio.to_thread(postgres.new_database)
    with pgbouncer(url, pool_mode="session", default_pool_size="30") as pooler:
        async with opened_ledger(pooler.url) as one, opened_ledger(pooler.url) as two:
            assert [await one.lead(), await two.lead(), await one.lead()] == [True, False, True]
            heard = asyncio.Event()
            two.announced = heard.set

            async def hears() -> bool:
                heard.clear()
                event = ControlChanged(event_id=uuid5(NAMESPACE, "j"), job_id="j", attempt=1)
                await one.write(outbox.add, event, now=NOW)
                await asyncio.sleep(0.05)
                return heard.is_set()

            await eventually(hears)
            keys = [uuid4() for _ in range(60)]
            await asyncio.gather(
                *(
                    (one, two)[n % 2].write(commands.take, key, "t", "s", now=NOW)
                    for n, key in enumerate(keys)
                )
            )
            found = await asyncio.gather(*(two.read(commands.find, key) for key in keys))
            assert None not in found
            await one.close()

            async def leads() -> bool:
                return await two.lead()

            await eventually(leads)
            await one.open()


async def test_a_pooler_that_is_set_otherwise_meanwhile_is_noticed(postgres: PostgresServer) -> None:
    url = await asyncio.to_thread(postgres.new_database)
    with pgbouncer(url, pool_mode="session", default_pool_size="30") as pooler:
        async with opened_ledger(pooler.url) as one, opened_ledger(pooler.url) as two:
            assert await one.lead()
            pooler.set(pool_mode="transaction")
            ledgers = (one, two)

            async def told() -> bool:
                """Both are asked all the time, as relays do; in the end neither leads."""
                reasons = []
                for ledger in ledgers:
                    try:
                        await ledger.lead()
                    except TransientError as error:
                        reasons.append("pool_mode = session" in error.message)
                return len(reasons) == 2 and any(reasons)

            await eventually(told, NOTICED_WITHIN)
            pooler.set(pool_mode="session")

            async def well() -> bool:
                try:
                    return [await ledger.lead() for ledger in ledgers].count(True) == 1
                except TransientError:
                    return False

            await eventually(well, NOTICED_WITHIN)
