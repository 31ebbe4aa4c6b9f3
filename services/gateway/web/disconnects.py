"""Callers that leave while they are waited for: nothing is held open for nobody."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

T = TypeVar("T")


async def departure(receive: Receive) -> None:
    """Return once the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def while_there(receive: Receive, wait: float, work: Callable[[float], Coroutine[Any, Any, T]]) -> T:
    """Return what ``work`` gives, which waits for so many seconds at most; for none once the caller has left.

    Args:
        receive: of the request, its body taken.
        wait: seconds.
        work: changes nothing, so that it may be broken off.
    """
    working, leaving = asyncio.create_task(work(wait)), asyncio.create_task(departure(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)
    return await work(0.0)
