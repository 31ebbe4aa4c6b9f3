"""What the backend is told of ends, as the ledger recorded it: each end once, as it was, and nothing else."""

import json
from collections import defaultdict

from contracts.events import JobCompleted
from contracts.ledger_events import CallbackRecorded
from contracts.topics import LEDGER
from tests.chaos.evidence import Attempt, Evidence
from tests.chaos.readings import of_topic, terminals


def untrue_callbacks(evidence: Evidence) -> list[str]:
    """(e) Callbacks of attempts that have not ended so, and ends of which the backend is told nothing."""
    told: defaultdict[Attempt, set[str]] = defaultdict(set)
    for record in of_topic(evidence, LEDGER.name):
        if record.type == CallbackRecorded.type and record.body["kind"] == "job.complete" and record.attempt:
            told[record.attempt].add(record.body["body"])
    ends = terminals(evidence)
    found = []
    for attempt in sorted(told.keys() | ends.keys()):
        said = sorted(json.loads(body)["status"] for body in told.get(attempt, ()))
        wanted = ["COMPLETED" if end.type == JobCompleted.type else "FAILED" for end in ends.get(attempt, [])]
        if said != wanted[:1]:
            found.append(f"{attempt} ended {wanted or 'never'}, its callbacks say {said or 'nothing'}")
    return found
