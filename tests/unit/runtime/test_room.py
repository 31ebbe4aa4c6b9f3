"""Room is given in order, and asked for no longer than it is wanted."""

import threading

from contracts.errors import CanceledError
from services.runtime.cancel import CancelToken
from services.runtime.room import Room
from tests.support.eventually import eventually_sync


def nobody() -> None:
    """Nobody cancels."""


def test_all_threads_together_have_120_units_in_the_order_in_which_they_came() -> None:
    room = Room(120)
    order: list[str] = []
    threads = []

    def wait_for(name: str, units: int) -> None:
        with room.taken(units, nobody):
            order.append(name)

    with room.taken(70, nobody), room.taken(50, nobody):
        for name, units in (("long", 510), ("short", 10)):
            threads.append(threading.Thread(target=wait_for, args=(name, units)))
            threads[-1].start()
            eventually_sync(lambda: len(room._queue) == len(threads), 5)
        assert order == []
    for thread in threads:
        thread.join(5)
    assert order == ["long", "short"]
    with room.taken(120, nobody):
        pass


def test_a_cancel_is_heard_while_there_is_no_room() -> None:
    room, cancel = Room(120), CancelToken()
    ended: list[BaseException] = []

    def wait_for_room() -> None:
        try:
            with room.taken(1, cancel.check):
                pass
        except CanceledError as error:
            ended.append(error)

    with room.taken(120, nobody):
        thread = threading.Thread(target=wait_for_room)
        thread.start()
        eventually_sync(lambda: bool(room._queue), 5)
        cancel.cancel()
        thread.join(5)
        assert len(ended) == 1
    with room.taken(120, nobody):
        pass
