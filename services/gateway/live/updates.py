"""One change of a job on its way to viewers: every form of it is built once, for all of them."""

from dataclasses import dataclass
from functools import cached_property

from contracts.events import JobUpdated
from services.gateway.live.cursors import Bookmark, Cursor
from services.gateway.live.frames import text_frame
from services.gateway.messages import job_message, progress_message


@dataclass(frozen=True, eq=False)
class Update:
    """A job as it is after a change.

    Attributes:
        job: what changed.
        cursor: where a viewer stands that has heard this and everything before.
        number: its place among all that this process tells; rises.
        snapshot: whether it was read from the ledger, and stands for whatever came before it.
        offset: its partition and offset in the log, unless it was read from the ledger.
    """

    job: JobUpdated
    cursor: Cursor
    number: int
    snapshot: bool = False
    offset: tuple[int, int] = (0, 0)

    @property
    def terminal(self) -> bool:
        """Whether the attempt has ended; such an update is never conflated away."""
        return not self.job.active

    @cached_property
    def payload(self) -> bytes:
        """What viewers of a video are told, as JSON in UTF-8."""
        return progress_message(self.job).model_dump_json().encode()

    @cached_property
    def frame(self) -> bytes:
        """The message as a WebSocket frame."""
        return text_frame(self.payload)

    @cached_property
    def job_json(self) -> bytes:
        """All that is told of the job, as JSON in UTF-8."""
        return job_message(self.job).model_dump_json().encode()

    @cached_property
    def job_frame(self) -> bytes:
        """The frame of ``/ws/v2/jobs``."""
        kind = b"snapshot" if self.snapshot else b"update"
        cursor = self.cursor.model_dump_json().encode()
        return text_frame(b'{"type":"%s","cursor":%s,"job":%s}' % (kind, cursor, self.job_json))

    @cached_property
    def event(self) -> bytes:
        """The event of a stream of a job."""
        return self._event(self.job_json)

    @cached_property
    def progress_event(self) -> bytes:
        """The event of a stream of a video."""
        return self._event(self.payload)

    def _event(self, data: bytes) -> bytes:
        bookmark = Bookmark(cursor=self.cursor, job_id=self.job.job_id, revision=self.job.revision)
        kind = b"snapshot" if self.snapshot else b"update"
        return b"id: %s\nevent: %s\ndata: %s\n\n" % (bookmark.text().encode(), kind, data)


class Slots:
    """What a viewer that cannot keep up still has to hear: per job the newest progress and every end."""

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
        """Return what is kept, in the order it was told, so that cursors rise; and keep nothing."""
        kept, self._slots = self._slots, {}
        return sorted((update for slot in kept.values() for update in slot), key=lambda each: each.number)
