import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID, uuid5

import pytest
import sqlalchemy as sa

from contracts.base import NAMESPACE
from contracts.errors import ErrorCode, LecternError, PermanentError, TransientError
from contracts.events import ControlChanged, Event, JobFailed
from contracts.topics import JOBS
from services.gateway.dispatch import outbox_relay as relay_module
from services.gateway.dispatch.outbox_relay import Already, Relay, none_stand
from services.gateway.ledger import outbox
from services.gateway.ledger.db import availability
from services.gateway.ledger.db.sqlite import Ledger, opened_ledger
from services.runtime.kafka.topic_health import NotTakenError, UnreadError
from tests.support.eventually import eventually
from tests.support.relays import one_by_one

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(key: str, number: int) -> Event:
    return ControlChanged(event_id=uuid5(NAMESPACE, f"{key}/{number}"), job_id=key, attempt=number + 1)


def numbers(published: list[Event], key: str) -> list[int]:
    return [item.attempt - 1 for item in published if item.job_id == key]


async def empty(ledger: Ledger) -> bool:
    return await ledger.read(outbox.depth) == 0


@asynccontextmanager
async def relaying(
    ledger: Ledger, publish: Callable[[Event], Awaitable[None]], already: Already = none_stand
) -> AsyncIterator[Relay]:
    relay = Relay(ledger, one_by_one(publish), already)
    ledger.announced = relay.wake
    task = asyncio.create_task(relay.run())
    yield relay
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def fill(ledger: Ledger, keys: int, each: int) -> None:
    """Write events of many keys side by side, those of one key in order."""

    async def one(key: str) -> None:
        for number in range(each):
            await ledger.write(outbox.add, event(key, number), now=NOW)

    await asyncio.gather(*(one(f"j-{key}") for key in range(keys)))


async def test_order_is_kept_per_key_and_nothing_is_left(ledger: Ledger) -> None:
    published: list[Event] = []

    async def publish(item: Event) -> None:
        await asyncio.sleep(0)  # let the other keys in between
        published.append(item)

    async with relaying(ledger, publish):
        await fill(ledger, keys=20, each=30)
        await eventually(lambda: len(published) >= 600)
        await eventually(lambda: empty(ledger))
    assert all(numbers(published, f"j-{key}") == list(range(30)) for key in range(20))


async def test_an_event_is_published_soon_after_its_commit(ledger: Ledger) -> None:
    loop = asyncio.get_running_loop()
    seen: asyncio.Queue[float] = asyncio.Queue()

    async def publish(_: Event) -> None:
        seen.put_nowait(loop.time())

    delays = []
    async with relaying(ledger, publish):
        for number in range(20):
            await ledger.write(outbox.add, event("j", number), now=NOW)
            committed = loop.time()
            delays.append(await seen.get() - committed)
    assert sorted(delays)[10] < 0.2  # the poll alone would take 0.5 s


async def test_a_key_in_trouble_holds_nobody_else_up(ledger: Ledger) -> None:
    published: list[Event] = []
    broken = True

    async def publish(item: Event) -> None:
        if item.job_id == "j-0" and item.attempt > 2 and broken:
            raise TransientError(ErrorCode.BROKER_UNAVAILABLE, "the partition has no leader")
        published.append(item)

    async with relaying(ledger, publish) as relay:
        await fill(ledger, keys=5, each=4)
        await eventually(lambda: all(numbers(published, f"j-{key}") == [0, 1, 2, 3] for key in range(1, 5)))
        assert numbers(published, "j-0") == [0, 1]
        await eventually(lambda: relay.troubled == 1)
        await ledger.write(outbox.add, event("j-new", 0), now=NOW)
        await eventually(lambda: numbers(published, "j-new") == [0])
        broken = False
        await eventually(lambda: numbers(published, "j-0") == [0, 1, 2, 3])
        await eventually(lambda: relay.troubled == 0)
        await eventually(lambda: empty(ledger))


