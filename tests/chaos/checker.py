"""Judges a run. Trusts nothing but raw records and stored bytes; pure functions, each a list of findings.

A finding is a sentence that names the job, so that its history can be read from the log.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts.events import (
    AssetsUploaded,
    JobCompleted,
    JobFailed,
    RenderRequested,
    SceneComposed,
    SceneDrawn,
    ScenePlanned,
    SceneSpoken,
    SceneSubtitled,
    ScriptRequested,
    VideoComposed,
)
from contracts.topics import (
    COMMANDS_TOPIC,
    CONTROL,
    JOBS,
    LEDGER,
    SCRIPT_GENERATED,
    SCRIPT_REQUESTED,
    STAGE_FAILED,
    UPDATES,
)
from tests.chaos.callbacks import untrue_callbacks
from tests.chaos.dead_letters import lost_poison
from tests.chaos.evidence import Evidence
from tests.chaos.readings import by_job, cancels, code_of, injected, last_ends, of_topic, requested, terminals
from tests.chaos.viewers import check_viewings

OUTPUTS = frozenset(
    event.type
    for event in (
        RenderRequested, ScenePlanned, SceneSpoken, SceneSubtitled, SceneDrawn, SceneComposed,
        VideoComposed, AssetsUploaded,
    )
)  # fmt: skip
STORE_CLOCK_SECONDS = 1.0
"""The store tells when an object was written in whole seconds."""
QUIET = frozenset({CONTROL.name, JOBS.name, LEDGER.name, UPDATES.name})
"""Topics that tell of what happened, and may after it has."""
OF_ARTIFACTS = frozenset({"ARTIFACT_MISSING", "ARTIFACT_CORRUPT"})
"""What an attempt may fail with when a fault damaged artifacts; a retry must heal it."""


@dataclass
class Verdict:
    """What was found; each list is empty when all is well. The letters are those of the guarantees."""

    lost: list[str] = field(default_factory=list)
    duplicate_terminals: list[str] = field(default_factory=list)
    distinct_outputs: list[str] = field(default_factory=list)
    broken_histories: list[str] = field(default_factory=list)
    hash_differences: list[str] = field(default_factory=list)
    late_effects: list[str] = field(default_factory=list)
    stuck_partitions: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    poison: list[str] = field(default_factory=list)
    viewers: list[str] = field(default_factory=list)
    rollbacks: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not any(vars(self).values())


def judge(evidence: Evidence) -> Verdict:
    """Return everything that is wrong with a run."""
    return Verdict(
        lost=lost(evidence),
        duplicate_terminals=duplicate_terminals(evidence),
        distinct_outputs=distinct_outputs(evidence),
        broken_histories=broken_histories(evidence),
        hash_differences=hash_differences(evidence),
        late_effects=late_effects(evidence) + untrue_callbacks(evidence),
        stuck_partitions=stuck_partitions(evidence),
        leaks=list(evidence.leaks),
        poison=lost_poison(evidence),
        viewers=check_viewings(evidence),
        rollbacks=obeyed_rollbacks(evidence),
    )


def lost(evidence: Evidence) -> list[str]:
    """(a) Accepted jobs and attempts without an end, and jobs that ended as they should not have."""
    ends = terminals(evidence)
    found = [
        f"{job} cannot be rendered even without faults: {each.code}"
        for job, each in evidence.references.items()
        if each.code
    ]
    found += [
        f"{job} attempt {attempt} was requested and never ended"
        for job, attempt in sorted(requested(evidence))
        if (job, attempt) not in ends
    ]
    last = last_ends(ends)
    for job in evidence.accepted:
        end = last.get(job.job_id)
        if end is None:
            found.append(f"{job.job_id} was accepted and has no end")
        elif end.type != JobCompleted.type and not (job.may_be_canceled and code_of(end) == "CANCELED"):
            found.append(f"{job.job_id} ended as {code_of(end)}: {end.body.get('message')}")
    for (job_id, attempt), records in ends.items():
        code = code_of(records[0])
        if code not in {"", "CANCELED"} and not (evidence.damaged and code in OF_ARTIFACTS):
            found.append(f"{job_id} attempt {attempt} failed without a cause: {code}")
    known = {job for job, _ in ends} | evidence.rolled_back | evidence.unsure
    for record in of_topic(evidence, COMMANDS_TOPIC.name):
        job_id = str(record.body.get("job_id"))
        if record.type == "lectern.render.start.v1" and job_id not in known:
            found.append(f"{job_id} stands in the commands topic and has no end")
    answered = {record.body.get("job_id") for record in of_topic(evidence, SCRIPT_GENERATED.name)}
    failed = {record.body.get("job_id") for record in of_topic(evidence, STAGE_FAILED.name)}
    for record in of_topic(evidence, SCRIPT_REQUESTED.name):
        script = record.body.get("job_id")
        if record.type == ScriptRequested.type and record.attempt and script not in answered | failed:
            found.append(f"script {script} was requested and never answered")
    return sorted(set(found))


def duplicate_terminals(evidence: Evidence) -> list[str]:
    """(a) Attempts whose end stands in a log more than once, or in two clusters' in two ways.

    What a cluster that is no more was told, the next one may be told, too: the same.
    """
    found = []
    for (job, attempt), records in sorted(terminals(evidence).items()):
        again = len({record.cluster for record in records}) < len(records)
        if again or len({record.value for record in records}) > 1:
            found.append(
                f"{job} attempt {attempt} ended {len(records)} times: {', '.join(r.type for r in records)}"
            )
    return found


def distinct_outputs(evidence: Evidence) -> list[str]:
    """(b) Outputs of one (job, attempt, stage, scene) that differ, and events of one id that differ."""
    places: defaultdict[tuple[object, ...], set[bytes]] = defaultdict(set)
    for record in evidence.records:
        if record.topic.endswith(".dlq") or record.attempt is None or record.value is None:
            continue
        if record.type in OUTPUTS:
            places[*record.attempt, record.type, record.scene].add(record.value)
        if "event_id" in record.body:
            places["event", record.body["event_id"], record.type].add(record.value)
    return [f"{len(values)} different {place}" for place, values in places.items() if len(values) > 1]


def broken_histories(evidence: Evidence) -> list[str]:
    """(c) Histories that no path through the state machine explains, in the log and in the ledger."""
    found: list[str] = []
    ends, started = terminals(evidence), requested(evidence)
    for job, attempts in by_job(started).items():
        if sorted(attempts) != list(range(1, len(attempts) + 1)):
            found.append(f"{job}: attempts {sorted(attempts)}")
        for attempt in attempts:
            before = ends.get((job, attempt - 1))
            if attempt > 1 and (before is None or before[0].type != JobFailed.type):
                found.append(f"{job}: attempt {attempt} follows one that did not fail")
            elif attempt > 1 and before is not None and before[0].at > started[job, attempt].at:
                found.append(f"{job}: attempt {attempt} began before the end of the one before it")
    for job, states in evidence.histories.items():
        found.extend(f"{job}: {problem}" for problem in _walk(states))
        end = last_ends(ends).get(job)
        wanted = {JobCompleted.type: "COMPLETED", JobFailed.type: "FAILED"}.get(end.type if end else "")
        if wanted and states and states[-1][1] != wanted:
            found.append(f"{job}: the ledger says {states[-1][1]}, the log {wanted}")
    return found


def _walk(states: list[tuple[int, str]]) -> Iterator[str]:
    allowed = {
        "": {"QUEUED", "FAILED"},
        "QUEUED": {"PROCESSING", "FAILED"},
        "PROCESSING": {"COMPLETED", "FAILED"},
        "FAILED": {"PROCESSING"},
        "COMPLETED": set[str](),
    }
    before, last = "", 0
    for attempt, state in states:
        if state not in allowed.get(before, set()):
            yield f"{before or 'nothing'} -> {state}"
        if attempt != last + (before in {"", "FAILED"}):
            yield f"{state} of attempt {attempt} after attempt {last}"
        before, last = state, attempt


def hash_differences(evidence: Evidence) -> list[str]:
    """(d) Films that are not what their spec renders to without faults, in the log or in the store."""
    found: list[str] = []
    for (job, attempt), records in sorted(terminals(evidence).items()):
        reference = evidence.references.get(job)
        for asset in records[0].body.get("assets", ()):
            name = f"{job} attempt {attempt}: {asset['kind']}"
            if reference is None:
                found.append(f"{name} has no reference")
            elif reference.files.get(asset["kind"]) != asset["sha256"]:
                found.append(f"{name} is {asset['sha256'][:12]} in the log")
            stored = evidence.stored.get(asset["key"])
            if stored is None or stored.sha256 != asset["sha256"]:
                found.append(f"{name} is {stored and stored.sha256} in the store")
    for (job, _), record in requested(evidence).items():
        if record.body["spec"]["sha256"] != evidence.specs.get(job):
            found.append(f"{job}: its snapshot is not what was requested")
    return found


def late_effects(evidence: Evidence) -> list[str]:
    """(e) What happened for an attempt after its cancel's deadline."""
    found: list[str] = []
    deadlines = cancels(evidence)
    for record in evidence.records:
        deadline = deadlines.get(record.attempt) if record.attempt else None
        if deadline is None or record.at <= deadline or injected(record, evidence):
            continue
        if record.topic in QUIET or record.topic.endswith(".dlq"):
            continue
        late = (record.at - deadline) / 1000
        found.append(f"{record.attempt}: {record.type} {late:.1f} s after the deadline, at {record.place}")
    for (job, attempt), deadline in deadlines.items():
        if (job, attempt + 1) in requested(evidence):
            continue
        limit = deadline / 1000 + STORE_CLOCK_SECONDS
        late_keys = [
            key
            for key in _keys_of(evidence, job)
            if key in evidence.stored.keys() - evidence.damaged and evidence.stored[key].modified > limit
        ]
        found.extend(f"{job} attempt {attempt}: {key} was written after the deadline" for key in late_keys)
    return found


