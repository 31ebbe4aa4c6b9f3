"""How often a caller may ask: a token bucket for each."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

MAX_CALLERS = 10_000
"""Callers whose rate is remembered, of each kind; 250 bytes each. Fewer: many addresses in turn escape it.
More: memory."""


class Rates:
    """A token bucket per caller, filled at ``rate`` a second, holding two seconds' worth.

    Args:
        rate: requests a second; 0 for no limit.
        clock: seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = monotonic) -> None:
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> float:
        """Take one; returns 0, or the seconds until there is one."""
        if self._rate <= 0:
            return 0.0
        rate, now = self._rate, self._clock()
        most = max(1.0, 2 * rate)
        left, seen = self._buckets.pop(caller, (most, now))
        left = min(most, left + (now - seen) * rate)
        taken = left >= 1
        self._buckets[caller] = (left - 1 if taken else left, now)
        if len(self._buckets) > MAX_CALLERS:
            self._buckets.popitem(last=False)
        return 0.0 if taken else (1 - left) / rate
