"""The courier alone, on a ledger of its own: pauses, leases, crashes, the stop."""

import asyncio
import os
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from services.gateway.backend.client import Answer
from services.gateway.dispatch import webhook_dispatcher
from services.gateway.dispatch.webhook_dispatcher import Courier
from services.gateway.ledger import callbacks
from services.gateway.ledger.db import availability
from services.gateway.ledger.models import Callback
from tests.support.eventually import eventually
from tests.unit.gateway.backend.conftest import (
    NOW,
    Clock,
    add,
    ledger_of,
)


async def test_pauses_double_up_to_ten_minutes_and_give_up_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(days=3) == callbacks.MAX_AGE
    monkeypatch.setattr(callbacks, "MAX_AGE", timedelta(hours=5))
    clock, moments = Clock(), []

    async def refuse(_: Callback, moment: datetime) -> Answer:
        moments.append(moment)
        return Answer("HTTP 500")

    async with ledger_of(tmp_path) as ledger:
        await add(ledger, "j")
        carrier = Courier(ledger, refuse, timeout=1, now=clock, random=lambda: 1.0)
        while (due := await ledger.read(callbacks.next_due)) is not None:
            clock.now = max(clock.now, due)
            await carrier.once()
            if (await ledger.read(callbacks.since, 0, 1))[0].state != "PENDING":
                break
            await asyncio.gather(*carrier._under_way)
        [end] = await ledger.read(callbacks.since, 0, 1)
    pauses = [(b - a).total_seconds() for a, b in pairwise(moments)]
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert set(pauses[12:]) == {600}
    assert end.state == "EXPIRED"
    assert moments[-1] <= NOW + timedelta(hours=5) < moments[-1] + timedelta(seconds=601)


async def test_two_couriers_never_send_the_same_callback(tmp_path: Path) -> None:
    sent: list[str] = []

    async def take(callback: Callback, _: datetime) -> Answer:
        sent.append(callback.subject)
        await asyncio.sleep(0)
        return Answer(None)

    async with ledger_of(tmp_path) as one, ledger_of(tmp_path) as two:
        for number in range(60):
            await add(one, f"j-{number}")
        carriers = [Courier(each, take, timeout=1, now=Clock(), random=lambda: 0.0) for each in (one, two)]
        tasks = [asyncio.create_task(carrier.run()) for carrier in carriers]

        async def empty() -> bool:
            return await one.read(callbacks.next_due) is None

        await eventually(empty)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert sorted(sent) == sorted(f"j-{number}" for number in range(60))


CRASH = """
import asyncio, os, sys
from datetime import UTC, datetime
from services.gateway.backend.client import Answer
from services.gateway.dispatch.webhook_dispatcher import Courier
from services.gateway.ledger.db.sqlite import SqliteLedger

async def main():
    ledger = SqliteLedger(sys.argv[1])
    await ledger.open()
    async def deliver(callback, moment):
        print(callback.webhook_id, flush=True)
        os._exit(9)  # taken by the backend, not yet noted here
    now = lambda: datetime(2026, 1, 1, tzinfo=UTC)
    await Courier(ledger, deliver, timeout=1, now=now, random=lambda: 0.0).run()

asyncio.run(main())
"""


async def test_a_crash_after_the_delivery_sends_the_same_id_again_once_the_lease_is_over(
    tmp_path: Path,
) -> None:
    async with ledger_of(tmp_path) as ledger:
        await add(ledger, "j")
    command = [sys.executable, "-c", CRASH, f"sqlite:///{tmp_path / 'ledger.db'}"]
    env = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    crashed = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True)
    assert crashed.returncode == 9, crashed.stderr
    clock, sent = Clock(), []

    async def take(callback: Callback, _: datetime) -> Answer:
        sent.append(callback.webhook_id)
        return Answer(None)

    async with ledger_of(tmp_path) as ledger:
        carrier = Courier(ledger, take, timeout=1, now=clock, random=lambda: 0.0)
        await carrier.once()
        assert sent == []
        clock.now += timedelta(seconds=1 + webhook_dispatcher.LEASE_MARGIN)
        await carrier.once()
        await eventually(lambda: len(sent) == 1)
        await eventually(lambda: not carrier._under_way)
        [end] = await ledger.read(callbacks.since, 0, 10)
    assert crashed.stdout.split() == sent
    assert (end.state, end.tries) == ("DELIVERED", 2)


async def test_a_courier_that_is_stopped_while_it_is_woken_stops(tmp_path: Path) -> None:
    async def take(_: Callback, __: datetime) -> Answer:
        return Answer(None)

    async with ledger_of(tmp_path) as ledger:
        for _ in range(20):
            carrier = Courier(ledger, take, timeout=1, now=Clock(), random=lambda: 0.0)
            task = asyncio.create_task(carrier.run())
            await eventually(lambda c=carrier: c._woken._waiters)  # type: ignore[misc]
            carrier.wake()
            await asyncio.sleep(0)
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=5)
            assert done


@pytest.mark.parametrize(
    ("answer", "state"), [(Answer(None), "DELIVERED"), (Answer("HTTP 410", gone=True), "GONE")]
)
async def test_an_outcome_that_the_ledger_could_not_take_is_kept_in_mind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer, state: str
) -> None:
    monkeypatch.setattr(webhook_dispatcher, "POLL_SECONDS", 0.02)
    clock, sent, tries = Clock(), [], 0

    async def take(callback: Callback, _: datetime) -> Answer:
        sent.append(callback.webhook_id)
        return answer

    async with ledger_of(tmp_path) as ledger:
        await add(ledger, "j")
        write = ledger.write

        async def away_for_a_while(work: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal tries
            if work is not callbacks.claim:
                tries += 1
                clock.now += timedelta(seconds=60)  # the lease is over
                if tries < 4:
                    raise availability.away("its disk is full")
            return await write(work, *args, **kwargs)

        monkeypatch.setattr(ledger, "write", away_for_a_while)
        carrier = Courier(ledger, take, timeout=1, now=clock, random=lambda: 0.0)
        task = asyncio.create_task(carrier.run())

        async def settled() -> bool:
            return (await ledger.read(callbacks.since, 0, 1))[0].state == state

        await eventually(settled)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert (len(sent), tries) == (1, 4)
