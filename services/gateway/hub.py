"""Fan-out: every change of a job to everybody who watches its video.

One gateway process: the hub is fed by the ledger's callers after each commit. With several processes each
needs a consumer of its own that hears of every change; then that consumer feeds the hub.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from services.gateway.ledger.records import JobRecord
from services.gateway.messages import ProgressMessage, progress_message


@dataclass(frozen=True)
class Update:
    """A job as it is after a change; its message and its JSON are built once, for all subscribers."""

    job: JobRecord

    @property
    def terminal(self) -> bool:
        """Whether the attempt has ended; such an update is never conflated away."""
        return not self.job.state.active

    @cached_property
    def message(self) -> ProgressMessage:
        """What viewers are told."""
        return progress_message(self.job)

    @cached_property
    def payload(self) -> bytes:
        """The message as JSON in UTF-8."""
        return self.message.model_dump_json().encode()


class Slots:
    """What a subscriber that cannot keep up still has to hear: per job the newest progress and every end."""

    def __init__(self) -> None:
        self._slots: dict[str, list[Update]] = {}
        self.conflated = 0

    def __len__(self) -> int:
        return len(self._slots)

    def put(self, update: Update) -> None:
        """Keep ``update``; progress of the same job that nobody has heard yet gives way to it."""
        slot = self._slots.setdefault(update.job.job_id, [])
        if slot and not slot[-1].terminal:
            slot[-1] = update
            self.conflated += 1
        else:
            slot.append(update)

    def take(self) -> list[Update]:
        """Return what is kept, in order per job, and keep nothing."""
        kept, self._slots = self._slots, {}
        return [update for slot in kept.values() for update in slot]


class Subscription:
    """One watcher of a video: attached first, then given the snapshot, then whatever is newer.

    Updates that come between are kept until :meth:`open`. A job's revision decides what is newer, so nothing
    is lost, told twice or told backwards, however late the snapshot was read.

    Args:
        deliver: takes an update; called on the event loop, must not block.
    """

    def __init__(self, deliver: Callable[[Update], None]) -> None:
        self._deliver = deliver
        self._early: Slots | None = Slots()
        self._told: dict[str, int] = {}

    def offer(self, update: Update) -> None:
        """Deliver ``update`` if it is news."""
        if self._early is not None:
            self._early.put(update)
        elif update.job.revision > self._told.get(update.job.job_id, 0):
            self._told[update.job.job_id] = update.job.revision
            self._deliver(update)

    def open(self, snapshot: JobRecord | None) -> None:
        """Deliver the snapshot, then what came since, then live."""
        early, self._early = self._early, None
        if snapshot is not None:
            self.offer(Update(snapshot))
        for update in early.take() if early else ():
            self.offer(update)


class Hub:
    """The subscriptions of this process, by video."""

    def __init__(self) -> None:
        self._watchers: defaultdict[str, set[Subscription]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(len(watchers) for watchers in self._watchers.values())

    def attach(self, video_id: str, subscription: Subscription) -> None:
        """Send the video's updates to ``subscription`` from now on."""
        self._watchers[video_id].add(subscription)

    def detach(self, video_id: str, subscription: Subscription) -> None:
        """Stop sending."""
        watchers = self._watchers.get(video_id)
        if watchers is not None:
            watchers.discard(subscription)
            if not watchers:
                del self._watchers[video_id]

    def publish(self, job: JobRecord) -> None:
        """Tell everybody who watches the job's video."""
        watchers = self._watchers.get(job.video_id)
        if not watchers:
            return
        update = Update(job)
        for subscription in tuple(watchers):
            subscription.offer(update)
