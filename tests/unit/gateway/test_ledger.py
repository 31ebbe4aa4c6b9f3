import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from contracts.errors import ErrorCode, LecternError, PermanentError, TransientError
from services.gateway.ledger import commands, outbox
from services.gateway.ledger.db.group_commit import storage_error
from services.gateway.ledger.db.schema import METADATA
from services.gateway.ledger.db.schema import commands as table
from services.gateway.ledger.db.sqlite import Ledger, SqliteLedger, migrate, open_ledger
from services.gateway.ledger.jobs import queries as job_functions

NOW = datetime(2026, 1, 1, 9, tzinfo=UTC)


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqliteLedger]:
    opened = SqliteLedger(f"sqlite:///{tmp_path / 'deep' / 'ledger.db'}")
    await opened.open()
    yield opened
    await opened.close()


def count(conn: sa.Connection) -> int:
    return conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


async def test_the_migrations_make_the_schema_of_the_code(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    migrate(engine)
    migrate(engine)  # a second start changes nothing
    with engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), METADATA) == []
        index = conn.execute(sa.text("SELECT sql FROM sqlite_master WHERE name = 'uq_jobs_active_video'"))
        assert "WHERE state IN ('QUEUED', 'PROCESSING')" in index.scalar_one()
    config = Config()
    config.set_main_option("script_location", "services.gateway.ledger:migrations")
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.downgrade(config, "base")
    with engine.connect() as conn:
        assert sa.inspect(conn).get_table_names() == ["alembic_version"]
    engine.dispose()


async def test_what_is_written_is_there_after_a_restart(database_url: str) -> None:
    for expected in range(3):
        opened = open_ledger(database_url)
        await opened.open()
        assert await opened.read(count) == expected
        await opened.write(commands.take, uuid4(), "t", "s", now=NOW)
        await opened.close()


async def test_many_writers_get_their_own_results(ledger: Ledger) -> None:
    keys = [uuid4() for _ in range(100)]
    firsts = await asyncio.gather(*(ledger.write(commands.take, key, "t", "s", now=NOW) for key in keys * 2))
    assert sum(firsts) == 100
    assert await ledger.read(count) == 100


async def test_one_failure_in_a_shared_transaction_is_nobody_elses(sqlite: SqliteLedger) -> None:
    held = threading.Event()

    def wait(_: sa.Connection) -> None:
        held.wait(5)

    def broken(conn: sa.Connection) -> None:
        commands.take(conn, uuid4(), "t", "lost", now=NOW)
        raise ZeroDivisionError

    def refused(conn: sa.Connection) -> None:
        commands.take(conn, uuid4(), "t", "lost", now=NOW)
        raise PermanentError(ErrorCode.JOB_STATE_CONFLICT, "no")

    first = asyncio.create_task(sqlite.write(wait))
    batch = [
        asyncio.create_task(sqlite.write(work)) if work else
        asyncio.create_task(sqlite.write(commands.take, uuid4(), "t", "kept", now=NOW))
        for work in (None, broken, None, refused, None)
    ]  # fmt: skip
    await asyncio.sleep(0)  # all are in the queue; they will share the next transaction
    held.set()
    await first
    results = await asyncio.gather(*batch, return_exceptions=True)
    assert [type(result) for result in results] == [bool, ZeroDivisionError, bool, PermanentError, bool]
    assert await sqlite.read(count) == 3


async def test_what_nobody_waits_for_any_more_is_no_trouble(ledger: Ledger) -> None:
    gone = asyncio.create_task(ledger.write(commands.take, uuid4(), "t", "s", now=NOW))
    await asyncio.sleep(0)
    gone.cancel()
    assert await ledger.write(commands.take, uuid4(), "t", "s", now=NOW)


async def test_readers_do_not_wait_for_the_writer(sqlite: SqliteLedger) -> None:
    held = threading.Event()
    writing = asyncio.create_task(sqlite.write(lambda _: held.wait(10)))
    assert await asyncio.wait_for(sqlite.read(count), 5) == 0
    held.set()
    assert await writing


