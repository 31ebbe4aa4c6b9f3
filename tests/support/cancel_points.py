"""Cancels a task at a wait of one's choice: as it begins, or in the moment in which it is over.

In that moment cancels get lost: ``asyncio.wait_for`` of Python 3.11 returns its result then, and the task
goes on as if nobody had asked it to end.
"""

import asyncio
import types
from collections.abc import Callable, Coroutine, Generator
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")


class Moment(StrEnum):
    """When the cancel comes."""

    BEFORE = "as the wait begins"
    MET = "as the wait is over, before the task goes on"


async def cancelled_at(work: Coroutine[Any, Any, T], number: int, moment: Moment) -> bool:
    """Run ``work`` and cancel it at its ``number``-th wait, from 1; return whether it came to that wait.

    Raises:
        AssertionError: it came there, and went on to its end as if it had not been cancelled.
    """
    reached = ""

    def waiting(count: int, waits_for: "asyncio.Future[Any] | None") -> None:
        nonlocal reached
        if count == number:
            reached = where(work)
            if moment is Moment.MET and waits_for is not None:
                waits_for.add_done_callback(lambda _: task.cancel())
            else:
                task.cancel()

    task = asyncio.ensure_future(_told_of_waits(work, waiting))
    await asyncio.wait((task,))
    if not reached:
        task.result()
    assert not reached or task.cancelled(), f"the cancel was lost at wait {number}: {reached}"
    return bool(reached)


@types.coroutine
def _told_of_waits(
    work: Coroutine[Any, Any, T], waiting: Callable[[int, "asyncio.Future[Any] | None"], None]
) -> Generator[Any, Any, T]:
    """Run ``work`` step by step, as a task does; ``waiting`` hears of each wait before the task does."""
    count, value = 0, None
    error: BaseException | None = None
    while True:
        try:
            waits_for = work.send(value) if error is None else work.throw(error)
        except StopIteration as end:
            result: T = end.value
            return result
        count += 1
        waiting(count, waits_for)
        error = None
        try:
            value = yield waits_for
        except BaseException as thrown:  # noqa: BLE001 - a cancel is one
            error = thrown


def where(work: Coroutine[Any, Any, Any]) -> str:
    """Say where a coroutine waits, from the outermost function to the innermost."""
    names: list[str] = []
    inner: Any = work
    while (frame := getattr(inner, "cr_frame", None)) is not None:
        names.append(f"{frame.f_code.co_qualname}:{frame.f_lineno}")
        inner = inner.cr_await
    return " > ".join(names)
