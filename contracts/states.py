"""The states of a job, a script and a callback, once: the events, the ledger and the API all say these.

The lists are closed: whether something has ended is told by them, so a state that a reader does not know
cannot be passed by. A new one is a new major version of the events that carry it (decision 47).
"""

from enum import StrEnum


class JobState(StrEnum):
    """``QUEUED → PROCESSING → COMPLETED | FAILED``; ``FAILED → PROCESSING`` by retry."""

    QUEUED = "QUEUED"
    PROCESSING = "PROCESSING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"

    @property
    def active(self) -> bool:
        """Whether work is going on or about to."""
        return self in {JobState.QUEUED, JobState.PROCESSING}


class ScriptState(StrEnum):
    """``GENERATING → DRAFT ⇄ APPROVED``, or ``GENERATING → FAILED``."""

    GENERATING = "GENERATING"
    DRAFT = "DRAFT"
    APPROVED = "APPROVED"
    FAILED = "FAILED"


class ScriptOrigin(StrEnum):
    """Who wrote a version of a script: the writer, or a person."""

    GENERATED = "generated"
    EDITED = "edited"


class CallbackKind(StrEnum):
    """What a callback tells."""

    SCRIPT = "script.complete"
    JOB = "job.complete"


class CallbackState(StrEnum):
    """``PENDING → DELIVERED | SUPERSEDED | EXPIRED | GONE``.

    Superseded by a retry, expired when it was tried for too long, gone by the receiver's 410: it wants it no
    more.
    """

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    SUPERSEDED = "SUPERSEDED"
    EXPIRED = "EXPIRED"
    GONE = "GONE"
