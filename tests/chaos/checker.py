"""Judges a run. Trusts nothing but raw records and stored bytes; pure functions, each a list of findings.

A finding is a sentence that names the job, so that its history can be read from the log.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from contracts.events import (
    AssetsUploaded,
    ControlChanged,
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
from contracts.topics import COMMANDS_TOPIC, CONTROL, JOBS, SCRIPT_GENERATED, SCRIPT_REQUESTED, STAGE_FAILED
from tests.chaos.evidence import Attempt, Evidence, Raw
from tests.chaos.viewers import check_viewings

TERMINAL = frozenset({JobCompleted.type, JobFailed.type})
OUTPUTS = frozenset(
    event.type
    for event in (
        RenderRequested, ScenePlanned, SceneSpoken, SceneSubtitled, SceneDrawn, SceneComposed,
        VideoComposed, AssetsUploaded,
    )
)  # fmt: skip
CANCEL_SECONDS = 2.0
"""From the accepted cancel to the last thing that happens for the attempt."""
RECONNECT_SECONDS = 5.0
"""From Kafka's first answer after a restart until every partition has a leader and every client found it."""
STORE_CLOCK_SECONDS = 1.0
"""The store tells when an object was written in whole seconds."""
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
        late_effects=late_effects(evidence),
        stuck_partitions=stuck_partitions(evidence),
        leaks=list(evidence.leaks),
        poison=lost_poison(evidence),
        viewers=check_viewings(evidence),
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
    last = _last_ends(ends)
    for job in evidence.accepted:
        end = last.get(job.job_id)
        if end is None:
            found.append(f"{job.job_id} was accepted and has no end")
        elif end.type != JobCompleted.type and not (job.may_be_canceled and _code(end) == "CANCELED"):
            found.append(f"{job.job_id} ended as {_code(end)}: {end.body.get('message')}")
    for (job_id, attempt), records in ends.items():
        code = _code(records[0])
        if code not in {"", "CANCELED"} and not (evidence.damaged and code in OF_ARTIFACTS):
            found.append(f"{job_id} attempt {attempt} failed without a cause: {code}")
    known = {job for job, _ in ends}
    for record in _of_topic(evidence, COMMANDS_TOPIC.name):
        job_id = str(record.body.get("job_id"))
        if record.type == "lectern.render.start.v1" and job_id not in known:
            found.append(f"{job_id} stands in the commands topic and has no end")
    answered = {record.body.get("job_id") for record in _of_topic(evidence, SCRIPT_GENERATED.name)}
    failed = {record.body.get("job_id") for record in _of_topic(evidence, STAGE_FAILED.name)}
    for record in _of_topic(evidence, SCRIPT_REQUESTED.name):
        script = record.body.get("job_id")
        if record.type == ScriptRequested.type and record.attempt and script not in answered | failed:
            found.append(f"script {script} was requested and never answered")
    return sorted(set(found))


def duplicate_terminals(evidence: Evidence) -> list[str]:
    """(a) Attempts whose end stands in the log more than once."""
    return [
        f"{job} attempt {attempt} ended {len(records)} times: {', '.join(r.type for r in records)}"
        for (job, attempt), records in sorted(terminals(evidence).items())
        if len(records) > 1
    ]


def distinct_outputs(evidence: Evidence) -> list[str]:
    """(b) Outputs of one (job, attempt, stage, scene) that differ, and events of one id that differ."""
    places: defaultdict[tuple[object, ...], set[bytes]] = defaultdict(set)
    for record in evidence.records:
        if record.topic.endswith(".dlq") or record.attempt is None or record.value is None:
            continue
        if record.type in OUTPUTS:
            scene = record.body.get("context", {}).get("index")
            places[*record.attempt, record.type, scene].add(record.value)
        if "event_id" in record.body:
            places["event", record.body["event_id"], record.type].add(record.value)
    return [f"{len(values)} different {place}" for place, values in places.items() if len(values) > 1]


