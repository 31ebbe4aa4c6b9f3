"""The writer of SQLite: what it says is committed is committed."""

import asyncio
import resource
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.gateway.ledger.db.sqlite import SqliteLedger

PAGES_LARGER_THAN_THE_CACHE = 8 << 20
"""SQLite writes what its cache of 2 MB cannot hold before the commit: there the disk's error meets it."""


@contextmanager
def no_file_grows_past(size: int) -> Iterator[None]:
    """Let the disk be full, as far as this process can tell."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[SqliteLedger]:
    ledger = SqliteLedger(f"sqlite:///{tmp_path / 'ledger.db'}")
    await ledger.open()
    await ledger.write(
        lambda conn: conn.execute(sa.text("CREATE TABLE notes (who TEXT, body BLOB)")) and None
    )
    yield ledger
    await ledger.close()


def note(conn: sa.Connection, who: str, size: int = 10) -> None:
    conn.execute(
        sa.text("INSERT INTO notes VALUES (:who, :body)"), {"who": who, "body": secrets.token_bytes(size)}
    )


def names(conn: sa.Connection) -> set[str]:
    return {who for (who,) in conn.execute(sa.text("SELECT who FROM notes"))}


async def test_who_was_told_of_a_commit_is_in_the_file_when_the_disk_fills_up(ledger: SqliteLedger) -> None:
    held = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(_conn: sa.Connection) -> None:
        """Keep the writer busy until the others wait together."""
        asyncio.run_coroutine_threadsafe(held.wait(), loop).result()

    with no_file_grows_past(1 << 20):
        writes = {"hold": asyncio.ensure_future(ledger.write(hold))}
        for who, size in (("before", 10), ("large", PAGES_LARGER_THAN_THE_CACHE), ("after", 10)):
            writes[who] = asyncio.ensure_future(ledger.write(note, who, size))
        await asyncio.sleep(0)
        held.set()
        answers = dict(
            zip(writes, await asyncio.gather(*writes.values(), return_exceptions=True), strict=True)
        )
    told = {who for who, answer in answers.items() if answer is None} - {"hold"}
    assert await ledger.read(names) == told
    assert isinstance(answers["large"], TransientError)


async def test_it_goes_on_when_there_is_room_again(ledger: SqliteLedger) -> None:
    with no_file_grows_past(1 << 20), pytest.raises(TransientError):
        await ledger.write(note, "large", PAGES_LARGER_THAN_THE_CACHE)
    await ledger.write(note, "small")
    assert await ledger.read(names) == {"small"}


async def test_a_lone_function_that_is_refused_leaves_nothing_behind(ledger: SqliteLedger) -> None:
    def refused(conn: sa.Connection) -> None:
        note(conn, "refused")
        raise PermanentError(ErrorCode.JOB_NOT_FOUND, "no")

    with pytest.raises(PermanentError):
        await ledger.write(refused)
    await ledger.write(note, "next")
    assert await ledger.read(names) == {"next"}


async def test_a_refusal_leaves_the_others_of_the_transaction_alone(ledger: SqliteLedger) -> None:
    def refused(conn: sa.Connection) -> None:
        note(conn, "refused")
        raise ValueError("no")

    answers = await asyncio.gather(
        ledger.write(note, "one"), ledger.write(refused), ledger.write(note, "two"), return_exceptions=True
    )
    assert [type(answer) for answer in answers] == [type(None), ValueError, type(None)]
    assert await ledger.read(names) == {"one", "two"}
