"""Dead letters: the record as it was, and in its headers why it was given up on."""

import hashlib
import traceback

from services.runtime.publisher import RawHeaders
from services.runtime.redaction import redact
from services.runtime.retry import Failure
from services.runtime.window import Record

MAX_STACKTRACE = 8_000
"""Characters kept of a stack trace: the innermost frames."""


def fingerprint(stage: str, failure: Failure, error: BaseException) -> str:
    """Return a short hash, equal for failures of one kind: stage, code, exception and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.name}" for frame in frames[-3:]]
    text = "|".join([stage, failure.code, type(error).__name__, *where])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def headers_of(
    record: Record, stage: str, failure: Failure, error: BaseException, attempts: int
) -> RawHeaders:
    """Return the record's own headers, unchanged, followed by the ``dlq.*`` ones (all text)."""
    stack = "".join(traceback.format_tb(error.__traceback__))[-MAX_STACKTRACE:]
    why = {
        "dlq.original.topic": record.topic,
        "dlq.original.partition": str(record.partition),
        "dlq.original.offset": str(record.offset),
        "dlq.stage": stage,
        "dlq.attempts": str(attempts),
        "dlq.category": failure.category.value,
        "dlq.code": failure.code.value,
        "dlq.exception.class": f"{type(error).__module__}.{type(error).__qualname__}",
        "dlq.exception.message": redact(failure.message)[:2000],
        "dlq.exception.stacktrace": redact(stack),
        "dlq.fingerprint": fingerprint(stage, failure, error),
    }
    return [*record.headers, *((name, value.encode()) for name, value in why.items())]