def broken_histories(evidence: Evidence) -> list[str]:
    """(c) Histories that no path through the state machine explains, in the log and in the ledger."""
    found: list[str] = []
    ends, started = terminals(evidence), requested(evidence)
    for job, attempts in _by_job(started).items():
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
        end = _last_ends(ends).get(job)
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
        if deadline is None or record.at <= deadline or record.place in evidence.injected:
            continue
        if record.topic in {CONTROL.name, JOBS.name} or record.topic.endswith(".dlq"):
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
            if key in evidence.stored and evidence.stored[key].modified > limit
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


def lost_poison(evidence: Evidence) -> list[str]:
    """(g) Poison that is not in its dead letters, or not as it was, or without a reason."""
    letters: dict[tuple[str, ...], Raw] = {}
    for record in evidence.records:
        if record.topic.endswith(".dlq"):
            texts = dict(record.headers)
            where = (texts.get(f"dlq.original.{name}") or b"" for name in ("topic", "partition", "offset"))
            letters[tuple(part.decode(errors="replace") for part in where)] = record
    found: list[str] = []
    for poison in evidence.poison:
        letter = letters.get(tuple(str(part) for part in poison.place))
        if letter is None:
            found.append(f"{poison.kind} at {poison.place} is in no dead letters")
            continue
        key = b"" if poison.key is None and poison.value is None else poison.key
        if (letter.key, letter.value) != (key, poison.value):
            found.append(f"{poison.kind} at {poison.place} changed on its way to the dead letters")
        if letter.headers[: len(poison.headers)] != poison.headers:
            found.append(f"{poison.kind} at {poison.place} lost its headers")
        why = {name: value for name, value in letter.headers if name.startswith("dlq.")}
        missing = [name for name in _WHY if not (why.get(name) or b"").strip()]
        if missing:
            found.append(f"{poison.kind} at {poison.place} does not say {', '.join(missing)}")
    return found


_WHY = (
    "dlq.stage", "dlq.attempts", "dlq.category", "dlq.exception.class", "dlq.exception.message",
    "dlq.fingerprint",
)  # fmt: skip


# --- reading the log --------------------------------------------------------------------------------------


def terminals(evidence: Evidence) -> dict[Attempt, list[Raw]]:
    """Return the announcements of each attempt's end, in the order of the log."""
    ends: defaultdict[Attempt, list[Raw]] = defaultdict(list)
    for record in _of_topic(evidence, JOBS.name):
        if record.type in TERMINAL and record.attempt:
            ends[record.attempt].append(record)
    return dict(ends)


def requested(evidence: Evidence) -> dict[Attempt, Raw]:
    """Return the first request of each attempt."""
    first: dict[Attempt, Raw] = {}
    for record in _of_topic(evidence, RenderRequested.type):
        if record.type == RenderRequested.type and record.attempt:
            first.setdefault(record.attempt, record)
    return first


def cancels(evidence: Evidence) -> dict[Attempt, float]:
    """Return each dead attempt's deadline, milliseconds: after it nothing may happen for the attempt."""
    deadlines: dict[Attempt, float] = {}
    for record in _of_topic(evidence, CONTROL.name):
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


def _of_topic(evidence: Evidence, topic: str) -> list[Raw]:
    found = [record for record in evidence.records if record.topic == topic]
    return sorted(found, key=lambda record: (record.at, record.partition, record.offset))


def _last_ends(ends: Mapping[Attempt, list[Raw]]) -> dict[str, Raw]:
    return {job: records[0] for (job, _), records in sorted(ends.items())}


def _by_job(attempts: Mapping[Attempt, Raw]) -> dict[str, list[int]]:
    jobs: defaultdict[str, list[int]] = defaultdict(list)
    for job, attempt in attempts:
        jobs[job].append(attempt)
    return dict(jobs)


def _code(end: Raw) -> str:
    return str(end.body.get("code", ""))
