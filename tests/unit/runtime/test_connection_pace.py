"""An answer has to be taken at a pace: a byte now and then does not hold a connection."""

import types
from collections.abc import Callable
from typing import Any

import pytest

from services.runtime.http.connection import PACE, WRITE_SECONDS, HttpConnection

ENOUGH = int(PACE * WRITE_SECONDS)


@pytest.mark.parametrize(("taken", "given_up"), [(1, True), (ENOUGH - 1, True), (ENOUGH, False)])
def test_who_takes_less_than_20_kb_of_an_answer_in_20_s_is_given_up(taken: int, *, given_up: bool) -> None:
    left, clocks, aborted = [100_000], list[tuple[float, Callable[[], None]]](), list[bool]()
    connection: Any = HttpConnection.__new__(HttpConnection)
    connection.loop = types.SimpleNamespace(call_later=lambda *clock: clocks.append(clock))
    connection.transport = types.SimpleNamespace(
        get_write_buffer_size=lambda: left[0], abort=lambda: aborted.append(True)
    )
    connection.closing()
    [(seconds, late)] = clocks
    assert seconds == WRITE_SECONDS
    left[0] -= taken
    late()
    assert bool(aborted) is given_up
    assert len(clocks) == (1 if given_up else 2)


@pytest.mark.parametrize(("paused", "held"), [(True, 50_000), (False, 0)])
def test_what_is_not_taken_of_an_answer_counts_as_held(*, paused: bool, held: int) -> None:
    counted: list[int] = []
    connection: Any = HttpConnection.__new__(HttpConnection)
    connection.cycle = None
    connection.timeout_keep_alive_task = object()
    connection.flow = types.SimpleNamespace(write_paused=paused)
    connection.transport = types.SimpleNamespace(get_write_buffer_size=lambda: 50_000)
    connection._place = types.SimpleNamespace(wait=lambda: None, work=lambda: None, hold=counted.append)
    connection.settle()
    assert counted == [held]
