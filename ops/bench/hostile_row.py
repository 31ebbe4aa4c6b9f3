"""What one attack did to a gateway and to the honest ones beside it, and what of that must not be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ops.bench.hostile_attacks import ATTACKS, SHARE
from ops.bench.hostile_watch import Seen

RATIO = 1.5
"""What an attack may do to the p99 of the honest ones."""

BACK_MB = 16.0
"""Memory counts as back within so much. Less: what the allocator keeps of a burst fails a row. More: what an
attack leaves behind for good is not seen, though 25 of them would be 400 MB."""

BACK_DESCRIPTORS = 8
"""The same for descriptors: connections to Kafka and of honest creates come and go."""

BACK_SECONDS = 45.0
"""For memory and descriptors to come back: longer than any deadline of a connection that is not finished."""


@dataclass
class Row:
    """What one attack did.

    Attributes:
        seen: what the attacker saw of it, counted.
        memory_mb, memory_peak_mb, memory_after_mb: resident, in the quiet seconds, under attack, at the end.
        problems: what must not be, in words; ``slow`` holds those that are ratios.
    """

    name: str
    viewers_before_ms: float
    viewers_during_ms: float
    creates_before_ms: float
    creates_during_ms: float
    lag_p99_ms: float | None
    livez_max_ms: float
    memory_mb: float
    memory_peak_mb: float
    memory_after_mb: float
    descriptors: int
    descriptors_peak: int
    descriptors_after: int
    sent_mb: float
    seen: dict[str, int]
    problems: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    tries: int = 1

    @property
    def viewers_ratio(self) -> float:
        """Of what viewers are told, under attack to before."""
        return self.viewers_during_ms / max(self.viewers_before_ms, 0.001)

    @property
    def creates_ratio(self) -> float:
        """Of creates, under attack to before."""
        return self.creates_during_ms / max(self.creates_before_ms, 0.001)

    @property
    def worst_ratio(self) -> float:
        """The larger of both."""
        return max(self.viewers_ratio, self.creates_ratio)

    @property
    def only_slow(self) -> bool:
        """Whether nothing but a ratio is wrong."""
        return bool(self.problems) and self.problems == self.slow


@dataclass(frozen=True)
class Honest:
    """What became of the honest ones.

    Attributes:
        lost: viewers that were cut off.
        answers: creates by their status.
        missing: creates without an answer.
    """

    lost: int
    answers: Mapping[str, int]
    missing: int


def judge(row: Row, honest: Honest, quiet: Seen, held: Seen, after: Seen) -> None:
    """Write down what must not be.

    Args:
        row: of an attack; its problems are added.
        honest: the others.
        quiet: the gateway before.
        held: when it has had its time, while the attacker still holds on; as ``quiet`` where it may.
        after: when it has had its time, and the attacker is gone.
    """
    row.slow += _slow(row)
    row.problems += [
        *row.slow,
        *_of_honest(honest),
        *_of_attacker(row),
        *_left_behind(quiet, held, after),
    ]


def _slow(row: Row) -> Iterator[str]:
    if row.viewers_ratio > RATIO:
        yield f"viewers {row.viewers_ratio:.1f} × as late"
    if row.creates_ratio > RATIO:
        yield f"creates {row.creates_ratio:.1f} × as slow"


def _of_honest(honest: Honest) -> Iterator[str]:
    if honest.lost:
        yield f"{honest.lost} honest viewers cut off"
    if honest.missing or set(honest.answers) != {"201"}:
        yield f"honest creates: {dict(honest.answers)}, {honest.missing} without an answer"


def _of_attacker(row: Row) -> Iterator[str]:
    attack, held = ATTACKS[row.name], row.seen.get("held at the end", 0)
    if attack.answered and row.seen.get("unanswered"):
        yield f"{row.seen['unanswered']} without an answer"
    if row.seen.get("taken whole"):
        yield f"{row.seen['taken whole']} endless messages taken"
    if attack.shared and held > SHARE:
        yield f"{held} held by one token, which may have {SHARE}"


def _left_behind(quiet: Seen, held: Seen, after: Seen) -> Iterator[str]:
    if held.descriptors > quiet.descriptors + BACK_DESCRIPTORS:
        yield f"{held.descriptors - quiet.descriptors} connections held for {BACK_SECONDS:g} s"
    if after.descriptors > quiet.descriptors + BACK_DESCRIPTORS:
        yield f"{after.descriptors - quiet.descriptors} descriptors left behind"
    if after.memory_mb > quiet.memory_mb + BACK_MB:
        yield f"{after.memory_mb - quiet.memory_mb:.0f} MB left behind"
