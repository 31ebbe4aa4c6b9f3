"""What goes on beside everything else while a gateway runs: what the ledger forgets, and what ends."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from services.gateway import housekeeping
from services.gateway.housekeeping import keep_house
from services.gateway.ledger import commands, idempotency
from services.gateway.ledger.db import availability
from services.gateway.ledger.db.sqlite import Ledger, opened_ledger
from services.gateway.settings import GatewaySettings
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import running

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_what_is_old_is_forgotten_while_the_process_runs_also_after_the_ledger_was_away(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "EVERY_SECONDS", 0.02)
    old, new, clock, away, refused = uuid4(), uuid4(), NOW, True, 0
    write = ledger.write

    async def sometimes(work: object, *args: object, **kwargs: object) -> object:
        nonlocal refused
        if away:
            refused += 1
            raise availability.away("its disk is full")
        return await write(work, *args, **kwargs)  # type: ignore[arg-type]

    async def known(key: UUID) -> bool:
        return await ledger.read(commands.find, key) is not None

    async def forgotten() -> bool:
        return not await known(old)

    async def key_is_free() -> bool:
        return await write(idempotency.bind, "k", "another", now=clock) is None

    await ledger.write(commands.take, old, "t", "s", now=NOW)
    await ledger.write(idempotency.bind, "k", "f", now=NOW)
    monkeypatch.setattr(ledger, "write", sometimes)
    task = asyncio.create_task(keep_house(ledger, lambda: clock))
    await eventually(lambda: refused > 1)
    away = False
    await write(commands.take, new, "t", "s", now=NOW + commands.KEPT)
    assert await known(old)
    clock = NOW + commands.KEPT + timedelta(hours=1)
    await eventually(forgotten)
    assert await known(new)
    await eventually(key_is_free)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_gateway_keeps_house(settings: GatewaySettings) -> None:
    old = uuid4()
    async with opened_ledger(settings.ledger_url) as ledger:
        await ledger.write(commands.take, old, "t", "s", now=NOW - commands.KEPT)
    async with running(settings) as harness:

        async def forgotten() -> bool:
            return await harness.gateway.ledger.read(commands.find, old) is None

        await eventually(forgotten)


async def test_a_part_that_ends_says_why_when_it_does(settings: GatewaySettings) -> None:
    async def breaks() -> None:
        raise ZeroDivisionError("a bug")

    async with running(settings) as harness:

        async def watched(told: list[Any]) -> None:
            async with harness.gateway.running("odd job", breaks()):
                await eventually(lambda: told)
                assert "odd job has ended" in (await harness.client.get("/readyz")).text

        with structlog.testing.capture_logs() as told, pytest.raises(ZeroDivisionError):
            await watched(told)
    assert [(line["event"], line["part"]) for line in told] == [("gateway.part_ended", "odd job")]
