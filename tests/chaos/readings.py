"""Reads what the checker needs from the raw log: requests, ends and cancels of each attempt."""

from collections import defaultdict
from collections.abc import Mapping

from contracts.events import ControlChanged, JobCompleted, JobFailed, RenderRequested
from contracts.topics import CONTROL, JOBS
from tests.chaos.evidence import Attempt, Evidence, Raw
from tests.chaos.records import MARK

TERMINAL = frozenset({JobCompleted.type, JobFailed.type})
CANCEL_SECONDS = 2.0
"""From the accepted cancel to the last thing that happens for the attempt."""
RECONNECT_SECONDS = 5.0
"""From Kafka's first answer after a restart until every partition has a leader and every client found it."""


def terminals(evidence: Evidence) -> dict[Attempt, list[Raw]]:
    """Return the announcements of each attempt's end, in the order of the log."""
    ends: defaultdict[Attempt, list[Raw]] = defaultdict(list)
    for record in of_topic(evidence, JOBS.name):
        if record.type in TERMINAL and record.attempt:
            ends[record.attempt].append(record)
    return dict(ends)


def requested(evidence: Evidence) -> dict[Attempt, Raw]:
    """Return the first request of each attempt."""
    first: dict[Attempt, Raw] = {}
    for record in of_topic(evidence, RenderRequested.type):
        if record.type == RenderRequested.type and record.attempt:
            first.setdefault(record.attempt, record)
    return first


def cancels(evidence: Evidence) -> dict[Attempt, float]:
    """Return each dead attempt's deadline, milliseconds: after it nothing may happen for the attempt."""
    deadlines: dict[Attempt, float] = {}
    for record in of_topic(evidence, CONTROL.name):
        if record.type == ControlChanged.type and record.attempt and record.body.get("canceled"):
            deadlines.setdefault(record.attempt, _deadline(record.at / 1000, evidence.outages) * 1000)
    return deadlines


def _deadline(canceled: float, outages: list[tuple[float, float]]) -> float:
    """Return when a cancel must have taken effect.

    While Kafka is away nobody hears of a cancel, and what was on its way to it arrives when it is back.
    """
    deadline = canceled + CANCEL_SECONDS
    for start, end in sorted(outages):
        if canceled < end and start < deadline:
            deadline = max(deadline, end + RECONNECT_SECONDS + CANCEL_SECONDS)
    return deadline


def of_topic(evidence: Evidence, topic: str) -> list[Raw]:
    """Return a topic's records in the order the broker took them."""
    found = [record for record in evidence.records if record.topic == topic]
    return sorted(found, key=lambda record: (record.at, record.partition, record.offset))


def last_ends(ends: Mapping[Attempt, list[Raw]]) -> dict[str, Raw]:
    """Return each job's end: that of its last attempt."""
    return {job: records[0] for (job, _), records in sorted(ends.items())}


def by_job(attempts: Mapping[Attempt, Raw]) -> dict[str, list[int]]:
    """Return the numbers of each job's attempts."""
    jobs: defaultdict[str, list[int]] = defaultdict(list)
    for job, attempt in attempts:
        jobs[job].append(attempt)
    return dict(jobs)


def code_of(end: Raw) -> str:
    """Return what an end says went wrong; empty for a completed one."""
    return str(end.body.get("code", ""))


def injected(record: Raw, evidence: Evidence) -> bool:
    """Say whether a fault published a record; one that Kafka took without an answer is known by its mark."""
    return record.place in evidence.injected or MARK in record.headers