def _keys_of(evidence: Evidence, job: str) -> Iterator[str]:
    """Yield the keys that only this job writes: its published files, and blobs of no other job's film."""
    yield from (key for key in evidence.stored if f"/{job}/" in key)
    reference = evidence.references.get(job)
    if reference is None:
        return
    others = [each.blobs for name, each in evidence.references.items() if name != job]
    for blob in reference.blobs.difference(*others):
        yield f"artifacts/blobs/{blob[:2]}/{blob[2:]}"


def stuck_partitions(evidence: Evidence) -> list[str]:
    """(f) Partitions whose group did not reach the end."""
    return [f"{place}: {lag} records behind" for place, lag in sorted(evidence.lags.items()) if lag]


def obeyed_rollbacks(evidence: Evidence) -> list[str]:
    """(i) Commands of transactions that were aborted or never committed, and had an effect all the same."""
    found = {
        f"{job} was never asked for, and there is {record.type or 'a record'} in {record.topic}"
        for record in evidence.records
        if (job := str(record.body.get("job_id"))) in evidence.rolled_back
        and record.topic != COMMANDS_TOPIC.name
    }
    found |= {f"{job} was never asked for, and the ledger knows it" for job in _in_ledger(evidence)}
    return sorted(found)


def _in_ledger(evidence: Evidence) -> set[str]:
    return {job for job in evidence.rolled_back if evidence.histories.get(job)}
