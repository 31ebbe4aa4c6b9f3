"""What a chaos run does, all of it decided by a seed: the jobs, the faults and their order."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

STAGES = ("scripting", "tts", "subtitling", "slides", "composition", "upload")
PROCESSES = ("gateway", *STAGES)

WARM_JOBS = 4
"""Jobs rendered in peace at first, the first of them from a text, so that every library is loaded when memory
is measured."""

SESSION_SECONDS = 6.0
"""Session timeout of the consumers under test."""


class Fault(StrEnum):
    """What is done to the system."""

    KILL = "kill"
    SUSPEND = "suspend"
    BLOCK_LOOP = "block_loop"
    KAFKA_RESTART = "kafka_restart"
    SCALE = "scale"
    ROLLING_RESTART = "rolling_restart"
    DUPLICATE = "duplicate"
    REORDER = "reorder"
    POISON = "poison"
    S3_ERRORS = "s3_errors"
    S3_SLOW = "s3_slow"
    S3_CUT = "s3_cut"
    S3_FULL = "s3_full"
    ARTIFACT_DELETED = "artifact_deleted"
    ARTIFACT_CORRUPTED = "artifact_corrupted"
    DISK_FULL = "disk_full"
    CLOCK_JUMP = "clock_jump"
    DATABASE_LOCKED = "database_locked"
    DATABASE_RESTARTED = "database_restarted"
    LEDGER_AWAY = "ledger_away"
    CLUSTER_REPLACED = "cluster_replaced"
    TOPIC_RECREATED = "topic_recreated"
    TRANSACTIONS = "transactions"


SECONDS: Mapping[Fault, tuple[float, float]] = {
    # longer than the session timeout, so that the group goes on without the sleeper
    Fault.SUSPEND: (SESSION_SECONDS + 2, SESSION_SECONDS + 4),
    Fault.BLOCK_LOOP: (15, 15),
    Fault.KAFKA_RESTART: (0, 4),
    Fault.S3_ERRORS: (3, 10),
    Fault.S3_SLOW: (5, 10),
    Fault.S3_CUT: (3, 10),
    Fault.S3_FULL: (3, 8),
    Fault.DISK_FULL: (5, 10),
    Fault.CLOCK_JUMP: (5, 15),
    # shorter and longer than the ledger's own patience of 5 s
    Fault.DATABASE_LOCKED: (1, 9),
    # longer than anybody's patience but the gateway's, which has no end
    Fault.LEDGER_AWAY: (60, 180),
}
"""How long a fault stands, from and to."""

SHORT: Mapping[Fault, tuple[float, float]] = {**SECONDS, Fault.LEDGER_AWAY: (8, 12)}
"""The same in a short run."""

AT_REST = frozenset({Fault.CLUSTER_REPLACED})
"""Faults that come when no job is in flight: what is under way goes with the cluster that knows of it."""

TARGETS: Mapping[Fault, tuple[str, ...]] = {
    Fault.KILL: PROCESSES,
    Fault.SUSPEND: PROCESSES,
    Fault.BLOCK_LOOP: PROCESSES,
    Fault.SCALE: STAGES,
    Fault.ROLLING_RESTART: STAGES,
    Fault.DISK_FULL: ("composition", "gateway", "upload"),
    Fault.CLOCK_JUMP: PROCESSES,
    Fault.DATABASE_LOCKED: ("gateway",),
    Fault.DATABASE_RESTARTED: ("gateway",),
}
"""Which processes a fault may hit; the others hit what they are named after."""


class Via(StrEnum):
    """How a job is asked for."""

    KAFKA = "kafka"
    HTTP = "http"


@dataclass(frozen=True)
class Injection:
    """One fault.

    Attributes:
        number: its place in the plan.
        fault: its kind.
        target: a process's name, or nothing where the kind says it all.
        seconds: how long it stands; 0 for what happens at a moment.
        seed: of whatever else it leaves to chance.
    """

    number: int
    fault: Fault
    target: str
    seconds: float
    seed: int


@dataclass(frozen=True)
class JobPlan:
    """One job.

    Attributes:
        number: its place in the plan.
        job_id: chosen by the client; over HTTP the gateway chooses another.
        video_id: one per job.
        via: how it is asked for.
        film: seed of its spec and options; a few jobs share one, and so their actions.
        cancel_after: seconds from its submission to a cancel; ``None``: it is left alone.
        retry: whether it is retried after the cancel.
        watched: whether a viewer watches it.
        named: whether its first command has a ``command_id``; the README's have none.
    """

    number: int
    job_id: str
    video_id: str
    via: Via
    film: int
    cancel_after: float | None
    retry: bool
    watched: bool
    named: bool


@dataclass(frozen=True)
class Plan:
    """A whole run."""

    seed: int
    jobs: tuple[JobPlan, ...]
    injections: tuple[Injection, ...]


def make_plan(
    seed: int,
    jobs: int,
    counts: Mapping[Fault, int],
    seconds: Mapping[Fault, tuple[float, float]] = SECONDS,
) -> Plan:
    """Return the plan of a seed: the same seed and counts, the same plan.

    Args:
        seed: any number.
        jobs: how many.
        counts: how many faults of each kind.
        seconds: how long they stand.
    """
    chance = random.Random(f"plan/{seed}")
    kinds = [fault for fault in Fault for _ in range(counts.get(fault, 0))]
    chance.shuffle(kinds)
    for place, fault in enumerate(kinds):
        if fault in AT_REST and 3 * place > 2 * len(kinds):  # something must come after it
            kinds[place], kinds[place // 2] = kinds[place // 2], fault
    return Plan(
        seed=seed,
        jobs=tuple(_job(seed, number, chance) for number in range(jobs)),
        injections=tuple(_injection(number, fault, chance, seconds) for number, fault in enumerate(kinds)),
    )


def _job(seed: int, number: int, chance: random.Random) -> JobPlan:
    warming = number < WARM_JOBS
    canceled = chance.random() < 0.2 and not warming
    return JobPlan(
        number=number,
        job_id=f"chaos-{seed}-{number:04}",
        video_id=f"video-{seed}-{number:04}",
        via=Via.HTTP if number == 0 or chance.random() < 0.25 else Via.KAFKA,
        film=chance.randrange(10**9) if warming or chance.random() < 0.9 else seed,
        cancel_after=chance.choice((0.0, 0.2, 1.0, 3.0)) * chance.random() if canceled else None,
        retry=chance.random() < 0.6,
        watched=chance.random() < 0.25,
        named=chance.random() < 0.5,
    )


def _injection(
    number: int, fault: Fault, chance: random.Random, seconds: Mapping[Fault, tuple[float, float]]
) -> Injection:
    low, high = seconds.get(fault, (0.0, 0.0))
    return Injection(
        number=number,
        fault=fault,
        target=chance.choice(TARGETS.get(fault, ("",))),
        seconds=round(chance.uniform(low, high), 1),
        seed=chance.randrange(10**9),
    )


def only(counts: Mapping[Fault, int], kinds: str) -> dict[Fault, int]:
    """Return the counts of the named kinds, separated by commas; of all where none is named.

    Raises:
        ValueError: there is no such kind.
    """
    wanted = {Fault(name.strip()) for name in kinds.split(",") if name.strip()} or set(Fault)
    return {fault: count for fault, count in counts.items() if fault in wanted}


CHEAP: Mapping[Fault, int] = dict.fromkeys(Fault, 1) | {Fault.KILL: 7, Fault.POISON: 1}
"""A short run: every kind once, and each process killed once on average."""


def soak_counts(jobs: int) -> dict[Fault, int]:
    """Return how many faults a long run has: for 1,000 jobs 200 kills, 20 Kafka restarts, 8 of each other.

    Of those that take minutes each, half as many.
    """
    return {fault: max(1, jobs * 8 // 1000) for fault in Fault} | {
        Fault.KILL: max(1, jobs // 5),
        Fault.KAFKA_RESTART: max(1, jobs // 50),
        Fault.LEDGER_AWAY: max(1, jobs // 250),
        Fault.CLUSTER_REPLACED: max(1, jobs // 250),
    }
