"""What a run tells: one line while it goes, a page at the end, and a JSON object as its last line."""

import json
import time
from dataclasses import dataclass
from typing import TextIO

from tests.chaos.checker import Verdict

EVERY_SECONDS = 10.0
SHOWN = 12
"""Findings of a kind that are written out."""


@dataclass(frozen=True)
class Report:
    """A run and its verdict.

    Attributes:
        faults: kind to how often it was done.
        skipped: kind to how often it could not be done just then.
        open_jobs: jobs whose client still waited at the end.
        history: the faults in order, with times.
        restarts: process to how often it was started again.
    """

    seed: int
    jobs: int
    faults: dict[str, int]
    skipped: dict[str, int]
    seconds: float
    verdict: Verdict
    open_jobs: dict[str, str]
    history: list[str]
    restarts: dict[str, int]

    @property
    def clean(self) -> bool:
        """Whether every guarantee held."""
        return self.verdict.clean and not self.open_jobs

    def line(self) -> str:
        """Return the last line: counts, by kind of finding."""
        found = self.verdict
        return json.dumps(
            {
                "jobs": self.jobs,
                "faults": sum(self.faults.values()),
                "lost": len({*found.lost, *self.open_jobs}),
                "duplicate_terminals": len(found.duplicate_terminals),
                "hash_differences": len(found.hash_differences),
                "stuck_partitions": len(found.stuck_partitions),
                "late_effects": len(found.late_effects),
                "seed": self.seed,
                "distinct_outputs": len(found.distinct_outputs),
                "broken_histories": len(found.broken_histories),
                "leaks": len(found.leaks),
                "lost_poison": len(found.poison),
                "viewer_gaps": len(found.viewers),
                "obeyed_rollbacks": len(found.rollbacks),
                "seconds": round(self.seconds),
                "by_fault": self.faults,
            }
        )

    def details(self) -> str:
        """Return the page before it."""
        lines = [
            f"faults: {self.faults}",
            f"not possible just then: {self.skipped}",
            f"restarts: {self.restarts}",
        ]
        for name, findings in vars(self.verdict).items():
            if findings:
                lines.append(f"{name}: {len(findings)}")
                lines.extend(f"  {finding}" for finding in findings[:SHOWN])
        lines.extend(f"open: {job}: {state}" for job, state in self.open_jobs.items())
        if not self.clean:
            lines.append("the faults in order:")
            lines.extend(f"  {entry}" for entry in self.history)
        return "\n".join(lines)


class Display:
    """One line that changes on a terminal, a line now and then elsewhere.

    Args:
        stream: where to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._started = time.monotonic()
        self._shown = float("-inf")

    def show(self, text: str) -> None:
        """Tell how far it is; most calls show nothing."""
        now = time.monotonic()
        if now - self._shown < (0.2 if self._terminal else EVERY_SECONDS):
            return
        self._shown = now
        end = "\x1b[K\r" if self._terminal else "\n"
        self._write(text, end)

    def say(self, text: str) -> None:
        """Tell what begins."""
        self._write(text, "\x1b[K\n" if self._terminal else "\n")

    def done(self) -> None:
        """Leave the line."""
        if self._terminal:
            self._stream.write("\x1b[K")

    def _write(self, text: str, end: str) -> None:
        self._stream.write(f"{time.monotonic() - self._started:7.1f} s  {text}{end}")
        self._stream.flush()