async def test_a_broker_that_is_away_loses_nothing(ledger: Ledger) -> None:
    published: list[Event] = []
    away, tries = True, 0

    async def publish(item: Event) -> None:
        nonlocal tries
        tries += 1
        if away:
            raise ConnectionError("refused")
        published.append(item)

    async with relaying(ledger, publish):
        await fill(ledger, keys=50, each=2)
        await eventually(lambda: tries >= 100)
        assert await ledger.read(outbox.depth) == 100
        away = False
        await eventually(lambda: len(published) == 100)
    assert all(numbers(published, f"j-{key}") == [0, 1] for key in range(50))


async def test_a_ledger_away_while_keys_wait_is_asked_once_in_a_while(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are away when it is this machine's network; what is refused at once must not be asked at once."""
    published: list[Event] = []
    away, asked, leads = False, 0, ledger.lead

    async def lead() -> bool:
        nonlocal asked
        asked += away
        if away and asked < 1_000:  # else the test would never end
            raise availability.away("it does not answer")
        return await leads()

    async def publish(item: Event) -> None:
        if not published:
            raise ConnectionError("refused")
        published.append(item)

    monkeypatch.setattr(relay_module, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(ledger, "lead", lead)
    async with relaying(ledger, publish) as relay:
        await ledger.write(outbox.add, event("j", 0), now=NOW)
        await eventually(lambda: relay.troubled)
        away, began = True, asyncio.get_running_loop().time()
        await eventually(lambda: asked >= 3)
        assert asyncio.get_running_loop().time() - began > 0.15
        away, published = False, [event("k", 0)]
        await eventually(lambda: numbers(published, "j") == [0])


async def test_what_was_not_acknowledged_is_published_by_the_next_relay(ledger: Ledger) -> None:
    sent: list[UUID] = []

    async def hang(item: Event) -> None:
        sent.append(item.event_id)
        await asyncio.Event().wait()

    async with relaying(ledger, hang):
        await fill(ledger, keys=1, each=2)
        await eventually(lambda: len(sent) == 1)
    published: list[Event] = []

    async def publish(item: Event) -> None:
        published.append(item)

    async with relaying(ledger, publish):
        await eventually(lambda: len(published) == 2)
    assert published[0].event_id == sent[0]


async def test_an_event_of_a_rolled_back_transaction_does_not_exist(ledger: Ledger) -> None:
    def refuse(conn: object) -> None:
        outbox.add(conn, event("j", 0), now=NOW)  # type: ignore[arg-type]
        raise PermanentError(ErrorCode.JOB_STATE_CONFLICT, "no")

    with pytest.raises(PermanentError):
        await ledger.write(refuse)
    assert await ledger.read(outbox.depth) == 0


async def test_an_event_too_large_for_kafka_is_refused_before_it_blocks_its_key(ledger: Ledger) -> None:
    large = JobFailed(
        event_id=uuid5(NAMESPACE, "large"), job_id="j", attempt=1, video_id="v",
        code=ErrorCode.TTS_FAILED, message="가" * 30_000,
    )  # fmt: skip
    with pytest.raises(LecternError) as caught:
        await ledger.write(outbox.add, large, now=NOW)
    assert caught.value.code is ErrorCode.EVENT_TOO_LARGE
    assert await ledger.read(outbox.depth) == 0


CRASH = """
import asyncio, os, sys
from services.gateway.ledger.db.sqlite import open_ledger
from services.gateway.dispatch.outbox_relay import Already, Relay, none_stand
from services.runtime.kafka.topic_health import NotTakenError, UnreadError
from tests.support.relays import one_by_one

async def main():
    ledger = open_ledger(sys.argv[1])
    await ledger.open()
    async def publish(event):
        print(event.event_id, flush=True)
        if event.attempt == 2:
            os._exit(9)  # acknowledged by the broker, not yet deleted here
    await Relay(ledger, one_by_one(publish)).once()

asyncio.run(main())
"""


async def test_a_crash_between_publish_and_delete_publishes_the_same_ids_again(database_url: str) -> None:
    async with opened_ledger(database_url) as ledger:
        await fill(ledger, keys=1, each=3)
    command = [sys.executable, "-c", CRASH, database_url]
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    crashed = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True)
    assert crashed.returncode == 9, crashed.stderr

    published: list[Event] = []

    async def publish(item: Event) -> None:
        published.append(item)

    async with opened_ledger(database_url) as ledger, relaying(ledger, publish):
        await eventually(lambda: empty(ledger))
    ids = [event("j-0", number).event_id for number in range(3)]
    assert [UUID(line) for line in crashed.stdout.split()] == ids[:2]
    assert [item.event_id for item in published] == ids


async def test_an_end_was_announced_twice_after_a_crash_between_acknowledgement_and_delete(
    ledger: Ledger,
) -> None:
    """Found by the chaos rig's rules: the gateway died after Kafka had the event, before the ledger knew."""
    log: list[Event] = []

    async def crash(item: Event) -> None:
        log.append(item)
        await asyncio.Event().wait()  # the acknowledgement never arrives

    async def publish(item: Event) -> None:
        log.append(item)

    async def already(events: Sequence[Event]) -> set[UUID]:
        return {item.event_id for item in events} & {item.event_id for item in log}

    await fill(ledger, keys=2, each=2)
    async with relaying(ledger, crash):
        await eventually(lambda: len(log) == 2)
    async with relaying(ledger, publish, already):
        await eventually(partial(empty, ledger))
    assert [numbers(log, f"j-{key}") for key in range(2)] == [[0, 1], [0, 1]]


async def test_an_event_was_published_again_and_again_while_the_ledger_could_not_note_it(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by the chaos rig, seed 20: a full disk, and a job's end in the log six times."""
    full, refusals = True, 0
    really = outbox.published

    def published(conn: sa.Connection, ids: Sequence[int]) -> None:
        nonlocal refusals
        if full:
            refusals += 1
            raise TransientError(ErrorCode.STORAGE_FULL, "the disk of the ledger is full")
        really(conn, ids)

    monkeypatch.setattr(outbox, "published", published)
    log: list[Event] = []

    async def publish(item: Event) -> None:
        log.append(item)

    async with relaying(ledger, publish) as relay:
        await fill(ledger, keys=2, each=2)
        for tries in range(2, 5):
            await eventually(partial(at_least, lambda: refusals, tries))
            relay.wake()
        full = False
        await eventually(partial(empty, ledger))
    assert [numbers(log, f"j-{key}") for key in range(2)] == [[0, 1], [0, 1]]


async def test_a_relay_woken_as_it_was_stopped_ran_for_ever(ledger: Ledger) -> None:
    """The gateway then hung at its end until it was killed."""

    async def publish(_: Event) -> None:
        return

    for steps in range(4):
        relay = Relay(ledger, one_by_one(publish))
        task = asyncio.create_task(relay.run())
        await eventually(partial(waiting, relay))
        relay.wake()
        for _ in range(steps):
            await asyncio.sleep(0)  # the wake-up is on its way
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=5)
        assert done, "the cancel was forgotten"


def waiting(relay: Relay) -> bool:
    return bool(getattr(relay._woken, "_waiters", ()))


async def test_an_answer_that_was_lost_does_not_publish_twice(ledger: Ledger) -> None:
    log: list[Event] = []

    async def publish(item: Event) -> None:
        log.append(item)
        if len(log) == 1:
            raise TransientError(ErrorCode.BROKER_UNAVAILABLE, "the answer was lost")

    async def already(events: Sequence[Event]) -> set[UUID]:
        return {item.event_id for item in events} & {item.event_id for item in log}

    async with relaying(ledger, publish, already):
        await fill(ledger, keys=1, each=3)
        await eventually(partial(empty, ledger))
    assert numbers(log, "j-0") == [0, 1, 2]


async def test_nothing_in_doubt_is_published_while_the_log_cannot_be_read(ledger: Ledger) -> None:
    await fill(ledger, keys=1, each=1)
    log: list[Event] = []
    asked = 0

    async def publish(item: Event) -> None:
        log.append(item)

    async def already(events: Sequence[Event]) -> set[UUID]:
        nonlocal asked
        asked += 1
        assert log == []
        if asked < 3:
            raise TransientError(ErrorCode.BROKER_UNAVAILABLE, "away")
        return set()

    async with relaying(ledger, publish, already) as relay:
        for tries in range(1, 4):
            await eventually(partial(at_least, lambda: asked, tries))
            relay.wake()
        await eventually(partial(empty, ledger))
    assert numbers(log, "j-0") == [0]


def at_least(count: Callable[[], int], wanted: int) -> bool:
    return count() >= wanted


def ended(key: str) -> Event:
    return JobFailed(
        event_id=uuid5(NAMESPACE, f"{key}/ended"), job_id=key, attempt=1, video_id="v",
        code=ErrorCode.TTS_FAILED, message="m",
    )  # fmt: skip


async def test_thousands_of_keys_that_wait_for_one_topic_hold_up_no_other_topic(ledger: Ledger) -> None:
    published: list[Event] = []
    missing = True
    tries = 0

    async def publish(item: Event) -> None:
        nonlocal tries
        if isinstance(item, JobFailed) and missing:
            tries += 1
            raise NotTakenError(JOBS.name, None, "there is no such topic")
        published.append(item)

    await ledger.write(outbox.add, *(ended(f"j-{number}") for number in range(6_000)), now=NOW)
    async with relaying(ledger, publish) as relay:
        # of the same jobs and of others
        for key in ("j-0", "j-5999", "j-new"):
            await ledger.write(outbox.add, event(key, 0), ended(key), event(key, 1), now=NOW)
        await eventually(lambda: len(published) == 6, message="events of the other topic")
        assert relay.troubled == 1
        await eventually(partial(deep, ledger, 6_003))
        assert tries < 2_000  # a batch when it turned bad, and a few to see whether it still is
        missing = False
        await eventually(partial(empty, ledger), 60)
        assert relay.troubled == 0
    assert len(published) == 6 + 6_003
    assert all(numbers(published[:6], key) == [0, 1] for key in ("j-0", "j-5999", "j-new"))


async def deep(ledger: Ledger, wanted: int) -> bool:
    return await ledger.read(outbox.depth) == wanted


async def test_a_partition_that_takes_nothing_keeps_its_keys_in_order_across_topics(ledger: Ledger) -> None:
    published: list[Event] = []
    leaderless = True

    async def publish(item: Event) -> None:
        if leaderless and item.job_id == "j-0" and isinstance(item, JobFailed):
            raise NotTakenError(JOBS.name, 3, "no broker leads it")
        published.append(item)

    async with relaying(ledger, publish) as relay:
        for key in ("j-0", "j-1"):
            await ledger.write(outbox.add, ended(key), event(key, 0), now=NOW)
        await eventually(lambda: [item.job_id for item in published] == ["j-1", "j-1"])
        await eventually(lambda: relay.troubled == 1)
        leaderless = False
        await eventually(partial(empty, ledger))
    assert [type(item) for item in published if item.job_id == "j-0"] == [JobFailed, ControlChanged]


async def test_a_topic_rests_no_more_once_only_a_partition_of_it_takes_nothing(ledger: Ledger) -> None:
    """The oldest events, with which it was tried, all lay on the partition that never took any."""
    published: list[Event] = []
    partition: int | None = None

    async def publish(item: Event) -> None:
        if partition is None or item.job_id < "j-5":
            raise NotTakenError(JOBS.name, partition, "no broker leads it")
        published.append(item)

    await ledger.write(outbox.add, *(ended(f"j-{number}") for number in range(10)), now=NOW)
    async with relaying(ledger, publish) as relay:
        await eventually(lambda: relay.troubled == 1)
        partition = 3
        await eventually(lambda: len(published) == 5)
        await eventually(lambda: relay.troubled == 5)


async def test_what_cannot_be_looked_for_holds_up_only_itself(ledger: Ledger) -> None:
    """One missing topic made the whole lookup of a new leader fail, and nothing was published any more."""
    published: list[Event] = []
    missing = True

    async def publish(item: Event) -> None:
        assert not (missing and isinstance(item, JobFailed))
        published.append(item)

    async def already(events: Sequence[Event]) -> set[UUID]:
        lost = NotTakenError(JOBS.name, None, "there is no such topic")
        unread = {item.event_id: lost for item in events if isinstance(item, JobFailed)}
        if missing and unread:
            raise UnreadError(set(), unread)
        return set()

    for key in ("j-0", "j-1"):
        await ledger.write(outbox.add, ended(key), event(key, 0), now=NOW)
    async with relaying(ledger, publish, already):
        await eventually(lambda: len(published) == 2)
        assert all(isinstance(item, ControlChanged) for item in published)
        missing = False
        await eventually(partial(empty, ledger))
    assert len(published) == 4
