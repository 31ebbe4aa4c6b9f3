"""What a run leaves behind and the checker judges: raw records, stored objects, what clients were told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from contracts.cloudevents import SCENE_HEADER
from tests.chaos.reference import Reference

Place = tuple[str, int, int]
"""Topic, partition, offset."""
Attempt = tuple[str, int]
"""Job and attempt."""


@dataclass(frozen=True)
class Raw:
    """A record as it stands in the log.

    Attributes:
        at: the broker's clock, milliseconds.
        cluster: which of the clusters that followed each other it stands in.
    """

    topic: str
    partition: int
    offset: int
    at: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    cluster: int = 1

    @property
    def place(self) -> Place:
        """Where it stands."""
        return (self.topic, self.partition, self.offset)

    @cached_property
    def body(self) -> dict[str, Any]:
        """Its JSON object; empty when it is none."""
        try:
            decoded = json.loads(self.value or b"")
        except (ValueError, RecursionError):
            return {}
        return decoded if isinstance(decoded, dict) else {}

    @property
    def type(self) -> str:
        """What the body says it is."""
        return str(self.body.get("type", ""))

    @property
    def scene(self) -> Any:
        """The scene it is about; also of an event that is too large for its record, which names it."""
        named = dict(self.headers).get(SCENE_HEADER)
        return self.body.get("context", {}).get("index") if named is None else int(named)

    @property
    def attempt(self) -> Attempt | None:
        """The job and attempt that the body names."""
        job, attempt = self.body.get("job_id"), self.body.get("attempt")
        return (job, attempt) if isinstance(job, str) and isinstance(attempt, int) else None


@dataclass(frozen=True)
class Poison:
    """A record that was put where it does not belong."""

    kind: str
    place: Place
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(frozen=True)
class Accepted:
    """A job that the system took.

    Attributes:
        job_id: its id.
        may_be_canceled: a cancel was sent and no retry after it, so either end is right.
    """

    job_id: str
    may_be_canceled: bool


@dataclass(frozen=True)
class Told:
    """A message that a viewer got, and when by the viewer's clock (seconds)."""

    at: float
    message: Mapping[str, Any]


@dataclass
class Connection:
    """One connection of a viewer; ``closed`` is when it ended."""

    opened: float
    closed: float = float("inf")
    told: list[Told] = field(default_factory=list)


@dataclass(frozen=True)
class Viewing:
    """All that the viewer of one video saw."""

    video_id: str
    connections: tuple[Connection, ...]


@dataclass(frozen=True)
class Stored:
    """An object in the bucket: its hash (published files only) and when it was written last (seconds)."""

    sha256: str | None
    modified: float


@dataclass
class Evidence:
    """Everything.

    Attributes:
        records: of all topics, dead letters included.
        injected: records that the faults published; not the system's doing.
        poison: what must be found in the dead letters.
        accepted: the jobs that must end.
        histories: job to its states in the ledger, oldest first: (attempt, state).
        specs: job to the hash of the spec that its snapshot has.
        references: job to what its spec renders to without faults.
        stored: key to object.
        lags: (group, topic, partition) to records that were not committed at the end.
        leaks: what did not go back to its base.
        viewings: what viewers saw.
        outages: from when to when Kafka was away (seconds): nothing could be written, nothing heard.
        ledger_outages: from when to when the ledger was away (seconds): nobody knew how a job stands.
        rolled_back: jobs that only transactions asked for that were aborted, or never committed.
        unsure: jobs of transactions of whose end the client was not told.
        damaged: keys of the artifacts that a fault damaged; an attempt may fail for their want.
    """

    records: list[Raw]
    injected: set[Place] = field(default_factory=set)
    poison: list[Poison] = field(default_factory=list)
    accepted: list[Accepted] = field(default_factory=list)
    histories: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    specs: dict[str, str] = field(default_factory=dict)
    references: dict[str, Reference] = field(default_factory=dict)
    stored: dict[str, Stored] = field(default_factory=dict)
    lags: dict[tuple[str, str, int], int] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)
    viewings: list[Viewing] = field(default_factory=list)
    outages: list[tuple[float, float]] = field(default_factory=list)
    ledger_outages: list[tuple[float, float]] = field(default_factory=list)
    rolled_back: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    damaged: frozenset[str] = frozenset()
