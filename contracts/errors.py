"""Error codes and the one typed hierarchy of errors that carries them."""

from collections.abc import Callable
from enum import StrEnum
from typing import Self


class ErrorCode(StrEnum):
    """Everything that can go wrong, as the API, the job ledger and the dead letters name it.

    What this release writes. On the wire the list is open (:data:`contracts.base.Code`).
    """

    # asking for something
    COMMAND_INVALID = "COMMAND_INVALID"
    EVENT_MALFORMED = "EVENT_MALFORMED"
    EVENT_TYPE_UNKNOWN = "EVENT_TYPE_UNKNOWN"
    EVENT_TOO_LARGE = "EVENT_TOO_LARGE"
    JOB_NOT_FOUND = "JOB_NOT_FOUND"
    JOB_STATE_CONFLICT = "JOB_STATE_CONFLICT"
    SCRIPT_NOT_FOUND = "SCRIPT_NOT_FOUND"
    SCRIPT_NOT_APPROVED = "SCRIPT_NOT_APPROVED"
    SCRIPT_STATE_CONFLICT = "SCRIPT_STATE_CONFLICT"
    SCRIPT_INVALID = "SCRIPT_INVALID"
    SETTINGS_INVALID = "SETTINGS_INVALID"
    # phase 1
    SOURCE_TEXT_EMPTY = "SOURCE_TEXT_EMPTY"
    SOURCE_TEXT_TOO_LONG = "SOURCE_TEXT_TOO_LONG"
    LANGUAGE_UNSUPPORTED = "LANGUAGE_UNSUPPORTED"
    SCRIPT_GENERATION_FAILED = "SCRIPT_GENERATION_FAILED"
    # phase 2
    NO_RENDER_SPEC = "NO_RENDER_SPEC"
    RENDER_SPEC_INVALID = "RENDER_SPEC_INVALID"
    NARRATION_UNSPEAKABLE = "NARRATION_UNSPEAKABLE"
    NARRATION_TOO_LONG = "NARRATION_TOO_LONG"
    TTS_FAILED = "TTS_FAILED"
    SUBTITLE_FAILED = "SUBTITLE_FAILED"
    SLIDE_FAILED = "SLIDE_FAILED"
    COMPOSE_FAILED = "COMPOSE_FAILED"
    SELF_CHECK_FAILED = "SELF_CHECK_FAILED"
    STORAGE_UPLOAD_FAILED = "STORAGE_UPLOAD_FAILED"
    # anywhere
    CANCELED = "CANCELED"
    ARTIFACT_MISSING = "ARTIFACT_MISSING"
    ARTIFACT_CORRUPT = "ARTIFACT_CORRUPT"
    STORAGE_FULL = "STORAGE_FULL"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    BROKER_UNAVAILABLE = "BROKER_UNAVAILABLE"
    LEDGER_UNAVAILABLE = "LEDGER_UNAVAILABLE"
    BACKEND_UNAVAILABLE = "BACKEND_UNAVAILABLE"
    WORKER_DIED = "WORKER_DIED"
    INTERNAL_ERROR = "INTERNAL_ERROR"


def told_error(code: str | None, message: str | None, otherwise: ErrorCode) -> "PermanentError":
    """Return the error that a record or a row tells of, to be raised again.

    Args:
        code: as it was told; one that this release does not know becomes ``INTERNAL_ERROR``, and is named in
            the message.
        message: as it was told.
        otherwise: the code where none was told.
    """
    text = message or ""
    if code is None:
        return PermanentError(otherwise, text)
    try:
        return PermanentError(ErrorCode(code), text)
    except ValueError:
        return PermanentError(ErrorCode.INTERNAL_ERROR, f"{code}, which a newer release wrote: {text}")


_clean: Callable[[str], str] = str


def clean_messages_with(clean: Callable[[str], str]) -> None:
    """Pass the message of every error through ``clean`` as it is made.

    Errors are told in events, dead letters, problem documents, frames and logs: what is blanked at their
    birth is shown by none of them. What knows secrets is no part of the contracts: it registers itself here.
    """
    global _clean  # noqa: PLW0603 - set once, at import
    _clean = clean


class LecternError(Exception):
    """Base of every error Lectern raises on purpose.

    Args:
        code: what happened, for machines.
        message: what happened, to which job and scene, and what to do; secrets in it are blanked.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        message = _clean(message)
        super().__init__(message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """Be picklable: an error that a process pool cannot send back breaks the whole pool."""
        return type(self), (self.code, self.message)


class PermanentError(LecternError):
    """Trying again cannot help: the record goes to the dead letters at once and the job fails."""


class TransientError(LecternError):
    """Trying again may help: the key is parked and retried with backoff, up to the cap."""


class CanceledError(LecternError):
    """The job was cancelled or superseded while this work was in hand; nothing of it may be published."""

    def __init__(self, message: str = "the job was cancelled") -> None:
        super().__init__(ErrorCode.CANCELED, message)

    def __reduce__(self) -> tuple[type[Self], tuple[object, ...]]:
        """See the base: this one's code is not asked for."""
        return type(self), (self.message,)
