import asyncio
from collections.abc import Sequence

import pytest

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.gateway.batching import MicroBatcher
from services.runtime.kafka.topic_health import NotTakenError


class Work:
    """Notes what it is given at once; the first time it waits to be let go."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.started = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(items))
        self.started.set()
        await self.go.wait()
        if -1 in items:
            raise ValueError("all of them")
        refused = PermanentError(ErrorCode.JOB_STATE_CONFLICT, "this one")
        return [refused if item == 0 else item * 10 for item in items]


async def test_calls_that_wait_are_done_at_once_and_get_their_own_results() -> None:
    work = Work()
    together = MicroBatcher(work, most=4)
    first = asyncio.create_task(together.run(1))
    await work.started.wait()
    others = [asyncio.create_task(together.run(n)) for n in range(2, 8)]
    await asyncio.sleep(0)
    work.go.set()
    assert await asyncio.gather(first, *others) == [10, 20, 30, 40, 50, 60, 70]
    assert work.batches == [[1], [2, 3, 4, 5], [6, 7]]
    assert await together.run(8) == 80  # it serves again after a pause


async def test_a_refused_call_fails_alone() -> None:
    work = Work()
    work.go.set()
    together = MicroBatcher(work)
    results = await asyncio.gather(*(together.run(n) for n in (1, 0, 2)), return_exceptions=True)
    assert results[0] == 10
    assert isinstance(results[1], PermanentError)
    assert results[2] == 20


async def test_a_call_that_breaks_the_set_leaves_the_others_whole() -> None:
    work = Work()
    work.go.set()
    together = MicroBatcher(work)
    results = await asyncio.gather(*(together.run(n) for n in (1, -1, 2)), return_exceptions=True)
    assert results[0] == 10
    assert results[2] == 20
    assert isinstance(results[1], ValueError)
    assert work.batches == [[1, -1, 2], [1], [-1], [2]]


async def test_an_absence_that_all_meet_is_met_once() -> None:
    work = Work()
    asked = 0

    async def away(items: Sequence[int]) -> list[int | Exception]:
        nonlocal asked
        asked += 1
        await work.go.wait()
        raise TransientError(ErrorCode.LEDGER_UNAVAILABLE, "away")

    together = MicroBatcher[int, int](away)
    calls = [asyncio.create_task(together.run(n)) for n in range(8)]
    await asyncio.sleep(0)
    work.go.set()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(answer) for answer in answers} == {TransientError}
    assert asked == 1


async def test_an_absence_of_any_kind_reaches_all_who_meet_it() -> None:
    async def sick(items: Sequence[int]) -> list[int | Exception]:
        raise NotTakenError("updates", None, "it is missing")

    together = MicroBatcher[int, int](sick)
    async with asyncio.timeout(10):
        answers = await asyncio.gather(*(together.run(n) for n in range(2)), return_exceptions=True)
    assert [(type(answer), str(answer)) for answer in answers] == [
        (TransientError, "BROKER_UNAVAILABLE: updates takes no records: it is missing")
    ] * 2


async def test_nobody_is_left_waiting_by_work_that_breaks_its_promise() -> None:
    async def forgetful(items: Sequence[int]) -> list[int | Exception]:
        return [items[0]]

    together = MicroBatcher[int, int](forgetful)
    async with asyncio.timeout(10):
        answers = await asyncio.gather(*(together.run(n) for n in range(2)), return_exceptions=True)
        assert answers[0] == 0
        assert isinstance(answers[1], ValueError)
        assert await together.run(7) == 7


async def test_a_call_given_up_before_its_turn_is_not_done() -> None:
    work = Work()
    together = MicroBatcher(work)
    first = asyncio.create_task(together.run(1))
    await work.started.wait()
    given_up, kept = (asyncio.create_task(together.run(n)) for n in (2, 3))
    await asyncio.sleep(0)
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    work.go.set()
    assert list(await asyncio.gather(first, kept)) == [10, 30]
    assert work.batches == [[1], [3]]
