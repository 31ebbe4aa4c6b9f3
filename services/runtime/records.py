"""What a Kafka record is called: where it stands, for people, and what tells it from every other one."""

import hashlib
from collections.abc import Iterable

from contracts.script import MAX_SCENES
from services.runtime.window import Record

SCENE_HEADER = "ce_sceneindex"
"""CloudEvents extension attribute that names a record's scene, so that its lane is known undecoded."""


def scene_named(headers: Iterable[tuple[str, bytes | None]]) -> int | None:
    """Return the scene that an undecoded record says it is about."""
    text = dict(headers).get(SCENE_HEADER) or b""
    return int(text) if text.isdigit() and len(text) <= len(str(MAX_SCENES)) else None


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
