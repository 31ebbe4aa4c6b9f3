"""Wait for a condition instead of sleeping: poll it until it holds, or fail and say what was last seen.

A predicate returns something truthy once the condition holds (that value is returned), or raises
``AssertionError`` while it does not, so plain asserts can be polled as they stand. Any other exception is a
bug in the test or in the product and passes through at once.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, overload

T = TypeVar("T")

TIMEOUT_SECONDS: Final = 10.0
"""Long enough for a consumer group to form on a machine whose cores are all busy; a passing test never
waits for it."""

EVERY_SECONDS: Final = 0.02
"""Pause between two looks: short beside what is waited for, long enough to leave the CPU to it."""


@overload
async def eventually(
    predicate: Callable[[], Awaitable[T]], timeout: float = ..., *, every: float = ..., message: str = ...
) -> T: ...
@overload
async def eventually(
    predicate: Callable[[], T], timeout: float = ..., *, every: float = ..., message: str = ...
) -> T: ...
async def eventually(
    predicate: Callable[[], Any],
    timeout: float = TIMEOUT_SECONDS,
    *,
    every: float = EVERY_SECONDS,
    message: str = "",
) -> Any:
    """Poll ``predicate`` (plain or async) until it holds and return its value.

    Args:
        predicate: see the module's first lines.
        timeout: seconds until the test fails.
        every: seconds between two looks.
        message: what is waited for; the predicate's source line stands in for it.

    Raises:
        AssertionError: the condition did not hold in time; tells how often it was looked at and what
            the last look gave.
    """
    watch = _Watch(predicate, timeout, message)
    while True:
        try:
            seen = predicate()
            value = await seen if inspect.isawaitable(seen) else seen
        except AssertionError as error:
            watch.failed(error)
        else:
            if value:
                return value
            watch.saw(value)
        watch.check()
        await asyncio.sleep(every)


def eventually_sync(
    predicate: Callable[[], T],
    timeout: float = TIMEOUT_SECONDS,
    *,
    every: float = EVERY_SECONDS,
    message: str = "",
) -> T:
    """Do what :func:`eventually` does, for tests without an event loop."""
    watch = _Watch(predicate, timeout, message)
    while True:
        try:
            value = predicate()
        except AssertionError as error:
            watch.failed(error)
        else:
            if value:
                return value
            watch.saw(value)
        watch.check()
        time.sleep(every)


class _Watch:
    """Counts the looks and words the failure."""

    def __init__(self, predicate: Callable[[], object], timeout: float, message: str) -> None:
        self._what = message or _source_of(predicate)
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._looks = 0
        self._last = "nothing"
        self._cause: AssertionError | None = None

    def saw(self, value: object) -> None:
        self._looks += 1
        self._last, self._cause = f"the value {value!r:.500}", None

    def failed(self, error: AssertionError) -> None:
        self._looks += 1
        self._last, self._cause = f"the assertion {str(error) or 'without a message'!r:.500}", error

    def check(self) -> None:
        if time.monotonic() < self._deadline:
            return
        raise AssertionError(
            f"not within {self._timeout:g} s: {self._what} "
            f"(looked {self._looks} times, last saw {self._last})"
        ) from self._cause


def _source_of(predicate: Callable[[], object]) -> str:
    try:
        source = inspect.getsource(predicate).strip()
    except (OSError, TypeError):
        return repr(predicate)
    return " ".join(source.split())[:200]
