"""Room for so much at once, over all threads: what each takes is known before it begins."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOOK_SECONDS = 0.2
"""How often whoever waits for room is asked whether it is still wanted. Longer: a cancel waits."""


class Room:
    """Room for so many units, given in the order in which it is asked for.

    Args:
        units: what there is of it.
    """

    def __init__(self, units: int) -> None:
        self._size = self._left = units
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()

    @contextmanager
    def taken(self, units: int, check: Callable[[], None]) -> Iterator[None]:
        """Hold room for ``units``, or all there is.

        Args:
            units: what is wanted.
            check: asked while there is none; raises when it is no longer wanted.
        """
        wanted, ticket = min(units, self._size), object()
        with self._changed:
            self._queue.append(ticket)
            try:
                while self._queue[0] is not ticket or self._left < wanted:
                    self._changed.wait(LOOK_SECONDS)
                    check()
                self._left -= wanted
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._left += wanted
                self._changed.notify_all()
