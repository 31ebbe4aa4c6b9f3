import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4, uuid5

import httpx
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from contracts.base import NAMESPACE
from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.events import ControlChanged, Event
from services.gateway.dispatch.outbox_relay import Relay
from services.gateway.ledger import commands, outbox
from services.gateway.ledger.db.migrate import configuration, upgrade
from services.gateway.ledger.db.schema import METADATA
from services.gateway.ledger.db.schema import commands as table
from services.gateway.ledger.db.sqlite import Ledger, open_ledger, opened_ledger
from services.gateway.ledger.jobs import queries
from services.gateway.settings import GatewaySettings
from tests.support.eventually import eventually
from tests.support.relays import one_by_one
from tests.unit.gateway.conftest import running

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)


def count(conn: sa.Connection) -> int:
    return conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def event(key: str, number: int) -> Event:
    return ControlChanged(event_id=uuid5(NAMESPACE, f"{key}/{number}"), job_id=key, attempt=number + 1)


async def test_migrations_go_up_and_down_and_make_the_schema_of_the_code(ledger: Ledger) -> None:
    def look(conn: sa.Connection) -> tuple[list[object], list[str]]:
        differences = compare_metadata(MigrationContext.configure(conn), METADATA)
        command.downgrade(configuration(conn), "base")
        bare = sa.inspect(conn).get_table_names()
        for revision in ("0001", "0002", "0003"):
            command.upgrade(configuration(conn), revision)
        command.downgrade(configuration(conn), "0001")
        upgrade(conn)
        return differences, bare

    differences, bare = await ledger.write(look)
    assert differences == []
    assert bare == ["alembic_version"]
    assert await ledger.read(count) == 0


async def test_what_is_written_is_there_after_a_restart(database_url: str) -> None:
    for expected in range(3):
        async with opened_ledger(database_url) as ledger:
            assert await ledger.read(count) == expected
            await ledger.write(commands.take, uuid4(), "t", "s", now=NOW)


async def test_many_writers_get_their_own_results(ledger: Ledger) -> None:
    keys = [uuid4() for _ in range(50)]
    firsts = await asyncio.gather(*(ledger.write(commands.take, key, "t", "s", now=NOW) for key in keys * 2))
    assert sum(firsts) == 50
    assert await ledger.read(count) == 50


async def test_a_failure_leaves_nothing_behind(ledger: Ledger) -> None:
    def broken(conn: sa.Connection) -> None:
        commands.take(conn, uuid4(), "t", "lost", now=NOW)
        outbox.add(conn, event("j", 0), now=NOW)
        raise PermanentError(ErrorCode.JOB_STATE_CONFLICT, "no")

    told: list[int] = []
    ledger.announced = lambda: told.append(1)
    with pytest.raises(PermanentError):
        await ledger.write(broken)
    await ledger.write(commands.take, uuid4(), "t", "s", now=NOW)
    assert await ledger.read(count) == 1
    assert await ledger.read(outbox.depth) == 0


async def test_moments_keep_their_zone(ledger: Ledger) -> None:
    await ledger.write(
        queries.create_failed, job_id="j", video_id="v", script_id=None, language="ko",
        code=ErrorCode.NO_RENDER_SPEC, message="none", now=NOW.astimezone(),
    )  # fmt: skip
    job = await ledger.read(queries.require, "j")
    assert (job.created_at, job.created_at.utcoffset()) == (NOW, NOW.utcoffset())


async def test_two_processes_share_the_outbox_in_order_per_key(database_url: str) -> None:
    published: list[Event] = []

    async def publish(item: Event) -> None:
        await asyncio.sleep(0)
        published.append(item)

    async with opened_ledger(database_url) as one, opened_ledger(database_url) as two:
        relays = [Relay(each, one_by_one(publish)) for each in (one, two)]
        for each, relay in zip((one, two), relays, strict=True):
            each.announced = relay.wake
        tasks = [asyncio.create_task(relay.run()) for relay in relays]
        for number in range(20):
            each = (one, two)[number % 2]
            await asyncio.gather(
                *(each.write(outbox.add, event(f"j-{key}", number), now=NOW) for key in range(10))
            )
        await eventually(lambda: len(published) >= 200)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert len(published) == 200
    for key in range(10):
        assert [item.attempt for item in published if item.job_id == f"j-{key}"] == list(range(1, 21))


async def test_when_the_leader_is_gone_another_leads(database_url: str) -> None:
    async with opened_ledger(database_url) as second:
        async with opened_ledger(database_url) as first:
            assert await first.lead()
            assert await first.lead()
            assert not await second.lead()
        await eventually(second.lead)  # the server lets a lock go when it sees that its session ended


