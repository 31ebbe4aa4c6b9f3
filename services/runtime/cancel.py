"""Cooperative cancellation, checked from any thread: once per encoded frame, per sentence spoken."""

import threading

from contracts.errors import CanceledError


class CancelToken:
    """Set once, by the fence, when the attempt this work belongs to is dead."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._event.set()

    @property
    def canceled(self) -> bool:
        """Whether the work was asked to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Return at once, or raise.

        Raises:
            CanceledError: the work was asked to stop.
        """
        if self._event.is_set():
            raise CanceledError
