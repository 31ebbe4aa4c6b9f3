"""Which reports of progress must be written: a filter in memory in front of the ledger's fold.

Written at once: the end of a part, and whatever moves the job's percentage or step. Everything between is
kept in memory and goes along with the next write. A crash loses only shares that the part's end repeats;
viewers are told only what is written, so no restart makes a bar fall. At most some 100 writes a job for
percentages and one per step and scene, however often stages report.
"""

from collections import OrderedDict
from collections.abc import Iterable

from contracts.steps import Step, current_step, overall_progress
from services.gateway.ledger.jobs.progress import Share, by_step

MAX_FOLDS = 1_000
"""Attempts remembered. Fewer: a forgotten one costs a read. More: some 10 kB each."""

Key = tuple[str, int]


class ProgressFilter:
    """The shares of one attempt, as this process knows them.

    Args:
        known: what the ledger has.

    Attributes:
        told: the newest revision of the job that this process has announced.
    """

    def __init__(self, known: Iterable[Share]) -> None:
        self.told = 0
        self._parts: dict[tuple[Step, int], float] = {}
        self._counts: dict[Step, int] = {}
        self._unwritten: dict[tuple[Step, int], Share] = {}
        self._written: tuple[int, Step] | None = None
        for item in known:
            self._keep(item)
        if self._parts:
            self._written = self._standing()

    def news(self, item: Share) -> list[Share]:
        """Take a report; returns what to write now, which may be nothing."""
        if self._parts.get((item.step, item.part), -1.0) >= item.share:
            return []
        self._keep(item)
        self._unwritten[item.step, item.part] = item
        standing = self._standing()
        if item.share < 1 and standing == self._written:
            return []
        self._written = standing
        due, self._unwritten = list(self._unwritten.values()), {}
        return due

    def _keep(self, item: Share) -> None:
        self._parts[item.step, item.part] = item.share
        self._counts[item.step] = max(item.parts, self._counts.get(item.step, 1))

    def _standing(self) -> tuple[int, Step]:
        sums = dict.fromkeys(self._counts, 0.0)
        for (step, _), share in self._parts.items():
            sums[step] += share
        done = by_step((step, total, self._counts[step]) for step, total in sums.items())
        return overall_progress(done), current_step(done)


class Folds:
    """The folds of the attempts that reported last."""

    def __init__(self) -> None:
        self._folds: OrderedDict[Key, ProgressFilter] = OrderedDict()

    def get(self, key: Key) -> ProgressFilter | None:
        """Return an attempt's fold, if it is remembered."""
        fold = self._folds.get(key)
        if fold is not None:
            self._folds.move_to_end(key)
        return fold

    def put(self, key: Key, fold: ProgressFilter) -> None:
        """Remember an attempt's fold."""
        self._folds[key] = fold
        while len(self._folds) > MAX_FOLDS:
            self._folds.popitem(last=False)

    def forget(self, key: Key) -> None:
        """Read the ledger again at the attempt's next report: a write failed, or the attempt has ended."""
        self._folds.pop(key, None)