GATEWAY = """
import asyncio, sys
from pathlib import Path
from services.gateway.auth.access import AccessSettings, AuthMode
from services.gateway.app import open_gateway
from services.gateway.server import listen, serve
from services.gateway.settings import GatewaySettings
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts

async def main():
    home = Path(sys.argv[2])
    settings = GatewaySettings(
        lectern_home=home, database_url=sys.argv[1], access=AccessSettings(auth=AuthMode.OFF, rate=0)
    )
    async def publish(events):
        with (home / "published").open("a") as log:
            log.writelines(f"{event.type} {event.job_id}\\n" for event in events)
        return [None] * len(events)
    async with open_artifacts(ArtifactSettings(lectern_home=home)) as artifacts:
        async with open_gateway(settings, artifacts) as gateway, gateway.relaying(publish):
            ready = lambda url: print(url, flush=True)
            await serve(gateway.app, listen("127.0.0.1", 0), asyncio.Event(), ready)

asyncio.run(main())
"""


@asynccontextmanager
async def gateway_process(url: str, home: Path) -> AsyncIterator[str]:
    """Run a gateway in a process of its own; gives its URL."""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", GATEWAY, url, str(home), stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    try:
        address = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
        assert address.startswith("http"), "the gateway did not start"
        yield address
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def test_200_simultaneous_creates_through_two_gateways_make_one_job(
    settings: GatewaySettings, database_url: str, tmp_path: Path
) -> None:
    async with running(settings) as harness:
        script_id = await harness.script("v-1")
    async with AsyncExitStack() as stack:
        urls = await asyncio.gather(
            *(stack.enter_async_context(gateway_process(database_url, tmp_path)) for _ in range(2))
        )
        client = await stack.enter_async_context(
            httpx.AsyncClient(timeout=30, trust_env=False, limits=httpx.Limits(max_connections=60))
        )
        answers = await asyncio.gather(
            *(
                client.post(f"{urls[n % 2]}/api/v2/videos/v-1/render-jobs", json={"script_id": script_id})
                for n in range(200)
            )
        )
        assert {answer.status_code for answer in answers} == {200, 201}
        assert sum(answer.json()["created"] for answer in answers) == 1
        [job_id] = {answer.json()["job_id"] for answer in answers}
        for url in urls:
            page = (await client.get(f"{url}/api/v2/render-jobs")).json()
            assert [item["job_id"] for item in page["items"]] == [job_id]
        log = tmp_path / "published"
        await eventually(lambda: log.exists() and f"requested.v1 {job_id}" in log.read_text())
        told = [line for line in log.read_text().splitlines() if line.endswith(job_id)]
        assert told == [
            f"lectern.{kind}.v1 {job_id}" for kind in ("job.recorded", "job.updated", "render.requested")
        ]


class TestPostgres:
    """What only PostgreSQL can do wrong."""

    @pytest.fixture(autouse=True)
    def _only(self, database_url: str) -> None:
        if not database_url.startswith("postgresql"):
            pytest.skip("PostgreSQL only")

    async def test_a_commit_of_one_process_wakes_the_other_at_once(self, database_url: str) -> None:
        async with opened_ledger(database_url) as one, opened_ledger(database_url) as two:
            loop, heard = asyncio.get_running_loop(), asyncio.Event()
            await asyncio.sleep(0)
            two.announced = heard.set
            await eventually(heard.is_set)  # it listens
            delays = []
            for number in range(10):
                heard.clear()
                await one.write(outbox.add, event("j", number), now=NOW)
                committed = loop.time()
                await asyncio.wait_for(heard.wait(), 5)
                delays.append(loop.time() - committed)
            assert sorted(delays)[5] < 0.2

    async def test_connections_that_were_cut_are_made_again(self, ledger: Ledger) -> None:
        assert await ledger.lead()
        cut = sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        await ledger.write(lambda conn: conn.execute(cut).all())

        async def works() -> bool:
            try:
                await ledger.write(commands.take, uuid4(), "t", "s", now=NOW)
                return await ledger.lead()
            except TransientError:
                return False

        await eventually(works)
        heard = asyncio.Event()
        ledger.announced = heard.set

        async def listens() -> bool:
            heard.clear()
            await ledger.write(outbox.add, event("j", 0), now=NOW)
            return heard.is_set()

        await eventually(listens)

    async def test_text_that_it_cannot_hold_is_the_callers_fault(self, ledger: Ledger) -> None:
        with pytest.raises(PermanentError, match="NUL"):
            await ledger.write(commands.take, uuid4(), "a\0b", "s", now=NOW)

    async def test_a_server_that_is_not_there_is_told(self) -> None:
        away = open_ledger("postgresql+asyncpg://u:secret-password@127.0.0.1:1/x")
        with pytest.raises(TransientError) as caught:
            await away.open()
        assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE
        assert "secret-password" not in str(caught.value)

    async def test_reading_writes_nothing(self, ledger: Ledger) -> None:
        with pytest.raises(sa.exc.DBAPIError, match="read-only"):
            await ledger.read(commands.take, uuid4(), "t", "s", now=NOW)


@pytest.mark.parametrize("url", ["nonsense", "mysql://localhost/x", "sqlite:///:memory:"])
def test_other_databases_are_refused_by_name(url: str) -> None:
    with pytest.raises(PermanentError, match="DATABASE_URL"):
        open_ledger(url)
