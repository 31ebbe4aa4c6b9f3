"""Spans of frames or blocks for which something holds."""

from contracts.base import Model


class Span(Model):
    """Seconds of the film, ``[start, end)``."""

    start: float
    end: float


class SpanFinder:
    """Collects the spans of a condition that is reported unit by unit, such as frame by frame."""

    def __init__(self, per_second: float, least_seconds: float) -> None:
        """Begin.

        Args:
            per_second: units a second.
            least_seconds: shorter spans are not kept.
        """
        self._rate = per_second
        self._least = least_seconds
        self._at = 0
        self._since: int | None = None
        self._spans: list[Span] = []

    def add(self, holds: bool) -> None:  # noqa: FBT001
        """Report the next unit."""
        if holds and self._since is None:
            self._since = self._at
        elif not holds:
            self._close()
        self._at += 1

    def _close(self) -> None:
        if self._since is not None and self._at - self._since >= self._least * self._rate:
            self._spans.append(
                Span(start=round(self._since / self._rate, 3), end=round(self._at / self._rate, 3))
            )
        self._since = None

    def spans(self) -> tuple[Span, ...]:
        """Return the spans; nothing can be added after this."""
        self._close()
        return tuple(self._spans)
