"""Calls that wait are looked after together."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest

from contracts.errors import ErrorCode, TransientError
from services.gateway.service import rechecks
from services.gateway.service.rechecks import Rechecks
from tests.support.eventually import eventually


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rechecks, "RECHECK_SECONDS", 0.01)


async def test_200_calls_that_wait_are_one_query() -> None:
    asked: list[int] = []
    ended: set[str] = set()

    async def pending(names: Sequence[str]) -> list[str]:
        asked.append(len(names))
        return [name for name in names if name not in ended]

    rows = Rechecks(pending)
    with ExitStack() as stack:
        events = {f"s-{n}": stack.enter_context(rows.waiting(f"s-{n}")) for n in range(200)}
        await eventually(lambda: asked)
        assert set(asked) == {200}
        assert not any(event.is_set() for event in events.values())
        ended.add("s-7")
        await asyncio.wait_for(events["s-7"].wait(), 10)
        assert sum(event.is_set() for event in events.values()) == 1
    looked = len(asked)
    await eventually(lambda: all(task.get_name() != "rechecks" for task in asyncio.all_tasks()))
    assert len(asked) == looked  # nobody waits, and nobody is left who would look


async def test_a_ledger_that_is_away_ends_no_waiting() -> None:
    answers: Iterator[list[str] | Exception] = iter(
        [TransientError(ErrorCode.LEDGER_UNAVAILABLE, "away"), []]
    )

    async def pending(_: Sequence[str]) -> list[str]:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with Rechecks(pending).waiting("s-1") as event:
        await asyncio.wait_for(event.wait(), 10)
    assert list(answers) == []
