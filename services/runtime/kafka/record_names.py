"""What a Kafka record is called: where it stands, for people, and what tells it from every other one."""

import hashlib
from typing import Protocol


class Record(Protocol):
    """What the engine reads of aiokafka's ``ConsumerRecord``."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]


def place_of(record: Record) -> str:
    """Return where a record stands: topic, partition and offset."""
    return f"{record.topic}/{record.partition}/{record.offset}"


def record_id(record: Record) -> str:
    """Return what a record is known by: where it stands, when it was written (ms), and what it says.

    A place alone names one record only as long as there is one log: another cluster, or a topic deleted and
    made again, counts from 0 once more. The ids of cluster and topic would tell logs apart, too, but whoever
    reads a record cannot be sure of them: a topic may be made anew between the question and the fetch, and
    the record, read again, would then be known by another id, and obeyed twice.
    """
    digest = hashlib.sha256()
    for part in (record.key, record.value):
        digest.update(b"-" if part is None else b"%d:" % len(part))
        digest.update(part or b"")
    return f"{place_of(record)}/{record.timestamp}/{digest.hexdigest()}"