async def test_a_closed_ledger_says_so(tmp_path: Path) -> None:
    closed = SqliteLedger(f"sqlite:///{tmp_path / 'x.db'}")
    await closed.open()
    await closed.close()
    with pytest.raises(TransientError, match="not open"):
        await closed.write(count)
    with pytest.raises(TransientError, match="closed"):
        await closed.read(count)


async def test_a_file_held_by_somebody_else_is_a_transient_error(
    sqlite: SqliteLedger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sqlite.write(lambda conn: conn.exec_driver_sql("PRAGMA busy_timeout=50"))
    other = sqlite3.connect(tmp_path / "deep" / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransientError) as caught:
        await sqlite.write(count)
    assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE
    other.execute("ROLLBACK")
    other.close()
    assert await sqlite.write(count) == 0


def test_a_full_disk_is_said_to_be_full() -> None:
    full = sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
    error = storage_error(full)
    assert isinstance(error, TransientError)
    assert error.code is ErrorCode.LEDGER_UNAVAILABLE
    assert "disk is full" in error.message


@pytest.mark.parametrize(
    "url", ["nonsense", "sqlite://", "sqlite:///:memory:", "mysql://localhost/x", "postgresql://localhost/x"]
)
def test_other_databases_are_refused_by_name(url: str) -> None:
    with pytest.raises(PermanentError) as caught:
        SqliteLedger(url)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert "DATABASE_URL" in caught.value.message


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    ledger = SqliteLedger(f"sqlite:///{tmp_path / 'file' / 'ledger.db'}")
    with pytest.raises(LecternError) as caught:
        await ledger.open()
    assert caught.value.code is ErrorCode.LEDGER_UNAVAILABLE


async def test_the_relay_is_told_only_of_commits_that_left_something(sqlite: SqliteLedger) -> None:
    told: list[int] = []
    sqlite.announced = lambda: told.append(1)
    await sqlite.write(commands.take, uuid4(), "t", "s", now=NOW)
    assert told == []
    await sqlite.write(
        job_functions.create_failed, job_id="j", video_id="v", script_id=None, language="ko",
        code=ErrorCode.NO_RENDER_SPEC, message="none", now=NOW,
    )  # fmt: skip
    assert told == [1]
    waiting = [item.event.type for item in await sqlite.read(outbox.pending, 10)]
    assert waiting == [
        "lectern.job.recorded.v1",
        "lectern.job.updated.v1",
        "lectern.job.failed.v1",
        "lectern.callback.recorded.v1",
    ]


async def test_old_commands_are_forgotten(ledger: Ledger) -> None:
    old, new = uuid4(), uuid4()
    await ledger.write(commands.take, old, "t", "s", now=NOW)
    await ledger.write(commands.take, new, "t", "s", now=NOW + timedelta(days=2))
    assert await ledger.write(commands.forget, before=NOW + timedelta(days=1)) == 1
    assert await ledger.read(commands.find, old) is None
    assert await ledger.read(commands.find, new) is not None


async def test_moments_keep_their_zone_and_naive_ones_are_refused(ledger: Ledger) -> None:
    await ledger.write(
        job_functions.create_failed, job_id="j", video_id="v", script_id=None, language="ko",
        code=ErrorCode.NO_RENDER_SPEC, message="none", now=NOW.astimezone(),
    )  # fmt: skip
    assert (await ledger.read(job_functions.require, "j")).created_at == NOW
    with pytest.raises(sa.exc.StatementError, match="aware"):
        await ledger.write(commands.take, uuid4(), "t", "s", now=NOW.replace(tzinfo=None))


def test_the_migrations_are_part_of_the_package() -> None:
    folder = Path(commands.__file__).parent / "migrations"
    assert {"env.py", "script.py.mako", "versions"} <= {path.name for path in folder.iterdir()}
