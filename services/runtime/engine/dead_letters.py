"""Dead letters: the record as it was, and in its headers why it was given up on."""

import base64
import hashlib
import traceback

from aiokafka.errors import MessageSizeTooLargeError, RecordListTooLargeError

from contracts.base import canonical_json
from contracts.errors import TransientError
from services.runtime.artifacts import Artifacts, Blob
from services.runtime.engine.retry import Failure
from services.runtime.kafka.publisher import Publisher, RawHeaders
from services.runtime.kafka.record_names import Record, record_id
from services.runtime.observability.redaction import redact

MAX_STACKTRACE = 8_000
"""Characters kept of a stack trace: the innermost frames."""

MAX_FRAMES = 100
"""Frames that these are taken from; a frame has some 150 characters."""


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
    frames = traceback.format_tb(error.__traceback__, limit=-MAX_FRAMES)
    stack = redact("".join(frames))[-MAX_STACKTRACE:]  # what is cut first may begin within a secret
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
        "dlq.exception.stacktrace": stack,
        "dlq.fingerprint": fingerprint(stage, failure, error),
    }
    return [*record.headers, *((name, value.encode(errors="replace")) for name, value in why.items())]


async def send(
    publisher: Publisher, artifacts: Artifacts, topic: str, record: Record, headers: RawHeaders
) -> None:
    """Publish a dead letter; of a record that Kafka does not take again, the store keeps what it was.

    A stranger may write what we cannot: compressed, ten megabytes of blanks are a few kilobytes to the
    broker that took them, and a record at the broker's limit is over it with our reasons beside it. Waiting
    for Kafka to take it would hold its partition up for ever.

    Args:
        publisher: of the process.
        artifacts: where a record goes that is too large.
        topic: the dead letters.
        record: what was given up on.
        headers: from :func:`headers_of`.

    Raises:
        TransientError: ``BROKER_UNAVAILABLE`` (perhaps only the topic of dead letters), ``STORAGE_FULL`` or
            ``STORAGE_UNAVAILABLE``.
    """
    name = f"{topic}/{record_id(record)}"  # tried again while it is on its way, it is one letter all the same
    try:
        await publisher.send_raw(topic, record.key, record.value, headers, name)
    except TransientError as error:
        if not isinstance(error.__cause__, _TOO_LARGE):
            raise
        kept = await artifacts.put(Blob(_record_json(record), "application/json"))
        where = [("dlq.record.uri", kept.uri.encode()), ("dlq.record.bytes", str(kept.bytes).encode())]
        ours = headers[len(record.headers) :]
        await publisher.send_raw(topic, b"", None, [*ours, *where], f"{name}/kept")


_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


def _record_json(record: Record) -> bytes:
    headers = [[name, _base64(value)] for name, value in record.headers]
    return canonical_json({"key": _base64(record.key), "value": _base64(record.value), "headers": headers})


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()
