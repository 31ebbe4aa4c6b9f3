"""A gateway with a backend that is called back at once; couriers of a ledger of their own."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.states import CallbackKind
from services.gateway.backend.settings import BackendSettings
from services.gateway.dispatch import webhook_dispatcher
from services.gateway.ledger import callbacks
from services.gateway.ledger.db.sqlite import SqliteLedger
from services.gateway.settings import GatewaySettings
from tests.support.backend import StandInBackend, stand_in_backend
from tests.support.eventually import eventually
from tests.unit.gateway.conftest import Harness, running

KEY, OLD_KEY = b"k" * 32, b"o" * 24


SECRETS = [f"whsec_{base64.b64encode(key).decode()}" for key in (KEY, OLD_KEY)]


API_TOKEN, INTERNAL = "api-token-0123456789", "internal-token-0123456789"


NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def backend() -> AsyncIterator[StandInBackend]:
    async with stand_in_backend() as started:
        yield started


@pytest.fixture
async def harness(
    settings: GatewaySettings, backend: StandInBackend, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Harness]:
    monkeypatch.setattr(webhook_dispatcher, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(webhook_dispatcher, "POLL_SECONDS", 0.05)
    own = BackendSettings(
        base_url=backend.url,
        api_token=SecretStr(API_TOKEN),
        internal_token=SecretStr(INTERNAL),
        webhook_secrets=SecretStr(",".join(SECRETS)),
        timeout_sec=2,
        job_start="create",
    )
    async with running(settings.model_copy(update={"backend": own})) as opened:
        yield opened


async def log(harness: Harness, after: int = 0) -> list[dict[str, Any]]:
    answer = await harness.client.get(
        f"/api/v2/callbacks?after={after}", headers={"Authorization": f"Bearer {INTERNAL}"}
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def settled(harness: Harness) -> list[dict[str, Any]]:
    async def done() -> bool:
        return all(item["status"] != "PENDING" for item in await log(harness))

    await eventually(done, message="every callback is settled")
    return await log(harness)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def ledger_of(path: Path) -> AsyncIterator[SqliteLedger]:
    ledger = SqliteLedger(f"sqlite:///{path / 'ledger.db'}")
    await ledger.open()
    yield ledger
    await ledger.close()


async def add(ledger: SqliteLedger, subject: str, attempt: int = 1) -> None:
    await ledger.write(callbacks.add, CallbackKind.JOB, subject, attempt, "{}", now=NOW)
