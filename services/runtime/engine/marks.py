"""What a group notes beside a committed offset: of which log it is, who is at work there, and on what.

The note is how a process learns what became of the one before it. Who gives a partition up takes its name
out; a name that still stands there is that of a worker that died, or was taken for dead, with records of the
partition in its hands. Kafka keeps the note with the offset, so it costs the normal path nothing: it travels
in commits that are made anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.runtime.kafka.log_identity import LogId

MAX_NAMED = 64
"""Offsets, or workers, that a note names: the most records that any of our subscriptions has in hand at once.
Fewer: a record that kills may go unnamed. More: at 20 digits each the note outgrows what brokers keep by
default (``offset.metadata.max.bytes``, 4,096)."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A note beside a committed offset.

    Attributes:
        log: the log that the offset counts in.
        worker: the process that is at work on the partition; empty once it was given up in order.
        at_work: offsets of the records in its hands when it wrote this.
        more: how many records it may have begun since then, before it wrote again.
        alone: the record that it works on with nothing else in its hands.
        deaths: suspects by offset, and how many deaths each has been in.
        first: how many of the records below ``until`` are suspects though nothing names them.
        until: see ``first``.
        by: the workers whose deaths made suspects of these.
        lost: workers that died lately, and in which minute since 1970 that was found.
    """

    log: LogId | None = None
    worker: str = ""
    at_work: tuple[int, ...] = ()
    more: int = 0
    alone: int | None = None
    deaths: Mapping[int, int] = field(default_factory=dict)
    first: int = 0
    until: int = 0
    by: tuple[str, ...] = ()
    lost: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        # the log comes last: who knows nothing of the rest takes it for one of another cluster, and goes on
        named = {
            "worker": self.worker,
            "at": ",".join(map(str, self.at_work[:MAX_NAMED])),
            "more": str(self.more or ""),
            "alone": "" if self.alone is None else str(self.alone),
            "deaths": _pairs(self.deaths),
            "first": str(self.first or ""),
            "until": str(self.until or ""),
            "by": ",".join(self.by[:MAX_NAMED]),
            "lost": _pairs(self.lost),
        }
        return " ".join([*(f"{name}={text}" for name, text in named.items() if text), str(self.log or "")])

    @classmethod
    def parse(cls, text: str | None) -> "Mark":
        """Return what :meth:`__str__` wrote; of anything else what can be made out, which may be nothing."""
        rest, _, log = (text or "").rpartition(" ")
        named = dict(part.partition("=")[::2] for part in rest.split())
        try:
            return cls(
                LogId.parse(log),
                named.get("worker", ""),
                tuple(int(each) for each in named.get("at", "").split(",") if each),
                int(named.get("more", 0)),
                int(named["alone"]) if "alone" in named else None,
                {int(name): int(count) for name, count in _unpaired(named.get("deaths", ""))},
                int(named.get("first", 0)),
                int(named.get("until", 0)),
                tuple(each for each in named.get("by", "").split(",") if each),
                {name: int(minute) for name, minute in _unpaired(named.get("lost", ""))},
            )
        except ValueError:
            return cls(LogId.parse(log))


def _pairs(named: Mapping[int, int] | Mapping[str, int]) -> str:
    return ",".join(f"{name}:{number}" for name, number in list(named.items())[:MAX_NAMED])


def _unpaired(text: str) -> list[tuple[str, str]]:
    return [(name, number) for name, _, number in (each.partition(":") for each in text.split(",") if each)]
