"""Waiting for a moment: what is done is told at once, what is late is left alone."""

import asyncio
from itertools import pairwise

import pytest

from services.runtime.kafka.patience import Patience
from tests.support.eventually import eventually

Futures = list["asyncio.Future[object]"]


def futures(count: int) -> Futures:
    loop = asyncio.get_running_loop()
    return [loop.create_future() for _ in range(count)]


async def test_all_that_is_waited_for_must_be_done() -> None:
    one, two = futures(2)
    waiting = asyncio.create_task(Patience(60).wait([one, two]))
    one.set_result(None)
    await eventually(one.done, 1)
    assert not waiting.done()
    two.set_exception(OSError())
    assert await waiting
    assert isinstance(two.exception(), OSError)


async def test_what_is_late_is_told_in_order_and_not_canceled() -> None:
    patience, late, ends = Patience(0.02), futures(3), []

    async def wait(number: int) -> None:
        assert not await patience.wait([late[number]])
        ends.append((number, asyncio.get_running_loop().time()))

    await asyncio.wait_for(asyncio.gather(*map(wait, range(3))), 10)
    assert [number for number, _ in ends] == [0, 1, 2]
    assert all(before <= after for (_, before), (_, after) in pairwise(ends))
    assert not any(each.done() for each in late)


async def test_whoever_comes_later_waits_as_long() -> None:
    patience, loop = Patience(0.05), asyncio.get_running_loop()
    early = asyncio.create_task(patience.wait(futures(1)))
    assert not await Patience(0.02).wait(futures(1))
    began = loop.time()
    assert not await patience.wait(futures(1))
    assert loop.time() - began >= 0.05
    assert early.done()


async def test_one_who_is_canceled_leaves_the_others_waiting() -> None:
    patience, (kept, given_up) = Patience(60), futures(2)
    stays, goes = (asyncio.create_task(patience.wait([each])) for each in (kept, given_up))
    await eventually(lambda: len(patience._waiting) == 2, 1)
    goes.cancel()
    with pytest.raises(asyncio.CancelledError):
        await goes
    assert not given_up.cancelled()
    kept.set_result(None)
    assert await stays


async def test_what_was_done_in_time_is_not_kept() -> None:
    patience = Patience(60)
    for _ in range(1_000):
        (future,) = futures(1)
        asyncio.get_running_loop().call_soon(future.set_result, None)
        assert await patience.wait([future])
    assert len(patience._waiting) == 1
