"""The newest updates of the log, in memory: what a viewer that comes back is told from."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence

from services.gateway.live.cursors import Cursor
from services.gateway.live.updates import Update

RING = 8_192
"""Updates kept: a quarter of a minute at 500 a second, some 15 MB. Fewer: more viewers that come back are
given a snapshot instead of what they missed."""

Watch = tuple[str, str]
"""What is watched: ``("job", job_id)`` or ``("video", video_id)``."""


def of_job(job_id: str) -> Watch:
    """Return the watch of one job."""
    return ("job", job_id)


def of_video(video_id: str) -> Watch:
    """Return the watch of all jobs of a video."""
    return ("video", video_id)


class ReplayBuffer:
    """The last updates, and from which offset of each partition on they are complete.

    Args:
        starts: the first offset of each partition that will be kept.
        size: how many updates.
    """

    def __init__(self, starts: Sequence[int], size: int = RING) -> None:
        self._starts = list(starts)
        self._size = size
        self._updates: deque[Update] = deque()
        self._watched: defaultdict[Watch, deque[Update]] = defaultdict(deque)

    def __len__(self) -> int:
        return len(self._updates)

    def keep(self, update: Update) -> None:
        """Keep the log's next update; the oldest one may have to go."""
        self._updates.append(update)
        for watch in (of_job(update.job_id), of_video(update.job.video_id)):
            self._watched[watch].append(update)
        if len(self._updates) > self._size:
            self._forget(self._updates.popleft())

    def reaches(self, cursor: Cursor) -> bool:
        """Say whether everything from ``cursor`` on is here, as far as its start is concerned."""
        return len(cursor.offsets) == len(self._starts) and all(
            wanted >= start for wanted, start in zip(cursor.offsets, self._starts, strict=True)
        )

    def since(self, cursor: Cursor, watches: Iterable[Watch]) -> list[Update]:
        """Return what of ``watches`` stands at or behind ``cursor``, each update once, in order."""
        found = {
            update.number: update
            for watch in watches
            for update in self._watched.get(watch, ())
            if update.offset >= cursor.offsets[update.partition]
        }
        return [found[number] for number in sorted(found)]

    def _forget(self, oldest: Update) -> None:
        self._starts[oldest.partition] = oldest.offset + 1
        for watch in (of_job(oldest.job_id), of_video(oldest.job.video_id)):
            self._watched[watch].popleft()
            if not self._watched[watch]:
                del self._watched[watch]
