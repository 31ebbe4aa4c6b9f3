"""One change of a job on its way to viewers: every form of it is built once, for all of them."""

from contracts.events import JobUpdated
from services.gateway.live.cursors import Bookmark, Cursor, LogPosition
from services.gateway.live.frames import text_frame
from services.gateway.live.messages import job_message, progress_message

NOWHERE = LogPosition("", (0,))


class Update:
    """A job as it is after a change.

    Args:
        job: what changed.
        place: where a viewer stands that has heard this and everything before.
        number: its place among all that this process tells; rises.
        snapshot: whether it was read from the ledger, and stands for whatever came before it.

    Attributes:
        job: as above, and so are ``place``, ``number`` and ``snapshot``.
        job_id: the job's.
        revision: the job's.
        terminal: whether the attempt has ended; such an update is never conflated away.
        partition: where it stands in the log, unless it was read from the ledger.
        offset: the same.
    """

    __slots__ = (
        "_frame", "_job_frame", "_job_json", "_payload",
        "job", "job_id", "number", "offset", "partition", "place", "revision", "snapshot", "terminal",
    )  # fmt: skip

    def __init__(
        self, job: JobUpdated, place: LogPosition = NOWHERE, number: int = 0, *, snapshot: bool = False
    ) -> None:
        self.job = job
        self.job_id = job.job_id
        self.revision = job.revision
        self.terminal = not job.active
        self.place = place
        self.number = number
        self.snapshot = snapshot
        self.partition = self.offset = 0
        self._payload: bytes | None = None
        self._frame: bytes | None = None
        self._job_json: bytes | None = None
        self._job_frame: bytes | None = None

    def made_ready(self) -> "Update":
        """Build now what most viewers are told, and return itself."""
        self._frame = text_frame(self.payload)
        return self

    def stand(self, place: LogPosition, number: int, partition: int, offset: int) -> None:
        """Take its place in the log."""
        self.place, self.number, self.partition, self.offset = place, number, partition, offset

    @property
    def cursor(self) -> Cursor:
        """Where a viewer stands that has heard this and everything before."""
        return self.place.cursor

    @property
    def payload(self) -> bytes:
        """What viewers of a video are told, as JSON in UTF-8."""
        if self._payload is None:
            self._payload = progress_message(self.job).model_dump_json().encode()
        return self._payload

    @property
    def frame(self) -> bytes:
        """The message as a WebSocket frame."""
        if self._frame is None:
            self._frame = text_frame(self.payload)
        return self._frame

    @property
    def job_json(self) -> bytes:
        """All that is told of the job, as JSON in UTF-8."""
        if self._job_json is None:
            self._job_json = job_message(self.job).model_dump_json().encode()
        return self._job_json

    @property
    def job_frame(self) -> bytes:
        """The frame of ``/ws/v2/jobs``."""
        if self._job_frame is None:
            kind = b"snapshot" if self.snapshot else b"update"
            cursor = self.cursor.model_dump_json().encode()
            message = b'{"type":"%s","cursor":%s,"job":%s}' % (kind, cursor, self.job_json)
            self._job_frame = text_frame(message)
        return self._job_frame

    @property
    def event(self) -> bytes:
        """The event of a stream of a job."""
        return self._event(self.job_json)

    @property
    def progress_event(self) -> bytes:
        """The event of a stream of a video."""
        return self._event(self.payload)

    def _event(self, data: bytes) -> bytes:
        bookmark = Bookmark(cursor=self.cursor, job_id=self.job_id, revision=self.revision)
        kind = b"snapshot" if self.snapshot else b"update"
        return b"id: %s\nevent: %s\ndata: %s\n\n" % (bookmark.text().encode(), kind, data)


class ConflationBuffer:
    """What a viewer that cannot keep up still has to hear: per job the newest progress and every end."""

    def __init__(self) -> None:
        self._slots: dict[str, list[Update]] = {}
        self.conflated = 0

    def __len__(self) -> int:
        return len(self._slots)

    def put(self, update: Update) -> None:
        """Keep ``update``; progress of the same job that nobody has heard yet gives way to it."""
        slot = self._slots.setdefault(update.job_id, [])
        if slot and not slot[-1].terminal:
            slot[-1] = update
            self.conflated += 1
        else:
            slot.append(update)

    def take(self) -> list[Update]:
        """Return what is kept, in the order it was told, so that cursors rise; and keep nothing."""
        kept, self._slots = self._slots, {}
        return sorted((update for slot in kept.values() for update in slot), key=lambda each: each.number)
