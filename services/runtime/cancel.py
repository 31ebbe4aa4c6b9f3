"""Cooperative cancellation, checked from any thread: once per encoded frame, per sentence spoken."""

from contracts.errors import CanceledError


class CancelToken:
    """Set once, by the fence, when the attempt this work belongs to is dead.

    Nobody waits for it, so it is a plain attribute, which threads see as soon as it is set; a
    ``threading.Event`` would cost every record two locks.
    """

    __slots__ = ("_canceled",)

    def __init__(self) -> None:
        self._canceled = False

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._canceled = True

    @property
    def canceled(self) -> bool:
        """Whether the work was asked to stop."""
        return self._canceled

    def check(self) -> None:
        """Return at once, or raise.

        Raises:
            CanceledError: the work was asked to stop.
        """
        if self._canceled:
            raise CanceledError
